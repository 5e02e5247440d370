// What a graph of loops is made of, and the names of its nodes that a call feeds and fetches.
import { volume } from '../../contract/shape.js';
import type { Program } from './program.js';

/** A table of rows that stays in the graph; each step takes some of them. */
export interface Table {
  dtype: 'uint8' | 'float32' | 'int32';
  /** [rows, …shape of one]. */
  shape: readonly number[];
  /** Rows of bytes become float32, divided by each of these in turn. */
  divideBy?: readonly number[];
}

/** Where an input of the program comes from in each step. */
export type Feed =
  /** The step's rows of a table. */
  | { from: 'table'; table: string }
  /** The step's element of a vector given with the call. */
  | { from: 'vector'; dtype: 'float32' | 'int32' };

export interface Loop {
  program: Program;
  rowsPerStep: number;
  feeds: Readonly<Record<string, Feed>>;
  /** Most steps of one call: it bounds the table of results. */
  mostSteps: number;
}

/** Numbers a step gives back: all its results, one after the other. */
export const resultWidth = ({ outputs, types }: Program): number =>
  [...outputs.values()].reduce((sum, id) => sum + volume(types.get(id)!.shape), 0);

export interface LoopGraph {
  variables: ReadonlyMap<string, { dtype: 'float32' | 'int32' | 'bool'; shape: readonly number[] }>;
  tables: Readonly<Record<string, Table>>;
  loops: Readonly<Record<string, Loop>>;
}

/** Names of the nodes a call feeds and fetches. */
export const nodes = {
  initial: (variable: string) => `initial/${variable}`,
  initialized: (variable: string) => `initialized/${variable}`,
  read: (variable: string) => `read/${variable}`,
  /** Places in tables that rows are written into: int32 [rows]. */
  places: 'places',
  rows: (table: string) => `rows/${table}`,
  written: (table: string) => `written/${table}`,
  cleared: (variable: string) => `cleared/${variable}`,
  order: (loop: string) => `${loop}/order`,
  steps: (loop: string) => `${loop}/steps`,
  vector: (loop: string, input: string) => `${loop}/vector/${input}`,
  results: (loop: string) => `${loop}/results`,
};
export const tableVariable = (table: string): string => `table/${table}`;
export const resultVariable = (loop: string): string => `result/${loop}`;

/** The nodes that give tables, and the results of loops, their first value. */
export const clearing = ({ tables, loops }: LoopGraph): string[] =>
  [...Object.keys(tables).map(tableVariable), ...Object.keys(loops).map(resultVariable)].map(nodes.cleared);
