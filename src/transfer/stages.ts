// Stages with nothing left open: layer names instead of "all" and "head", steps counted.
import { resolveAugment } from '../contract/augment.js';
import { ServiceError } from '../contract/errors.js';
import type { StageRequest } from '../contract/job-request.js';
import type { Architecture } from '../contract/layers.js';
import { resolveLossTerm, type LossTermRequest } from '../contract/loss-terms.js';
import { resolveSchedule, type ScheduleSettings } from '../contract/schedules.js';
import { resolveSolver, type SolverRequest, type SolverSettings } from '../contract/solvers.js';
import type { RateGroup, Stage } from '../contract/training-specs.js';
import { layerIndex, trace } from '../models/architecture.js';
import { blocksOf } from './blocks.js';
import { requireSolvable, type Solvable } from './closed-form.js';
import { frozenTrunk } from './frozen-trunk.js';

/** What a stage takes where it does not say, and what its words mean. */
interface StageDefaults {
  epochs: number;
  learningRate: number;
  schedule: ScheduleSettings;
  stepsPerEpoch: number;
  trainExamples: number;
  newLayers: readonly string[];
  /** @default none */
  lossTerms?: readonly LossTermRequest[] | undefined;
  /** Id of the model to learn from that is named so, or of the one where none is named. */
  teacherOf?: (named: string | undefined) => string;
  /** Layers that may learn, where not all may. */
  learnable?: ReadonlySet<string> | undefined;
  /** What solvers must go with. @default classes that all count alike, by the cross-entropy over them */
  solvable?: Solvable;
  /** Of the preset that the stages are; left out, the caller spelt them out, and what is wrong with one is wrong there. */
  presetPointer?: string | undefined;
}

/**
 * Layers without weights never learn, so a stage lists only those that have some.
 * @throws NOTHING_TRAINABLE, LAYER_UNKNOWN with the pointer of the name
 */
export function resolveStages(requests: readonly StageRequest[], architecture: Architecture, defaults: StageDefaults): Stage[] {
  const weighted = trace(architecture).filter(({ layer, weights }) => weights.length > 0 && (defaults.learnable?.has(layer.name) ?? true));
  return requests.map((stage, index) => {
    const at = (place: string): string => defaults.presetPointer ?? `/transfer/stages/${index}/${place}`;
    const asked = namesOf(stage.trainable, architecture, defaults.newLayers, (place) => at(`trainable${place}`));
    const named = asked === 'all' ? weighted : weighted.filter(({ layer }) => asked.includes(layer.name));
    const learning = stage.freeze_batch_norm ? named.filter(({ layer }) => layer.class_name !== 'BatchNormalization') : named;
    const trainable = learning.map(({ layer }) => layer.name);
    if (stage.solver) requireNoSteps(stage, at);
    if (stage.unless && index === 0) throw ServiceError.of('INVALID_VALUE', 'must be left out of the first stage, before which nothing is measured').at(at('unless'));
    if (!learning.some(({ weights }) => weights.some(({ learns }) => learns))) throw ServiceError.of('NOTHING_TRAINABLE', index).at(at('trainable'));
    const learningRate = stage.learning_rate ?? defaults.learningRate;
    const rates = ratesByBlock(blocksOf(architecture), trainable, learningRate, stage.lr_decay_per_block ?? 1);
    return {
      trainable,
      ...lengthOf(stage, defaults, at('steps')),
      learning_rate: learningRate,
      schedule: stage.schedule ? resolveSchedule(stage.schedule) : defaults.schedule,
      ...(rates.length > 1 && { rates }),
      ...termsOf(stage, defaults, at('loss_terms')),
      ...(stage.solver && { solver: solverOf(stage.solver, trainable, architecture, defaults, at('solver')) }),
      ...(stage.unless && { unless: stage.unless }),
      ...(stage.augment !== undefined && { augment: stage.augment && resolveAugment(stage.augment) }),
    };
  });
}

const USUAL: Solvable = { loss: 'sparse_categorical_crossentropy', task: 'classification', weighted: false };

