// Which layer takes whose output. A layer that says nothing takes the layer before it; networks may branch and merge.
import { ServiceError } from '../contract/errors.js';
import { isMerging, NETWORK_INPUT } from '../contract/branches.js';
import type { Architecture, Layer } from '../contract/layers.js';

/** Where in the request the layer of that index stands; undefined where the request does not have it. */
export type PointerOf = (index: number) => string | undefined;

const nameBefore = (layers: readonly Layer[], index: number): string => layers[index - 1]?.name ?? NETWORK_INPUT;

/** For each layer, the names whose outputs it takes. */
export const inputsOf = (layers: readonly Layer[]): string[][] =>
  layers.map((layer, index) => layer.inputs ?? [nameBefore(layers, index)]);

/** The layers, each taking those inputs. The one form of it: left out where it is the layer before. */
export const connected = (layers: readonly Layer[], inputs: readonly (readonly string[])[]): Layer[] =>
  layers.map((layer, index) => {
    const names = inputs[index]!;
    if (names.length !== 1 || names[0] !== nameBefore(layers, index)) return { ...layer, inputs: [...names] };
    const plain = { ...layer };
    delete plain.inputs;
    return plain;
  });

/** Whether each layer takes the one before it and nothing else. */
export const isChain = ({ layers }: Architecture): boolean => connected(layers, inputsOf(layers)).every(({ inputs }) => inputs === undefined);

/**
 * Checks that each layer takes outputs of earlier layers, as many as its class takes.
 * @throws LAYER_INPUT_UNKNOWN, LAYER_INPUT_COUNT
 */
export function requireInputs(layers: readonly Layer[], pointerOf: PointerOf = () => undefined): void {
  const earlier = new Set([NETWORK_INPUT]);
  const inputs = inputsOf(layers);
  for (const [index, { name, class_name: layerClass, inputs: asked }] of layers.entries()) {
    const pointer = pointerOf(index);
    const located = (failure: ServiceError, place: string): ServiceError => (pointer === undefined ? failure : failure.at(pointer + place));
    const given = inputs[index]!;
    const unknown = given.findIndex((input) => !earlier.has(input));
    if (unknown >= 0) {
      throw located(ServiceError.of('LAYER_INPUT_UNKNOWN', name, given[unknown]!, [...earlier].join(', ')), `/inputs/${unknown}`);
    }
    if (isMerging(layerClass) ? given.length < 2 : given.length !== 1) {
      const wanted = isMerging(layerClass) ? 'two inputs or more' : 'one input';
      throw located(ServiceError.of('LAYER_INPUT_COUNT', name, layerClass, wanted, given.length), asked ? '/inputs' : '');
    }
    earlier.add(name);
  }
}

/** Checks that everything leads to the last layer. @throws LAYER_UNUSED */
export function requireNoLooseEnds(layers: readonly Layer[], pointerOf: PointerOf = () => undefined): void {
  const used = new Set(inputsOf(layers).flat());
  const loose = layers.findIndex(({ name }, index) => index < layers.length - 1 && !used.has(name));
  if (loose < 0) return;
  const failure = ServiceError.of('LAYER_UNUSED', layers[loose]!.name);
  const pointer = pointerOf(loose);
  throw pointer === undefined ? failure : failure.at(pointer);
}
