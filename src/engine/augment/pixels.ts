// What happens to the values of an example where they stand: brightness, noise, an erased rectangle.
import type { Erasing } from '../../contract/augment.js';
import type { Draws } from '../draws.js';
import type { Tensor, TensorFlow } from '../native.js';
import { rectangleMask, spanMask, type Span } from './rectangle.js';

/** Adds one number from −most to most to all values of an example, float32 [batch, …]. */
export function brighten(tf: TensorFlow, inputs: Tensor, most: number, draws: Draws): Tensor {
  const shape = inputs.shape.map((size, axis) => (axis === 0 ? size : 1));
  return tf.add(inputs, tf.mul(tf.sub(draws.uniform(shape), 0.5), 2 * most));
}

/** Adds a normal number of mean 0 to each value. */
export const addNoise = (tf: TensorFlow, inputs: Tensor, deviation: number, draws: Draws): Tensor =>
  tf.add(inputs, tf.mul(draws.normal(inputs.shape), deviation));

/**
 * Random erasing (Zhong et al. 2020): a rectangle of some of the pictures becomes 0. The paper draws area and ratio anew until the
 * rectangle fits. Here the ratio is drawn from those at which it does, evenly on a logarithmic scale: no loop, nothing thrown away.
 * @param pictures float32 [batch, height, width, channels]
 */
export function erase(tf: TensorFlow, pictures: Tensor, { probability, area, aspect }: Erasing, draws: Draws): Tensor {
  const [batch, height, width] = pictures.shape as [number, number, number];
  const [chance, size, ratio, top, left] = tf.unstack(draws.uniform([5, batch])) as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const pixels = tf.mul(tf.add(tf.mul(size, area[1] - area[0]), area[0]), height * width);

  // height of the rectangle = √(pixels · ratio) ≤ height and width = √(pixels / ratio) ≤ width, whatever was asked for.
  const tallest = tf.div(height * height, pixels);
  const widest = tf.div(pixels, width * width);
  const least = tf.minimum(tf.maximum(widest, aspect[0]), tallest);
  const most = tf.maximum(tf.minimum(tallest, aspect[1]), least);
  const logLeast = tf.log(least);
  const drawn = tf.exp(tf.add(logLeast, tf.mul(ratio, tf.sub(tf.log(most), logLeast))));

  const span = (length: Tensor, side: number, position: Tensor): Span => {
    const whole = tf.clipByValue(tf.round(length), 1, side);
    return { length: whole, start: tf.floor(tf.mul(position, tf.sub(side + 1, whole))) };
  };
  const rows = span(tf.sqrt(tf.mul(pixels, drawn)), height, top);
  const columns = span(tf.sqrt(tf.div(pixels, drawn)), width, left);
  const chosen = tf.expandDims(tf.cast(tf.less(chance, probability), 'float32'), 1);
  const erased = rectangleMask(tf, tf.mul(spanMask(tf, rows, height), chosen), spanMask(tf, columns, width));
  return tf.mul(pictures, tf.sub(1, erased));
}
