// Layers that slide kernels over a sequence or an image.
import type { LayerConfig } from '../../contract/layers.js';
import type { CONVOLUTION_CONFIGS } from '../../contract/layers/convolution.js';
import { keptActivated } from './kept.js';
import { volume, type Shape } from '../../contract/shape.js';
import { Misfit } from './rule.js';
import type { RulesOf } from './rules-of.js';
import { asPair, image, sequence, slide, slideOver, type Pair, type Padding } from './sizes.js';
import { kerasActivated, kerasInitializer, kernel, withBias } from './weighted.js';

interface Window {
  kernel_size: number | number[];
  strides?: number | number[];
  padding?: Padding;
}
const kernelOf = (config: Window): Pair => asPair(config.kernel_size, [1, 1]);
const stridesOf = (config: Window): Pair => asPair(config.strides, [1, 1]);
const slid = (input: Shape, config: Window): Pair => slideOver(input, kernelOf(config), stridesOf(config), config.padding ?? 'valid');

const kerasWindow = (config: Window): object => ({
  kernel_size: kernelOf(config),
  strides: stridesOf(config),
  padding: config.padding ?? 'valid',
  data_format: 'channels_last',
  dilation_rate: [1, 1],
});
const kerasOneKernel = (config: LayerConfig<'Conv1D' | 'Conv2D' | 'Conv2DTranspose'>): object => ({
  filters: config.filters,
  ...kerasActivated(config),
  kernel_initializer: kerasInitializer(config.kernel_initializer, 'glorot_uniform'),
});

/** TensorFlow documents depthwise kernels for one stride along both axes only. */
function slidDepthwise(input: Shape, config: Window): Pair {
  const [down, across] = stridesOf(config);
  if (down !== across) throw new Misfit(`its strides ${down} and ${across} differ`);
  return slid(input, config);
}
const depthwiseKernel = (input: Shape, config: LayerConfig<'DepthwiseConv2D' | 'SeparableConv2D'>) =>
  kernel('depthwise_kernel', [...kernelOf(config), image(input)[2], config.depth_multiplier ?? 1], config.depthwise_initializer);
const kerasDepthwise = (config: LayerConfig<'DepthwiseConv2D' | 'SeparableConv2D'>): object => ({
  ...kerasWindow(config),
  depth_multiplier: config.depth_multiplier ?? 1,
  ...kerasActivated(config),
  depthwise_initializer: kerasInitializer(config.depthwise_initializer, 'glorot_uniform'),
});

const positions = (image: Shape): number => volume(image.slice(0, -1));

export const CONVOLUTION_RULES: RulesOf<keyof typeof CONVOLUTION_CONFIGS> = {
  Conv1D: {
    output: (input, config) => [
      slide(sequence(input)[0], config.kernel_size, config.strides ?? 1, config.padding ?? 'valid'),
      config.filters,
    ],
    weights: (input, config) =>
      withBias([kernel('kernel', [config.kernel_size, sequence(input)[1], config.filters], config.kernel_initializer)], config.filters, config),
    sizedBy: 'filters',
    kernelUses: (_input, output) => positions(output),
    kept: keptActivated,
    keras: (config) => ({
      ...kerasOneKernel(config),
      kernel_size: [config.kernel_size],
      strides: [config.strides ?? 1],
      padding: config.padding ?? 'valid',
      data_format: 'channels_last',
      dilation_rate: [1],
    }),
  },
  Conv2D: {
    output: (input, config) => [...slid(input, config), config.filters],
    weights: (input, config) =>
      withBias([kernel('kernel', [...kernelOf(config), image(input)[2], config.filters], config.kernel_initializer)], config.filters, config),
    sizedBy: 'filters',
    kernelUses: (_input, output) => positions(output),
    kept: keptActivated,
    keras: (config) => ({ ...kerasOneKernel(config), ...kerasWindow(config) }),
  },
  Conv2DTranspose: {
    output(input, config) {
      const [height, width] = image(input);
      const [kernels, strides] = [kernelOf(config), stridesOf(config)];
      // The smallest size from which a convolution of these settings leads back to the input's.
      const spread = (size: number, axis: 0 | 1): number =>
        size * strides[axis] + (config.padding === 'same' ? 0 : Math.max(kernels[axis] - strides[axis], 0));
      return [spread(height, 0), spread(width, 1), config.filters];
    },
    weights: (input, config) =>
      withBias([kernel('kernel', [...kernelOf(config), config.filters, image(input)[2]], config.kernel_initializer)], config.filters, config),
    sizedBy: 'filters',
    // Each position of the input is spread by the whole kernel.
    kernelUses: (input) => positions(input),
    kept: keptActivated,
    keras: (config) => ({ ...kerasOneKernel(config), ...kerasWindow(config) }),
  },
  DepthwiseConv2D: {
    output: (input, config) => [...slidDepthwise(input, config), image(input)[2] * (config.depth_multiplier ?? 1)],
    weights: (input, config) =>
      withBias([depthwiseKernel(input, config)], image(input)[2] * (config.depth_multiplier ?? 1), config),
    kernelUses: (_input, output) => positions(output),
    kept: keptActivated,
    keras: kerasDepthwise,
  },
  SeparableConv2D: {
    output: (input, config) => [...slidDepthwise(input, config), config.filters],
    weights(input, config) {
      const channels = image(input)[2] * (config.depth_multiplier ?? 1);
      const pointwise = kernel('pointwise_kernel', [1, 1, channels, config.filters], config.pointwise_initializer);
      return withBias([depthwiseKernel(input, config), pointwise], config.filters, config);
    },
    sizedBy: 'filters',
    kernelUses: (_input, output) => positions(output),
    // Between the two kernels lies what the first gave.
    kept: (input, output, config) => keptActivated(input, output, config) + positions(output) * image(input)[2] * (config.depth_multiplier ?? 1),
    keras: (config) => ({
      filters: config.filters,
      ...kerasDepthwise(config),
      pointwise_initializer: kerasInitializer(config.pointwise_initializer, 'glorot_uniform'),
    }),
  },
};
