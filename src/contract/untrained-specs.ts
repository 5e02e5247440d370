// Specs of jobs that train nothing: a model as it is, measured, explained, or brought into another format.
import Type, { type Static } from './typebox.js';
import { EXPLAIN_METHODS, DISTANCES } from './explain-method.js';
import { EXPORT_FORMATS, Quantisation } from './export-format.js';
import { DatasetId, ModelId } from './ids.js';
import { PARTS } from './parts.js';
import { AutoChoices, Threads } from './resolved.js';
import { closed, nullable, oneOf, Sha256 } from './schema.js';
import { TASKS } from './task.js';

/** A part of a data set, and how many examples it has. */
export const MeasuredPart = closed({ part: oneOf(PARTS), examples: Type.Integer() });
export type MeasuredPart = Static<typeof MeasuredPart>;

/** A model that is measured, as it is. */
export const MeasuredModel = closed({
  id: ModelId,
  weights_digest: Sha256,
  labels: Type.Array(Type.String(), { description: 'What its outputs mean, in order: classes, or names of values; of a model that came without, those of the data set.' }),
  divide_by: Type.Array(Type.Number(), { description: 'Its own preparation of bytes: what they are divided by in turn.' }),
});
export type MeasuredModel = Static<typeof MeasuredModel>;

/** A model on the examples of a data set, and perhaps another on the same. */
export const EvaluateSpec = closed(
  {
    type: Type.Literal('evaluate'),
    model: MeasuredModel,
    against: nullable(MeasuredModel),
    dataset: DatasetId,
    dataset_digest: Type.String(),
    task: oneOf(TASKS),
    parts: Type.Array(MeasuredPart, { description: 'What is measured on, one after the other.' }),
    slices: Type.Array(Type.String()),
    resamples: Type.Integer(),
    seed: Type.Integer(),
    threads: Threads,
    auto: AutoChoices,
  },
  { $id: 'EvaluateSpec', title: 'EvaluateSpec' },
);
export type EvaluateSpec = Static<typeof EvaluateSpec>;

/** Examples of a data set through a model, and what in them it goes by. */
export const ExplainSpec = closed(
  {
    type: Type.Literal('explain'),
    model: MeasuredModel,
    dataset: DatasetId,
    dataset_digest: Type.String(),
    task: oneOf(TASKS),
    part: oneOf(PARTS, { description: 'What the examples are of, and what the importance of columns is measured on.' }),
    methods: Type.Array(oneOf(EXPLAIN_METHODS)),
    examples: nullable(Type.Array(Type.Integer()), 'Indices within the part; null: so many of the greatest loss.'),
    worst: nullable(Type.Integer(), 'How many of the greatest loss, where no examples are named.'),
    output: nullable(Type.String(), 'The class or value that is explained; null: of each example the class that is predicted, or the first value.'),
    integrated_gradients: nullable(closed({ most_steps: Type.Integer() })),
    grad_cam: nullable(closed({ layer: Type.String() })),
    occlusion: nullable(closed({ patch: Type.Integer(), stride: Type.Integer() }, { description: 'In pixels.' })),
    nearest_examples: nullable(closed({ count: Type.Integer(), distance: oneOf(DISTANCES) })),
    permutation_importance: nullable(closed({ repeats: Type.Integer() })),
    seed: Type.Integer(),
    threads: Threads,
    auto: AutoChoices,
  },
  { $id: 'ExplainSpec', title: 'ExplainSpec' },
);
export type ExplainSpec = Static<typeof ExplainSpec>;

/** A model in another format. */
export const ExportSpec = closed(
  {
    type: Type.Literal('export'),
    model: closed({ id: ModelId, weights_digest: Sha256 }),
    format: oneOf(EXPORT_FORMATS),
    quantize: nullable(Quantisation, 'null where the weights stay as they are.'),
    max_drop: nullable(Type.Number()),
    dataset: nullable(DatasetId, 'null where none was named: the export is verified on inputs made of those of the golden pairs.'),
    dataset_digest: nullable(Type.String()),
    threads: Threads,
    auto: AutoChoices,
  },
  { $id: 'ExportSpec', title: 'ExportSpec' },
);
export type ExportSpec = Static<typeof ExportSpec>;

export type UntrainedSpec = EvaluateSpec | ExplainSpec | ExportSpec;
