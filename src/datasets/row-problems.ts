// The rows of a source that cannot be read, in the order they are met.
import type { BadRowPolicy } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import type { RowProblem } from '../contract/row-problem.js';

export class RowProblems {
  private readonly told: RowProblem[] = [];

  constructor(private readonly policy: BadRowPolicy) {}

  get count(): number {
    return this.told.length;
  }

  /** Tells of a row that is left out. @throws ROWS_REFUSED where none may be */
  add(problem: RowProblem): void {
    if (this.policy === 'refuse') throw ServiceError.of('ROWS_REFUSED', placeOf(problem), `${problem.detail} (${problem.code})`);
    this.told.push(problem);
  }
}

/** "labels.csv", line 7, column "age". */
function placeOf({ file, entry, line, field }: RowProblem): string {
  return [`"${file}"`, entry !== null && `"${entry}"`, line !== null && `line ${line}`, field !== null && `column "${field}"`].filter((part) => part !== false).join(', ');
}
