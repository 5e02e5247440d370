// The rows of a source that cannot be read, in the order they are met: counted, the first kept, all written down as they come.
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { MOST_FIRST_PROBLEMS, type Problems } from '../contract/dataset-report.js';
import type { BadRowPolicy } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import type { RowProblem } from '../contract/row-problem.js';

/** Lines of the list; what comes after is counted only. */
const MOST_LISTED = 1_000_000;
/** Where no row may be left out, reading ends with so many that would be. */
const MOST_BEFORE_REFUSAL = MOST_FIRST_PROBLEMS;
/** Of any text of a problem: names within an archive, and what is quoted of a row, may be of any length. */
const MOST_CHARACTERS = 512;
const WRITE_BYTES = 65_536;

export class RowProblems {
  count = 0;
  private listed = 0;
  private readonly first: RowProblem[] = [];
  private readonly byCode = new Map<string, number>();
  private readonly hash = createHash('sha256');
  private sizeBytes = 0;
  private waiting = '';
  private file: number | undefined;

  /** @param path a file to be written, a line of JSON for each problem; none where only the first are wanted. Afterwards call `close`. */
  constructor(private readonly policy: BadRowPolicy, path?: string) {
    this.file = path === undefined ? undefined : openSync(path, 'w', 0o600);
  }

  /**
   * Tells of a row that is left out. Where none may be, reading still goes on, so that more than one can be told of.
   * @throws ROWS_REFUSED where none may be, and that is enough of them
   */
  add(problem: RowProblem): void {
    const { file, entry, field, detail } = problem;
    const said: RowProblem = { ...problem, file: cut(file), entry: entry && cut(entry), field: field && cut(field), detail: cut(detail) };
    this.count += 1;
    this.byCode.set(said.code, (this.byCode.get(said.code) ?? 0) + 1);
    if (this.first.length < MOST_FIRST_PROBLEMS) this.first.push(said);
    if (this.listed < MOST_LISTED) {
      this.listed += 1;
      this.waiting += `${JSON.stringify(said)}\n`;
      if (this.waiting.length >= WRITE_BYTES) this.flush();
    }
    if (this.policy === 'refuse' && this.count >= MOST_BEFORE_REFUSAL) throw this.refusal();
  }

  /** @throws ROWS_REFUSED where rows were left out and none may be */
  requireNone(): void {
    if (this.policy === 'refuse' && this.count > 0) throw this.refusal();
  }

  summary(): Problems {
    return { total: this.count, by_code: Object.fromEntries([...this.byCode].sort(([one], [other]) => (one < other ? -1 : 1))), listed: this.listed, first: this.first };
  }

  /** Writes what is left of the list. @returns its size and digest */
  finish(): { size_bytes: number; sha256: string } {
    this.flush();
    return { size_bytes: this.sizeBytes, sha256: this.hash.copy().digest('hex') };
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private flush(): void {
    const bytes = Buffer.from(this.waiting);
    this.waiting = '';
    this.hash.update(bytes);
    this.sizeBytes += bytes.length;
    if (this.file === undefined) return;
    // A disk that is nearly full takes less than it is given, then nothing.
    for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done);
  }

  private refusal(): ServiceError {
    const [first] = this.first;
    return ServiceError.of('ROWS_REFUSED', placeOf(first!), `${first!.detail} (${first!.code})`, this.count);
  }
}

const cut = (text: string): string => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text);

/** "labels.csv", line 7, column "age". */
function placeOf({ file, entry, line, field }: RowProblem): string {
  return [`"${file}"`, entry !== null && `"${entry}"`, line !== null && `line ${line}`, field !== null && `column "${field}"`].filter((part) => part !== false).join(', ');
}
