// Sparse categorical cross-entropy and accuracy, from logits.
import type { Tensor, TensorFlow } from './native.js';
import { sparseSoftmaxCrossEntropy } from './native-operations.js';
import type { Targets } from './targets.js';

/** Scalars of one batch. */
export interface BatchMeasures {
  /** Mean over the batch of −log p(label), natural logarithm; of a mixed example the mean over both labels by their shares. */
  loss: Tensor;
  /** Part of the batch whose largest logit is the label's; of a mixed example, that of the label with the larger share. */
  accuracy: Tensor;
}

/** logits [batch, classes], labels int32 [batch]. Call inside a tidy. */
export function crossEntropy(tf: TensorFlow, logits: Tensor, labels: Tensor, mixed?: Targets['mixed']): BatchMeasures {
  const losses = (of: Tensor): Tensor => sparseSoftmaxCrossEntropy(tf, logits, of);
  const loss = mixed
    ? tf.add(tf.mul(losses(labels), mixed.share), tf.mul(losses(mixed.other), tf.sub(1, mixed.share)))
    : losses(labels);
  const decisive = mixed ? tf.where(tf.greaterEqual(mixed.share, 0.5), labels, mixed.other) : labels;
  const accuracy = tf.mean(tf.cast(tf.equal(tf.argMax(logits, -1), decisive), 'float32'));
  return { loss: tf.mean(loss), accuracy };
}
