// The part of a network that no stage trains: its output is a feature, which need not be computed in every step.
import { REGULARIZATION_CONFIGS } from '../contract/layers/regularization.js';
import { ServiceError } from '../contract/errors.js';
import type { Architecture } from '../contract/layers.js';
import type { Stage } from '../contract/training-specs.js';
import { divide, trace } from '../models/architecture.js';

/**
 * The last layer of the longest beginning of the network that is the same in every step of all stages: nothing in it learns, and nothing
 * draws at random. Frozen statistics are those of use (Ioffe & Szegedy 2015), so that it gives in training what it gives afterwards.
 * @returns null where no such part has weights of its own, or nothing after it takes its output alone
 */
export function frozenTrunk(architecture: Architecture, stages: readonly Pick<Stage, 'trainable'>[]): string | null {
  const trainable = new Set(stages.flatMap((stage) => stage.trainable));
  const traced = trace(architecture);
  const end = traced.findIndex(({ layer }) => trainable.has(layer.name) || layer.class_name in REGULARIZATION_CONFIGS);
  for (let last = end - 1; last >= 0; last -= 1) {
    const computes = traced.slice(0, last + 1).some(({ weights }) => weights.length > 0);
    if (!computes) return null;
    const { name } = traced[last]!.layer;
    if (isCut(architecture, name)) return name;
  }
  return null;
}

function isCut(architecture: Architecture, name: string): boolean {
  try {
    divide(architecture, name);
    return true;
  } catch (problem) {
    if (problem instanceof ServiceError && problem.code === 'CUT_CROSSED') return false;
    throw problem;
  }
}