/** @throws METHOD_NOT_POSSIBLE */
function solverOf(asked: SolverRequest, trainable: readonly string[], architecture: Architecture, { trainExamples, solvable = USUAL }: StageDefaults, pointer: string): SolverSettings {
  const solver = resolveSolver(asked, trainExamples);
  requireSolvable(solver, trainable, architecture, solvable, pointer);
  return solver;
}

/** A stage that is solved by iterations needs what comes before its layers but once, also where later stages train that. */
export const onFeaturesWhereSolved = (stages: readonly Stage[], architecture: Architecture): Stage[] =>
  stages.map((stage) => {
    const featuresFrom = stage.solver?.name === 'lbfgs' ? frozenTrunk(architecture, [stage]) : null;
    return featuresFrom === null ? stage : { ...stage, features_from: featuresFrom };
  });

/** What a stage says of its steps, which a solver does not take. Its epochs are those that a baseline trains for in its place. */
const OF_STEPS = ['steps', 'learning_rate', 'schedule', 'lr_decay_per_block', 'augment', 'loss_terms'] as const;

/** @throws INVALID_VALUE */
function requireNoSteps(stage: StageRequest, at: (place: string) => string): void {
  const said = OF_STEPS.find((setting) => stage[setting] !== undefined);
  if (said) throw ServiceError.of('INVALID_VALUE', 'must be left out beside a solver, which takes no steps').at(at(said));
}

/** @throws INVALID_VALUE where a term is named twice */
function termsOf({ solver, loss_terms: own }: StageRequest, { lossTerms: ofTransfer = [], teacherOf = String }: StageDefaults, pointer: string): Pick<Stage, 'loss_terms'> {
  const terms = solver ? [] : (own ?? ofTransfer);
  const twice = terms.findIndex(({ name }, index) => terms.findIndex((other) => other.name === name) < index);
  if (twice >= 0) throw ServiceError.of('INVALID_VALUE', 'must be named once').at(own ? `${pointer}/${twice}` : `/transfer/loss_terms/${twice}`);
  return terms.length > 0 ? { loss_terms: terms.map((term) => resolveLossTerm(term.name === 'distillation' ? { ...term, model: teacherOf(term.model) } : term)) } : {};
}

/** As many steps as were asked for, or as its epochs have. @throws INVALID_VALUE where both are asked for */
function lengthOf({ epochs, steps }: StageRequest, { epochs: usual, stepsPerEpoch }: StageDefaults, pointer: string): Pick<Stage, 'epochs' | 'steps'> {
  if (steps === undefined) return { epochs: epochs ?? usual, steps: (epochs ?? usual) * stepsPerEpoch };
  if (epochs !== undefined) throw ServiceError.of('INVALID_VALUE', 'must be left out where the stage has epochs: each says how long it lasts').at(pointer);
  return { epochs: Math.ceil(steps / stepsPerEpoch), steps };
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
  at: (place: string) => string,
): 'all' | readonly string[] {
  if (trainable === 'all') return 'all';
  if (trainable === 'head') return newLayers;
  if ('last_n' in trainable) return lastBlocks(blocksOf(architecture), trainable.last_n, at('/last_n'));
  return trainable.flatMap((name, position) => named(architecture, name, at(`/${position}`)));
}

/** @throws INVALID_VALUE where the network has fewer */
function lastBlocks(blocks: readonly (readonly string[])[], count: number, pointer: string): string[] {
  if (count > blocks.length) throw ServiceError.of('INVALID_VALUE', `must be at most ${blocks.length}: the network has no more blocks`).at(pointer);
  return blocks.slice(-count).flat();
}

/** The layer of that name; with a star at its end, all whose names begin so. @throws LAYER_UNKNOWN */
function named(architecture: Architecture, name: string, pointer: string): string[] {
  const beginning = name.endsWith('*') ? name.slice(0, -1) : undefined;
  const found = beginning === undefined ? [] : architecture.layers.filter((layer) => layer.name.startsWith(beginning));
  return found.length > 0 ? found.map((layer) => layer.name) : [architecture.layers[layerIndex(architecture, name, pointer)]!.name];
}
