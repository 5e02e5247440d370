// The log of a job: lines beside it in the store, written by the worker that holds its fence, bounded. Not the log of its events, of which nothing is ever left out.
//   jobs/<id>/log.jsonl
import { LOG_LEVELS, type LogLevel, type LogLine } from '../contract/log-line.js';
import type { Store } from '../store/store.js';
import { jobPrefix } from './records.js';

/** What one may take, in bytes. Past it the older half goes. */
export const LOG_BYTES = 2 ** 20;
const NEWLINE = 0x0a;

export const logKey = (id: string): string => `${jobPrefix(id)}/log.jsonl`;

export type NewLine = Omit<LogLine, 'id' | 'object'>;

export class JobLogWriter {
  private constructor(
    private readonly store: Store,
    private readonly key: string,
    private lastId: number,
    private sizeBytes: number,
  ) {}

  /** Goes on where an earlier writer left off; half a line that one left as it died is cut off. */
  static async open(store: Store, id: string): Promise<JobLogWriter> {
    const key = logKey(id);
    const bytes = (await store.get(key)) ?? Buffer.alloc(0);
    const whole = bytes.lastIndexOf(NEWLINE) + 1;
    if (whole < bytes.length) await store.truncate(key, whole);
    return new JobLogWriter(store, key, Number(linesOf(bytes).at(-1)?.id ?? 0), whole);
  }

  async write(lines: readonly NewLine[]): Promise<void> {
    const text = lines.map((line) => encoded({ id: String((this.lastId += 1)), object: 'log_line', ...line })).join('');
    await this.store.append(this.key, text);
    this.sizeBytes += Buffer.byteLength(text);
    if (this.sizeBytes > LOG_BYTES) await this.trim();
  }

  /** Lines have all numbers from 1 on: that of the last one that goes says how many have gone. */
  private async trim(): Promise<void> {
    const bytes = (await this.store.get(this.key)) ?? Buffer.alloc(0);
    const from = bytes.indexOf(NEWLINE, bytes.length - LOG_BYTES / 2) + 1;
    const last = linesOf(bytes.subarray(0, from)).at(-1);
    if (!last) return;
    const gap = encoded({ ...last, level: 'warn', source: 'worker', message: `lines 1 to ${last.id} were dropped: a log holds ${LOG_BYTES} bytes`, detail: null });
    const kept = Buffer.concat([Buffer.from(gap), bytes.subarray(from)]);
    await this.store.putVolatile(this.key, kept);
    this.sizeBytes = kept.length;
  }
}

export interface LogQuery {
  /** Number of the last line that was seen. */
  after?: number;
  /** Least level that is wanted. */
  level?: LogLevel;
}

/** Oldest first; of lines that were dropped, one that says so. */
export async function readLog(store: Store, id: string, { after = 0, level = 'debug' }: LogQuery = {}): Promise<LogLine[]> {
  const least = LOG_LEVELS.indexOf(level);
  return linesOf((await store.get(logKey(id))) ?? Buffer.alloc(0)).filter((line) => Number(line.id) > after && LOG_LEVELS.indexOf(line.level) >= least);
}

const encoded = (line: LogLine): string => `${JSON.stringify(line)}\n`;

/** A line that is being written has no end yet and is left out. */
const linesOf = (bytes: Buffer): LogLine[] => bytes.toString('utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as LogLine);

export const logAsLines = (lines: readonly LogLine[]): string => lines.map(encoded).join('');
