// Layers that slide kernels over a sequence or an image. Causal Conv1D is left out: TensorFlow.js cannot run it.
import Type from '../typebox.js';
import { closed } from '../schema.js';
import { activated, filters, initializer, padding, pair, size, weighted } from './settings.js';

const window = { kernel_size: pair, strides: Type.Optional(pair), padding: Type.Optional(padding) };
const depthwise = {
  ...window,
  depth_multiplier: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, default: 1 })),
  depthwise_initializer: Type.Optional(initializer('glorot_uniform')),
};

export const CONVOLUTION_CONFIGS = {
  Conv1D: closed({ filters, kernel_size: size, strides: Type.Optional(size), padding: Type.Optional(padding), ...weighted }),
  Conv2D: closed({ filters, ...window, ...weighted }),
  Conv2DTranspose: closed({ filters, ...window, ...weighted }),
  DepthwiseConv2D: closed({ ...depthwise, ...activated }),
  SeparableConv2D: closed({ filters, ...depthwise, pointwise_initializer: Type.Optional(initializer('glorot_uniform')), ...activated }),
} as const;
