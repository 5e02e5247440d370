// Losses that look at each output by itself: a formula with its derivative, and the mean over the outputs of an example.
import type { Tensor, TensorFlow } from '../native.js';

export interface OutputLoss {
  /** [batch, units] → [batch, units]. */
  value: (outputs: Tensor, targets: Tensor) => Tensor;
  /** Its derivative by the outputs. */
  slope: (outputs: Tensor, targets: Tensor) => Tensor;
}

/**
 * Mean of the value over the outputs of each example, float32 [batch], with the derivative as gradient: fewer operations than
 * tfjs composes its own of, and exact where those divide 0 by 0 or overflow.
 * @param targets float32 [batch, units]; no gradient goes there
 */
export function meanOverOutputs(tf: TensorFlow, outputs: Tensor, targets: Tensor, { value, slope }: OutputLoss): Tensor {
  const units = outputs.shape.at(-1)!;
  const operation = tf.customGrad((given, save) => {
    (save as (tensors: Tensor[]) => void)([given as Tensor, targets]);
    return {
      value: tf.mean(value(given as Tensor, targets), -1),
      gradFunc: (upstream, [before, against]) =>
        tf.mul(slope(before!, against!), tf.expandDims(units === 1 ? upstream : tf.div(upstream, units), -1)),
    };
  });
  return operation(outputs);
}
