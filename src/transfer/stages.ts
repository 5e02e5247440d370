// Stages with nothing left open: layer names instead of "all" and "head", steps counted.
import { ServiceError } from '../contract/errors.js';
import type { StageRequest } from '../contract/job-request.js';
import type { Stage } from '../contract/job.js';
import type { Architecture } from '../contract/layers.js';
import { layerIndex, trace } from '../models/architecture.js';

interface StageDefaults {
  epochs: number;
  learningRate: number;
  stepsPerEpoch: number;
  newLayers: readonly string[];
}

/**
 * Layers without weights never learn, so a stage lists only those that have some.
 * @throws NOTHING_TRAINABLE, LAYER_UNKNOWN with the pointer of the name
 */
export function resolveStages(requests: readonly StageRequest[], architecture: Architecture, defaults: StageDefaults): Stage[] {
  const weighted = trace(architecture).filter(({ weights }) => weights.length > 0).map(({ layer }) => layer.name);
  return requests.map((stage, index) => {
    const pointer = `/transfer/stages/${index}/trainable`;
    const asked = namesOf(stage.trainable, architecture, defaults.newLayers, pointer);
    const trainable = asked === 'all' ? weighted : weighted.filter((name) => asked.includes(name));
    if (trainable.length === 0) throw ServiceError.of('NOTHING_TRAINABLE', index).at(pointer);
    const epochs = stage.epochs ?? defaults.epochs;
    return {
      trainable,
      epochs,
      steps: epochs * defaults.stepsPerEpoch,
      learning_rate: stage.learning_rate ?? defaults.learningRate,
    };
  });
}

function namesOf(
  trainable: StageRequest['trainable'],
  architecture: Architecture,
  newLayers: readonly string[],
  pointer: string,
): 'all' | readonly string[] {
  if (trainable === 'all') return 'all';
  if (trainable === 'head') return newLayers;
  for (const [position, name] of trainable.entries()) layerIndex(architecture, name, `${pointer}/${position}`);
  return trainable;
}
