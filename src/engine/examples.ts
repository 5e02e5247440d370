// Examples a network can be trained on: labelled rows that are made into a batch when asked for.
import type { Preprocessing } from '../contract/dataset.js';
import type { Tensor, TensorFlow } from './native.js';

export interface Examples {
  readonly count: number;
  readonly labels: Int32Array;
  /** The rows of these indices as float32 [indices, …shape], ready for the network. */
  inputs(indices: Uint32Array): Tensor;
}

/** Rows of bytes, prepared as the data set says. Values are looked up: 256 bytes have 256 results. */
export function byteExamples(tf: TensorFlow, rows: Uint8Array, labels: Int32Array, preprocessing: Preprocessing): Examples {
  const { shape } = preprocessing.input;
  const width = shape.reduce((product, size) => product * size, 1);
  const prepared = Float32Array.from({ length: 256 }, (_, byte) =>
    preprocessing.steps.reduce((value, step) => value / step.divide_by, byte),
  );
  return {
    count: labels.length,
    labels,
    inputs(indices) {
      const values = new Float32Array(indices.length * width);
      let at = 0;
      for (const index of indices) {
        for (let from = index * width, end = from + width; from < end; from += 1, at += 1) values[at] = prepared[rows[from]!]!;
      }
      return tf.tensor(values, [indices.length, ...shape], 'float32');
    },
  };
}

/** Rows of numbers that need no preparing, such as features another network computed. */
export function floatExamples(tf: TensorFlow, rows: Float32Array, shape: readonly number[], labels: Int32Array): Examples {
  const width = shape.reduce((product, size) => product * size, 1);
  return {
    count: labels.length,
    labels,
    inputs(indices) {
      const values = new Float32Array(indices.length * width);
      indices.forEach((index, at) => values.set(rows.subarray(index * width, (index + 1) * width), at * width));
      return tf.tensor(values, [indices.length, ...shape], 'float32');
    },
  };
}

/** Some of the examples, in the order given. */
export const subset = (examples: Examples, chosen: Uint32Array): Examples => ({
  count: chosen.length,
  labels: Int32Array.from(chosen, (index) => examples.labels[index]!),
  inputs: (indices) => examples.inputs(indices.map((index) => chosen[index]!)),
});

/** Index ranges that cover `count` examples in order, `size` at a time. */
export function* batches(order: Uint32Array, size: number): Generator<Uint32Array> {
  for (let start = 0; start < order.length; start += size) yield order.subarray(start, start + size);
}

export const inOrder = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, index) => index);
