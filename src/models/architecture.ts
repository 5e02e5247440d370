// A network as data: naming its layers, walking its shapes, finding its weights. No TensorFlow is needed for any of it.
import { ServiceError } from '../contract/errors.js';
import { NETWORK_INPUT } from '../contract/branches.js';
import type { Architecture, Layer, LayerSpec } from '../contract/layers.js';
import { connected, inputsOf, requireInputs, requireNoLooseEnds, type PointerOf } from './connections.js';
import { volume, type Shape } from '../contract/shape.js';
import { LAYER_RULES, Misfit, type WeightRule } from './layer-rules.js';

/** A layer with what flows through it. Weight names are `layer/weight`, the same in model files, specs and reports. */
export interface TracedLayer {
  layer: Layer;
  /** Names of the layers whose outputs it takes, or "input". */
  from: readonly string[];
  /** Their shapes, in that order. */
  inputs: readonly Shape[];
  /** The first of them: the only one, unless the layer merges. */
  input: Shape;
  output: Shape;
  weights: WeightRule[];
  /** How often one example is multiplied through the kernels. */
  kernelUses: number;
  /** Numbers kept of one example until the step's gradients are known. */
  kept: number;
}

const snakeCase = (className: string): string => className.replace(/(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();

/**
 * Gives each layer without a name its class and a count (dense_1, dense_2), counting past the names already `taken`.
 * @param pointerOf where in the request the layer of that index stands
 * @throws LAYER_NAME_TAKEN, INVALID_VALUE for the name of the network's own input
 */
export function nameLayers(
  specs: readonly LayerSpec[],
  taken: readonly string[] = [],
  pointerOf: (index: number) => string = (index) => `/${index}`,
): Layer[] {
  const names = new Set(taken);
  for (const [index, { name }] of specs.entries()) {
    if (name === undefined) continue;
    if (name === NETWORK_INPUT) {
      throw ServiceError.of('INVALID_VALUE', `must be another name than "${NETWORK_INPUT}", which means what the network is given`).at(`${pointerOf(index)}/name`);
    }
    if (names.has(name)) throw ServiceError.of('LAYER_NAME_TAKEN', name).at(`${pointerOf(index)}/name`);
    names.add(name);
  }
  const nextFree = (stem: string): string => {
    let count = 1;
    while (names.has(`${stem}_${count}`)) count += 1;
    return `${stem}_${count}`;
  };
  return specs.map((spec) => {
    const name = spec.name ?? nextFree(snakeCase(spec.class_name));
    names.add(name);
    return { class_name: spec.class_name, name, ...(spec.inputs && { inputs: spec.inputs }), config: spec.config ?? {} } as Layer;
  });
}

/**
 * Follows an input through the network.
 * @param pointerOf where in the request a layer stands; failures lie there
 * @throws LAYER_INPUT_UNKNOWN, LAYER_INPUT_COUNT, LAYER_UNUSED; SHAPE_MISMATCH at the first layer that cannot take what it is given
 */
export function trace({ input_shape: inputShape, layers }: Architecture, pointerOf: PointerOf = () => undefined): TracedLayer[] {
  requireInputs(layers, pointerOf);
  requireNoLooseEnds(layers, pointerOf);
  const shapes = new Map<string, Shape>([[NETWORK_INPUT, inputShape]]);
  const names = inputsOf(layers);
  return layers.map((layer, index) => {
    const from = names[index]!;
    const traced = traceLayer(layer, from, from.map((name) => shapes.get(name)!), pointerOf(index));
    shapes.set(layer.name, traced.output);
    return traced;
  });
}

/** Follows its inputs through one layer. @throws SHAPE_MISMATCH where it cannot take them */
export function traceLayer(layer: Layer, from: readonly string[], inputs: readonly Shape[], pointer?: string): TracedLayer {
  const rule = LAYER_RULES[layer.class_name];
  const config = layer.config as never; // of the class that the rule is for
  const common = { layer, from, inputs, input: inputs[0]! };
  try {
    if ('merge' in rule) {
      const output = rule.merge(inputs, config);
      return { ...common, output, weights: [], kernelUses: 0, kept: volume(output) };
    }
    const [input] = inputs as [Shape];
    const output = rule.output(input, config);
    const weights = rule.weights?.(input, config) ?? [];
    const kernelUses = rule.kernelUses?.(input, output) ?? 0;
    return { ...common, output, weights, kernelUses, kept: rule.kept?.(input, output, config) ?? volume(output) };
  } catch (problem) {
    if (!(problem instanceof Misfit)) throw problem;
    const failure = ServiceError.of('SHAPE_MISMATCH', layer.name, problem.message);
    throw pointer === undefined ? failure : failure.at(pointer);
  }
}

export interface NamedWeight extends WeightRule {
  layer: string;
  /** `layer/weight`. */
  path: string;
}

/** All weights in the order of the network, which is the order of the model file and of the weights digest. */
export const weightsOf = (architecture: Architecture): NamedWeight[] =>
  trace(architecture).flatMap(({ layer, weights }) =>
    weights.map((weight) => ({ ...weight, layer: layer.name, path: `${layer.name}/${weight.name}` })),
  );

export const parameterCount = (architecture: Architecture): number =>
  weightsOf(architecture).reduce((sum, weight) => sum + volume(weight.shape), 0);

export const outputShape = (architecture: Architecture): Shape => trace(architecture).at(-1)?.output ?? architecture.input_shape;

/** Index of the layer of that name. @throws LAYER_UNKNOWN at the pointer, listing the names there are. */
export function layerIndex(architecture: Architecture, name: string, pointer?: string): number {
  const index = architecture.layers.findIndex((layer) => layer.name === name);
  if (index >= 0) return index;
  const unknown = ServiceError.of('LAYER_UNKNOWN', name, architecture.layers.map((layer) => layer.name).join(', '));
  throw pointer === undefined ? unknown : unknown.at(pointer);
}

/** Multiplications and additions of one example going forward: what decides how many threads are worth while. */
export const flopsPerExample = (architecture: Architecture): number =>
  trace(architecture).reduce((sum, { weights, kernelUses }) => {
    const kernels = weights.filter(({ shape }) => shape.length > 1);
    return sum + 2 * kernelUses * kernels.reduce((total, { shape }) => total + volume(shape), 0);
  }, 0);

/**
 * The network in two: up to and including the named layer, and what follows, which takes the first's output.
 * @throws LAYER_UNKNOWN; CUT_CROSSED where something that follows takes more of the first than that one output
 */
export function divide(architecture: Architecture, lastOfTrunk: string): { trunk: Architecture; rest: Architecture } {
  const cut = layerIndex(architecture, lastOfTrunk) + 1;
  const [before, after] = [architecture.layers.slice(0, cut), architecture.layers.slice(cut)];
  const inputs = inputsOf(architecture.layers).slice(cut);
  const reachable = new Set([lastOfTrunk, ...after.map(({ name }) => name)]);
  const crossing = after.filter((_, index) => !inputs[index]!.every((name) => reachable.has(name))).map(({ name }) => name);
  if (crossing.length > 0) throw ServiceError.of('CUT_CROSSED', lastOfTrunk, crossing.join(', '));

  const trunk = { ...architecture, layers: before };
  const ofRest = inputs.map((names) => names.map((name) => (name === lastOfTrunk ? NETWORK_INPUT : name)));
  return { trunk, rest: { input_shape: [...outputShape(trunk)], layers: connected(after, ofRest) } };
}

/** The part of the network that the named layer's output comes from, that layer last. @throws LAYER_UNKNOWN at the pointer */
export function upTo(architecture: Architecture, name: string, pointer?: string): Architecture {
  const inputs = inputsOf(architecture.layers);
  const needed = new Set([name]);
  for (let index = layerIndex(architecture, name, pointer); index >= 0; index -= 1) {
    if (needed.has(architecture.layers[index]!.name)) for (const input of inputs[index]!) needed.add(input);
  }
  const isNeeded = (_: unknown, index: number): boolean => needed.has(architecture.layers[index]!.name);
  return { ...architecture, layers: connected(architecture.layers.filter(isNeeded), inputs.filter(isNeeded)) };
}
