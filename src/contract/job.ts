// A job as it is answered: its resolved spec, how far it is, how it ended.
import Type, { type Static, type TSchema } from './typebox.js';
import { AugmentSettings } from './augment.js';
import { Budget, BUDGETS, Until } from './budget.js';
import { Preprocessing } from './dataset.js';
import { EarlyStopping } from './early-stopping.js';
import { Ema } from './ema.js';
import { DatasetId, JobId, ModelId } from './ids.js';
import { TransferRequest } from './job-request.js';
import { UNTRAINED_TYPES } from './job-kinds.js';
import { JOB_STATES } from './job-states.js';
import { JobWarning } from './job-warnings.js';
import { Architecture } from './layers.js';
import { Lora } from './lora.js';
import { LossTermSettings } from './loss-terms.js';
import { LossSettings } from './losses.js';
import { OptimizerSettings } from './optimizers.js';
import { Failure } from './problem.js';
import { ScheduleSettings } from './schedules.js';
import { AutoChoices, Threads } from './resolved.js';
import { SolverSettings } from './solvers.js';
import { EvaluateSpec, ExplainSpec, ExportSpec, type UntrainedSpec } from './untrained-specs.js';
import { WiseFt } from './wise-ft.js';
import { closed, Metadata, named, nullable, oneOf, Sha256, Timestamp } from './schema.js';

/** A weight of the target network that starts from a weight of the base model. */
export const Inheritance = closed({
  to: Type.String(),
  from: Type.String(),
  outputs: Type.Optional(
    Type.Array(Type.Unsafe<[number, number]>(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 })), {
      description: 'Where only some classes of an output layer are carried over: the place of each, and its place in the base. The rest of the weight starts fresh.',
    }),
  ),
});
export type Inheritance = Static<typeof Inheritance>;

/** Layers that learn at one rate. */
export const RateGroup = closed({ layers: Type.Array(Type.String()), learning_rate: Type.Number() });
export type RateGroup = Static<typeof RateGroup>;

export const Stage = closed({
  trainable: Type.Array(Type.String(), { description: 'Names of the layers that learn.' }),
  epochs: Type.Integer(),
  steps: Type.Integer({ description: 'Optimizer steps: epochs × ⌈train examples / batch size⌉, or as many as were asked for, which end the last epoch.' }),
  learning_rate: Type.Number(),
  /** Left out by earlier versions, whose rates were constant. */
  schedule: Type.Optional(named(ScheduleSettings)),
  rates: Type.Optional(
    Type.Array(RateGroup, {
      description: 'Where the rate differs from block to block: every layer that learns with its rate, first block first. Left out, all learn at learning_rate.',
    }),
  ),
  solver: Type.Optional(named(SolverSettings)),
  features_from: Type.Optional(Type.String({ description: 'Of a stage that is solved: the layer whose output is computed once for it. Left out where the run as a whole is trained on features, or there is no such layer.' })),
  unless: Type.Optional({ ...Until, description: 'Training ends before this stage where what was last measured is that good already.' }),
  loss_terms: Type.Optional(Type.Array(named(LossTermSettings), { description: 'What is lowered beside the loss. Left out: nothing.' })),
  augment: Type.Optional(Type.Union([named(AugmentSettings), Type.Null()], { description: 'Where it is not that of the training: how this stage changes its examples, or null.' })),
});
export type Stage = Static<typeof Stage>;

/** How a stage changes its examples: in its own way, or in that of the whole training. */
export const augmentOf = (stage: Pick<Stage, 'augment'>, ofTraining: AugmentSettings | null): AugmentSettings | null =>
  stage.augment === undefined ? ofTraining : stage.augment;

/** Of a run through all these stages. */
export const stepsOf = (stages: readonly Pick<Stage, 'steps'>[]): number => stages.reduce((sum, { steps }) => sum + steps, 0);
export const epochsOf = (stages: readonly Pick<Stage, 'epochs'>[]): number => stages.reduce((sum, { epochs }) => sum + epochs, 0);

export const RUN_ROLES = ['main', 'baseline', 'candidate'] as const;
/** Of a run of a comparison. */
const candidate = Type.Optional(Type.String({ description: 'Of a comparison: whose plan the run follows.' }));
export const RunPlan = closed({ run: Type.String(), role: oneOf(RUN_ROLES), seed: Type.Integer(), candidate });
export type RunPlan = Static<typeof RunPlan>;
/** The run that becomes the model: the main one of the first seed. */
export const PUBLISHED_RUN = 'main';
/** The run of the other role by the same seed, which a run is compared with. */
export const partnerOf = <R extends RunPlan>({ role, seed }: RunPlan, runs: readonly R[]): R | undefined =>
  runs.find((other) => other.role !== role && other.seed === seed);

