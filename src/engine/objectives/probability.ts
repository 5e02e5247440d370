// How likely a network takes the class that it names for an example.
import type { ProbabilityBy } from '../../models/output-layer.js';
import type { Tensor, TensorFlow } from '../native.js';
import type { Objective } from './objective.js';

/**
 * Probability of the class that is predicted (class-metrics.ts), float32 [batch]: the largest there is. Call inside a tidy.
 * @param outputs float32 [batch, units]; one unit tells two classes apart, and is for the second
 */
export function probabilityOf(tf: TensorFlow, outputs: Tensor, by: ProbabilityBy): Tensor {
  const one = outputs.shape[1] === 1;
  const row = (of: Tensor): Tensor => tf.reshape(of, [-1]);
  switch (by) {
    case 'softmax':
      return tf.max(tf.softmax(outputs), -1);
    case 'sigmoid':
      // 1 − σ(x) = σ(−x).
      return tf.sigmoid(one ? row(tf.abs(outputs)) : tf.max(outputs, -1));
    case 'outputs':
      return one ? row(tf.maximum(outputs, tf.sub(1, outputs))) : tf.max(outputs, -1);
  }
}

/** The same objective, which also tells of each example how likely the network takes the class that it names: `probability`. */
export const withProbability = (tf: TensorFlow, objective: Objective, by: ProbabilityBy): Objective => ({
  ...objective,
  ofExamples: (outputs, targets) => ({ ...objective.ofExamples(outputs, targets), probability: probabilityOf(tf, outputs, by) }),
});
