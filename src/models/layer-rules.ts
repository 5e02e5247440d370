// What each layer class does to a shape and which weights it holds: pure arithmetic, so that a network that cannot work is
// refused before anything is queued, by a process that never loads TensorFlow. The compiler demands a rule for each class.
import type { InitializerName, LayerClass, LayerConfig } from '../contract/layers.js';

/** A shape without the batch axis. */
export type Shape = readonly number[];

export interface WeightRule {
  name: string;
  shape: Shape;
  initializer: InitializerName;
  /** Connections into and out of one unit, which scale the initial values (Glorot & Bengio 2010; He et al. 2015). */
  fanIn: number;
  fanOut: number;
  /** false: the layer changes it by itself (moving statistics), no gradient does. */
  learns: boolean;
}

/** Thrown by a rule: why the layer cannot take this shape. */
export class Misfit extends Error {}

interface LayerRule<Config> {
  output(input: Shape, config: Config): Shape;
  weights?(input: Shape, config: Config): WeightRule[];
}

export const volume = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);
const written = (shape: Shape): string => `[${shape.join(', ')}]`;

type Pair = readonly [number, number];
const asPair = (value: number | number[] | undefined, usual: Pair): Pair =>
  value === undefined ? usual : typeof value === 'number' ? [value, value] : [value[0]!, value[1]!];

/** Height, width and channels of an image-like shape. */
function image(shape: Shape): [number, number, number] {
  if (shape.length !== 3) throw new Misfit(`it takes height × width × channels and is given ${written(shape)}`);
  return [shape[0]!, shape[1]!, shape[2]!];
}

/** Size along one axis after a window slides over it. */
function slide(size: number, window: number, stride: number, padding: 'valid' | 'same'): number {
  if (padding === 'same') return Math.ceil(size / stride);
  if (window > size) throw new Misfit(`its window of ${window} is larger than the ${size} it slides over`);
  return Math.floor((size - window) / stride) + 1;
}

const pooling: LayerRule<LayerConfig<'MaxPooling2D'>> = {
  output(input, config) {
    const [height, width, channels] = image(input);
    const pool = asPair(config.pool_size, [2, 2]);
    const strides = asPair(config.strides, pool);
    const padding = config.padding ?? 'valid';
    return [slide(height, pool[0], strides[0], padding), slide(width, pool[1], strides[1], padding), channels];
  },
};
const globalPooling = { output: (input: Shape): Shape => [image(input)[2]] };

const kernelAndBias = (
  kernelShape: Shape,
  fans: { fanIn: number; fanOut: number },
  config: { use_bias?: boolean; kernel_initializer?: InitializerName; bias_initializer?: InitializerName },
): WeightRule[] => {
  const outputs = kernelShape.at(-1)!;
  const common = { ...fans, learns: true };
  const kernel = { name: 'kernel', shape: kernelShape, initializer: config.kernel_initializer ?? 'glorot_uniform', ...common };
  const bias = { name: 'bias', shape: [outputs], initializer: config.bias_initializer ?? 'zeros', ...common };
  return config.use_bias === false ? [kernel] : [kernel, bias];
};

export const LAYER_RULES: { [C in LayerClass]: LayerRule<LayerConfig<C>> } = {
  Dense: {
    output(input, config) {
      if (input.length === 0) throw new Misfit('it is given a single number');
      return [...input.slice(0, -1), config.units];
    },
    weights(input, config) {
      const inputs = input.at(-1)!;
      return kernelAndBias([inputs, config.units], { fanIn: inputs, fanOut: config.units }, config);
    },
  },
  Conv2D: {
    output(input, config) {
      const [height, width] = image(input);
      const kernel = asPair(config.kernel_size, [1, 1]);
      const strides = asPair(config.strides, [1, 1]);
      const padding = config.padding ?? 'valid';
      return [
        slide(height, kernel[0], strides[0], padding),
        slide(width, kernel[1], strides[1], padding),
        config.filters,
      ];
    },
    weights(input, config) {
      const channels = image(input)[2];
      const kernel = asPair(config.kernel_size, [1, 1]);
      const window = volume(kernel);
      const fans = { fanIn: window * channels, fanOut: window * config.filters };
      return kernelAndBias([...kernel, channels, config.filters], fans, config);
    },
  },
  MaxPooling2D: pooling,
  AveragePooling2D: pooling,
  GlobalAveragePooling2D: globalPooling,
  GlobalMaxPooling2D: globalPooling,
  Flatten: {
    output(input) {
      if (input.length < 2) throw new Misfit(`${written(input)} is flat already`); // tfjs refuses it
      return [volume(input)];
    },
  },
  Reshape: {
    output(input, config) {
      if (volume(input) === volume(config.target_shape)) return config.target_shape;
      throw new Misfit(`${written(input)} holds ${volume(input)} numbers, ${written(config.target_shape)} ${volume(config.target_shape)}`);
    },
  },
  ZeroPadding2D: {
    output(input, config) {
      const [height, width, channels] = image(input);
      const padding = asPair(config.padding, [1, 1]);
      return [height + 2 * padding[0], width + 2 * padding[1], channels];
    },
  },
  Activation: { output: (input) => input },
  Dropout: { output: (input) => input },
};
