// The way out of TensorFlow for what was computed there.
import type { Tensor, TensorFlow } from './native.js';

/**
 * The values of what is computed; of tensors nothing is left. `tf.tidy` never gets the values: it looks for tensors in whatever it
 * is given back, also in each element of an array of numbers, which takes 0.8 µs each.
 */
export function valuesOf(tf: TensorFlow, compute: () => Tensor): Float32Array {
  const result = tf.tidy(compute);
  try {
    return result.dataSync<'float32'>();
  } finally {
    result.dispose();
  }
}
