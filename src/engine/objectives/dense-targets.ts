// Targets as a number for each unit of the output.
import type { Tensor, TensorFlow } from '../native.js';

/**
 * float32 [batch, units]. Values are that already; a class becomes 1 at its unit and 0 elsewhere, and where there is one unit
 * for two classes, 0 or 1.
 */
export function denseTargets(tf: TensorFlow, targets: Tensor, units: number): Tensor {
  if (targets.dtype !== 'int32') return targets;
  if (units === 1) return tf.expandDims(tf.cast(targets, 'float32'), -1);
  return tf.oneHot(targets, units, 1, 0, 'float32');
}
