// Data sets: what is sent to make one, and what one is.
import Type, { type Static } from './typebox.js';
import { DatasetId, UploadId } from './ids.js';
import { Failure } from './problem.js';
import { TASKS } from './task.js';
import { closed, discriminated, DisplayName, oneOf, Sha256, Timestamp } from './schema.js';

export const DATASET_STATES = ['uploading', 'validating', 'ready', 'invalid'] as const;
export type DatasetStatus = (typeof DATASET_STATES)[number];

/** What files may be. */
export const FILE_FORMATS = ['idx', 'npy', 'images', 'csv', 'jsonl', 'parquet'] as const;
export const DATASET_FORMATS = [...FILE_FORMATS, 'generated'] as const;
export const GENERATORS = ['glyph_digits', 'glyph_letters'] as const;
export type GeneratorName = (typeof GENERATORS)[number];

export const Generate = closed({
  name: oneOf(GENERATORS, { description: 'Ten classes each: digits 0-9 or letters A-J, 28 × 28, drawn by Rootstock itself.' }),
  examples: Type.Integer({ minimum: 100, maximum: 100_000, default: 12_000, description: 'Train and test together (5 : 1).' }),
  seed: Type.Integer({ minimum: 0, maximum: 4_294_967_295, default: 1 }),
});
export type Generate = Static<typeof Generate>;

/** A data set that is drawn. */
export const GenerateRequest = closed({
  name: Type.Optional(DisplayName),
  generate: closed({
    name: Generate.properties.name,
    examples: Type.Optional(Generate.properties.examples),
    seed: Type.Optional(Generate.properties.seed),
  }),
});
export type GenerateRequest = Static<typeof GenerateRequest>;

/** What becomes of rows that cannot be read: left out and counted in the report, or reason enough to refuse them all. */
export const BAD_ROW_POLICIES = ['skip', 'refuse'] as const;
export type BadRowPolicy = (typeof BAD_ROW_POLICIES)[number];

export const MOST_CLASSES = 10_000;

/** How a picture is brought to another size: cut off at the middle, margins added, or pulled out of proportion. */
export const PICTURE_FITS = ['cover', 'contain', 'stretch'] as const;
export type PictureFit = (typeof PICTURE_FITS)[number];

const PictureSide = Type.Integer({ minimum: 1, maximum: 512 });

/** What pictures are made into, in place of what follows from the pictures. */
export const PicturesWanted = closed({
  height: Type.Optional(PictureSide),
  width: Type.Optional(PictureSide),
  channels: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(3)])),
  fit: Type.Optional(oneOf(PICTURE_FITS, { default: 'cover' })),
}, { description: 'Of pictures only, as the text of a JSON object. One side alone means a square.' });
export type PicturesWanted = Static<typeof PicturesWanted>;

export const COLUMN_KINDS = ['numeric', 'categorical', 'ignore'] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];
export const MISSING_POLICIES = ['fill', 'bad_row'] as const;

const ColumnName = Type.String({ minLength: 1, maxLength: 256 });

/** How a table is read, in place of what follows from the table. */
export const TableWanted = closed(
  {
    target: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'The column to predict. Left out: one named label, class, target or y, else the last.' })),
    columns: Type.Optional(Type.Record(ColumnName, oneOf(COLUMN_KINDS), { maxProperties: 10_000, description: 'Kinds of columns by name; of all others the values decide.' })),
    like: Type.Optional(DatasetId),
    missing: Type.Optional(oneOf(MISSING_POLICIES, { default: 'fill', description: 'What becomes of missing inputs: filled in, or reason to leave the row out.' })),
    shape: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 65_536 }), { minItems: 2, maxItems: 3, description: 'Height, width and channels of the picture whose pixels the columns are.' }),
    ),
  },
  { description: 'Of tables only, as the text of a JSON object.' },
);
export type TableWanted = Static<typeof TableWanted>;

