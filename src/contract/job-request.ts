// What a caller sends to POST /v1/jobs. Everything left out is filled in (transfer/auto.ts) and echoed in the job's spec.
import Type, { type Static } from './typebox.js';
import { AugmentRequest } from './augment.js';
import { BudgetRequest, MOST_RUN_SECONDS, Until } from './budget.js';
import { EarlyStoppingRequest } from './early-stopping.js';
import { EmaRequest } from './ema.js';
import { DatasetId, JobId } from './ids.js';
import { Layers, LayerSpec, MOST_LAYERS } from './layers.js';
import { LoraRequest } from './lora.js';
import { ClassWeights, LossRequest } from './losses.js';
import { LOSS_TERMS, LossTermRequest } from './loss-terms.js';
import { modelAddress } from './model-address.js';
import { LearningRate, OptimizerRequest } from './optimizers.js';
import { ScheduleRequest } from './schedules.js';
import { SolverRequest } from './solvers.js';
import { WiseFtRequest } from './wise-ft.js';
import { closed, discriminated, DisplayName, Metadata, named, oneOf } from './schema.js';

export const MOST_EPOCHS = 10_000;
export const Epochs = Type.Integer({ minimum: 1, maximum: MOST_EPOCHS, description: 'Passes over the training examples.' });
/** Of all runs of a job: at 100 a second more than a day, past which a request is a slip. */
export const MOST_STEPS = 10_000_000;
const layerName = Type.String({ maxLength: 64 });

/** How far a plan goes. */
export const DIALS = ['quick', 'balanced', 'best'] as const;
export type Dial = (typeof DIALS)[number];

/** How a run learns; each value left out is chosen by a rule and shown in the spec. */
export const Training = closed({
  preset: Type.Optional(
    oneOf(DIALS, { description: 'What is left open is planned from facts about data and base model, for as long as the word says. "auto" in the place of all of training is balanced. Not transfer.preset, which names a list of stages.' }),
  ),
  epochs: Type.Optional(Epochs),
  batch_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_536 })),
  optimizer: Type.Optional(named(OptimizerRequest)),
  schedule: Type.Optional(named(ScheduleRequest)),
  loss: Type.Optional(named(LossRequest)),
  class_weights: Type.Optional(ClassWeights),
  seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295 })),
  validation_split: Type.Optional(
    Type.Number({ minimum: 0, maximum: 0.5, description: 'Part of train kept aside by seed, stratified, to validate each epoch, where the data set has no validation part. @default 0' }),
  ),
  augment: Type.Optional(named(AugmentRequest)),
  budget: Type.Optional(BudgetRequest),
  early_stopping: Type.Optional(EarlyStoppingRequest),
  ema: Type.Optional(EmaRequest),
});
export type Training = Static<typeof Training>;
const TrainingOrAuto = Type.Union([Type.Literal('auto'), Training], { description: '"auto": all of it is planned, as with preset balanced; so it is where a fine-tuning says nothing of its transfer.' });

const width = Type.Integer({ minimum: 1, maximum: 65_536 });
/** Those that Keras publishes weights for. */
export const MOBILENET_WIDTHS = [0.35, 0.5, 0.75, 1, 1.3, 1.4] as const;
export type MobileNetWidth = (typeof MOBILENET_WIDTHS)[number];

/** 6n + 2, as deep as the paper trains with profit. */
export const RESNET_DEPTHS = [8, 14, 20, 26, 32, 38, 44, 50, 56, 62, 68, 74, 80, 86, 92, 98, 104, 110] as const;
export type ResNetDepth = (typeof RESNET_DEPTHS)[number];

/** The network to pretrain: a named architecture (its output layer fits the data set), or its layers, output layer included. */
export const ModelRequest = Type.Union([
  closed(
    {
      architecture: Type.Literal('mlp'),
      hidden: Type.Optional(Type.Array(width, { maxItems: 16, default: [128], description: 'Units of each hidden layer.' })),
    },
    { title: 'mlp' },
  ),
  closed(
    {
      architecture: Type.Literal('cnn'),
      filters: Type.Optional(
        Type.Array(Type.Integer({ minimum: 1, maximum: 1024 }), { minItems: 1, maxItems: 4, default: [32, 64] }),
      ),
      hidden: Type.Optional(Type.Array(width, { maxItems: 4, default: [128] })),
    },
    { title: 'cnn' },
  ),
  closed({ architecture: Type.Literal('lenet5') }, { title: 'lenet5' }),
  closed(
    {
      architecture: Type.Literal('resnet'),
      depth: Type.Optional(
        Type.Unsafe<ResNetDepth>({ type: 'integer', enum: [...RESNET_DEPTHS], default: 20, description: 'Layers with weights: 6n + 2, in three stages of n blocks.' }),
      ),
    },
    { title: 'resnet' },
  ),
  closed(
    {
      architecture: Type.Literal('mobilenet_v2'),
      width: Type.Optional(
        Type.Unsafe<MobileNetWidth>({ type: 'number', enum: [...MOBILENET_WIDTHS], default: 1, description: 'Factor on the number of filters.' }),
      ),
    },
    { title: 'mobilenet_v2' },
  ),
  closed(
    {
      architecture: Type.Literal('tabular'),
      blocks: Type.Optional(Type.Integer({ minimum: 1, maximum: 32, default: 2, description: 'Residual blocks.' })),
      width: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096, default: 192, description: 'Units between blocks.' })),
      hidden_factor: Type.Optional(Type.Number({ minimum: 1, maximum: 8, default: 2, description: 'Units inside a block, as a multiple of width.' })),
      dropout: Type.Optional(Type.Number({ minimum: 0, maximum: 0.9, default: 0.3, description: 'Part dropped inside a block.' })),
      residual_dropout: Type.Optional(Type.Number({ minimum: 0, maximum: 0.9, default: 0, description: 'Part dropped at the end of a block.' })),
    },
    { title: 'tabular' },
  ),
  closed({ layers: Layers }, { title: 'layers' }),
]);
export type ModelRequest = Static<typeof ModelRequest>;

