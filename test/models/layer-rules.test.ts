// What each layer class does to a shape: by hand, and as TensorFlow.js itself sees it.
import { describe, expect, it } from '@jest/globals';
import { isMerging } from '#contract/branches.js';
import { LAYER_CLASSES, type LayerSpec } from '#contract/layers.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { trace, weightsOf } from '#models/architecture.js';
import { kerasTopology } from '#models/keras-topology.js';
import { everyTestFreesItsTensors, failureOf, network } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

type Row = [layer: LayerSpec, input: number[], output: number[]];
const ROWS: Row[] = [
  [{ class_name: 'Dense', config: { units: 3 } }, [5], [3]],
  [{ class_name: 'Dense', config: { units: 3, use_bias: false } }, [5], [3]],
  [{ class_name: 'Dense', config: { units: 3 } }, [4, 5], [4, 3]],
  [{ class_name: 'Dense', config: { units: 3, activation: 'softmax' } }, [2, 4, 5], [2, 4, 3]],
  [{ class_name: 'Embedding', config: { input_dim: 7, output_dim: 3 } }, [4], [4, 3]],
  [{ class_name: 'Embedding', config: { input_dim: 7, output_dim: 3 } }, [4, 5], [4, 5, 3]],
  [{ class_name: 'Conv1D', config: { filters: 4, kernel_size: 3 } }, [9, 2], [7, 4]],
  [{ class_name: 'Conv1D', config: { filters: 4, kernel_size: 3, strides: 2, padding: 'same', use_bias: false } }, [9, 2], [5, 4]],
  [{ class_name: 'Conv2DTranspose', config: { filters: 3, kernel_size: 3 } }, [4, 5, 2], [6, 7, 3]],
  [{ class_name: 'Conv2DTranspose', config: { filters: 3, kernel_size: 3, strides: 2, activation: 'relu' } }, [4, 5, 2], [9, 11, 3]],
  [{ class_name: 'Conv2DTranspose', config: { filters: 3, kernel_size: 2, strides: 3, use_bias: false } }, [4, 5, 2], [12, 15, 3]],
  [{ class_name: 'Conv2DTranspose', config: { filters: 3, kernel_size: [2, 3], strides: [3, 2], padding: 'same' } }, [4, 5, 2], [12, 10, 3]],
  [{ class_name: 'DepthwiseConv2D', config: { kernel_size: 3 } }, [7, 6, 2], [5, 4, 2]],
  [{ class_name: 'DepthwiseConv2D', config: { kernel_size: [3, 2], strides: 2, padding: 'same', depth_multiplier: 3, use_bias: false } }, [7, 6, 2], [4, 3, 6]],
  [{ class_name: 'SeparableConv2D', config: { filters: 5, kernel_size: 3 } }, [7, 6, 2], [5, 4, 5]],
  [{ class_name: 'SeparableConv2D', config: { filters: 5, kernel_size: [3, 2], strides: [2, 2], padding: 'same', depth_multiplier: 3, use_bias: false } }, [7, 6, 2], [4, 3, 5]],
  [{ class_name: 'MaxPooling1D' }, [7, 2], [3, 2]],
  [{ class_name: 'MaxPooling1D', config: { pool_size: 3, strides: 1 } }, [7, 2], [5, 2]],
  [{ class_name: 'AveragePooling1D', config: { pool_size: 3, padding: 'same' } }, [7, 2], [3, 2]],
  [{ class_name: 'GlobalAveragePooling1D' }, [7, 2], [2]],
  [{ class_name: 'GlobalMaxPooling1D' }, [7, 2], [2]],
  [{ class_name: 'BatchNormalization' }, [4, 5, 3], [4, 5, 3]],
  [{ class_name: 'BatchNormalization', config: { momentum: 0.9, epsilon: 1e-5 } }, [3], [3]],
  [{ class_name: 'BatchNormalization', config: { center: false, scale: false } }, [3], [3]],
  [{ class_name: 'LayerNormalization' }, [4, 5, 3], [4, 5, 3]],
  [{ class_name: 'LayerNormalization', config: { center: false } }, [3], [3]],
  [{ class_name: 'LayerNormalization', config: { scale: false } }, [5, 3], [5, 3]],
  [{ class_name: 'Rescaling', config: { scale: 2, offset: -1 } }, [4, 5, 3], [4, 5, 3]],
  [{ class_name: 'Rescaling', config: { scale: [1, 2, 3] } }, [5, 3], [5, 3]],
  [{ class_name: 'SpatialDropout1D', config: { rate: 0.5 } }, [7, 2], [7, 2]],
  [{ class_name: 'AlphaDropout', config: { rate: 0.5 } }, [7], [7]],
  [{ class_name: 'GaussianDropout', config: { rate: 0.5 } }, [7, 2], [7, 2]],
  [{ class_name: 'GaussianNoise', config: { stddev: 0.5 } }, [7, 6, 2], [7, 6, 2]],
  [{ class_name: 'Permute', config: { dims: [2, 1] } }, [5, 6], [6, 5]],
  [{ class_name: 'Permute', config: { dims: [3, 1, 2] } }, [4, 5, 6], [6, 4, 5]],
  [{ class_name: 'ZeroPadding2D', config: { padding: 2 } }, [5, 6, 3], [9, 10, 3]],
  [{ class_name: 'ZeroPadding2D', config: { padding: [[0, 1], [2, 3]] } }, [5, 6, 3], [6, 11, 3]],
  [{ class_name: 'Cropping2D' }, [5, 6, 3], [5, 6, 3]],
  [{ class_name: 'Cropping2D', config: { cropping: 2 } }, [5, 6, 3], [1, 2, 3]],
  [{ class_name: 'Cropping2D', config: { cropping: [[0, 1], [2, 3]] } }, [5, 6, 3], [4, 1, 3]],
  [{ class_name: 'UpSampling2D' }, [5, 6, 3], [10, 12, 3]],
  [{ class_name: 'UpSampling2D', config: { size: [2, 3], interpolation: 'bilinear' } }, [5, 6, 3], [10, 18, 3]],
  [{ class_name: 'ReLU' }, [5, 6], [5, 6]],
  [{ class_name: 'ReLU', config: { max_value: 6 } }, [5], [5]],
  [{ class_name: 'LeakyReLU', config: { alpha: 0.1 } }, [5, 6], [5, 6]],
  [{ class_name: 'Softmax' }, [5, 6], [5, 6]],
  [{ class_name: 'SimpleRNN', config: { units: 4 } }, [5, 3], [4]],
  [{ class_name: 'SimpleRNN', config: { units: 4, return_sequences: true, use_bias: false } }, [5, 3], [5, 4]],
  [{ class_name: 'GRU', config: { units: 4 } }, [5, 3], [4]],
  [{ class_name: 'GRU', config: { units: 4, return_sequences: true, use_bias: false } }, [5, 3], [5, 4]],
  [{ class_name: 'LSTM', config: { units: 4 } }, [5, 3], [4]],
  [{ class_name: 'LSTM', config: { units: 4, return_sequences: true, activation: 'relu', unit_forget_bias: false } }, [5, 3], [5, 4]],
  [{ class_name: 'Conv2D', config: { filters: 4, kernel_size: 3 } }, [7, 6, 2], [5, 4, 4]],
  [{ class_name: 'Conv2D', config: { filters: 4, kernel_size: [3, 2], strides: [2, 1] } }, [7, 6, 2], [3, 5, 4]],
  [{ class_name: 'Conv2D', config: { filters: 4, kernel_size: 3, strides: 2, padding: 'same' } }, [7, 6, 2], [4, 3, 4]],
  [{ class_name: 'Conv2D', config: { filters: 1, kernel_size: 9, padding: 'same', use_bias: false } }, [4, 4, 1], [4, 4, 1]],
  [{ class_name: 'MaxPooling2D' }, [7, 6, 2], [3, 3, 2]],
  [{ class_name: 'MaxPooling2D', config: { pool_size: 3, strides: 1 } }, [7, 6, 2], [5, 4, 2]],
  [{ class_name: 'MaxPooling2D', config: { pool_size: [2, 3], padding: 'same' } }, [7, 7, 2], [4, 3, 2]],
  [{ class_name: 'MaxPooling2D', config: { pool_size: 2, strides: 3 } }, [8, 8, 1], [3, 3, 1]],
  [{ class_name: 'AveragePooling2D' }, [5, 5, 3], [2, 2, 3]],
  [{ class_name: 'AveragePooling2D', config: { pool_size: 3, strides: 2, padding: 'same' } }, [5, 6, 3], [3, 3, 3]],
  [{ class_name: 'GlobalAveragePooling2D' }, [5, 6, 3], [3]],
  [{ class_name: 'GlobalMaxPooling2D' }, [5, 6, 3], [3]],
  [{ class_name: 'Flatten' }, [5, 6, 3], [90]],
  [{ class_name: 'Flatten' }, [5, 6], [30]],
  [{ class_name: 'Reshape', config: { target_shape: [2, 3, 5] } }, [30], [2, 3, 5]],
  [{ class_name: 'Reshape', config: { target_shape: [30] } }, [5, 6], [30]],
  [{ class_name: 'ZeroPadding2D' }, [5, 6, 3], [7, 8, 3]],
  [{ class_name: 'ZeroPadding2D', config: { padding: [1, 2] } }, [5, 6, 3], [7, 10, 3]],
  [{ class_name: 'Activation', config: { activation: 'tanh' } }, [5, 6], [5, 6]],
  [{ class_name: 'Dropout', config: { rate: 0.5 } }, [5, 6], [5, 6]],
];
/** Merging layers, each with the shapes it is given; each comes out of the network's input by a layer of its own. */
const MERGES: [layer: LayerSpec & { class_name: 'Add' | 'Multiply' | 'Average' | 'Maximum' | 'Concatenate' }, inputs: number[][], output: number[]][] = [
  [{ class_name: 'Add' }, [[4, 6], [4, 6]], [4, 6]],
  [{ class_name: 'Add' }, [[2, 3, 4], [2, 1, 4], [1, 1, 4]], [2, 3, 4]],
  [{ class_name: 'Multiply' }, [[2, 3, 4], [1, 1, 4]], [2, 3, 4]],
  [{ class_name: 'Average' }, [[24], [24], [24]], [24]],
  [{ class_name: 'Maximum' }, [[4, 6], [4, 6]], [4, 6]],
  [{ class_name: 'Concatenate' }, [[4, 6], [4, 3]], [4, 9]],
  [{ class_name: 'Concatenate', config: { axis: -1 } }, [[24], [12], [8]], [44]],
];