export const DATA_PLACEMENTS = ['in_memory', 'streamed'] as const;
export type DataPlacement = (typeof DATA_PLACEMENTS)[number];

/** What a target is trained on less, and divided by. */
export const TargetScale = closed({ mean: Type.Array(Type.Number()), deviation: Type.Array(Type.Number()) });
export type TargetScale = Static<typeof TargetScale>;
/** What a transfer starts from: a model by its id, or one checkpoint of a job. */
export const ResolvedBase = Type.Union([
  ModelId,
  closed(
    {
      job: JobId,
      checkpoint: Type.String({ description: 'Its name.' }),
      step: Type.Integer({ description: 'Steps that the main run had done by then.' }),
      digest: Sha256,
    },
    { title: 'checkpoint' },
  ),
]);
export type ResolvedBase = Static<typeof ResolvedBase>;

/** Jobs that follow one plan. */
const PLAN_TYPES = ['pretrain', 'fine_tune', 'lr_find'] as const;
export const JOB_TYPES = [...PLAN_TYPES, 'compare', ...UNTRAINED_TYPES] as const;
export type JobType = (typeof JOB_TYPES)[number];
/** Of these jobs each makes a report and no model. */
export const REPORT_ONLY: readonly JobType[] = ['lr_find', 'compare', ...UNTRAINED_TYPES];

/** Everything that decides the bytes of the result, with nothing left to choose. */
export const ResolvedSpec = closed(
  {
    type: oneOf(PLAN_TYPES),
    dataset: DatasetId,
    dataset_digest: Type.String(),
    base_model: nullable(ResolvedBase),
    base_weights_digest: nullable(Sha256),
    transfer: nullable(named(TransferRequest)),
    head: nullable(oneOf(['keep', 'map', 'replace'])),
    architecture: named(Architecture),
    inherit: Type.Array(Inheritance, { description: 'Weights carried over; all others start fresh.' }),
    features_from: nullable(Type.String({ description: 'Layer whose output is computed once and then trained on (feature transfer).' })),
    frozen_layers: Type.Optional(
      Type.Array(Type.String(), { description: 'Layers that came with weights which no job trains, as the base model says; the model has them too. Left out where there are none, and by earlier versions.' }),
    ),
    stages: Type.Array(Stage),
    /** Left out where it was not asked for. */
    wise_ft: Type.Optional(WiseFt),
    /** Left out where it was not asked for. */
    lora: Type.Optional(Lora),
    training: closed({
      batch_size: Type.Integer(),
      optimizer: named(OptimizerSettings),
      loss: named(LossSettings),
      class_weights: nullable(
        Type.Array(Type.Number(), { description: 'How much the examples of each class count in training, in the order of class_names; null: all alike.' }),
      ),
      seed: Type.Integer(),
      validation_split: Type.Number(),
      augment: nullable(named(AugmentSettings)),
      budget: nullable(Budget),
      /** Left out by earlier versions, which had none. */
      early_stopping: Type.Optional(nullable(EarlyStopping)),
      ema: Type.Optional(Ema),
      train_examples: Type.Integer(),
      validation_examples: Type.Integer(),
    }),
    class_names: Type.Array(Type.String()),
    target: Type.Optional(
      closed(
        {
          names: Type.Array(Type.String(), { description: 'Of each value, in the order of the outputs.' }),
          scale: Type.Union([TargetScale, Type.Null()], { description: 'What is trained on is the target less the mean, by the deviation; null: the target as it is. The model gives the target in its own unit.' }),
        },
        { description: 'The values that are learnt, where the task is regression.' },
      ),
    ),
    preprocessing: Type.Union([Preprocessing, Type.Null()], {
      description: 'How raw values become what the network takes; null where an earlier version, which looked it up in the data set, accepted the job.',
    }),
    data: oneOf(DATA_PLACEMENTS, {
      description: 'Whether all training examples lie in memory, or are read window by window, which shuffles them in another order.',
    }),
    threads: Threads,
    runs: Type.Array(RunPlan),
    auto: AutoChoices,
    warnings: Type.Optional(Type.Array(JobWarning, { description: 'What may go wrong, known before the job begins. Left out where there is nothing to say.' })),
  },
  { $id: 'ResolvedSpec', title: 'ResolvedSpec' },
);
export type ResolvedSpec = Static<typeof ResolvedSpec>;

/** Several plans on one data set, each trained by each seed. */
export const CompareSpec = closed(
  {
    type: Type.Literal('compare'),
    dataset: DatasetId,
    dataset_digest: Type.String(),
    threads: Threads,
    seeds: Type.Array(Type.Integer()),
    candidates: Type.Array(
      closed({ name: Type.String(), spec: Type.Unsafe<ResolvedSpec>({ ...named(ResolvedSpec), description: 'As a job of this plan alone has it, by the first seed; runs are those of the candidate.' }) }),
    ),
    runs: Type.Array(RunPlan, { description: 'In their order: all candidates by one seed, then by the next.' }),
    auto: AutoChoices,
  },
  { $id: 'CompareSpec', title: 'CompareSpec' },
);
export type CompareSpec = Static<typeof CompareSpec>;
/** Of a job that trains. */
export type TrainingSpec = ResolvedSpec | CompareSpec;

