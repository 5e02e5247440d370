// Operations of TensorFlow that tfjs does not offer, with their gradients where one is needed.
import type { Tensor, TensorFlow } from './native.js';
import { nativeBackend, type NativeAttribute } from './native-backend.js';

const typeAttribute = (tf: TensorFlow, name: string, dtype: 'TF_FLOAT' | 'TF_INT32') => {
  const { binding } = nativeBackend(tf);
  return { name, type: binding.TF_ATTR_TYPE!, value: binding[dtype] };
};

/**
 * −log softmax(logits)[label] of each example, natural logarithm, float32 [batch]; computed with its gradient in one operation
 * that is exact where a probability rounds to 0.
 * @param logits float32 [batch, classes]
 * @param labels int32 [batch]
 */
export function sparseSoftmaxCrossEntropy(tf: TensorFlow, logits: Tensor, labels: Tensor): Tensor {
  const attributes = [typeAttribute(tf, 'T', 'TF_FLOAT'), typeAttribute(tf, 'Tlabels', 'TF_INT32')];
  return softmaxLosses(tf, 'SparseSoftmaxCrossEntropyWithLogits', attributes, logits, labels);
}

/**
 * −Σ p log softmax(logits) of each example, float32 [batch], likewise.
 * @param logits float32 [batch, classes]
 * @param distributions what the classes should come to, float32 [batch, classes], each row of sum 1; no gradient goes there
 */
export function softmaxCrossEntropy(tf: TensorFlow, logits: Tensor, distributions: Tensor): Tensor {
  return softmaxLosses(tf, 'SoftmaxCrossEntropyWithLogits', [typeAttribute(tf, 'T', 'TF_FLOAT')], logits, distributions);
}

/** Both operations give the losses and their gradient by the logits. */
function softmaxLosses(tf: TensorFlow, name: string, attributes: NativeAttribute[], logits: Tensor, targets: Tensor): Tensor {
  const operation = tf.customGrad((values, save) => {
    const [losses, gradient] = nativeBackend(tf).executeMultipleOutputs(name, attributes, [values as Tensor, targets], 2) as [Tensor, Tensor];
    (save as (tensors: Tensor[]) => void)([gradient]);
    return {
      value: losses,
      gradFunc: (upstream, saved) => tf.mul(tf.expandDims(upstream, -1), saved[0]!),
    };
  });
  return operation(logits);
}

/** Elements, or rows, of a float32 table by their first index, int32 of any shape. Has no gradient. tfjs's own gather reads the indices on the host to check them, which a recorded step cannot. */
export function gathered(tf: TensorFlow, table: Tensor, indices: Tensor): Tensor {
  const { binding } = nativeBackend(tf);
  const attributes = [
    { name: 'batch_dims', type: binding.TF_ATTR_INT!, value: 0 },
    typeAttribute(tf, 'Tparams', 'TF_FLOAT'),
    typeAttribute(tf, 'Tindices', 'TF_INT32'),
    typeAttribute(tf, 'Taxis', 'TF_INT32'),
  ];
  return tf.tidy(() => nativeBackend(tf).executeSingleOutput('GatherV2', attributes, [table, indices, tf.scalar(0, 'int32')]));
}

/**
 * The rows of a table at these indices, float32 [...shape of the indices, width], with the gradient of the table. An index that the table has not
 * is an error of TensorFlow's on a CPU.
 * @param table float32 [rows, width]
 * @param indices int32
 */
export function gatherRows(tf: TensorFlow, table: Tensor, indices: Tensor): Tensor {
  const [rows, width] = table.shape as [number, number];
  const operation = tf.customGrad((values, save) => {
    const value = gathered(tf, values as Tensor, indices);
    (save as (tensors: Tensor[]) => void)([indices]);
    return {
      value,
      gradFunc: (upstream, [taken]) => tf.unsortedSegmentSum(tf.reshape(upstream, [indices.size, width]), tf.reshape(taken!, [indices.size]), rows),
    };
  });
  return operation(table);
}

/**
 * Whether fewer than `count` classes have a larger output than the label’s: bool [batch]. Call inside a tidy.
 * @param outputs float32 [batch, classes]
 * @param labels int32 [batch]
 */