const titled = ROWS.map(([layer, ...rest]) => [`${layer.class_name} ${JSON.stringify(layer.config ?? {})}`, layer, ...rest] as const);
const merges = MERGES.map(([layer, ...rest]) => [layer.class_name, layer, ...rest] as const);

/** Holds what is known of a network to what TensorFlow.js makes of it. */
async function expectLikeTfjs(architecture: ReturnType<typeof network>, output: number[]): Promise<void> {
  expect(trace(architecture).at(-1)!.output).toEqual(output);
  const model = await tf.models.modelFromJSON(kerasTopology(architecture) as never);
  const weights = model.layers.flatMap((layer) => layer.weights.map(({ originalName, shape, trainable }) => [originalName, shape, trainable]));
  expect(weights.sort()).toEqual(weightsOf(architecture).map(({ path, shape, learns }) => [path, shape, learns]).sort());
  expect(model.outputs[0]!.shape).toEqual([null, ...output]);
  const shape = tf.tidy(() => (model.apply(tf.ones([2, ...architecture.input_shape]), { training: false }) as Tensor).shape);
  expect(shape).toEqual([2, ...output]);
  model.dispose();
}

describe('the rule of a layer class', () => {
  it('is tried here for every class', () => {
    const tried = [...ROWS, ...MERGES].map(([{ class_name: name }]) => name);
    expect([...new Set(tried)].sort()).toEqual([...LAYER_CLASSES].sort());
    expect(MERGES.map(([{ class_name: name }]) => name).every(isMerging)).toBe(true);
  });

  it.each(titled)('%s turns shapes and holds weights as TensorFlow.js does', async (_, layer, input, output) => {
    await expectLikeTfjs(network(input, [layer]), output);
  });

  it.each(merges)('%s merges shapes as TensorFlow.js does (%#)', async (_, layer, inputs, output) => {
    const branches = inputs.flatMap((shape, index): LayerSpec[] => [
      { class_name: 'Dense', name: `made_${index}`, inputs: ['input'], config: { units: shape.reduce((product, size) => product * size, 1) } },
      { class_name: 'Reshape', name: `branch_${index}`, config: { target_shape: shape } },
    ]);
    await expectLikeTfjs(network([5], [...branches, { ...layer, inputs: inputs.map((_shape, index) => `branch_${index}`) }]), output);
  });

  it.each<[string, LayerSpec, number[], string]>([
    ['a convolution of a flat input', { class_name: 'Conv2D', config: { filters: 1, kernel_size: 1 } }, [9], 'it takes height × width × channels and is given [9]'],
    ['a window larger than the image', { class_name: 'Conv2D', config: { filters: 1, kernel_size: [2, 5] } }, [4, 4, 1], 'its window of 5 is larger than the 4 it slides over'],
    ['pooling of a flat input', { class_name: 'MaxPooling2D' }, [9], 'it takes height × width × channels and is given [9]'],
    ['pooling past the last pixel', { class_name: 'AveragePooling2D' }, [4, 1, 2], 'its window of 2 is larger than the 1 it slides over'],
    ['global pooling of a sequence', { class_name: 'GlobalMaxPooling2D' }, [4, 2], 'it takes height × width × channels and is given [4, 2]'],
    ['padding of a flat input', { class_name: 'ZeroPadding2D' }, [4], 'it takes height × width × channels and is given [4]'],
    ['a reshape to another count', { class_name: 'Reshape', config: { target_shape: [2, 3] } }, [5], '[5] holds 5 numbers, [2, 3] 6'],
    ['a convolution of an image as a sequence', { class_name: 'Conv1D', config: { filters: 1, kernel_size: 1 } }, [4, 4, 1], 'it takes steps × channels and is given [4, 4, 1]'],
    ['a recurrence over an image', { class_name: 'GRU', config: { units: 1 } }, [4, 4, 1], 'it takes steps × channels and is given [4, 4, 1]'],
    ['depthwise strides that differ', { class_name: 'DepthwiseConv2D', config: { kernel_size: 1, strides: [1, 2] } }, [4, 4, 1], 'its strides 1 and 2 differ'],
    ['separable strides that differ', { class_name: 'SeparableConv2D', config: { filters: 1, kernel_size: 1, strides: [2, 1] } }, [4, 4, 1], 'its strides 2 and 1 differ'],
    ['cropping everything', { class_name: 'Cropping2D', config: { cropping: [[2, 2], [0, 0]] } }, [4, 4, 1], 'it leaves nothing of [4, 4, 1]'],
    ['exchanging axes that are not there', { class_name: 'Permute', config: { dims: [1, 3] } }, [4, 5], 'its dims [1, 3] are not the axes 1 to 2 of [4, 5]'],
    ['exchanging too few axes', { class_name: 'Permute', config: { dims: [1, 2] } }, [4, 5, 6], 'its dims [1, 2] are not the axes 1 to 3 of [4, 5, 6]'],
    ['flattening what is flat', { class_name: 'Flatten' }, [12], '[12] is flat already'],
  ])('refuses %s', (_, layer, input, why) => {
    const architecture = network(input, [{ ...layer, name: 'here' }]);
    expect(failureOf(() => trace(architecture))).toMatchObject({ code: 'SHAPE_MISMATCH', message: `Layer "here" does not fit: ${why}.` });
  });

  it.each<[string, LayerSpec['class_name'], number[], string]>([
    ['an Add of sizes that differ', 'Add', [4, 3], 'it takes inputs of one shape, or of size 1 along an axis and is given [4, 2] and [4, 3]'],
    ['a Multiply of other numbers of axes', 'Multiply', [4], 'it takes inputs of one shape, or of size 1 along an axis and is given [4, 2] and [4]'],
    ['a Maximum of a shared value', 'Maximum', [4, 1], 'it takes inputs of one shape and is given [4, 2] and [4, 1]'],
    ['a Concatenate beside other steps', 'Concatenate', [3, 2], 'it takes inputs that differ in their last size alone and is given [4, 2] and [3, 2]'],
    ['a Concatenate of other numbers of axes', 'Concatenate', [8], 'it takes inputs that differ in their last size alone and is given [4, 2] and [8]'],
  ])('refuses %s', (_, layerClass, other, why) => {
    const size = other.reduce((product, axis) => product * axis, 1);
    const architecture = network([4, 2], [
      { class_name: 'Flatten' },
      { class_name: 'Dense', config: { units: size } },
      { class_name: 'Reshape', config: { target_shape: other } },
      { class_name: layerClass, name: 'here', inputs: ['input', 'reshape_1'] } as LayerSpec,
    ]);
    expect(failureOf(() => trace(architecture))).toMatchObject({ code: 'SHAPE_MISMATCH', message: `Layer "here" does not fit: ${why}.` });
  });

  it('refuses at the first layer that does not fit, not at those before', () => {
    const architecture = network([4, 4, 1], [{ class_name: 'MaxPooling2D' }, { class_name: 'MaxPooling2D' }, { class_name: 'MaxPooling2D', name: 'third' }]);
    expect(failureOf(() => trace(architecture)).message).toContain('"third"');
  });
});
