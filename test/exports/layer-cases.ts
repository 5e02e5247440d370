// A network for each layer class and each way it computes, with weights that hide nothing: no bias is zero, no variance one.
import type { Architecture, LayerSpec } from '#contract/layers.js';
import { volume } from '#contract/shape.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { stream } from '#engine/random.js';
import type { Weights } from '#models/weights.js';
import { network } from '../support/networks.js';

const PICTURE = [8, 7, 3];
const SEQUENCE = [6, 5];
const ROW = [5];

const ofOne = (shape: number[], layer: LayerSpec): Architecture => network(shape, [layer]);
const merged = (shape: number[], className: 'Add' | 'Multiply' | 'Average' | 'Maximum' | 'Concatenate'): Architecture =>
  network(shape, [
    { class_name: 'ReLU', name: 'one' },
    { class_name: 'LeakyReLU', name: 'other', inputs: ['input'] },
    { class_name: className, inputs: ['one', 'other'] },
  ]);

const ACTIVATIONS = ['relu', 'relu6', 'elu', 'selu', 'sigmoid', 'tanh', 'softmax', 'softplus', 'swish', 'gelu'] as const;
const MERGING = ['Add', 'Multiply', 'Average', 'Maximum', 'Concatenate'] as const;
const PICTURE_LAYERS: LayerSpec[] = [
  { class_name: 'Conv2D', config: { filters: 3, kernel_size: 3, activation: 'relu' } },
  { class_name: 'Conv2D', config: { filters: 3, kernel_size: [3, 2], strides: 2, padding: 'same', use_bias: false } },
  { class_name: 'Conv2D', config: { filters: 3, kernel_size: 2, activation: 'softmax' } },
  { class_name: 'Conv2DTranspose', config: { filters: 3, kernel_size: 3, strides: 2, padding: 'same' } },
  { class_name: 'Conv2DTranspose', config: { filters: 3, kernel_size: 2, strides: 3, padding: 'same' } },
  { class_name: 'Conv2DTranspose', config: { filters: 3, kernel_size: 4, strides: 2 } },
  { class_name: 'Conv2DTranspose', config: { filters: 3, kernel_size: 2, strides: 3 } },
  { class_name: 'DepthwiseConv2D', config: { kernel_size: 3 } },
  { class_name: 'DepthwiseConv2D', config: { kernel_size: 3, depth_multiplier: 2, strides: 2, padding: 'same' } },
  { class_name: 'SeparableConv2D', config: { filters: 3, kernel_size: 3, activation: 'relu' } },
  { class_name: 'MaxPooling2D' },
  { class_name: 'MaxPooling2D', config: { pool_size: 2, strides: 3, padding: 'same' } },
  { class_name: 'AveragePooling2D', config: { pool_size: 3, padding: 'same' } },
  { class_name: 'GlobalAveragePooling2D' },
  { class_name: 'GlobalMaxPooling2D' },
  { class_name: 'BatchNormalization' },
  { class_name: 'BatchNormalization', config: { scale: false, epsilon: 0.01 } },
  { class_name: 'Rescaling', config: { scale: 2, offset: -1 } },
  { class_name: 'Rescaling', config: { scale: [1, 2, 3], offset: [-1, 0, 1] } },
  { class_name: 'Dense', config: { units: 2 } },
  { class_name: 'Flatten' },
  { class_name: 'Permute', config: { dims: [2, 1, 3] } },
  { class_name: 'ZeroPadding2D', config: { padding: [[1, 2], [0, 3]] } },
  { class_name: 'Cropping2D', config: { cropping: [[1, 2], [0, 3]] } },
  { class_name: 'UpSampling2D', config: { size: [2, 3] } },
  { class_name: 'UpSampling2D', config: { interpolation: 'bilinear' } },
  { class_name: 'ReLU', config: { max_value: 2 } },
];
const SEQUENCE_LAYERS: LayerSpec[] = [
  { class_name: 'Conv1D', config: { filters: 3, kernel_size: 2 } },
  { class_name: 'Conv1D', config: { filters: 3, kernel_size: 3, strides: 2, padding: 'same', activation: 'relu' } },
  { class_name: 'MaxPooling1D' },
  { class_name: 'AveragePooling1D', config: { padding: 'same', pool_size: 4 } },
  { class_name: 'GlobalAveragePooling1D' },
  { class_name: 'GlobalMaxPooling1D' },
  { class_name: 'BatchNormalization', config: { center: false } },
  { class_name: 'LayerNormalization' },
  { class_name: 'LayerNormalization', config: { center: false, scale: false } },
  { class_name: 'Dense', config: { units: 3, activation: 'tanh' } },
  { class_name: 'SimpleRNN', config: { units: 3 } },
  { class_name: 'GRU', config: { units: 3, return_sequences: true, use_bias: false } },
  { class_name: 'GRU', config: { units: 3 } },
  { class_name: 'LSTM', config: { units: 3 } },
  { class_name: 'LSTM', config: { units: 2, return_sequences: true } },
  { class_name: 'SpatialDropout1D', config: { rate: 0.5 } },
  { class_name: 'Reshape', config: { target_shape: [3, 10] } },
];
const ROW_LAYERS: LayerSpec[] = [
  { class_name: 'Dense', config: { units: 3 } },
  { class_name: 'Softmax' },
  { class_name: 'LeakyReLU', config: { alpha: 0.1 } },
  ...ACTIVATIONS.map((activation): LayerSpec => ({ class_name: 'Activation', config: { activation } })),
];
/** While it is not trained such a layer does nothing; something must be done for there to be a network. */
const NOISY: LayerSpec[] = [
  { class_name: 'Dropout', config: { rate: 0.5 } },
  { class_name: 'AlphaDropout', config: { rate: 0.5 } },
  { class_name: 'GaussianDropout', config: { rate: 0.5 } },
  { class_name: 'GaussianNoise', config: { stddev: 0.5 } },
];

