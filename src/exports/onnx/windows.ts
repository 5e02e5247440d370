// Layers that slide a window over a picture or a sequence: convolutions and pooling. A sequence is a picture of one row's width.
import type { CONVOLUTION_CONFIGS } from '../../contract/layers/convolution.js';
import type { POOLING_CONFIGS } from '../../contract/layers/pooling.js';
import type { Activation } from '../../contract/layers.js';
import type { Shape } from '../../contract/shape.js';
import { asPair } from '../../models/layers/sizes.js';
import { activated } from './elementwise.js';
import { transposed, type LayerPlace, type LayerWriters } from './layer-writer.js';
import { OnnxValue } from './layout.js';
import type { OnnxAttribute, OnnxModel } from './model.js';

interface Window {
  strides?: number | number[];
  padding?: 'valid' | 'same';
}
interface Weighted extends Window {
  use_bias?: boolean;
  activation?: Activation;
}
type Weight = LayerPlace<'Conv2D'>['weight'];

const one = (size: number | undefined, usual: number): number[] => [size ?? usual];
const padded = (padding: Window['padding']): Record<string, OnnxAttribute> => ({ auto_pad: padding === 'same' ? 'SAME_UPPER' : 'VALID' });

/** A kernel as ONNX has it, [outputs, inputs, …]. */
interface Kernel {
  values: Float32Array;
  shape: Shape;
}
/** From [height, width, inputs, outputs], or [size, inputs, outputs]. */
function kernelOf({ values, shape }: Kernel): Kernel {
  const last = shape.length - 1;
  return transposed(values, shape, [last, last - 1, ...shape.slice(0, -2).keys()]);
}
/** From [height, width, inputs, multiplier] to one filter for each output, each of which sees one input. */
function depthwiseKernelOf({ values, shape: [height, width, channels, multiplier] }: Kernel): Kernel {
  return transposed(values, [height!, width!, channels! * multiplier!, 1], [2, 3, 0, 1]);
}

interface Convolution {
  model: OnnxModel;
  input: OnnxValue;
  output: Shape;
  config: Weighted;
  weight: Weight;
}

function convolution({ model, input, output, config, weight }: Convolution, op: string, kernel: Kernel, attributes: Record<string, OnnxAttribute>): OnnxValue {
  const operands = [input.channelsFirst, model.floats(kernel.values, kernel.shape), ...biasOf(model, config, weight)];
  return activated(model, OnnxValue.channelsFirst(model, model.node(op, operands, attributes), output), config.activation);
}
const biasOf = (model: OnnxModel, { use_bias: has = true }: Weighted, weight: Weight): string[] => (has ? [model.floats(weight('bias').values, weight('bias').shape)] : []);

/** How a transposed convolution is cut, or filled up at its end, to the size that Keras gives it. */
function spread(kernels: readonly number[], strides: readonly number[], padding: Window['padding']): Record<string, OnnxAttribute> {
  const over = kernels.map((size, axis) => size - strides[axis]!);
  const cut = over.map((size) => (padding === 'same' ? Math.max(0, size) : 0));
  return { pads: [...cut.map((size) => Math.floor(size / 2)), ...cut.map((size) => Math.ceil(size / 2))], output_padding: over.map((size) => Math.max(0, -size)) };
}

export const CONVOLUTION_WRITERS: LayerWriters<keyof typeof CONVOLUTION_CONFIGS> = {
  Conv1D: (place) => convolution(place, 'Conv', kernelOf(place.weight('kernel')), { strides: one(place.config.strides, 1), ...padded(place.config.padding) }),
  Conv2D: (place) => convolution(place, 'Conv', kernelOf(place.weight('kernel')), { strides: asPair(place.config.strides, [1, 1]), ...padded(place.config.padding) }),
  Conv2DTranspose: (place) => {
    const strides = asPair(place.config.strides, [1, 1]);
    const { values, shape } = place.weight('kernel');
    // From [height, width, outputs, inputs] to [inputs, outputs, height, width].
    return convolution(place, 'ConvTranspose', transposed(values, shape, [3, 2, 0, 1]), { strides, ...spread(shape.slice(0, 2), strides, place.config.padding) });
  },
  DepthwiseConv2D: (place) =>
    convolution(place, 'Conv', depthwiseKernelOf(place.weight('depthwise_kernel')), { group: { i: place.input.shape[2]! }, strides: asPair(place.config.strides, [1, 1]), ...padded(place.config.padding) }),
  SeparableConv2D: (place) => {
    const { model, config, input, output, weight } = place;
    const [height, width] = output as [number, number];
    const kernel = depthwiseKernelOf(weight('depthwise_kernel'));
    const depthwise = { model, input, output: [height, width, kernel.shape[0]!], config: { use_bias: false }, weight };
    const between = convolution(depthwise, 'Conv', kernel, { group: { i: input.shape[2]! }, strides: asPair(config.strides, [1, 1]), ...padded(config.padding) });
    return convolution({ model, input: between, output, config, weight }, 'Conv', kernelOf(weight('pointwise_kernel')), {});
  },
};

type Pooling = LayerPlace<keyof typeof POOLING_CONFIGS>;
const pooled = ({ model, input, output }: Pooling, op: string, attributes: Record<string, OnnxAttribute>): OnnxValue =>
  OnnxValue.channelsFirst(model, model.node(op, [input.channelsFirst], attributes), output);

const over1D = (op: string) => (place: LayerPlace<'MaxPooling1D' | 'AveragePooling1D'>): OnnxValue => {
  const { pool_size: size = 2, strides, padding } = place.config;
  return pooled(place, op, { kernel_shape: [size], strides: one(strides, size), ...padded(padding) });
};
const over2D = (op: string) => (place: LayerPlace<'MaxPooling2D' | 'AveragePooling2D'>): OnnxValue => {
  const { pool_size: size, strides, padding } = place.config;
  const pool = asPair(size, [2, 2]);
  return pooled(place, op, { kernel_shape: pool, strides: asPair(strides, pool), ...padded(padding) });
};
/** Over all positions, which ONNX keeps as positions of size 1. */
const overAll = (op: string) => ({ model, input, output }: Pooling): OnnxValue =>
  OnnxValue.channelsLast(model, model.node('Flatten', [model.node(op, [input.channelsFirst])]), output);

export const POOLING_WRITERS: LayerWriters<keyof typeof POOLING_CONFIGS> = {
  MaxPooling1D: over1D('MaxPool'),
  AveragePooling1D: over1D('AveragePool'),
  MaxPooling2D: over2D('MaxPool'),
  AveragePooling2D: over2D('AveragePool'),
  GlobalAveragePooling1D: overAll('GlobalAveragePool'),
  GlobalMaxPooling1D: overAll('GlobalMaxPool'),
  GlobalAveragePooling2D: overAll('GlobalAveragePool'),
  GlobalMaxPooling2D: overAll('GlobalMaxPool'),
};
