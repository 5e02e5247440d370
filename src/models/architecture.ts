// A network as data: naming its layers, walking its shapes, finding its weights. No TensorFlow is needed for any of it.
import { ServiceError } from '../contract/errors.js';
import type { Architecture, Layer, LayerSpec } from '../contract/layers.js';
import { LAYER_RULES, Misfit, volume, type Shape, type WeightRule } from './layer-rules.js';

/** A layer with what flows through it. Weight names are `layer/weight`, the same in model files, specs and reports. */
export interface TracedLayer {
  layer: Layer;
  input: Shape;
  output: Shape;
  weights: WeightRule[];
}

const snakeCase = (className: string): string => className.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();

/**
 * Gives each layer without a name its class and a count (dense_1, dense_2), counting past the names already `taken`.
 * @param pointerOf where in the request the layer of that index stands
 * @throws LAYER_NAME_TAKEN
 */
export function nameLayers(
  specs: readonly LayerSpec[],
  taken: readonly string[] = [],
  pointerOf: (index: number) => string = (index) => `/${index}`,
): Layer[] {
  const names = new Set(taken);
  for (const [index, { name }] of specs.entries()) {
    if (name === undefined) continue;
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
    return { class_name: spec.class_name, name, config: spec.config ?? {} } as Layer;
  });
}

const shapeAfter = (layer: Layer, input: Shape): Shape => {
  try {
    return LAYER_RULES[layer.class_name].output(input, layer.config as never);
  } catch (problem) {
    if (problem instanceof Misfit) throw ServiceError.of('SHAPE_MISMATCH', layer.name, problem.message);
    throw problem;
  }
};

/** Follows an input through the network. @throws SHAPE_MISMATCH at the first layer that cannot take what it is given. */
export function trace(architecture: Architecture): TracedLayer[] {
  let input: Shape = architecture.input_shape;
  return architecture.layers.map((layer) => {
    const output = shapeAfter(layer, input);
    const weights = LAYER_RULES[layer.class_name].weights?.(input, layer.config as never) ?? [];
    const traced = { layer, input, output, weights };
    input = output;
    return traced;
  });
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
  trace(architecture).reduce((sum, { output, weights }) => {
    const kernel = weights.find((weight) => weight.name === 'kernel');
    if (!kernel) return sum;
    const positions = volume(output) / kernel.shape.at(-1)!;
    return sum + 2 * positions * volume(kernel.shape);
  }, 0);

/**
 * The network in two: up to and including the named layer, and what follows, which takes the first's output.
 * @throws LAYER_UNKNOWN
 */
export function divide(architecture: Architecture, lastOfTrunk: string): { trunk: Architecture; rest: Architecture } {
  const cut = layerIndex(architecture, lastOfTrunk) + 1;
  const trunk = { ...architecture, layers: architecture.layers.slice(0, cut) };
  return { trunk, rest: { input_shape: [...outputShape(trunk)], layers: architecture.layers.slice(cut) } };
}