const settings = ({ config = {} }: { config?: object }): string => JSON.stringify(config).replace(/"/g, '');
/** By what they are called. */
export const LAYER_CASES: readonly (readonly [name: string, architecture: Architecture])[] = [
  ...PICTURE_LAYERS.map((layer) => [`${layer.class_name} ${settings(layer)}`, ofOne(PICTURE, layer)] as const),
  ...SEQUENCE_LAYERS.filter(({ class_name: name }) => name !== 'SpatialDropout1D').map((layer) => [`${layer.class_name} ${settings(layer)} on a sequence`, ofOne(SEQUENCE, layer)] as const),
  ['SpatialDropout1D', network(SEQUENCE, [{ class_name: 'SpatialDropout1D', config: { rate: 0.5 } }, { class_name: 'ReLU' }])],
  ...ROW_LAYERS.map((layer) => [`${layer.class_name} ${settings(layer)} on a row`, ofOne(ROW, layer)] as const),
  ...NOISY.map((layer) => [layer.class_name, network(ROW, [layer, { class_name: 'ReLU' }])] as const),
  ...MERGING.flatMap((className) => [[`${className} of pictures`, merged(PICTURE, className)] as const, [`${className} of rows`, merged(ROW, className)] as const]),
  ['Embedding', network([4], [{ class_name: 'Embedding', config: { input_dim: 10, output_dim: 3 } }])],
];

/** Of no network are they what it would begin with. */
export function drawnWeights(architecture: Architecture): Weights {
  const numbers = stream(1, 'test/exports');
  return new Map([...freshWeights(architecture, 1)].map(([path, { length }]) => {
    const low = path.endsWith('variance') ? 0.5 : -0.5;
    return [path, Float32Array.from({ length }, () => low + numbers.uniform())];
  }));
}

/** From -1 to 1; for a table, its rows. */
export function drawnInputs({ input_shape: shape, layers }: Architecture, count: number): Float32Array {
  const numbers = stream(2, 'test/exports');
  const isTable = layers[0]!.class_name === 'Embedding';
  return Float32Array.from({ length: count * volume(shape) }, () => (isTable ? numbers.below(10) : 2 * numbers.uniform() - 1));
}