/** The fields beside the files in the multipart form of `POST /v1/datasets`. */
export const DatasetForm = closed({
  name: Type.Optional(DisplayName),
  format: Type.Optional(oneOf(FILE_FORMATS, { description: 'May be left out: the content decides. Given, files of another format are refused.' })),
  class_names: Type.Optional(Type.Array(DisplayName, { minItems: 2, maxItems: MOST_CLASSES, uniqueItems: true })),
  task: Type.Optional(oneOf(TASKS, { description: 'May be left out: labels that are whole numbers by type, or texts, are classes; floating-point ones, and of a table numbers that are not all whole, are values, unless class_names names classes.' })),
  on_bad_rows: Type.Optional(oneOf(BAD_ROW_POLICIES, { default: 'skip', description: 'Rows that cannot be read are left out and counted, or the data set is invalid.' })),
  pictures: Type.Optional(PicturesWanted),
  table: Type.Optional(TableWanted),
});
export type DatasetForm = Static<typeof DatasetForm>;

/** The same in the query of `POST /v1/datasets`, where the body is the one file. */
export const DatasetQuery = closed({
  ...DatasetForm.properties,
  sha256: Type.Optional(Sha256),
});
export type DatasetQuery = Static<typeof DatasetQuery>;

/** How a column of a table becomes inputs. What it says was fitted on the train part alone. */
export const TableColumn = discriminated('kind', [
  closed({
    name: Type.String(),
    kind: Type.Literal('numeric'),
    at: Type.Integer({ description: 'The input that it becomes: (value - mean) / deviation, 0 for a missing value.' }),
    mean: Type.Number(),
    deviation: Type.Number(),
  }),
  closed({
    name: Type.String(),
    kind: Type.Literal('categorical'),
    at: Type.Integer({ description: 'The first of its inputs: one for each category, one more for all others; 1 in the place of the value, else 0.' }),
    categories: Type.Array(Type.Union([Type.String(), Type.Null()]), { description: 'null is a missing value.' }),
    literal: Type.Optional(Type.Boolean({ description: 'Whether numbers are texts as they are written, "01" another than "1". Left out: they are not, or an earlier version read the data set.' })),
  }),
]);
export type TableColumn = Static<typeof TableColumn>;

/** A data set whose one file is fetched; read with the same options as an uploaded one. */
export const FetchRequest = closed({
  ...DatasetForm.properties,
  url: Type.String({ minLength: 1, maxLength: 2048, description: 'Where the file lies: http or https, public. A worker fetches it.' }),
  sha256: Type.Optional(Sha256),
});
export type FetchRequest = Static<typeof FetchRequest>;

export const MOST_FILES = 16;

/** A data set of files that were uploaded in pieces; read with the same options as others. */
export const UploadedRequest = closed({
  ...DatasetForm.properties,
  upload: Type.Array(UploadId, { minItems: 1, maxItems: MOST_FILES, uniqueItems: true, description: 'Ids of finished uploads, each a file of the data set.' }),
});
export type UploadedRequest = Static<typeof UploadedRequest>;

/** JSON forms of `POST /v1/datasets`. */
export const DatasetRequest = Type.Union([GenerateRequest, FetchRequest, UploadedRequest]);
export type DatasetRequest = Static<typeof DatasetRequest>;

/** How pictures look to a network: on the scale of its inputs, over the train part. */
export const Look = closed(
  {
    mean: Type.Number(),
    deviation: Type.Number({ description: 'Square root of the mean squared distance from the mean.' }),
    edge: Type.Number({ description: 'Mean of the outermost pixels: the background, where there is one.' }),
    margin: Type.Integer({ description: 'Frames of pixels, from outside, whose means are as that of the outermost: how wide the background is around what is shown, in pixels. 0 where the next frame differs already.' }),
  },
  { title: 'Look' },
);
export type Look = Static<typeof Look>;

