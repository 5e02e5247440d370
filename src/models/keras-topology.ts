// A network as the topology of a TF.js Layers model (the Keras 2 JSON), which tfjs loads in Node and in a browser as it is.
import { NETWORK_INPUT } from '../contract/branches.js';
import type { Architecture, Layer } from '../contract/layers.js';
import { inputsOf, isChain } from './connections.js';
import { LAYER_RULES } from './layer-rules.js';

interface KerasLayer {
  class_name: string;
  config: Record<string, unknown>;
}
/** A layer with the layers it takes: [name, call, output, settings of the call], for its one call. */
interface KerasNode extends KerasLayer {
  name: string;
  inbound_nodes: [string, 0, 0, object][][];
}

interface Written {
  keras_version: string;
  backend: string;
}
export interface KerasSequential extends Written {
  class_name: 'Sequential';
  config: { name: string; layers: KerasLayer[] };
}
export interface KerasFunctional extends Written {
  class_name: 'Model';
  config: { name: string; layers: KerasNode[]; input_layers: [string, 0, 0][]; output_layers: [string, 0, 0][] };
}
export type KerasTopology = KerasSequential | KerasFunctional;

const NAME = 'rootstock';
const WRITTEN: Written = { keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' };

const settings = (layer: Layer): Record<string, unknown> => ({
  name: layer.name,
  trainable: true,
  dtype: 'float32',
  ...LAYER_RULES[layer.class_name].keras(layer.config as never),
});

/** A chain is a Sequential, which every tool reads; anything else a Model whose layers say what they take. */
export const kerasTopology = (architecture: Architecture): KerasTopology =>
  isChain(architecture) ? sequential(architecture) : functional(architecture);

const batched = ({ input_shape: shape }: Architecture): (number | null)[] => [null, ...shape];

const sequential = (architecture: Architecture): KerasSequential => ({
  class_name: 'Sequential',
  config: {
    name: NAME,
    layers: architecture.layers.map((layer, index) => ({
      class_name: layer.class_name,
      config: { ...(index === 0 && { batch_input_shape: batched(architecture) }), ...settings(layer) },
    })),
  },
  ...WRITTEN,
});

function functional(architecture: Architecture): KerasFunctional {
  const inputs = inputsOf(architecture.layers);
  const input: KerasNode = {
    class_name: 'InputLayer',
    name: NETWORK_INPUT,
    config: { name: NETWORK_INPUT, batch_input_shape: batched(architecture), dtype: 'float32', sparse: false },
    inbound_nodes: [],
  };
  const nodes = architecture.layers.map((layer, index): KerasNode => ({
    class_name: layer.class_name,
    name: layer.name,
    config: settings(layer),
    inbound_nodes: [inputs[index]!.map((name) => [name, 0, 0, {}])],
  }));
  return {
    class_name: 'Model',
    config: {
      name: NAME,
      layers: [input, ...nodes],
      input_layers: [[NETWORK_INPUT, 0, 0]],
      output_layers: [[architecture.layers.at(-1)!.name, 0, 0]],
    },
    ...WRITTEN,
  };
}
