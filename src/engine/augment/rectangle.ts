// Rectangles in pictures, one for each example of a batch, as masks.
import type { Tensor, TensorFlow } from '../native.js';

/** Pixels from `start` on, `length` of them, along one axis: whole numbers, float32 [batch]. What lies outside the picture is left out. */
export interface Span {
  start: Tensor;
  length: Tensor;
}

/** 1 within the span and 0 outside, float32 [batch, size]. */
export function spanMask(tf: TensorFlow, { start, length }: Span, size: number): Tensor {
  const places = tf.range(0, size, 1, 'float32');
  const from = tf.expandDims(start, 1);
  const inside = tf.logicalAnd(tf.greaterEqual(places, from), tf.less(places, tf.add(from, tf.expandDims(length, 1))));
  return tf.cast(inside, 'float32');
}

/** 1 within the rectangle and 0 outside, float32 [batch, height, width, 1], from the masks of its rows and its columns. */
export const rectangleMask = (tf: TensorFlow, rows: Tensor, columns: Tensor): Tensor =>
  tf.mul(tf.reshape(rows, [...rows.shape, 1, 1]), tf.reshape(columns, [columns.shape[0], 1, columns.shape[1]!, 1]));
