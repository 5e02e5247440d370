// Which layers change by low rank, and which learn beside them.
import { ServiceError } from '../contract/errors.js';
import type { Architecture } from '../contract/layers.js';
import { resolveLora, type Lora, type LoraRequest } from '../contract/lora.js';
import type { Inheritance, Stage } from '../contract/training-specs.js';
import { freshLayers } from './wise-ft.js';

const POINTER = '/transfer/lora';

/** Dense layers that were carried over, and new layers, which have nothing to change from: what may learn beside a low rank. @throws METHOD_NOT_POSSIBLE */
export function learnableByLora(architecture: Architecture, inherit: readonly Inheritance[]): ReadonlySet<string> {
  const fresh = freshLayers(architecture, inherit);
  const dense = denseOf(architecture, fresh);
  if (dense.length === 0) throw ServiceError.of('METHOD_NOT_POSSIBLE', 'lora', 'no dense layer was carried over, and of others no change of low rank can be learnt').at(POINTER);
  return new Set([...dense, ...fresh]);
}

const denseOf = ({ layers }: Architecture, fresh: readonly string[]): string[] =>
  layers.flatMap(({ class_name: layerClass, name }) => (layerClass === 'Dense' && !fresh.includes(name) ? [name] : []));

/** @param stages in which only what may learn beside a low rank does @throws METHOD_NOT_POSSIBLE */
export function loraOf(asked: LoraRequest, architecture: Architecture, inherit: readonly Inheritance[], stages: readonly Pick<Stage, 'trainable' | 'solver'>[]): Lora {
  const learning = new Set(stages.flatMap(({ trainable }) => trainable));
  const layers = denseOf(architecture, freshLayers(architecture, inherit)).filter((name) => learning.has(name));
  const refusal = (why: string): ServiceError => ServiceError.of('METHOD_NOT_POSSIBLE', 'lora', why).at(POINTER);
  if (layers.length === 0) throw refusal('no dense layer that was carried over learns in any stage');
  if (stages.some(({ trainable, solver }) => solver && trainable.some((name) => layers.includes(name)))) throw refusal('a stage with a solver puts weights in place, which a product of two matrices has no one answer for');
  return resolveLora(asked, layers);
}
