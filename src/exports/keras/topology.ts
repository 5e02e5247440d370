// A network as Keras 3 writes it: config.json of a .keras file. Always a Functional model, which a chain is too.
import { NETWORK_INPUT } from '../../contract/branches.js';
import type { Architecture, Layer, LayerClass } from '../../contract/layers.js';
import type { Shape } from '../../contract/shape.js';
import { trace } from '../../models/architecture.js';
import { LAYER_RULES } from '../../models/layer-rules.js';

type Json = Readonly<Record<string, unknown>>;

const batched = (shape: Shape): (number | null)[] => [null, ...shape];

/** How Keras 3 names what Keras 2 calls otherwise, class by class. */
const RENAMED: Partial<Record<LayerClass, Readonly<Record<string, string>>>> = { LeakyReLU: { alpha: 'negative_slope' } };
/** Settings of Keras 2 that Keras 3 has no more, and those that a class does not take. */
const GONE: Partial<Record<LayerClass, readonly string[]>> = {
  Embedding: ['input_length'], SpatialDropout1D: ['noise_shape', 'trainable'], SimpleRNN: ['implementation'], GRU: ['implementation'], LSTM: ['implementation'],
};
const ACTIVATIONS: Readonly<Record<string, string>> = { swish: 'silu' };
/** Initializers that draw nothing have no seed. */
const SEEDLESS = ['Zeros', 'Ones'];

function settings({ class_name: layerClass, name, config }: Layer): Json {
  const written = LAYER_RULES[layerClass].keras(config as never) as Json;
  const entries = Object.entries({ trainable: true, dtype: 'float32', ...written }).flatMap(([setting, value]): [string, unknown][] => {
    if (GONE[layerClass]?.includes(setting)) return [];
    if (setting.endsWith('_initializer')) return [[setting, initializer(value as unknown as { class_name: string; config: object })]];
    if (setting === 'activation' || setting === 'recurrent_activation') return [[setting, ACTIVATIONS[value as string] ?? value]];
    return [[RENAMED[layerClass]?.[setting] ?? setting, value]];
  });
  return { name, ...Object.fromEntries(entries) };
}

const initializer = ({ class_name: className, config }: { class_name: string; config: object }): Json => ({
  module: 'keras.initializers',
  class_name: className,
  config: { ...config, ...(!SEEDLESS.includes(className) && { seed: null }) },
  registered_name: null,
});

const tensor = (name: string, shape: Shape): Json => ({ class_name: '__keras_tensor__', config: { shape: batched(shape), dtype: 'float32', keras_history: [name, 0, 0] } });

const layerEntry = (layer: Layer, from: readonly string[], inputs: readonly Shape[]): Json => {
  const tensors = from.map((name, at) => tensor(name, inputs[at]!));
  const shapes = inputs.map(batched);
  return {
    module: 'keras.layers',
    class_name: layer.class_name,
    config: settings(layer),
    registered_name: null,
    build_config: { input_shape: shapes.length > 1 ? shapes : shapes[0] },
    name: layer.name,
    inbound_nodes: [{ args: [tensors.length > 1 ? tensors : tensors[0]], kwargs: {} }],
  };
};

/** The content of config.json. */
export function keras3Topology(architecture: Architecture): object {
  const input = {
    module: 'keras.layers',
    class_name: 'InputLayer',
    config: { batch_shape: batched(architecture.input_shape), dtype: 'float32', sparse: false, name: NETWORK_INPUT },
    registered_name: null,
    name: NETWORK_INPUT,
    inbound_nodes: [],
  };
  const traced = trace(architecture);
  return {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name: 'rootstock',
      trainable: true,
      layers: [input, ...traced.map(({ layer, from, inputs }) => layerEntry(layer, from, inputs))],
      input_layers: [NETWORK_INPUT, 0, 0],
      output_layers: [architecture.layers.at(-1)!.name, 0, 0],
    },
    registered_name: 'Functional',
    build_config: { input_shape: null },
  };
}