export function isInTop(tf: TensorFlow, outputs: Tensor, labels: Tensor, count: number): Tensor {
  return nativeBackend(tf).executeSingleOutput('InTopKV2', [typeAttribute(tf, 'T', 'TF_INT32')], [outputs, labels, tf.scalar(count, 'int32')]);
}

export interface Normalized {
  /** Of the input's shape. */
  values: Tensor;
  /** Statistics of the batch, float32 [channels]: mean, and variance with n in the denominator. */
  mean: Tensor;
  variance: Tensor;
}

/**
 * (x − mean) / √(variance + ε) · gamma + beta for each channel of the last axis, with its gradient (FusedBatchNormV3). Call
 * inside a tidy.
 * @param moving statistics to use; left out, those of the batch, through which the gradient then goes too
 */
export function batchNormalization(
  tf: TensorFlow,
  input: Tensor,
  gamma: Tensor,
  beta: Tensor,
  epsilon: number,
  moving?: { mean: Tensor; variance: Tensor },
): Normalized {
  const backend = nativeBackend(tf);
  const { binding } = backend;
  const attributes = [
    typeAttribute(tf, 'T', 'TF_FLOAT'),
    typeAttribute(tf, 'U', 'TF_FLOAT'),
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT!, value: epsilon },
    { name: 'data_format', type: binding.TF_ATTR_STRING!, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL!, value: moving === undefined },
  ];
  const channels = input.shape.at(-1)!;
  const count = input.size / channels;
  const picture = input.shape.length === 4 ? input : tf.reshape(input, [count, 1, 1, channels]);
  let [mean, variance] = [moving?.mean, moving?.variance];

  const operation = tf.customGrad((x, scale, offset, save) => {
    const estimated = moving ? [moving.mean, moving.variance] : [tf.tensor1d([], 'float32'), tf.tensor1d([], 'float32')];
    const inputs = [x as Tensor, scale as Tensor, offset as Tensor, ...estimated];
    const [values, batchMean, batchVariance, ...reserved] = backend.executeMultipleOutputs('FusedBatchNormV3', attributes, inputs, 6) as [
      Tensor, Tensor, Tensor, Tensor, Tensor, Tensor,
    ];
    if (!moving) [mean, variance] = [tf.keep(batchMean), tf.keep(batchVariance)];
    const statistics = moving ? [moving.mean, moving.variance] : reserved.slice(0, 2);
    (save as (tensors: Tensor[]) => void)([x as Tensor, scale as Tensor, ...statistics, reserved[2]]);
    return {
      value: values,
      gradFunc(upstream, saved) {
        const operands = [upstream, ...saved];
        return backend.executeMultipleOutputs('FusedBatchNormGradV3', attributes, operands, 5).slice(0, 3);
      },
    };
  });
  const values = operation(picture, gamma, beta);
  const result = input.shape.length === 4 ? values : tf.reshape(values, input.shape);
  if (moving) return { values: result, ...moving };
  // TensorFlow gives the variance with n − 1 in the denominator; Keras moves its statistics by the one with n.
  const biased = tf.mul(variance!, count > 1 ? (count - 1) / count : 1);
  const ofBatch = tf.clone(mean!);
  tf.dispose([mean!, variance!]);
  return { values: result, mean: ofBatch, variance: biased };
}

/**
 * Pictures whose value at (x, y) is that of the given ones at (a x + b y + c, d x + e y + f), between pixels interpolated linearly
 * along both axes; 0 outside. Has no gradient. tfjs's own kernel for it is missing from the native backend.
 * @param pictures float32 [batch, height, width, channels]
 * @param maps float32 [batch, 8]: a, b, c, d, e, f and two zeros for each picture
 */
export function projectiveTransform(tf: TensorFlow, pictures: Tensor, maps: Tensor): Tensor {
  const backend = nativeBackend(tf);
  const { TF_ATTR_STRING } = backend.binding;
  const attributes = [
    typeAttribute(tf, 'dtype', 'TF_FLOAT'),
    { name: 'interpolation', type: TF_ATTR_STRING!, value: 'BILINEAR' },
    { name: 'fill_mode', type: TF_ATTR_STRING!, value: 'CONSTANT' },
  ];
  const size = tf.tensor1d(pictures.shape.slice(1, 3), 'int32');
  const fill = tf.scalar(0);
  const moved = backend.executeSingleOutput('ImageProjectiveTransformV3', attributes, [pictures, maps, size, fill]);
  tf.dispose([size, fill]);
  return moved;
}