export const JobSpec = Type.Union([named(ResolvedSpec), named(CompareSpec), named(EvaluateSpec), named(ExplainSpec), named(ExportSpec)]);
export type JobSpec = TrainingSpec | UntrainedSpec;

/** Optimizer steps of a run, at most: those of its stages, or of its budget. */
export const mostStepsOf = ({ stages, training }: Pick<ResolvedSpec, 'stages'> & { training: Pick<ResolvedSpec['training'], 'budget'> }): number =>
  Math.min(stepsOf(stages), training.budget?.steps ?? Infinity);

/** Where a run is: of jobs that train. */
const inTraining = <S extends TSchema>(schema: S) => nullable(schema, 'null of a job that trains nothing: an evaluation, an export.');

export const Progress = closed({
  run: inTraining(Type.String()),
  stage: inTraining(Type.Integer()),
  epoch: inTraining(Type.Integer()),
  epochs: inTraining(Type.Integer()),
  step: Type.Integer({ description: 'Steps done, over all runs; of a job that trains nothing, examples that went through a network, once for each time that they must.' }),
  steps: Type.Integer(),
  percent: Type.Number(),
  examples_per_second: nullable(Type.Number()),
  eta_seconds: nullable(Type.Number({ description: 'Time until the job ends, as likely too much as too little: what is left of all runs, their tests, the report, the files.' })),
  eta_p90_seconds: Type.Optional(nullable(Type.Number({ description: 'Time by which the job has ended in nine cases of ten. Left out by earlier versions.' }))),
});
export type Progress = Static<typeof Progress>;

export const Engine = closed({
  name: Type.String({ examples: ['tensorflow-cpu'] }),
  version: Type.String({ examples: ['2.21.0'] }),
  device: oneOf(['cpu', 'cuda']),
});
export type Engine = Static<typeof Engine>;

/** What features that were kept saved a run (docs/guide.md, "Features are kept"). */
export const FeatureUse = closed({
  hit: Type.Boolean({ description: 'Whether the features of all examples were there already.' }),
  bytes: Type.Integer({ description: 'What they take where they are kept.' }),
  saved_seconds: Type.Number({ description: 'What computing them took once, less what fetching them took; 0 where they were computed.' }),
});
export type FeatureUse = Static<typeof FeatureUse>;

/** The last value of each metric, by name: loss, accuracy and others that follow from the data set; with `val_` and `test_` before them. */
export const FlatMetrics = Type.Record(Type.String(), Type.Number());
export type FlatMetrics = Static<typeof FlatMetrics>;

