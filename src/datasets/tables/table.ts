// A table as its file gives it: named columns, and rows of texts and numbers, one after the other.
import type { RowProblem } from '../../contract/row-problem.js';
import { ServiceError } from '../../contract/errors.js';
import type { SourceFile } from '../source-file.js';

/** null is a value that is not there. A text may still be a number, or a word for a missing value. */
export type Cell = string | number | null;

export interface TableRow {
  /** Of the text, where it ends, or the row of a binary table; from 1. */
  readonly line: number;
  readonly cells: readonly Cell[];
}

/** What is wrong with a row that the file has and the table has not. */
export type BadRow = Pick<RowProblem, 'line' | 'field' | 'code' | 'detail'>;

export interface Table {
  readonly file: SourceFile;
  readonly columns: readonly string[];
  /** The rows from the first on, some at a time, each with a cell for every column. Rows that cannot be read are told. @throws TABLE_CORRUPT */
  rows(tell: (row: BadRow) => void): AsyncIterable<readonly TableRow[]>;
}

export const MOST_COLUMNS = 10_000;
const LONGEST_NAME = 256;
/** Rows that are handed on together. */
export const ROWS_AT_A_TIME = 256;

type Named = Pick<SourceFile, 'name'>;

/** The columns of a table, once they are sound. @throws TABLE_COLUMNS */
export function requireColumns({ name }: Named, columns: readonly string[], least: 1 | 2 = 2): readonly string[] {
  if (columns.length > MOST_COLUMNS) throw ServiceError.of('TABLE_COLUMNS', `"${name}" has ${columns.length} columns; at most ${MOST_COLUMNS} are read`);
  if (columns.length < least) throw ServiceError.of('TABLE_COLUMNS', `"${name}" has ${columns.length === 1 ? 'one column' : 'no columns'}; needed are one to predict and one to predict it from`);
  const seen = new Set<string>();
  for (const column of columns) {
    if (column.length > LONGEST_NAME) throw ServiceError.of('TABLE_COLUMNS', `"${name}" has a column whose name is ${column.length} characters long; at most ${LONGEST_NAME} are read`);
    if (seen.has(column)) throw ServiceError.of('TABLE_COLUMNS', `"${name}" has two columns named "${column}"`);
    seen.add(column);
  }
  return columns;
}

export const corrupt = ({ name }: Named, why: string): ServiceError => ServiceError.of('TABLE_CORRUPT', name, why);
