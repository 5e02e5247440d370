// The rows of a source that cannot be read: left out and counted, or reason enough to refuse them all.
import type { BadRowPolicy } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import type { RowProblem } from '../contract/row-problem.js';

export class RowProblems {
  /** Rows that were left out. */
  count = 0;

  constructor(private readonly policy: BadRowPolicy) {}

  /** Tells of a row that is left out. @throws ROWS_REFUSED where none may be */
  add(problem: RowProblem): void {
    if (this.policy === 'refuse') throw ServiceError.of('ROWS_REFUSED', placeOf(problem), `${problem.detail} (${problem.code})`);
    this.count += 1;
  }
}

/** "labels.csv", line 7, column "age". */
function placeOf({ file, entry, line, field }: RowProblem): string {
  return [`"${file}"`, entry !== null && `"${entry}"`, line !== null && `line ${line}`, field !== null && `column "${field}"`].filter((part) => part !== false).join(', ');
}
