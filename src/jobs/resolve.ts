// From a request to a resolved spec: everything that decides the bytes of the result, or the reason why it cannot work.
import { availableParallelism } from 'node:os';
import type { AugmentSettings } from '../contract/augment.js';
import { resolveEma } from '../contract/ema.js';
import { ServiceError } from '../contract/errors.js';
import type { Dataset, DatasetContent, Target } from '../contract/dataset.js';
import { MOST_STEPS, type JobRequest, type PresetName, type StageRequest } from '../contract/job-request.js';
import type { Architecture } from '../contract/layers.js';
import { partsIn } from '../contract/parts.js';
import { augmentOf, mostStepsOf, type ResolvedSpec, type Stage, type TargetScale } from '../contract/training-specs.js';
import type { Base } from './base.js';
import { draftOf } from './draft.js';
import { planned, type PlannedRequest } from './planned.js';
import { rateTest, trainingToTest } from './rate-test.js';
import { divide, flopsPerExample, outputShape } from '../models/architecture.js';
import { trainingMemoryBytes, type Load } from '../models/memory.js';
import { linearOutput } from '../models/output-layer.js';
import { gigabytes } from '../models/size.js';
import { rowBytesOf } from '../datasets/rows.js';
import { keptCounts, validationCount } from '../datasets/split.js';
import { AutoValues, resolveData, resolveThreads, resolveTraining, type ResolvedTraining, type StepWork } from '../transfer/auto.js';
import { requireAugmentable, type AugmentTarget } from '../transfer/augment.js';
import { requireEpochMetric, requireMeasured, resolveBudget } from '../transfer/budget.js';
import { distillationsIn, requireTeacher, teachersOf } from '../transfer/distillation.js';
import { resolveWatch } from '../transfer/early-stopping.js';
import { resolveObjective, resolveValueObjective } from '../transfer/objective.js';
import { frozenTrunk } from '../transfer/frozen-trunk.js';
import { lookWarnings } from '../transfer/looks.js';
import { learnableByLora, loraOf } from '../transfer/lora.js';
import { requireUntouched } from '../transfer/frozen.js';
import type { Preset, PresetFacts } from '../transfer/presets/preset.js';
import { TRANSFER_PRESETS } from '../transfer/presets/registry.js';
import { blocksOf } from '../transfer/blocks.js';
import { onFeaturesWhereSolved, resolveStages } from '../transfer/stages.js';
import { resolveWiseFt } from '../transfer/wise-ft.js';

export interface ReadyDataset {
  id: string;
  content: DatasetContent;
}

/** @throws DATASET_NOT_READY */
export function requireReady(dataset: Dataset): ReadyDataset {
  if (dataset.status !== 'ready' || !dataset.content) {
    throw ServiceError.of('DATASET_NOT_READY', dataset.id, dataset.status).at('/dataset');
  }
  return { id: dataset.id, content: dataset.content };
}

