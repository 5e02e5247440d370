// What the outputs of a network are held against: kept on the host for all examples, given to a step as tensors.
import { volume } from '../contract/shape.js';
import type { Tensor, TensorFlow } from './native.js';

/** Numbers that belong to examples, the same shape of them to each. */
export interface Column {
  readonly dtype: 'int32' | 'float32';
  /** Shape of what one example has. */
  readonly shape: readonly number[];
  readonly values: Int32Array | Float32Array;
}

/** Of all examples, by what each column is for. */
export interface TargetColumns {
  /** Classes, int32 []; or values, float32 [outputs]. */
  readonly of: Column;
  /** How much each example counts in the loss, float32 []. Left out: 1. */
  readonly weights?: Column;
}
export type TargetName = keyof TargetColumns;

/** Of one batch: a tensor for each column. */
export interface GivenTargets {
  /** Classes, int32 [batch]; or values, float32 [batch, outputs]. */
  of: Tensor;
  /** float32 [batch]. Who mixes pairs of examples mixes their weights, too. */
  weights?: Tensor;
}

export interface Targets extends GivenTargets {
  /** Where pairs of examples were mixed: what the other one of each pair is held against, and the share of the first, float32 [batch] in 0..1. */
  mixed?: { other: Tensor; share: Tensor };
}

const weightColumn = (weights: Float32Array | undefined): Pick<TargetColumns, 'weights'> =>
  weights ? { weights: { dtype: 'float32', shape: [], values: weights } } : {};

/** @param labels class of each example */
export const classTargets = (labels: Int32Array, weights?: Float32Array): TargetColumns => ({
  of: { dtype: 'int32', shape: [], values: labels },
  ...weightColumn(weights),
});

/** @param values row by row, `outputs` numbers for each example */
export const valueTargets = (values: Float32Array, outputs: number, weights?: Float32Array): TargetColumns => ({
  of: { dtype: 'float32', shape: [outputs], values },
  ...weightColumn(weights),
});

/** One result for each column. */
export const eachColumn = <T>(columns: TargetColumns, make: (column: Column, name: TargetName) => T): { of: T; weights?: T } => ({
  of: make(columns.of, 'of'),
  ...(columns.weights && { weights: make(columns.weights, 'weights') }),
});

/** What the examples of these indices have, in that order. */
export function chosenOf(column: Column, chosen: Uint32Array): Column {
  const width = volume(column.shape);
  const values = new (column.dtype === 'int32' ? Int32Array : Float32Array)(chosen.length * width);
  for (let at = 0; at < values.length; at += 1) values[at] = column.values[chosen[Math.floor(at / width)]! * width + (at % width)]!;
  return { ...column, values };
}

/** The column as a tensor, [examples, …shape of one]. */
export const columnTensor = (tf: TensorFlow, column: Column): Tensor =>
  tf.tensor(column.values, [column.values.length / volume(column.shape), ...column.shape], column.dtype);

/** Zeros of a batch of that size, to record a step with. */
export const zeroTargets = (tf: TensorFlow, columns: TargetColumns, size: number): GivenTargets =>
  eachColumn(columns, ({ shape, dtype }) => tf.zeros([size, ...shape], dtype));

/** What the examples come to, float32 [batch]: of a mixed pair, both by their shares. Call inside a tidy. */
export function overPair(tf: TensorFlow, { of, mixed }: Targets, comesTo: (of: Tensor) => Tensor): Tensor {
  const one = comesTo(of);
  return mixed ? tf.add(tf.mul(mixed.share, one), tf.mul(tf.sub(1, mixed.share), comesTo(mixed.other))) : one;
}
