// The output layer of the target, class by class: those that the base model knows start from what it knows of them, new ones fresh,
// and what only the base has is left behind.
import { ServiceError } from '../contract/errors.js';
import { pointerPart } from '../contract/pointer.js';
import type { Architecture } from '../contract/layers.js';
import type { Inheritance } from '../contract/training-specs.js';
import { weightsOf } from '../models/architecture.js';

/** Place of an output in the target network, and of the one of the base that it starts from. */
export type OutputPair = [to: number, from: number];

/** The classes of the target that have the name of one of the base. */
export const sameClasses = (baseLabels: readonly string[], classNames: readonly string[]): OutputPair[] =>
  classNames.flatMap((name, to) => (baseLabels.includes(name) ? [[to, baseLabels.indexOf(name)] as OutputPair] : []));

/**
 * As the caller has them.
 * @param map class of the base by class of the target
 * @throws CLASS_UNKNOWN, BASE_CLASS_UNKNOWN
 */
export function mappedClasses(map: Readonly<Record<string, string>>, baseLabels: readonly string[], classNames: readonly string[]): OutputPair[] {
  const placeOf = (name: string, of: readonly string[], code: 'CLASS_UNKNOWN' | 'BASE_CLASS_UNKNOWN', at: string): number => {
    const place = of.indexOf(name);
    if (place < 0) throw ServiceError.of(code, name.slice(0, 64), of.slice(0, 20).join(', ')).at(`/head/map/${pointerPart(at)}`);
    return place;
  };
  return Object.entries(map).map(([name, from]) => [placeOf(name, classNames, 'CLASS_UNKNOWN', name), placeOf(from, baseLabels, 'BASE_CLASS_UNKNOWN', name)]);
}

const headWeights = (architecture: Architecture, head: string) => weightsOf(architecture).filter(({ layer }) => layer === head);

/** Whether the head takes the same in both networks, so that its weights differ in their outputs alone, which lie along their last axis. */
export function headTakesTheSame(base: Architecture, target: Architecture, head: string): boolean {
  const inputs = (architecture: Architecture): string => headWeights(architecture, head).map(({ path, shape }) => `${path} ${shape.slice(0, -1).join()}`).join(';');
  return inputs(base) === inputs(target);
}

/** Those outputs of each weight of the head. */
export const headInheritance = (target: Architecture, head: string, outputs: readonly OutputPair[]): Inheritance[] =>
  headWeights(target, head).map(({ path }) => ({ to: path, from: path, outputs: [...outputs] }));
