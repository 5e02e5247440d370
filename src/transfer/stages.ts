// Stages with nothing left open: layer names instead of "all" and "head", steps counted.
import { ServiceError } from '../contract/errors.js';
import type { StageRequest } from '../contract/job-request.js';
import type { RateGroup, Stage } from '../contract/job.js';
import type { Architecture } from '../contract/layers.js';
import { resolveSchedule, type ScheduleSettings } from '../contract/schedules.js';
import { layerIndex, trace } from '../models/architecture.js';
import { blocksOf } from './blocks.js';

interface StageDefaults {
  epochs: number;
  learningRate: number;
  schedule: ScheduleSettings;
  stepsPerEpoch: number;
  newLayers: readonly string[];
}

/**
 * Layers without weights never learn, so a stage lists only those that have some.
 * @throws NOTHING_TRAINABLE, LAYER_UNKNOWN with the pointer of the name
 */
export function resolveStages(requests: readonly StageRequest[], architecture: Architecture, defaults: StageDefaults): Stage[] {
  const weighted = trace(architecture).filter(({ weights }) => weights.length > 0);
  return requests.map((stage, index) => {
    const pointer = `/transfer/stages/${index}/trainable`;
    const asked = namesOf(stage.trainable, architecture, defaults.newLayers, pointer);
    const learning = asked === 'all' ? weighted : weighted.filter(({ layer }) => asked.includes(layer.name));
    const trainable = learning.map(({ layer }) => layer.name);
    if (!learning.some(({ weights }) => weights.some(({ learns }) => learns))) throw ServiceError.of('NOTHING_TRAINABLE', index).at(pointer);
    const epochs = stage.epochs ?? defaults.epochs;
    const learningRate = stage.learning_rate ?? defaults.learningRate;
    const rates = ratesByBlock(blocksOf(architecture), trainable, learningRate, stage.lr_decay_per_block ?? 1);
    return {
      trainable,
      epochs,
      steps: epochs * defaults.stepsPerEpoch,
      learning_rate: learningRate,
      schedule: stage.schedule ? resolveSchedule(stage.schedule) : defaults.schedule,
      ...(rates.length > 1 && { rates }),
    };
  });
}

/**
 * Discriminative learning rates (Howard & Ruder 2018, section 3.2): the last block that learns has the rate, each block before it
 * `decay` times that of the one after. A block counts with what learns of it; one in which nothing does is not counted.
 * @param decay in (0, 1]; at 1 all layers are one group
 */
export function ratesByBlock(blocks: readonly (readonly string[])[], trainable: readonly string[], learningRate: number, decay: number): RateGroup[] {
  if (decay === 1) return [{ layers: [...trainable], learning_rate: learningRate }];
  const learning = blocks.map((block) => block.filter((layer) => trainable.includes(layer))).filter((layers) => layers.length > 0);
  return learning.map((layers, index) => ({ layers, learning_rate: learningRate * decay ** (learning.length - 1 - index) }));
}

function namesOf(
  trainable: StageRequest['trainable'],
  architecture: Architecture,
  newLayers: readonly string[],
  pointer: string,
): 'all' | readonly string[] {
  if (trainable === 'all') return 'all';
  if (trainable === 'head') return newLayers;
  return trainable.flatMap((name, position) => named(architecture, name, `${pointer}/${position}`));
}

/** The layer of that name; with a star at its end, all whose names begin so. @throws LAYER_UNKNOWN */
function named(architecture: Architecture, name: string, pointer: string): string[] {
  const beginning = name.endsWith('*') ? name.slice(0, -1) : undefined;
  const found = beginning === undefined ? [] : architecture.layers.filter((layer) => layer.name.startsWith(beginning));
  return found.length > 0 ? found.map((layer) => layer.name) : [architecture.layers[layerIndex(architecture, name, pointer)]!.name];
}
