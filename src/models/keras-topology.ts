// A network as the topology of a TF.js Layers model (the Keras 2 JSON), which tfjs loads in Node and in a browser as it is.
import type { Architecture, InitializerName, Layer } from '../contract/layers.js';

const INITIALIZER_CLASSES: Record<InitializerName, string> = {
  zeros: 'Zeros',
  ones: 'Ones',
  glorot_uniform: 'GlorotUniform',
  glorot_normal: 'GlorotNormal',
  he_uniform: 'HeUniform',
  he_normal: 'HeNormal',
  lecun_uniform: 'LeCunUniform',
  lecun_normal: 'LeCunNormal',
};
const initializer = (name: InitializerName): object => ({ class_name: INITIALIZER_CLASSES[name], config: {} });

const pair = (value: number | number[] | undefined, usual: number[]): number[] =>
  value === undefined ? usual : typeof value === 'number' ? [value, value] : value;

type Weighted = { activation?: string; use_bias?: boolean; kernel_initializer?: InitializerName; bias_initializer?: InitializerName };
const weighted = (config: Weighted): object => ({
  activation: config.activation ?? 'linear',
  use_bias: config.use_bias ?? true,
  kernel_initializer: initializer(config.kernel_initializer ?? 'glorot_uniform'),
  bias_initializer: initializer(config.bias_initializer ?? 'zeros'),
});

/** The settings of a layer with every default written out, since Keras's and tfjs's own defaults may change. */
function kerasConfig(layer: Layer): object {
  switch (layer.class_name) {
    case 'Dense':
      return { units: layer.config.units, ...weighted(layer.config) };
    case 'Conv2D':
      return {
        filters: layer.config.filters,
        kernel_size: pair(layer.config.kernel_size, [1, 1]),
        strides: pair(layer.config.strides, [1, 1]),
        padding: layer.config.padding ?? 'valid',
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        ...weighted(layer.config),
      };
    case 'MaxPooling2D':
    case 'AveragePooling2D': {
      const size = pair(layer.config.pool_size, [2, 2]);
      return {
        pool_size: size,
        strides: pair(layer.config.strides, size),
        padding: layer.config.padding ?? 'valid',
        data_format: 'channels_last',
      };
    }
    case 'GlobalAveragePooling2D':
    case 'GlobalMaxPooling2D':
    case 'Flatten':
      return { data_format: 'channels_last' };
    case 'Reshape':
      return { target_shape: layer.config.target_shape };
    case 'ZeroPadding2D': {
      const [height, width] = pair(layer.config.padding, [1, 1]);
      return { padding: [[height, height], [width, width]], data_format: 'channels_last' };
    }
    case 'Activation':
      return { activation: layer.config.activation };
    case 'Dropout':
      return { rate: layer.config.rate, noise_shape: null, seed: null };
  }
}

export interface KerasTopology {
  class_name: 'Sequential';
  config: { name: string; layers: { class_name: string; config: Record<string, unknown> }[] };
  keras_version: string;
  backend: string;
}

export const kerasTopology = (architecture: Architecture): KerasTopology => ({
  class_name: 'Sequential',
  config: {
    name: 'rootstock',
    layers: architecture.layers.map((layer, index) => ({
      class_name: layer.class_name,
      config: {
        name: layer.name,
        trainable: true,
        dtype: 'float32',
        ...(index === 0 && { batch_input_shape: [null, ...architecture.input_shape] }),
        ...kerasConfig(layer),
      },
    })),
  },
  keras_version: 'tfjs-layers 4.22.0',
  backend: 'tensor_flow.js',
});