/** @param teachers models to learn from beside the base, by what the request calls them */
export function resolveSpec(asked: JobRequest, dataset: ReadyDataset, base: Base | null, memoryLimitBytes: number, teachers: ReadonlyMap<string, Base> = new Map()): ResolvedSpec {
  if (asked.type === 'lr_find') return rateTest(resolveSpec(trainingToTest(asked), dataset, base, memoryLimitBytes, teachers), asked.stage);
  const auto = new AutoValues();
  const request = planned(asked, dataset.content, base, auto);
  const { train, validation } = dataset.content.parts;
  const trainExamples = (split: number): number => train.examples - validationCount(countsOf(dataset.content), split);
  const presetName = requestedPreset(request);
  const preset = presetName && TRANSFER_PRESETS[presetName];
  const training = resolveTraining(request.training, { trainExamples, validationPart: validation?.examples ?? 0 }, auto, preset);
  const { content } = dataset;
  const classes = { names: content.class_names, counts: keptCounts(train.class_counts, training.validationSplit) };
  const objective = content.target ? resolveValueObjective(request.training, auto) : resolveObjective(request.training, classes, base?.architecture, auto);
  const draft = draftOf(request, content, base, objective.loss.name, auto);

  const teacherNamed = (name: string | undefined): Base => (name === undefined ? base! : teachers.get(name)!);
  for (const { asked, pointer } of distillationsIn(request)) {
    const teacher = teacherNamed(asked.model);
    if (typeof teacher.named !== 'string') throw ServiceError.of('METHOD_NOT_POSSIBLE', 'distillation', 'the base is a checkpoint: name a model to learn from').at(pointer);
    requireTeacher(teacher, content, objective.loss.name, pointer);
  }

  const counts = exampleCounts(content, training);
  const augmented: AugmentTarget = { inputShape: content.input_shape, batchSize: training.batchSize, featuresFrom: draft.featuresFrom };
  requireAugmentable(training.augment, augmented, '/training/augment');
  const staged = request.type === 'fine_tune' && request.transfer.kind !== 'feature' ? request.transfer : undefined;
  const facts = { epochs: training.epochs, learningRate: training.learningRate, trainExamples: counts.train };
  const resolved = resolveStages(draft.stages ?? stagesOf(preset ?? TRANSFER_PRESETS.full, draft.architecture, { ...facts, epochsAsked: asksForEpochs(request) }, auto), draft.architecture, {
    ...facts,
    schedule: training.schedule,
    stepsPerEpoch: Math.ceil(counts.train / training.batchSize),
    newLayers: draft.newLayers,
    lossTerms: staged?.loss_terms,
    presetPointer: presetName && '/transfer/preset',
    learnable: staged?.lora && learnableByLora(draft.architecture, draft.inherit),
    solvable: { loss: objective.loss.name, task: content.task, weighted: objective.class_weights !== null },
    teacherOf: (name) => teacherNamed(name).named as string,
  });
  requireUntouched(resolved, draft.frozenLayers, (index) => (presetName ? '/transfer/preset' : draft.stages ? `/transfer/stages/${index}/trainable` : '/transfer'));
  for (const [index, { augment = null }] of resolved.entries()) requireAugmentable(augment, augmented, `/transfer/stages/${index}/augment`);
  // Who teaches looks at the examples themselves.
  const seenAnew = augmentsOf(resolved, training.augment).length > 0 || teachersOf(resolved).length > 0;
  const featuresFrom = draft.featuresFrom ?? (draft.base && !seenAnew ? frozenTrunk(draft.architecture, resolved) : null);
  const stages = featuresFrom === null && draft.base && !staged?.lora ? onFeaturesWhereSolved(resolved, draft.architecture) : resolved;
  if (featuresFrom !== draft.featuresFrom) auto.choose('/features_from', undefined, featuresFrom, 'the last layer before those that learn: what it gives is computed once');
  const runs = draft.runs(training.seed);
  const watched = { classes: classes.names.length, task: content.task, validates: counts.validation > 0 };
  for (const [index, { schedule, unless }] of stages.entries()) {
    const own = draft.stages?.[index]?.schedule !== undefined;
    if (schedule?.name === 'reduce_on_plateau') requireEpochMetric(schedule.metric, watched, `${own ? `/transfer/stages/${index}` : '/training'}/schedule/metric`);
    if (unless) requireMeasured(unless, watched, `/transfer/stages/${index}/unless`);
  }
  const budget = resolveBudget(training.budget, { ...watched, runSeconds: request.limits?.run_seconds, ofJob: asksByPreset(request) });
  const earlyStopping = resolveWatch(training.earlyStopping, watched);
  const lora = staged?.lora && loraOf(staged.lora, draft.architecture, draft.inherit, stages);
  if (lora && staged.wise_ft) throw ServiceError.of('METHOD_NOT_POSSIBLE', 'wise_ft', 'beside lora: what lies between would be another change than that of its file').at('/transfer/wise_ft');
  const wiseFt = resolveWiseFt(staged?.wise_ft, { architecture: draft.architecture, inherit: draft.inherit, stages, ...watched });
  const steps = runs.length * mostStepsOf({ stages, training: { budget } });
  if (steps > MOST_STEPS) throw ServiceError.of('TOO_MANY_STEPS', steps, MOST_STEPS).at('/training/epochs');
  const resolvedTraining: ResolvedSpec['training'] = {
    batch_size: training.batchSize,
    optimizer: training.optimizer,
    ...objective,
    seed: training.seed,
    validation_split: training.validationSplit,
    augment: training.augment,
    budget,
    ...(earlyStopping && { early_stopping: earlyStopping }),
    ...(training.ema && { ema: resolveEma(training.ema) }),
    train_examples: counts.train,
    validation_examples: counts.validation,
  };
  const warnings = base ? lookWarnings(base.preprocessing.look, content.preprocessing.look, Math.min(...content.input_shape.slice(0, 2))) : [];
  const load = loadOf({ architecture: draft.architecture, features_from: featuresFrom, stages, wise_ft: wiseFt, training: resolvedTraining }, content, distillationsIn(request).map(({ asked }) => teacherNamed(asked.model).architecture));
  const data = resolveData(trainingMemoryBytes(load, 'in_memory'), memoryLimitBytes, auto);
  requireFittingMemory(trainingMemoryBytes(load, data), memoryLimitBytes, draft.base ? '/transfer' : '/model');

  return {
    type: request.type,
    dataset: dataset.id,
    dataset_digest: content.digest,
    base_model: draft.base?.named ?? null,
    base_weights_digest: draft.base?.weights_digest ?? null,
    transfer: request.type === 'fine_tune' ? request.transfer : null,
    head: draft.head,
    architecture: draft.architecture,
    inherit: draft.inherit,
    features_from: featuresFrom,
    ...(draft.frozenLayers.length > 0 && { frozen_layers: draft.frozenLayers }),
    stages,
    ...(wiseFt && { wise_ft: wiseFt }),
    ...(lora && { lora }),
    training: resolvedTraining,
    class_names: content.class_names,
    ...(content.target && { target: { names: content.target.names, scale: resolveScale(content.target, draft.architecture, stages, auto) } }),
    preprocessing: content.preprocessing,
    data,
    threads: resolveThreads(stepWork(draft.architecture, training.batchSize), availableParallelism(), auto),
    runs,
    auto: auto.list,
    ...(warnings.length > 0 && { warnings }),
  };
}