/** How raw values become what the network takes. Travels with every model trained on the data set. */
export const Preprocessing = closed(
  {
    input: closed({ shape: Type.Array(Type.Integer()), dtype: oneOf(['uint8', 'float32']) }),
    steps: Type.Array(closed({ divide_by: Type.Number() })),
    pictures: Type.Optional(
      closed(
        { fit: oneOf(PICTURE_FITS), background: Type.Literal('#ffffff') },
        { description: 'How a picture becomes an input: turned upright, in sRGB or, with one channel, grey; composed on the background; brought to the shape of the input by fit.' },
      ),
    ),
    columns: Type.Optional(Type.Array(TableColumn, { description: 'How the columns of a table became inputs.' })),
    look: Type.Optional({ ...Look, description: 'Of pictures. Left out where an earlier version read the data set, of tables, and of models that were sent.' }),
  },
  { title: 'Preprocessing' },
);
export type Preprocessing = Static<typeof Preprocessing>;

export const PartSummary = closed({ examples: Type.Integer(), class_counts: Type.Array(Type.Integer()) });
export type PartSummary = Static<typeof PartSummary>;

/** The values that a network learns to tell, where the task is regression. */
export const Target = closed({
  names: Type.Array(Type.String(), { description: 'Of each value, in the order of the outputs.' }),
  mean: Type.Array(Type.Number(), { description: 'Over the train part.' }),
  deviation: Type.Array(Type.Number(), { description: 'Standard deviation over the train part, of all of it (divided by n).' }),
});
export type Target = Static<typeof Target>;

/** What reading the data set found; present once it is ready. */
export const DatasetContent = closed({
  input_shape: Type.Array(Type.Integer(), { description: 'Of one example: height, width, channels; or the length of a vector.' }),
  task: oneOf(TASKS),
  class_names: Type.Array(Type.String(), { description: 'Empty where the task is regression, as are class_counts.' }),
  target: Type.Optional(Target),
  parts: closed({ train: PartSummary, validation: Type.Optional(PartSummary), test: PartSummary }, { description: 'A validation part is there where the source has one.' }),
  split: Type.Union([Type.Null(), closed({ from: Type.String(), test_fraction: Type.Number(), seed: Type.Integer() })], {
    description: 'How train and test were made from one part; null where the source has its own.',
  }),
  preprocessing: Preprocessing,
  digest: Type.String({ description: 'SHA-256 over the packed content, shapes and class names included.' }),
  size_bytes: Type.Integer(),
});
export type DatasetContent = Static<typeof DatasetContent>;

export const DatasetSource = closed({
  files: Type.Array(closed({ name: Type.String(), size_bytes: Type.Integer(), sha256: Sha256 })),
  generate: Type.Union([Generate, Type.Null()]),
  url: Type.Union([
    closed({
      asked: Type.String(),
      found: Type.Union([Type.String(), Type.Null()], { description: 'Where the file was found, after redirects; null until it is fetched.' }),
      sha256: Type.Union([Sha256, Type.Null()], { description: 'What its digest had to be.' }),
    }),
    Type.Null(),
  ]),
  class_names: Type.Union([Type.Array(Type.String()), Type.Null()]),
  task: Type.Optional(oneOf(TASKS, { description: 'Where it was asked for.' })),
  on_bad_rows: oneOf(BAD_ROW_POLICIES),
  pictures: Type.Optional(PicturesWanted),
  table: Type.Optional(TableWanted),
  like: Type.Optional(
    closed(
      { columns: Type.Array(TableColumn), literal: Type.Array(Type.String(), { description: 'Columns whose numbers are texts.' }) },
      { description: 'What was taken over from the data set that table.like names.' },
    ),
  ),
});
export type DatasetSource = Static<typeof DatasetSource>;

export const Dataset = closed(
  {
    id: DatasetId,
    object: Type.Literal('dataset'),
    name: Type.String(),
    status: oneOf(DATASET_STATES),
    format: Type.Union([oneOf(DATASET_FORMATS), Type.Null()], { description: 'null where the first bytes of the files tell none; such a data set will be invalid.' }),
    created_at: Timestamp,
    ready_at: Type.Union([Timestamp, Type.Null()]),
    source: DatasetSource,
    content: Type.Union([DatasetContent, Type.Null()]),
    error: Type.Union([Failure, Type.Null()]),
  },
  { $id: 'Dataset', title: 'Dataset' },
);
export type Dataset = Static<typeof Dataset>;
