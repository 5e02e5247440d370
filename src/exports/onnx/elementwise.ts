// Activations, layers that disturb training only, normalisation, and layers that make one value of several.
import type { Activation, LayerClass } from '../../contract/layers.js';
import type { ACTIVATION_CONFIGS } from '../../contract/layers/activation.js';
import type { MERGING_CONFIGS } from '../../contract/layers/merging.js';
import type { NORMALIZATION_CONFIGS } from '../../contract/layers/normalization.js';
import type { REGULARIZATION_CONFIGS } from '../../contract/layers/regularization.js';
import type { LayerPlace, LayerWriter, LayerWriters } from './layer-writer.js';
import { OnnxValue } from './layout.js';
import type { OnnxModel } from './model.js';

const SQRT_2 = Math.fround(Math.SQRT2);

const gelu = (model: OnnxModel, value: string): string => {
  const erf = model.node('Erf', [model.node('Div', [value, model.number(SQRT_2)])]);
  return model.node('Mul', [model.node('Mul', [value, model.number(0.5)]), model.node('Add', [erf, model.number(1)])]);
};
const ACTIVATIONS: Readonly<Record<Exclude<Activation, 'softmax' | 'linear'>, (model: OnnxModel, value: string) => string>> = {
  relu: (model, value) => model.node('Relu', [value]),
  relu6: (model, value) => model.node('Clip', [value, model.number(0), model.number(6)]),
  elu: (model, value) => model.node('Elu', [value]),
  selu: (model, value) => model.node('Selu', [value]),
  sigmoid: (model, value) => model.node('Sigmoid', [value]),
  tanh: (model, value) => model.node('Tanh', [value]),
  softplus: (model, value) => model.node('Softplus', [value]),
  swish: (model, value) => model.node('Mul', [value, model.node('Sigmoid', [value])]),
  gelu,
};

export function activated(model: OnnxModel, value: OnnxValue, activation: Activation = 'linear'): OnnxValue {
  if (activation === 'linear') return value;
  // The only one that looks along an axis, which is that of the channels.
  if (activation === 'softmax') return OnnxValue.channelsLast(model, model.node('Softmax', [value.channelsLast], { axis: { i: -1 } }), value.shape);
  return value.like(ACTIVATIONS[activation](model, value.asIs));
}

export const ACTIVATION_WRITERS: LayerWriters<keyof typeof ACTIVATION_CONFIGS> = {
  Activation: ({ model, input, config }) => activated(model, input, config.activation),
  ReLU: ({ model, input, config: { max_value: most } }) =>
    input.like(most === undefined ? model.node('Relu', [input.asIs]) : model.node('Clip', [input.asIs, model.number(0), model.number(most)])),
  LeakyReLU: ({ model, input, config: { alpha = 0.3 } }) => input.like(model.node('LeakyRelu', [input.asIs], { alpha: { f: alpha } })),
  Softmax: ({ model, input }) => activated(model, input, 'softmax'),
};

const asItIs = ({ input }: { input: OnnxValue }): OnnxValue => input;
export const REGULARIZATION_WRITERS: LayerWriters<keyof typeof REGULARIZATION_CONFIGS> = {
  Dropout: asItIs, SpatialDropout1D: asItIs, AlphaDropout: asItIs, GaussianDropout: asItIs, GaussianNoise: asItIs,
};

const EPSILON = 0.001;
const filled = (length: number, value: number): Float32Array => new Float32Array(length).fill(value);

/** Scale, offset and statistics, with ones and zeros for those that the layer does without. */
function affine({ config, input, weight }: LayerPlace<'BatchNormalization'> | LayerPlace<'LayerNormalization'>): { gamma: Float32Array; beta: Float32Array; channels: number } {
  const channels = input.shape.at(-1)!;
  return {
    channels,
    gamma: config.scale === false ? filled(channels, 1) : weight('gamma').values,
    beta: config.center === false ? filled(channels, 0) : weight('beta').values,
  };
}

const batchNormalization: LayerWriter<'BatchNormalization'> = (place) => {
  const { model, input, config, weight } = place;
  const { gamma, beta, channels } = affine(place);
  const [mean, variance] = [weight('moving_mean').values, weight('moving_variance').values];
  const epsilon = config.epsilon ?? EPSILON;
  if (input.shape.length === 3) {
    const operands = [gamma, beta, mean, variance].map((values) => model.floats(values, [channels]));
    return OnnxValue.channelsFirst(model, model.node('BatchNormalization', [input.channelsFirst, ...operands], { epsilon: { f: epsilon } }), input.shape);
  }
  const factor = gamma.map((each, at) => each / Math.sqrt(variance[at]! + epsilon));
  const offset = beta.map((each, at) => each - mean[at]! * factor[at]!);
  const scaled = model.node('Mul', [input.channelsLast, model.floats(factor, [channels])]);
  return OnnxValue.channelsLast(model, model.node('Add', [scaled, model.floats(offset, [channels])]), input.shape);
};

const numbers = (model: OnnxModel, factor: number | number[]): string => (typeof factor === 'number' ? model.number(factor) : model.floats(Float32Array.from(factor), [factor.length]));

export const NORMALIZATION_WRITERS: LayerWriters<keyof typeof NORMALIZATION_CONFIGS> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: (place) => {
    const { model, input, config } = place;
    const { gamma, beta, channels } = affine(place);
    const operands = [gamma, beta].map((values) => model.floats(values, [channels]));
    const normalised = model.node('LayerNormalization', [input.channelsLast, ...operands], { axis: { i: -1 }, epsilon: { f: config.epsilon ?? EPSILON } });
    return OnnxValue.channelsLast(model, normalised, input.shape);
  },
  Rescaling: ({ model, input, config: { scale, offset = 0 } }) => {
    const value = Array.isArray(scale) || Array.isArray(offset) ? OnnxValue.channelsLast(model, input.channelsLast, input.shape) : input;
    return value.like(model.node('Add', [model.node('Mul', [value.asIs, numbers(model, scale)]), numbers(model, offset)]));
  },
};

/** All in one order: that of the first, unless they have no channels to lie first. */
function together(inputs: readonly OnnxValue[]): { names: string[]; isFirst: boolean } {
  const isFirst = inputs[0]!.isFirst && inputs.every(({ shape }) => shape.length === 3);
  return { isFirst, names: inputs.map((input) => (isFirst ? input.channelsFirst : input.channelsLast)) };
}
const placed = (model: OnnxModel, name: string, isFirst: boolean, shape: LayerPlace<LayerClass>['output']): OnnxValue =>
  isFirst ? OnnxValue.channelsFirst(model, name, shape) : OnnxValue.channelsLast(model, name, shape);

const folded = (op: string, after: (model: OnnxModel, value: string, count: number) => string = (_model, value) => value) =>
  ({ model, inputs, output }: LayerPlace<keyof typeof MERGING_CONFIGS>): OnnxValue => {
    const { names, isFirst } = together(inputs);
    return placed(model, after(model, names.reduce((left, right) => model.node(op, [left, right])), names.length), isFirst, output);
  };

export const MERGING_WRITERS: LayerWriters<keyof typeof MERGING_CONFIGS> = {
  Add: folded('Add'),
  Multiply: folded('Mul'),
  Average: folded('Add', (model, sum, count) => model.node('Mul', [sum, model.number(1 / count)])),
  Maximum: folded('Max'),
  Concatenate: ({ model, inputs, output }) => {
    const { names, isFirst } = together(inputs);
    return placed(model, model.node('Concat', names, { axis: { i: isFirst ? 1 : -1 } }), isFirst, output);
  },
};