/** What the values are trained on less, and divided by: so that rates fit targets of any size. */
function resolveScale({ mean, deviation }: Target, architecture: Architecture, stages: readonly Stage[], auto: AutoValues): TargetScale | null {
  const output = linearOutput(architecture);
  const learns = output !== undefined && stages.some(({ trainable }) => trainable.includes(output));
  const rule = learns
    ? 'the output layer is linear and learns: the target is trained on less its mean, by its deviation'
    : 'the output layer is not linear with a bias, or does not learn: the target is trained on as it is';
  return auto.choose('/target/scale', undefined, learns ? { mean, deviation } : null, rule);
}

/** How the stages that take steps change their examples: of each that does, the way. */
const augmentsOf = (stages: readonly Pick<Stage, 'augment' | 'solver'>[], ofTraining: AugmentSettings | null): AugmentSettings[] =>
  stages.flatMap((stage) => (stage.solver ? [] : (augmentOf(stage, ofTraining) ?? [])));

/** Training examples that a split takes its part of: of each class, or of all. */
const countsOf = ({ parts: { train }, task }: DatasetContent): number[] => (task === 'regression' ? [train.examples] : train.class_counts);
const stepWork = (architecture: Architecture, batchSize: number): StepWork => ({
  flopsPerExample: flopsPerExample(architecture),
  batchSize,
  convolutional: architecture.layers.some((layer) => layer.class_name.includes('Conv')),
});

