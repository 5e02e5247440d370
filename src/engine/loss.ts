// Sparse categorical cross-entropy and accuracy, from logits.
import type { Tensor, TensorFlow } from './native.js';
import { sparseSoftmaxCrossEntropy } from './native-operations.js';

/** Scalars of one batch. */
export interface BatchMeasures {
  /** Mean over the batch of −log p(label), natural logarithm. */
  loss: Tensor;
  /** Part of the batch whose largest logit is the label's. */
  accuracy: Tensor;
}

/** logits [batch, classes], labels int32 [batch]. Call inside a tidy. */
export function crossEntropy(tf: TensorFlow, logits: Tensor, labels: Tensor): BatchMeasures {
  const loss = tf.mean(sparseSoftmaxCrossEntropy(tf, logits, labels));
  const accuracy = tf.mean(tf.cast(tf.equal(tf.argMax(logits, -1), labels), 'float32'));
  return { loss, accuracy };
}
