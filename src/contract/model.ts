// Models: what a succeeded job leaves behind, what was sent from elsewhere, and the files of a bundle.
import Type, { type Static } from './typebox.js';
import { DatasetId, JobId, ModelId } from './ids.js';
import { Architecture } from './layers.js';
import { MOST_CLASSES, Preprocessing } from './dataset.js';
import { Failure } from './problem.js';
import { FlatMetrics } from './run.js';
import { closed, DisplayName, Metadata, named, nullable, oneOf, Sha256, Timestamp } from './schema.js';
import { TASKS } from './task.js';
import { ResolvedBase } from './training-specs.js';

export const BundleFile = closed(
  { name: Type.String(), size_bytes: Type.Integer(), sha256: Sha256, media_type: Type.String() },
  { title: 'BundleFile' },
);
export type BundleFile = Static<typeof BundleFile>;

/** What files that a model is made of may be. */
export const MODEL_FORMATS = ['tfjs_layers', 'tfjs_graph', 'keras_v3', 'keras_h5'] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** The fields beside the files in the multipart form of `POST /v1/models/imports`. */
export const ModelImportForm = closed({
  name: Type.Optional(DisplayName),
  labels: Type.Optional(
    Type.Array(DisplayName, { minItems: 1, maxItems: MOST_CLASSES, description: 'Names of the classes, or of the values, in the order of the outputs. Left out: those that come with the files, or none.' }),
  ),
  task: Type.Optional(
    oneOf(TASKS, { description: 'What its outputs are: of classes, or values. Left out: regression where it ends in a linear layer and there are no labels, else classification.' }),
  ),
  input_range: Type.Optional(
    Type.Array(Type.Number({ minimum: -1e6, maximum: 1e6 }), {
      minItems: 2,
      maxItems: 2,
      uniqueItems: true,
      description: 'What the network takes for the darkest and for the brightest value of a pixel: [0, 1], [-1, 1], [0, 255]. @default [0, 1]',
    }),
  ),
  input_shape: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1, maximum: 65_536 }), { minItems: 1, maxItems: 4, description: 'For a network that leaves sizes of its input open.' }),
  ),
  output_node: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1024,
      description: 'Of a TensorFlow.js Graph model, the node whose output is the feature; what follows it is left out. Left out: the only output that the graph names.',
    }),
  ),
});
export type ModelImportForm = Static<typeof ModelImportForm>;

/** A model whose files are fetched; read with the same options as one that is sent. */
export const ModelFetchRequest = closed({
  ...ModelImportForm.properties,
  url: Type.String({
    minLength: 1,
    maxLength: 2048,
    description: 'Where the model lies: http or https, public. A .keras, .h5 or zip file, or a model.json, beside which its shards are looked for. A worker fetches it.',
  }),
  sha256: Type.Optional(Type.String({ ...Sha256, description: 'SHA-256 of the file; of a model.json with its shards, of the lines that sha256sum writes of source.files, in their order.' })),
});
export type ModelFetchRequest = Static<typeof ModelFetchRequest>;

/** Where a model came from that was sent or fetched. */
export const ImportSource = closed({
  kind: Type.Literal('import'),
  format: Type.Union([oneOf(MODEL_FORMATS), Type.Null()], { description: 'null while that is not known: nothing has been fetched, an archive has not been opened, or a model.json whose first bytes do not tell has not been read.' }),
  files: Type.Array(closed({ name: Type.String(), size_bytes: Type.Integer(), sha256: Sha256 })),
  url: Type.Optional(
    closed(
      {
        asked: Type.String(),
        found: Type.Union([Type.String(), Type.Null()], { description: 'Where it was found, after redirects; null until it is fetched.' }),
        sha256: Type.Union([Sha256, Type.Null()], { description: 'What its digest had to be.' }),
      },
      { description: 'Left out for a model that was sent.' },
    ),
  ),
  catalogue: Type.Optional(Type.String({ description: 'The base model of the catalogue that it is.' })),
});
export type ImportSource = Static<typeof ImportSource>;

const identity = {
  id: ModelId,
  object: Type.Literal('model'),
  name: Type.Union([Type.String(), Type.Null()]),
  created_at: Timestamp,
};

/** Lower case, without underscores: no id and no file name of any system is mistaken for one. */
export const ALIAS_PATTERN = '^[a-z0-9][a-z0-9.-]{0,63}$';
const Alias = Type.String({ pattern: ALIAS_PATTERN, examples: ['production'] });
const MOST_ALIASES = 16;
const LONGEST_NOTES = 4_096;

const Version = Type.Integer({ minimum: 1 });