/** The list of stages that is asked for by its name. @throws INVALID_VALUE where they are spelt out too */
function requestedPreset(request: PlannedRequest): PresetName | undefined {
  if (request.type === 'pretrain' || request.transfer.kind === 'feature') return undefined;
  const { preset, stages } = request.transfer;
  if (preset && stages) throw ServiceError.of('INVALID_VALUE', 'must be left out where stages are spelt out: it is a list of stages by its name').at('/transfer/preset');
  return preset;
}

const asksByPreset = ({ training }: PlannedRequest): boolean => typeof training === 'object' && training.preset !== undefined;
const asksForEpochs = ({ training }: PlannedRequest): boolean => typeof training === 'object' && training.epochs !== undefined;

/** The stages of a preset for that network, remembered with where they are from. */
function stagesOf(preset: Preset, architecture: Architecture, facts: Omit<PresetFacts, 'blocks'>, auto: AutoValues): StageRequest[] {
  const stages = preset.stages({ ...facts, blocks: blocksOf(architecture).length });
  return auto.choose('/transfer/stages', undefined, stages, preset.rule);
}

/** How many examples are trained on, and how many validate. @throws SPLIT_TOO_SMALL, BATCH_TOO_LARGE */
function exampleCounts(content: DatasetContent, training: ResolvedTraining) {
  const { parts, class_names: names } = content;
  const classCounts = countsOf(content);
  const validation = validationCount(classCounts, training.validationSplit);
  if (training.validationSplit > 0) {
    const small = classCounts.indexOf(1);
    if (small >= 0) {
      throw ServiceError.of('SPLIT_TOO_SMALL', names[small] ?? 'all', classCounts[small]!, 2).at('/training/validation_split');
    }
  }
  const train = parts.train.examples - validation;
  if (training.batchSize > train) throw ServiceError.of('BATCH_TOO_LARGE', training.batchSize, train).at('/training/batch_size');
  return { train, validation: parts.validation?.examples ?? validation };
}

function requireFittingMemory(bytes: number, limitBytes: number, pointer: string): void {
  if (bytes > limitBytes) throw ServiceError.of('MODEL_TOO_LARGE', gigabytes(bytes), gigabytes(limitBytes)).at(pointer);
}

/** What decides how much memory a job's process needs. */
type LoadSpec = Pick<ResolvedSpec, 'architecture' | 'features_from'> & { wise_ft?: ResolvedSpec['wise_ft'] | undefined; stages: readonly Pick<Stage, 'augment' | 'solver' | 'loss_terms' | 'features_from'>[]; training: Pick<ResolvedSpec['training'], 'optimizer' | 'batch_size' | 'augment' | 'early_stopping' | 'ema' | 'train_examples'> };

export function loadOf({ architecture, features_from: featuresFrom, stages, wise_ft: wiseFt, training }: LoadSpec, content: DatasetContent, teachers: readonly Architecture[] = []): Load {
  const examples = partsIn(content.parts).reduce((sum, part) => sum + content.parts[part]!.examples, 0);
  const cuts = [featuresFrom, ...stages.map((stage) => stage.features_from)].filter((cut) => cut != null);
  return {
    architecture,
    optimizer: training.optimizer.name,
    batchSize: training.batch_size,
    augmented: augmentsOf(stages, training.augment).length > 0,
    heldCopies: (stages.some(({ loss_terms: terms = [] }) => terms.length > 0) ? 2 : 0) + (training.early_stopping?.restore_best ? 1 : 0) + (training.ema ? 3 : 0) + (wiseFt ? 3 : 0),
    teachers,
    examples,
    trainExamples: training.train_examples,
    targetValues: content.target?.names.length ?? 1,
    rowBytes: rowBytesOf(content.input_shape, content.preprocessing.input.dtype),
    featureBytes: Math.max(0, ...cuts.map((cut) => rowBytesOf(outputShape(divide(architecture, cut).trunk), 'float32'))),
  };
}