/** The last blocks of the network (transfer/blocks.ts), whatever their layers are named. */
const LastBlocks = closed({ last_n: Type.Integer({ minimum: 1, maximum: MOST_LAYERS, description: 'Blocks, counted from the output.' }) }, { title: 'last_n' });

const lossTerms = Type.Array(named(LossTermRequest), { maxItems: LOSS_TERMS.length, description: 'What is lowered beside the loss, each once.' });

/** One stage of training: which layers learn, for how long, how fast. */
export const StageRequest = closed({
  trainable: Type.Union([oneOf(['all', 'head']), LastBlocks, Type.Array(layerName, { minItems: 1, maxItems: MOST_LAYERS })], {
    description: '"all", "head" (what is new in the target network), the last blocks, or layer names; "block_16_*" names all that begin so.',
  }),
  epochs: Type.Optional(Epochs),
  steps: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_STEPS, description: 'Optimizer steps, in place of epochs; the last epoch may be cut short.' })),
  learning_rate: Type.Optional(LearningRate),
  schedule: Type.Optional(named(ScheduleRequest)),
  lr_decay_per_block: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description: 'The last block that learns has the learning rate, the block before it this times as much, the one before that its square, and so on.',
    }),
  ),
  solver: Type.Optional(named(SolverRequest)),
  freeze_batch_norm: Type.Optional(
    Type.Boolean({ default: false, description: 'Batch normalisations do not learn, and keep the statistics they were trained with.' }),
  ),
  loss_terms: Type.Optional(lossTerms),
  unless: Type.Optional({ ...Until, description: 'Training ends before this stage where what was last measured is that good already. Not of the first stage.' }),
  augment: Type.Optional(Type.Union([named(AugmentRequest), Type.Null()], { description: 'In place of training.augment; null changes no example.' })),
});
export type StageRequest = Static<typeof StageRequest>;
/** Named lists of stages (transfer/presets/), each from a paper or a library. */
export const PRESETS = ['full', 'linear_probe', 'lp_ft', 'fastai_fine_tune', 'gradual_unfreeze', 'bit_hyperrule'] as const;
export type PresetName = (typeof PRESETS)[number];
/** Stages by the name of a list, or spelt out; never both. */
const staged = {
  preset: Type.Optional(oneOf(PRESETS, { description: 'A named list of stages, in place of stages. @default full' })),
  stages: Type.Optional(Type.Array(StageRequest, { minItems: 1, maxItems: 20 })),
  loss_terms: Type.Optional({ ...lossTerms, description: 'Of every stage that takes steps and names none itself.' }),
  wise_ft: Type.Optional(WiseFtRequest),
  lora: Type.Optional(LoraRequest),
};

export const Edit = Type.Union([
  closed({ resize: layerName, units: width }, { title: 'resize' }),
  closed({ insert_after: layerName, layer: named(LayerSpec) }, { title: 'insert_after' }),
  closed({ remove: layerName }, { title: 'remove' }),
]);
export type Edit = Static<typeof Edit>;

/** What is carried over from the base model, in the three kinds of the field. */
const transfers = discriminated('kind', [
  closed({ kind: Type.Literal('parameter'), ...staged }, { title: 'parameter', description: 'Same structure, pretrained weights carried over and fine-tuned.' }),
  closed(
    {
      kind: Type.Literal('feature'),
      cut: Type.Optional(
        Type.String({ maxLength: 64, description: 'The layer whose output is the feature, or "penultimate". @default penultimate; of a model of a Graph model, whose output is the feature already, its last layer' }),
      ),
      head: Type.Optional(
        Type.Array(named(LayerSpec), { maxItems: 20, description: 'Hidden layers of the new model; its output layer is added.' }),
      ),
      solver: Type.Optional({ ...named(SolverRequest), description: 'Of a new model without hidden layers: it is solved instead of stepped.' }),
    },
    { title: 'feature', description: 'The features of the base model feed a new model; the artifact is both, composed.' },
  ),
  closed(
    {
      kind: Type.Literal('structure'),
      edits: Type.Optional(Type.Array(Edit, { maxItems: 50 })),
      inherit: Type.Optional(oneOf(['matching', 'none'], { default: 'matching' })),
      ...staged,
    },
    { title: 'structure', description: 'The structure of the base model, edited, trained on the target.' },
  ),
]);
export type TransferRequest = Static<typeof transfers>;
export const TransferRequest = Type.Unsafe<TransferRequest>({ $id: 'Transfer', title: 'Transfer', ...transfers });