/** How far a model has come in the eyes of people; the service does nothing by it. */
export const MODEL_STAGES = ['none', 'staging', 'production', 'archived'] as const;
export type ModelStage = (typeof MODEL_STAGES)[number];
/** Changes that are remembered of a model: the newest. */
export const MOST_STAGE_CHANGES = 100;
export const StageChange = closed({ from: oneOf(MODEL_STAGES), to: oneOf(MODEL_STAGES), at: Timestamp });
export type StageChange = Static<typeof StageChange>;

/** What people say of a model. */
const said = {
  stage: oneOf(MODEL_STAGES, { description: 'How far it has come in the eyes of people.' }),
  aliases: Type.Array(Alias, { maxItems: MOST_ALIASES, uniqueItems: true, description: 'Names that mean this model and no other wherever one is named, but where it is deleted or changed. Given to another model, an alias leaves the one that had it.' }),
  notes: nullable(Type.String({ maxLength: LONGEST_NOTES }), 'For people.'),
  metadata: Metadata,
};

/** What of a model can be changed; what is left out stays. */
export const ModelChange = closed(
  { name: Type.Optional(nullable(DisplayName)), stage: Type.Optional(said.stage), aliases: Type.Optional(said.aliases), notes: Type.Optional(said.notes), metadata: Type.Optional(said.metadata) },
  { minProperties: 1 },
);
export type ModelChange = Static<typeof ModelChange>;

/** A model that can be used. */
export const Model = closed(
  {
    ...identity,
    status: Type.Literal('ready'),
    source: Type.Union([closed({ kind: Type.Literal('job') }), ImportSource]),
    job: Type.Union([JobId, Type.Null()], { description: 'null for a model that was sent.' }),
    dataset: Type.Union([DatasetId, Type.Null()], { description: 'null for a model that was sent.' }),
    base_model: Type.Union([ResolvedBase, Type.Null()]),
    architecture: named(Architecture),
    parameters: Type.Integer(),
    frozen_layers: Type.Optional(
      Type.Array(Type.String(), { description: 'Layers that no job trains: those that a TensorFlow.js Graph model was made of. Left out where there are none, and by earlier versions.' }),
    ),
    task: Type.Optional(oneOf(TASKS, { description: 'Left out where an earlier version made the model: classification.' })),
    labels: Type.Array(Type.String(), { description: 'What the outputs mean, in order: classes, or names of values; none where a model that was sent came without.' }),
    preprocessing: Preprocessing,
    metrics: FlatMetrics,
    weights_digest: Sha256,
    version: Type.Optional(nullable(Version, 'Which version of its name it is: the name, "@" and this number mean it for good, whatever it is named later. Null without a name.')),
    stage: Type.Optional(said.stage),
    stage_history: Type.Optional(Type.Array(StageChange, { description: `Each change of the stage, oldest first; the newest ${MOST_STAGE_CHANGES} are kept.` })),
    aliases: Type.Optional(said.aliases),
    notes: Type.Optional(said.notes),
    metadata: Type.Optional(said.metadata),
    files: Type.Array(BundleFile),
  },
  { $id: 'Model', title: 'Model' },
);
export type Model = Static<typeof Model>;

/** A version of a name, and what has become of the model that was given it. */
export const ModelVersion = closed(
  {
    id: Type.String({ description: 'What means this model for good, wherever one is named.', examples: ['digits@3'] }),
    object: Type.Literal('model_version'),
    name: DisplayName,
    version: Version,
    model: ModelId,
    created_at: Type.String({ ...Timestamp, description: 'When the model was given it: RFC 3339, UTC.' }),
    deleted: Type.Boolean({ description: 'The model is no more; its number is given to no other.' }),
    stage: nullable(said.stage, 'Null of one that was deleted.'),
    aliases: said.aliases,
  },
  { $id: 'ModelVersion', title: 'ModelVersion' },
);
export type ModelVersion = Static<typeof ModelVersion>;

export const UNREADY_STATES = ['importing', 'invalid'] as const;
/** A model that was sent and is being read, or that cannot be used. */
export const UnreadyModel = closed(
  {
    ...identity,
    status: oneOf(UNREADY_STATES),
    source: ImportSource,
    error: Type.Union([Failure, Type.Null()]),
  },
  { $id: 'UnreadyModel', title: 'UnreadyModel' },
);
export type UnreadyModel = Static<typeof UnreadyModel>;

export const AnyModel = Type.Unsafe<Model | UnreadyModel>({
  $id: 'AnyModel',
  title: 'AnyModel',
  type: 'object',
  oneOf: [named(Model), named(UnreadyModel)],
});
export type AnyModel = Model | UnreadyModel;
