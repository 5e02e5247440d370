// What is chosen for a caller who does not say: pure functions, each value with the rule that chose it. Shown in every job.
import { resolveAugment, type AugmentRequest, type AugmentSettings } from '../contract/augment.js';
import type { BudgetRequest } from '../contract/budget.js';
import type { EarlyStoppingRequest } from '../contract/early-stopping.js';
import type { EmaRequest } from '../contract/ema.js';
import { ServiceError } from '../contract/errors.js';
import type { HeadRequest, Training } from '../contract/job-request.js';
import { resolveOptimizer, type OptimizerName, type OptimizerRequest, type OptimizerSettings } from '../contract/optimizers.js';
import { resolveSchedule, type ScheduleRequest, type ScheduleSettings } from '../contract/schedules.js';
import type { DataPlacement } from '../contract/training-specs.js';
import { mappedClasses, sameClasses, type OutputPair } from './head-map.js';
import type { Preset } from './presets/preset.js';

export interface AutoValue {
  pointer: string;
  value: unknown;
  rule: string;
}

/** Collects values and, for those the caller left open, the rule. */
export class AutoValues {
  readonly list: AutoValue[] = [];

  /** What was asked for, or the automatic value, remembered with its rule. */
  choose<T>(pointer: string, asked: T | undefined, automatic: T, rule: string): T {
    if (asked !== undefined) return asked;
    this.list.push({ pointer, value: automatic, rule });
    return automatic;
  }
}

/** The article's for SGD, Keras's for the others. */
const LEARNING_RATES: Readonly<Record<OptimizerName, number>> = { sgd: 0.01, adam: 0.001, adamw: 0.001, rmsprop: 0.001, adagrad: 0.001 };

export interface ResolvedTraining {
  epochs: number;
  batchSize: number;
  optimizer: OptimizerSettings;
  learningRate: number;
  /** Of every stage that names none itself. */
  schedule: ScheduleSettings;
  seed: number;
  validationSplit: number;
  /** null: the examples are trained on as they are. */
  augment: AugmentSettings | null;
  /** As it was asked for (transfer/budget.ts). */
  budget: BudgetRequest | undefined;
  /** As it was asked for (transfer/early-stopping.ts). */
  earlyStopping: EarlyStoppingRequest | undefined;
  /** As it was asked for. */
  ema: EmaRequest | undefined;
}

const ARTICLES_BATCH = 32;

/** What the data set has to train and validate with. */
export interface ExamplesToLearn {
  /** How many are left to train on when this part of them validates. */
  trainExamples: (validationSplit: number) => number;
  /** Examples of the validation part; 0 where there is none. */
  validationPart: number;
}

/**
 * What the preset's source trains by, and the article's settings (SGD 0.01, 5 epochs, batch 32) wherever nothing else is said.
 * @throws INVALID_VALUE where a validation split is asked of a data set that has a validation part
 */
export function resolveTraining(
  asked: Training | 'auto' | undefined,
  { trainExamples, validationPart }: ExamplesToLearn,
  auto: AutoValues,
  preset?: Preset,
): ResolvedTraining {
  const training = asked === undefined || asked === 'auto' ? {} : asked;
  const at = (name: string): string => `/training/${name}`;
  if (validationPart > 0 && (training.validation_split ?? 0) > 0) {
    const why = `must be 0 or left out: the data set has a validation part of ${validationPart} examples, which is used`;
    throw ServiceError.of('INVALID_VALUE', why).at(at('validation_split'));
  }
  const examples = trainExamples(training.validation_split ?? 0);
  const usual = preset?.usual?.({ trainExamples: examples }) ?? {};
  /** As the preset has it, or else the article. */
  const choose = <T>(name: string, given: T | undefined, ofPreset: T | undefined, ofArticle: T, rule: string): T =>
    ofPreset === undefined ? auto.choose(at(name), given, ofArticle, rule) : auto.choose(at(name), given, ofPreset, preset!.rule);
  const optimizer = choose<OptimizerRequest>('optimizer', training.optimizer, usual.optimizer, { name: 'sgd' }, 'the article’s optimizer');
  const none = validationPart > 0 ? 'the data set has a validation part' : 'all training examples are trained on';
  const validationSplit = auto.choose(at('validation_split'), training.validation_split, 0, none);
  const few = examples < ARTICLES_BATCH;
  const batchRule = few ? `all ${examples} training examples: fewer than the article’s batch of 32` : 'the article’s batch of 32';
  return {
    epochs: auto.choose(at('epochs'), training.epochs, 5, 'the article’s 5 epochs'),
    batchSize: choose('batch_size', training.batch_size, usual.batchSize, few ? examples : ARTICLES_BATCH, batchRule),
    optimizer: resolveOptimizer(optimizer),
    learningRate: auto.choose(
      at('optimizer/learning_rate'),
      optimizer.learning_rate,
      LEARNING_RATES[optimizer.name],
      `the usual rate of ${optimizer.name}`,
    ),
    schedule: resolveSchedule(auto.choose<ScheduleRequest>(at('schedule'), training.schedule, { name: 'constant' }, 'the article’s constant rate')),
    seed: auto.choose(at('seed'), training.seed, 1, 'seed 1, so that the same request gives the same model'),
    validationSplit,
    augment: resolveAugment(choose<AugmentRequest | null>('augment', training.augment, usual.augment, null, 'the examples are trained on as they are') ?? {}),
    budget: training.budget,
    earlyStopping: training.early_stopping,
    ema: training.ema,
  };
}

