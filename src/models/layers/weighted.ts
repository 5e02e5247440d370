// Weights as they are held and as Keras writes how they are drawn.
import type { InitializerName } from '../../contract/layers.js';
import { volume, type Shape } from '../../contract/shape.js';
import type { WeightRule } from './rule.js';

/**
 * A kernel whose last two axes are inputs and outputs of one position. The fans are those that Keras and tfjs take for any
 * kernel, so that an initializer means the same there: for a depthwise kernel that counts all channels as inputs.
 */
export function kernel(name: string, shape: Shape, initializer: InitializerName | undefined): WeightRule {
  const positions = volume(shape.slice(0, -2));
  const [inputs, outputs] = shape.slice(-2) as [number, number];
  return { name, shape, initializer: initializer ?? 'glorot_uniform', fanIn: positions * inputs, fanOut: positions * outputs, learns: true };
}

interface Biased {
  use_bias?: boolean;
  bias_initializer?: InitializerName;
}

/** The kernels, and a bias for each output unless there is none; it has the fans of the last kernel. */
export function withBias(kernels: WeightRule[], outputs: number, config: Biased): WeightRule[] {
  if (config.use_bias === false) return kernels;
  const initializer = config.bias_initializer ?? 'zeros';
  return [...kernels, { ...kernels.at(-1)!, name: 'bias', shape: [outputs], initializer }];
}

/** One number for each channel, of the same value. */
export const perChannel = (name: string, channels: number, initializer: 'zeros' | 'ones', learns: boolean): WeightRule => ({
  name, shape: [channels], initializer, fanIn: channels, fanOut: channels, learns,
});

const KERAS_INITIALIZERS: Record<InitializerName, { class_name: string; config: object }> = {
  zeros: { class_name: 'Zeros', config: {} },
  ones: { class_name: 'Ones', config: {} },
  glorot_uniform: { class_name: 'GlorotUniform', config: {} },
  glorot_normal: { class_name: 'GlorotNormal', config: {} },
  he_uniform: { class_name: 'HeUniform', config: {} },
  he_normal: { class_name: 'HeNormal', config: {} },
  lecun_uniform: { class_name: 'LeCunUniform', config: {} },
  lecun_normal: { class_name: 'LeCunNormal', config: {} },
  random_uniform: { class_name: 'RandomUniform', config: { minval: -0.05, maxval: 0.05 } },
  orthogonal: { class_name: 'Orthogonal', config: { gain: 1 } },
};
export const kerasInitializer = (name: InitializerName | undefined, usual: InitializerName): object => KERAS_INITIALIZERS[name ?? usual];

/** Activation and bias as Keras writes them. */
export const kerasActivated = (config: Biased & { activation?: string }, usual = 'linear'): object => ({
  activation: config.activation ?? usual,
  use_bias: config.use_bias ?? true,
  bias_initializer: kerasInitializer(config.bias_initializer, 'zeros'),
});