/** Why training ended: it was done, validation got no better, its budget was used up, or somebody stopped it. */
export const STOP_REASONS = ['completed', 'early_stopped', 'budget', 'user_stop'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** How a run ended. */
export const RUN_END = {
  steps: Type.Integer({ description: 'Optimizer steps that were taken.' }),
  stop_reason: oneOf(STOP_REASONS, { description: 'Why the run trained no longer.' }),
  budget_reached: nullable(oneOf(BUDGETS, { description: 'Where stop_reason is budget, which part of it was used up. A baseline may take as many steps as the main run took.' })),
};

/** What lies between where a run began and what it came to. */
export const Interpolation = closed(
  {
    metric: Type.String(),
    alpha: Type.Number({ description: 'The part of what the run came to in the weights that are published: the best by the metric.' }),
    curve: Type.Array(closed({ alpha: Type.Number(), metrics: FlatMetrics }), { description: 'What validation measures with each α.' }),
  },
  { title: 'Interpolation' },
);
export type Interpolation = Static<typeof Interpolation>;

/** What validation said of the stages of a run, and which of them its weights are from. */
export const StageChoice = closed({
  metric: Type.String(),
  stages: Type.Array(closed({ stage: Type.Integer({ description: 'From 0.' }), epoch: Type.Integer({ description: 'Its best.' }), value: Type.Number() }), { description: 'Those that were trained.' }),
  stage: Type.Integer({ description: 'The one that the best epoch is of.' }),
});
export type StageChoice = Static<typeof StageChoice>;

export const RunResult = closed({
  run: Type.String(),
  role: oneOf(RUN_ROLES),
  seed: Type.Integer(),
  candidate,
  ...RUN_END,
  steps: nullable(Type.Integer({ description: 'Optimizer steps that were taken; null where an earlier version, which did not count them, made the run.' })),
  best_epoch: Type.Optional(nullable(Type.Integer({ description: 'With early_stopping, the epoch whose weights and validation metrics these are; null where those of the last were kept.' }))),
  interpolation: Type.Optional(nullable(Interpolation, 'With wise_ft, of a main run; null where it ended before the interpolation starts.')),
  choice: Type.Optional(StageChoice),
  metrics: FlatMetrics,
  weights_digest: Type.Optional(Type.String({ ...Sha256, description: 'Of a run of a comparison: that of the model that a job of its plan alone makes.' })),
  confusion_matrix: nullable(
    Type.Array(Type.Array(Type.Integer()), {
      description: 'Test examples of each class (rows) by the class predicted (columns), in the order of class_names; null for more than 100 classes.',
    }),
  ),
  seconds: Type.Number({ description: 'Time spent training, without start-up and evaluation.' }),
  examples_per_second: Type.Number(),
});
export type RunResult = Static<typeof RunResult>;
export type RunEnd = Pick<RunResult, 'stop_reason' | 'budget_reached'> & { steps: number };

export const StatusChange = closed({ status: oneOf(JOB_STATES), at: Timestamp, reason: nullable(Type.String()) });
export type StatusChange = Static<typeof StatusChange>;

/** What the job may take; null where there is no limit. */
export const ResolvedLimits = closed({
  run_seconds: nullable(Type.Integer({ description: 'Time at work, over all attempts, without waiting between them.' })),
  queue_seconds: nullable(Type.Integer({ description: 'Time from submission to the first attempt.' })),
});
export type ResolvedLimits = Static<typeof ResolvedLimits>;

/** Whether a job came to the bytes of the one that it makes once more. */
export const Reproduction = closed(
  {
    of: JobId,
    compared: oneOf(['weights', 'report'], { description: 'Of a job that makes a model its weights_digest; of any other its report, less the id and the name of the job and the time it took. The report of an export has the SHA-256 of each of its files.' }),
    agrees: nullable(Type.Boolean(), 'null where the result of the first is there no more.'),
    differs: Type.Array(Type.String(), {
      description: 'Why the bytes may differ: "engine name", "engine version", "engine device", "node", "threads", "processor" where the two jobs had others; "stopped" and "budget of seconds" where the first was ended by what does not happen twice; "not recorded" where an earlier version made it. Empty where nothing of this is so: then they must agree.',
    }),
  },
  { title: 'Reproduction' },
);
export type Reproduction = Static<typeof Reproduction>;

export const Job = closed(
  {
    id: JobId,
    object: Type.Literal('job'),
    type: oneOf(JOB_TYPES),
    name: nullable(Type.String()),
    status: oneOf(JOB_STATES),
    created_at: Timestamp,
    started_at: nullable(Timestamp),
    finished_at: nullable(Timestamp),
    status_history: Type.Array(StatusChange),
    spec: JobSpec,
    spec_digest: Sha256,
    priority: Type.Integer(),
    limits: ResolvedLimits,
    retry_of: nullable(JobId),
    reproduce_of: Type.Optional({ ...JobId, description: 'The job that this one makes once more, to see whether it comes to the same bytes. Left out of others.' }),
    reproduction: Type.Optional(nullable(Reproduction, 'Of such a job; null until it has succeeded.')),
    metadata: Metadata,
    queue: nullable(closed({ position: Type.Integer(), ahead: Type.Integer() })),
    attempt: Type.Integer(),
    threads: Type.Integer(),
    engine: nullable(Engine),
    cache: nullable(FeatureUse),
    progress: nullable(Progress),
    metrics: FlatMetrics,
    runs: Type.Array(RunResult),
    model: nullable(ModelId),
    weights_digest: nullable(Sha256),
    stop_reason: Type.Union([oneOf(STOP_REASONS), Type.Null()], { description: 'Why training ended: it was done, validation got no better, its budget was used up, or it was stopped; null until the job has succeeded.' }),
    error: nullable(Failure),
  },
  { $id: 'Job', title: 'Job' },
);
export type Job = Static<typeof Job>;

/** A row of GET /v1/jobs: enough for a table, without spec, history and runs. */
export const JobSummary = Type.Omit(Job, ['spec', 'status_history', 'runs', 'queue', 'reproduction'], {
  $id: 'JobSummary',
  title: 'JobSummary',
  additionalProperties: false,
});
export type JobSummary = Static<typeof JobSummary>;

/** One point of a run's learning curve. Step and epoch count from 1 within the run. */
export const MetricPoint = closed(
  {
    run: Type.String(),
    role: oneOf(RUN_ROLES),
    stage: Type.Integer(),
    epoch: Type.Integer(),
    step: Type.Integer(),
    values: FlatMetrics,
  },
  { title: 'MetricPoint' },
);
export type MetricPoint = Static<typeof MetricPoint>;
