// Layers that no job trains: those of a graph that was made to be run. They give features, and only those.
import { ServiceError } from '../contract/errors.js';
import type { Architecture } from '../contract/layers.js';
import type { Inheritance, Stage } from '../contract/training-specs.js';
import { weightsOf } from '../models/architecture.js';

/** Whether all that the network learnt is frozen, so that what it gives is itself a feature and no answer. */
export const isExtractor = (architecture: Architecture, frozen: readonly string[]): boolean =>
  frozen.length > 0 && weightsOf(architecture).every(({ layer }) => frozen.includes(layer));

/** Layers of the target that start from frozen ones of the base, and stay so. One that starts fresh may learn. */
export const stillFrozen = (inherit: readonly Inheritance[], frozen: readonly string[]): string[] => {
  const inherited = inherit.filter(({ from }) => frozen.includes(layerOf(from))).map(({ to }) => layerOf(to));
  return [...new Set(inherited)];
};

/** Of a weight, `layer/weight`. */
const layerOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** @throws LAYER_FROZEN at the place of the stage that would train one */
export function requireUntouched(stages: readonly Pick<Stage, 'trainable'>[], frozen: readonly string[], pointerOf: (index: number) => string): void {
  for (const [index, { trainable }] of stages.entries()) {
    const touched = trainable.find((layer) => frozen.includes(layer));
    if (touched !== undefined) throw ServiceError.of('LAYER_FROZEN', touched, index).at(pointerOf(index));
  }
}
