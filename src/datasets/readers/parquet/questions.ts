// What the reader asks of the thread that decodes, and what it answers: one answer to a question, one question at a time.
import type { Cell } from '../../tables/table.js';

export interface Opened {
  readonly columns: readonly string[];
  /** A column that is a list, a map or a group of columns. */
  readonly nested: string | null;
  readonly groups: readonly Group[];
}

/** What the file announces of a row group. */
export interface Group {
  readonly rows: number;
  readonly bytes: number;
  readonly packedBytes: number;
}

/** `path` opens a file; `group` decodes one of its row groups, which `from` then gives some rows of, the cells of each in the order of the columns. */
export type Question =
  | { readonly path: string }
  | { readonly path: string; readonly group: number }
  | { readonly from: number };

export type Answer = Opened | 'decoded' | readonly (readonly Cell[])[];

/** Of a failed system call what tells it from damage. */
export type SystemFailure = Pick<NodeJS.ErrnoException, 'code' | 'errno' | 'syscall' | 'path'>;

export type Reply = { readonly answer: Answer } | { readonly problem: string; readonly system: SystemFailure | null };
