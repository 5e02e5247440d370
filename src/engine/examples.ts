// Examples a network can be trained on: rows of one table with their targets, made into a batch when asked for.
import type { Preprocessing } from '../contract/dataset.js';
import type { Tensor, TensorFlow } from './native.js';
import { chosenOf, eachColumn, type TargetColumns } from './targets.js';

/** The table behind the examples: bytes that become numbers by dividing, or numbers as they are. */
export interface Rows {
  count: number;
  /** Shape of one row. */
  shape: readonly number[];
  dtype: 'uint8' | 'float32';
  values: Uint8Array | Float32Array;
  divideBy: readonly number[];
}

export interface Examples {
  readonly count: number;
  readonly targets: TargetColumns;
  readonly rows: Rows;
  /** The row of each example; undefined where example i is row i. */
  readonly rowOf: Uint32Array | undefined;
  /** The examples of these indices as float32 [indices, …shape], ready for the network. */
  inputs(indices: Uint32Array): Tensor;
}

const widthOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Rows of bytes, prepared as the data set says. */
export function byteExamples(tf: TensorFlow, values: Uint8Array, targets: TargetColumns, preprocessing: Preprocessing): Examples {
  const divideBy = preprocessing.steps.map((step) => step.divide_by);
  const { shape } = preprocessing.input;
  return examplesOf(tf, { count: values.length / widthOf(shape), shape, dtype: 'uint8', values, divideBy }, targets, undefined);
}

/** Rows of numbers that need no preparing, such as features another network computed. */
export function floatExamples(tf: TensorFlow, values: Float32Array, shape: readonly number[], targets: TargetColumns): Examples {
  return examplesOf(tf, { count: values.length / widthOf(shape), shape, dtype: 'float32', values, divideBy: [] }, targets, undefined);
}

/** Some of the examples, in the order given. */
export const subset = (tf: TensorFlow, examples: Examples, chosen: Uint32Array): Examples =>
  examplesOf(
    tf,
    examples.rows,
    eachColumn(examples.targets, (column) => chosenOf(column, chosen)),
    chosen.map((index) => examples.rowOf?.[index] ?? index),
  );

function examplesOf(tf: TensorFlow, rows: Rows, targets: TargetColumns, rowOf: Uint32Array | undefined): Examples {
  const width = widthOf(rows.shape);
  const prepared = rows.dtype === 'uint8' ? preparedBytes(rows.divideBy) : undefined;
  return {
    count: rowOf?.length ?? rows.count,
    targets,
    rows,
    rowOf,
    inputs(indices) {
      const values = new Float32Array(indices.length * width);
      let at = 0;
      for (const index of indices) {
        const from = (rowOf?.[index] ?? index) * width;
        for (let place = from; place < from + width; place += 1, at += 1) {
          const value = rows.values[place]!;
          values[at] = prepared ? prepared[value]! : value;
        }
      }
      return tf.tensor(values, [indices.length, ...rows.shape], 'float32');
    },
  };
}

/** 256 bytes have 256 results, each division rounded to float32, as TensorFlow does it. */
const preparedBytes = (divideBy: readonly number[]): Float32Array =>
  Float32Array.from({ length: 256 }, (_, byte) => divideBy.reduce((value, divisor) => Math.fround(value / Math.fround(divisor)), byte));

/** Rows of the table, one after the other, for the examples from `from` up to `to`. */
export function rowsBetween({ rows, rowOf }: Examples, from: number, to: number): Uint8Array | Float32Array {
  const width = widthOf(rows.shape);
  if (!rowOf) return rows.values.subarray(from * width, to * width);
  const some = rows.values instanceof Uint8Array ? new Uint8Array((to - from) * width) : new Float32Array((to - from) * width);
  for (let index = from; index < to; index += 1) {
    some.set(rows.values.subarray(rowOf[index]! * width, (rowOf[index]! + 1) * width), (index - from) * width);
  }
  return some;
}

/** Index ranges that cover the order, `size` at a time; the last may be shorter. */
export function* batches(order: Uint32Array, size: number): Generator<Uint32Array> {
  for (let start = 0; start < order.length; start += size) yield order.subarray(start, start + size);
}

export const inOrder = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, index) => index);
