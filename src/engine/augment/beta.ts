// Numbers of the distribution Beta(α, α), each from one uniform number, by a table of its quantiles.
import { gathered } from '../native-operations.js';
import type { Tensor, TensorFlow } from '../native.js';

/** Cells of the table. Quantiles are exact at their borders, so no probability is off by more than one cell: 1/2048. */
const CELLS = 2048;
/** Steps of the integral over half of the distribution. */
const STEPS = 1 << 15;

/**
 * The quantiles of Beta(α, α) at 0, 1/2048, … 1. For any α > 0.
 *
 * The density t^(α−1) (1−t)^(α−1) is symmetric, so half of it will do. There t = s^(1/β) with β = min(α, 1) takes the pole at 0 away:
 * in s the density is s^(α/β − 1) (1 − s^(1/β))^(α−1), without scale, and is summed by the midpoint rule.
 */
export function betaQuantiles(alpha: number): Float32Array {
  const power = 1 / Math.min(alpha, 1);
  const end = 0.5 ** (1 / power);
  const mass = new Float64Array(STEPS + 1);
  for (let step = 0; step < STEPS; step += 1) {
    const s = ((step + 0.5) / STEPS) * end;
    mass[step + 1] = mass[step]! + s ** (alpha * power - 1) * (1 - s ** power) ** (alpha - 1);
  }

  const quantiles = new Float32Array(CELLS + 1);
  for (let cell = 0, step = 0; cell <= CELLS / 2; cell += 1) {
    const wanted = (cell / (CELLS / 2)) * mass[STEPS]!;
    while (step < STEPS - 1 && mass[step + 1]! < wanted) step += 1;
    const within = (wanted - mass[step]!) / (mass[step + 1]! - mass[step]!);
    const quantile = (((step + within) / STEPS) * end) ** power;
    quantiles[cell] = quantile;
    quantiles[CELLS - cell] = 1 - quantile;
  }
  return quantiles;
}

/** What the uniform numbers, float32 [batch] in [0, 1), are in a distribution with these quantiles. */
export function quantileOf(tf: TensorFlow, quantiles: Float32Array, uniform: Tensor): Tensor {
  const table = tf.tensor1d(quantiles);
  const place = tf.mul(uniform, CELLS);
  const cell = tf.floor(place);
  const index = tf.cast(cell, 'int32');
  const [low, high] = [gathered(tf, table, index), gathered(tf, table, tf.add(index, tf.scalar(1, 'int32')))] as const;
  return tf.add(low, tf.mul(tf.sub(place, cell), tf.sub(high, low)));
}
