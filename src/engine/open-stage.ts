// The steps of a stage, ready to be taken: what learns and by which rates, the examples they are taken from, what changes them, and what is
// lowered beside the loss. Recorded if that is possible, else plainly.
import { augmentOf, type RateGroup, type ResolvedSpec, type Stage } from '../contract/training-specs.js';
import { augmentation } from './augment/augmentation.js';
import type { Examples } from './examples.js';
import { Feed } from './feed.js';
import type { Origin } from './loss-terms/loss-term.js';
import { makeLossTerms } from './loss-terms/registry.js';
import type { TensorFlow } from './native.js';
import type { Network } from './network.js';
import type { Objective } from './objectives/objective.js';
import type { Optimizer } from './optimizers/optimizer.js';
import type { StepMap } from './step-maps/step-map.js';
import { plainSteps, reasonNotToCapture, replayedSteps, type StageToTrain, type Steps } from './steps.js';

/** What the stages of a run have in common. */
export interface StageSettings extends Pick<ResolvedSpec['training'], 'batch_size' | 'optimizer'> {
  objective: Objective;
  seed: number;
  /** What the run started from, for terms of the loss. @default nothing was carried over */
  origin?: Origin;
  /** How examples are changed in each step. @default null: not at all */
  augment?: ResolvedSpec['training']['augment'];
  /** false: take every step plainly, as the reference does. @default true */
  capture?: boolean;
}

/** What moves the variables in a step. */
export interface Updates {
  optimizer: Optimizer;
  /** @default none */
  maps?: readonly StepMap[];
}

export interface OpenStage {
  steps: Steps;
  feed: Feed;
  /** The groups of layers that learn, each at one rate. */
  rates: readonly RateGroup[];
  /** Recorded, with how many operations, or plainly, and why. */
  taken: { operations: number } | { plainly: string };
  dispose(): void;
}

export function openStage(tf: TensorFlow, network: Network, examples: Examples, settings: StageSettings, { optimizer, maps = [] }: Updates, stage: Stage): OpenStage {
  const rates = stage.rates ?? [{ layers: stage.trainable, learning_rate: stage.learning_rate }];
  const groups = rates.map(({ layers }) => network.learningOf(layers));
  network.context.learning = new Set(stage.trainable);
  const { batch_size: batchSize, seed, objective, capture } = settings;
  const changes = augmentOf(stage, settings.augment ?? null);
  const augment = changes ? augmentation(tf, changes, seed) : undefined;
  const learning = new Map(groups.flatMap((group) => [...group]));
  const terms = makeLossTerms(tf, stage.loss_terms ?? [], learning, settings.origin ?? { weights: new Map(), carried: new Set() });
  const { steps, taken } = openSteps(tf, { network, objective, groups, optimizer, clipNorm: settings.optimizer.global_clipnorm, terms, maps, augment, examples, batchSize }, capture);
  return {
    steps,
    feed: new Feed(examples, steps.table, batchSize),
    rates,
    taken,
    dispose() {
      steps.dispose();
      terms.forEach((term) => term.dispose());
    },
  };
}

/** Recorded if that is possible; else plainly, which is said. */
function openSteps(tf: TensorFlow, stage: StageToTrain, capture = true): Pick<OpenStage, 'steps' | 'taken'> {
  let why = 'it was asked for';
  if (capture) {
    try {
      const steps = replayedSteps(tf, stage);
      return { steps, taken: { operations: steps.operations } };
    } catch (problem) {
      why = reasonNotToCapture(problem);
    }
  }
  return { steps: plainSteps(tf, stage), taken: { plainly: why } };
}
