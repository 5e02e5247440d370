// A network that runs: the tfjs layers of an architecture with their weights, addressed by path.
import type { Architecture } from '../contract/layers.js';
import type { Lora } from '../contract/lora.js';
import { weightsOf } from '../models/architecture.js';
import { kerasTopology, type KerasTopology } from '../models/keras-topology.js';
import type { Weights } from '../models/weights.js';
import { useNativeGradients } from './gradients.js';
import { newContext, type ContextualLayer, type LayerContext } from './layers/context.js';
import { LORA_DENSE } from './layers/lora-dense.js';
import { registerLayers } from './layers/register.js';
import { factorA, factorB } from './lora.js';
import type { SymbolicTensor, Tensor, TensorFlow, Variable } from './native.js';

export interface Network {
  readonly architecture: Architecture;
  /** Variables by path (`layer/weight`), in the order of the network; behind them those of changes of low rank. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** Those of these layers that gradients change. */
  learningOf(layers: readonly string[]): ReadonlyMap<string, Variable>;
  /** What its layers know of the run; the training loop sets it. */
  readonly context: LayerContext;
  /** [batch, …input] → [batch, …output]. */
  apply(inputs: Tensor, training: boolean): Tensor;
  /** What each of these layers gives, in their order: [batch, …]. Not for training. */
  outputsOf(layers: readonly string[], inputs: Tensor): Tensor[];
  /** As `apply`, with `shift` added to what the layer gives: the gradient by it is that by the layer's output, whatever else leads past the layer. Not for training. */
  applyShifted(inputs: Tensor, layer: string, shift: Tensor): Tensor;
  /** Copies of the weights as they are now. */
  readWeights(): Weights;
  /** Gives each variable its weight. @param weights by path; what else is in it is passed over */
  writeWeights(weights: Weights): void;
  dispose(): void;
}

/**
 * Builds the network and gives each variable its weight. Dispose it after use.
 * @param lora which layers have a change of low rank beside their kernel, and learn that alone @default none
 */
export async function buildNetwork(tf: TensorFlow, architecture: Architecture, weights: Weights, lora?: Lora): Promise<Network> {
  registerLayers(tf);
  useNativeGradients(tf);
  const model = await tf.models.modelFromJSON(withLora(kerasTopology(architecture), lora) as never);
  const context = newContext();
  for (const layer of model.layers) {
    if ('context' in layer) (layer as unknown as ContextualLayer).context = context;
  }

  const variables = new Map<string, Variable>();
  // tfjs orders the layers of a network that branches in its own way; within a layer the order is that of our rules.
  const places = new Map<string, number>();
  for (const { path, layer } of weightsOf(architecture)) {
    const place = places.get(layer) ?? 0;
    places.set(layer, place + 1);
    variables.set(path, (model.getLayer(layer).weights[place] as unknown as { val: Variable }).val);
  }
  for (const layer of lora?.layers ?? []) {
    const [a, b] = model.getLayer(layer).weights.slice(places.get(layer)) as unknown as { val: Variable }[];
    variables.set(factorA(layer), a!.val).set(factorB(layer), b!.val);
  }
  const adapted = new Set(lora?.layers);
  const learns = new Set([...weightsOf(architecture).flatMap(({ path, layer, learns: byGradients }) => (byGradients && !adapted.has(layer) ? [path] : [])), ...[...adapted].flatMap((layer) => [factorA(layer), factorB(layer)])]);
  const writeWeights = (values: Weights): void => {
    for (const [path, variable] of variables) {
      const value = tf.tensor(values.get(path)!, variable.shape, 'float32');
      variable.assign(value);
      value.dispose();
    }
  };
  writeWeights(weights);

  return {
    architecture,
    variables,
    learningOf: (layers) => new Map([...variables].filter(([path]) => learns.has(path) && layers.includes(path.slice(0, path.lastIndexOf('/'))))),
    context,
    apply: (inputs, training) => model.apply(inputs, { training }) as Tensor,
    writeWeights,
    outputsOf(layers, inputs) {
      // It shares the layers, so that there is nothing of its own to dispose of.
      const inner = tf.model({ inputs: model.inputs, outputs: layers.map((layer) => model.getLayer(layer).output as SymbolicTensor) });
      return [inner.apply(inputs, { training: false })].flat() as Tensor[];
    },
    applyShifted(inputs, name, shift) {
      const layer = model.getLayer(name);
      const call = layer.call.bind(layer);
      layer.call = (...given) => tf.add(call(...given) as Tensor, shift);
      try {
        return model.apply(inputs, { training: false }) as Tensor;
      } finally {
        Reflect.deleteProperty(layer, 'call');
      }
    },
    readWeights: () => new Map([...variables].map(([path, variable]) => [path, Float32Array.from(variable.dataSync())])),
    dispose: () => void model.dispose(),
  };
}

/** The topology with the layers that have a change of low rank as those that know one. */
function withLora(topology: KerasTopology, lora: Lora | undefined): KerasTopology {
  if (!lora) return topology;
  const { rank, alpha, layers: adapted } = lora;
  const layers = topology.config.layers.map((layer) =>
    adapted.includes(layer.config['name'] as string) ? { ...layer, class_name: LORA_DENSE, config: { ...layer.config, rank, scale: alpha / rank } } : layer);
  return { ...topology, config: { ...topology.config, layers } } as KerasTopology;
}
