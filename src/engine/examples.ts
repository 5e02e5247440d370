// Examples a network can be trained on: rows with their targets. The rows may lie in a file; the targets are small and in memory.
import type { Preprocessing } from '../contract/dataset.js';
import { chunkCountOf, rowsInMemory, type Rows } from '../datasets/rows.js';
import { chosenOf, eachColumn, type TargetColumns } from './targets.js';

export interface Examples {
  readonly count: number;
  readonly targets: TargetColumns;
  readonly rows: Rows;
  /** Rows of bytes become numbers by dividing them by each of these in turn. */
  readonly divideBy: readonly number[];
  /** The row of each example, ascending; undefined where example i is row i. */
  readonly rowOf: Uint32Array | undefined;
  /** Chunks of rows that are trained on together where a table does not hold all of them; undefined where it does. */
  readonly windowChunks: number | undefined;
}

/** All rows, prepared as the data set says. */
export const preparedExamples = (rows: Rows, targets: TargetColumns, preprocessing: Preprocessing, windowChunks?: number): Examples => ({
  count: rows.count,
  targets,
  rows,
  divideBy: preprocessing.steps.map((step) => step.divide_by),
  rowOf: undefined,
  windowChunks,
});

/** Rows of bytes in memory, prepared as the data set says. */
export const byteExamples = (values: Uint8Array, targets: TargetColumns, preprocessing: Preprocessing): Examples =>
  preparedExamples(rowsInMemory(values, preprocessing.input.shape), targets, preprocessing);

/** Rows of numbers that need no preparing, such as features another network computed. */
export function floatExamples(values: Float32Array, shape: readonly number[], targets: TargetColumns): Examples {
  const rows = rowsInMemory(values, shape);
  return { count: rows.count, targets, rows, divideBy: [], rowOf: undefined, windowChunks: undefined };
}

/** Some of the examples. @param chosen their indices, ascending, so that they are read in the order they lie in */
export function subset(examples: Examples, chosen: Uint32Array): Examples {
  if (chosen.some((index, at) => at > 0 && index <= chosen[at - 1]!)) throw new RangeError('the chosen examples are not in ascending order');
  return {
    ...examples,
    count: chosen.length,
    targets: eachColumn(examples.targets, (column) => chosenOf(column, chosen)),
    rowOf: chosen.map((index) => examples.rowOf?.[index] ?? index),
  };
}

/** So many of them at most, that lie evenly among all. */
export const evenly = (examples: Examples, most: number): Examples =>
  examples.count <= most ? examples : subset(examples, Uint32Array.from({ length: most }, (_, at) => Math.floor((at * examples.count) / most)));

/** The first example of each chunk, and behind the last the number of examples: those of chunk c are c-th up to the next. */
export function firstOfChunks({ rows, rowOf, count }: Pick<Examples, 'rows' | 'rowOf' | 'count'>): Uint32Array {
  const first = new Uint32Array(chunkCountOf(rows) + 1);
  for (let index = 0; index < count; index += 1) first[Math.floor((rowOf?.[index] ?? index) / rows.chunkRows) + 1]! += 1;
  for (let chunk = 1; chunk < first.length; chunk += 1) first[chunk]! += first[chunk - 1]!;
  return first;
}

/** Index ranges that cover the order, `size` at a time; the last may be shorter. */
export function* batches(order: Uint32Array, size: number): Generator<Uint32Array> {
  for (let start = 0; start < order.length; start += size) yield order.subarray(start, start + size);
}

export const inOrder = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, index) => index);