/** What decides how many threads a training step can use. */
export interface StepWork {
  /** Multiplications and additions of one example, forwards. */
  flopsPerExample: number;
  batchSize: number;
  /** Whether there is a convolution among the layers. */
  convolutional: boolean;
}

/**
 * How many threads are fastest: the first row that fits. Handing operations from thread to thread costs more than small ones
 * take (docs/decisions/training.md, "Threads, measured"). Beyond two nothing was measured.
 */
const THREADS: readonly { threads: number; rule: string; fits: (work: StepWork, cores: number) => boolean }[] = [
  { threads: 1, rule: 'this machine has one core', fits: (_work, cores) => cores < 2 },
  { threads: 2, rule: 'at least 80 MFLOP a step: two threads are faster', fits: (work) => work.flopsPerExample * work.batchSize >= 80_000_000 },
  { threads: 2, rule: 'convolutions of at least 128 examples a step: two threads are faster', fits: (work) => work.convolutional && work.batchSize >= 128 },
  { threads: 1, rule: 'under 80 MFLOP a step: one thread is faster', fits: () => true },
];

/** The numbers of threads that jobs are given on a machine of so many cores. */
export const threadClasses = (cores: number): number[] => (cores < 2 ? [1] : [1, 2]);

/** @param cores cores this machine has: a single one never gets two threads */
export function resolveThreads(work: StepWork, cores: number, auto: AutoValues): number {
  const { threads, rule } = THREADS.find(({ fits }) => fits(work, cores))!;
  return auto.choose('/threads', undefined, threads, rule);
}

/**
 * In memory where a job may have that much: each epoch is then shuffled as a whole, and nothing is read twice.
 * @param needsBytes memory the job takes with all training examples in it
 */
export function resolveData(needsBytes: number, limitBytes: number, auto: AutoValues): DataPlacement {
  const fits = needsBytes <= limitBytes;
  const rule = fits
    ? 'with all training examples in memory the job takes no more than a job may'
    : 'with all training examples in memory the job would take more than a job may: they are read window by window';
  return auto.choose('/data', undefined, fits ? 'in_memory' : 'streamed', rule);
}

/** What becomes of the output layer, and which classes it takes over. */
export interface ResolvedHead {
  head: 'keep' | 'map' | 'replace';
  outputs: OutputPair[];
}

/** What the output layers of base and target have in common. */
export interface HeadFacts {
  baseLabels: readonly string[];
  classNames: readonly string[];
  /** Whether the base model's output layer goes with the loss as it is. */
  fits: boolean;
  /** Whether both have one output for each class, of the same meaning, over the same features. Asked only where they are not kept as they are. */
  byClass: () => boolean;
  /** Whether no job may train the base model's. */
  frozen?: boolean;
}

/**
 * Keep the output layer where the classes are the same, in the same order; else it cannot mean the same. Classes that both have mean the same each.
 * @throws INVALID_VALUE, CLASS_UNKNOWN, BASE_CLASS_UNKNOWN for a map that cannot be
 */
export function resolveHead(asked: HeadRequest | undefined, { baseLabels, classNames, fits, byClass, frozen = false }: HeadFacts, auto: AutoValues): ResolvedHead {
  if (typeof asked === 'object') {
    if (!byClass()) throw ServiceError.of('INVALID_VALUE', 'must be auto, keep or replace: the output layers have not one output for each class, or an edit changed what they take').at('/head');
    return { head: 'map', outputs: mappedClasses(asked.map, baseLabels, classNames) };
  }
  const same = baseLabels.length === classNames.length && baseLabels.every((label, index) => label === classNames[index]);
  const common = sameClasses(baseLabels, classNames);
  const known = !same && asked !== 'keep' && asked !== 'replace' && common.length > 0 && byClass() ? common : [];
  const choice = (): [ResolvedHead['head'], string] => {
    if (frozen && ((same && fits) || known.length > 0)) return ['replace', 'the output layer of the base model is frozen'];
    if (same) return fits ? ['keep', 'the classes are those of the base model'] : ['replace', 'the output layer of the base model does not go with the loss'];
    if (known.length > 0) return ['map', `${known.length} of ${classNames.length} classes are among those of the base model, and start from there`];
    return ['replace', 'the classes differ from those of the base model'];
  };
  const [automatic, rule] = choice();
  const head = auto.choose('/head', asked === 'auto' ? undefined : asked, automatic, rule);
  return { head, outputs: head === 'map' ? known : [] };
}

/** Feature transfer gives the features an output layer of their own. @throws INVALID_VALUE where the base's is to be kept */
export function newOutputLayer(asked: HeadRequest | undefined, auto: AutoValues): ResolvedHead {
  if (asked === 'keep' || typeof asked === 'object') throw ServiceError.of('INVALID_VALUE', 'must be auto or replace: feature transfer adds a new output layer').at('/head');
  return { head: auto.choose('/head', asked === 'auto' ? undefined : asked, 'replace', 'feature transfer adds a new output layer'), outputs: [] };
}
