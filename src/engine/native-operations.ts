// Operations of TensorFlow that tfjs does not offer, with their gradients.
import type { Tensor, TensorFlow } from './native.js';
import { nativeBackend } from './native-backend.js';

/**
 * −log softmax(logits)[label] of each example, natural logarithm, float32 [batch]; computed with its gradient in one operation
 * that is exact where a probability rounds to 0.
 * @param logits float32 [batch, classes]
 * @param labels int32 [batch]
 */
export function sparseSoftmaxCrossEntropy(tf: TensorFlow, logits: Tensor, labels: Tensor): Tensor {
  const backend = nativeBackend(tf);
  const type = (name: string, dtype: string) => ({ name, type: backend.binding.TF_ATTR_TYPE!, value: backend.binding[dtype] });
  const operation = tf.customGrad((values, save) => {
    const attributes = [type('T', 'TF_FLOAT'), type('Tlabels', 'TF_INT32')];
    const inputs = [values as Tensor, labels];
    const [losses, gradient] = backend.executeMultipleOutputs('SparseSoftmaxCrossEntropyWithLogits', attributes, inputs, 2) as [Tensor, Tensor];
    (save as (tensors: Tensor[]) => void)([gradient]);
    return {
      value: losses,
      gradFunc: (upstream, saved) => tf.mul(tf.expandDims(upstream, -1), saved[0]!),
    };
  });
  return operation(logits);
}
