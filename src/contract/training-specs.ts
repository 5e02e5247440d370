// What jobs that train do, with nothing left to choose.
import Type, { type Static } from './typebox.js';
import { AugmentSettings } from './augment.js';
import { Budget, Until } from './budget.js';
import { Preprocessing } from './dataset.js';
import { EarlyStopping } from './early-stopping.js';
import { Ema } from './ema.js';
import { DatasetId, JobId, ModelId } from './ids.js';
import { TransferRequest } from './job-request.js';
import { JobWarning } from './job-warnings.js';
import { Architecture } from './layers.js';
import { Lora } from './lora.js';
import { LossTermSettings } from './loss-terms.js';
import { LossSettings } from './losses.js';
import { OptimizerSettings } from './optimizers.js';
import { AutoChoices, Threads } from './resolved.js';
import { RunPlan } from './run.js';
import { ScheduleSettings } from './schedules.js';
import { closed, named, nullable, oneOf, Sha256 } from './schema.js';
import { SolverSettings } from './solvers.js';
import { WiseFt } from './wise-ft.js';

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
export const PLAN_TYPES = ['pretrain', 'fine_tune', 'lr_find'] as const;

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

/** Optimizer steps of a run, at most: those of its stages, or of its budget. */
export const mostStepsOf = ({ stages, training }: Pick<ResolvedSpec, 'stages'> & { training: Pick<ResolvedSpec['training'], 'budget'> }): number =>
  Math.min(stepsOf(stages), training.budget?.steps ?? Infinity);