const seconds = (maximum: number, description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum, description }));
const MOST_QUEUE_SECONDS = 31_536_000;
/** A limit that passes ends the job as expired. What is left out has no limit. */
export const Limits = closed({
  run_seconds: seconds(MOST_RUN_SECONDS, 'Time at work, over all attempts, without waiting between them.'),
  queue_seconds: seconds(MOST_QUEUE_SECONDS, 'Time from submission to the first attempt.'),
});
export type Limits = Static<typeof Limits>;

/** What a job of any kind may say. */
export const JOB_COMMON = {
  name: Type.Optional(DisplayName),
  dataset: DatasetId,
  priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 10, default: 5, description: '10 goes first.' })),
  limits: Type.Optional(Limits),
  metadata: Type.Optional(Metadata),
};
const common = { ...JOB_COMMON, training: Type.Optional(TrainingOrAuto) };

export const PretrainRequest = closed(
  { type: Type.Literal('pretrain'), model: ModelRequest, ...common },
  { title: 'pretrain' },
);
/** Where a transfer begins: at a model, by its id, an alias, a version of its name or its name in the catalogue, or at what the main run of a job had learnt by one of its checkpoints. */
export const BaseModelRequest = Type.Union([
  modelAddress(', or the name of a base model of GET /v1/models/catalogue, which is fetched when it is first wanted.'),
  closed(
    {
      job: JobId,
      checkpoint: Type.String({
        maxLength: 128,
        description: '"latest"; "best", of the lowest validation loss in the main run; or the name or id of one that GET /v1/jobs/{id}/checkpoints lists.',
      }),
    },
    { title: 'checkpoint' },
  ),
]);
export type BaseModelRequest = Static<typeof BaseModelRequest>;

/** What becomes of the base model's output layer. */
export const HeadRequest = Type.Union(
  [
    oneOf(['auto', 'keep', 'replace']),
    closed(
      { map: Type.Record(Type.String(), Type.String(), { minProperties: 1, maxProperties: 10_000, description: 'Class of the base model by class of the data set.' }) },
      { title: 'map', description: 'These classes start from those of the base model, all others fresh.' },
    ),
  ],
  { default: 'auto', description: 'auto: keep the output layer where the class names agree, carry the classes over that the base model has too, else replace it.' },
);
export type HeadRequest = Static<typeof HeadRequest>;

/** A third run tells most of what there is to tell; past twenty an interval hardly narrows. */
export const MOST_SEEDS = 20;

export const FineTuneRequest = closed(
  {
    type: Type.Literal('fine_tune'),
    base_model: BaseModelRequest,
    transfer: Type.Optional(named(TransferRequest)),
    head: Type.Optional(HeadRequest),
    baseline: Type.Optional(
      closed({
        scratch: Type.Boolean({ description: 'Train the same target network from fresh weights too, on the same order of data.' }),
        seeds: Type.Optional(
          Type.Integer({ minimum: 1, maximum: MOST_SEEDS, default: 1, description: 'How often both are trained, each time by the next seed, counted from training.seed. Only from two on can it be told whether transfer helps.' }),
        ),
      }),
    ),
    ...common,
  },
  { title: 'fine_tune' },
);
const { batch_size: batchSize, optimizer, loss, class_weights: classWeights, seed, validation_split: validationSplit, augment } = Training.properties;
/** What a range test has of a training: all but its length, its rate and its schedule. */
const RateTraining = closed({ batch_size: batchSize, optimizer, loss, class_weights: classWeights, seed, validation_split: validationSplit, augment });

/** Which learning rate a training wants: that of a fine-tuning, or of a network that starts from fresh weights. */
export const LrFindRequest = closed(
  {
    type: Type.Literal('lr_find'),
    model: Type.Optional({ ...ModelRequest, description: 'A network that starts from fresh weights; or else base_model.' }),
    base_model: Type.Optional(BaseModelRequest),
    transfer: Type.Optional({ ...named(TransferRequest), description: 'As in fine_tune. @default parameter' }),
    head: Type.Optional(HeadRequest),
    stage: Type.Optional(Type.Integer({ minimum: 0, maximum: 19, description: 'Of the transfer, from 0; the network is as it is before the first. @default the first that takes steps' })),
    ...common,
    training: Type.Optional(RateTraining),
  },
  { title: 'lr_find' },
);
export type LrFindRequest = Static<typeof LrFindRequest>;
export type PretrainRequest = Static<typeof PretrainRequest>;
export type FineTuneRequest = Static<typeof FineTuneRequest>;
/** Of one plan; any-job-request.ts has those of several too. */
export type JobRequest = PretrainRequest | FineTuneRequest | LrFindRequest;
