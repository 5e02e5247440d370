// What a model was seen to go by: in each example, and in all of them.
import Type, { type Static } from './typebox.js';
import { ExamplePrediction } from './example-prediction.js';
import { DISTANCES, EXPLAIN_METHODS } from './explain-method.js';
import { DatasetId, JobId, ModelId } from './ids.js';
import { BundleFile } from './model.js';
import { PARTS } from './parts.js';
import { closed, named, nullable, oneOf } from './schema.js';
import { TASKS } from './task.js';
import { Interval } from './transfer-report.js';

const picture = nullable(Type.String(), 'Name of the PNG, the map over the picture, among the artifacts; null of what is no picture.');
const grid = Type.Unsafe<[number, number]>(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2, description: 'Rows and columns of the map.' }));

export const IntegratedGradientsResult = closed(
  {
    baseline: Type.Literal('zeros', { description: 'What the path to the example begins at.' }),
    steps: Type.Integer({ description: 'Places on the path at which gradients were taken, in the middle of equal parts.' }),
    difference: Type.Number({ description: 'Of the output for the example from that for the baseline.' }),
    sum: Type.Number({ description: 'Of all attributions, which in exact arithmetic is the difference (completeness).' }),
    is_complete: Type.Boolean({ description: 'Whether the sum lies within 1 % of the difference. Otherwise the network bends too sharply for so many steps: trust the map less.' }),
    picture,
  },
  { description: 'Sundararajan, Taly & Yan (2017).' },
);
export const GradCamResult = closed({ layer: Type.String(), grid, picture }, { description: 'Selvaraju et al. (2017): where in the outputs of the layer what speaks for the output lies.' });
export const OcclusionResult = closed(
  { patch: Type.Integer(), stride: Type.Integer(), grid, picture },
  { description: 'Zeiler & Fergus (2014): by how much the output falls where a patch is covered with grey; below 0 where it rises.' },
);
export const NearestExample = closed({
  index: Type.Integer({ description: 'Within the train part: GET /v1/datasets/{id}/examples/{index}?part=train shows it.' }),
  true: Type.Union([Type.String(), Type.Array(Type.Number())], { description: 'Its class, or its values.' }),
  distance: Type.Number(),
});

export const ExplainedExample = closed({
  example: named(ExamplePrediction),
  output: closed({
    name: Type.String({ description: 'The class or value that is explained.' }),
    value: Type.Number({ description: 'What the network gives for it: of a class the logit, before softmax or sigmoid; of a value that value.' }),
  }),
  values: nullable(Type.String(), 'Name of the JSON file among the artifacts that has the maps as numbers; null where there are none.'),
  integrated_gradients: Type.Optional(IntegratedGradientsResult),
  grad_cam: Type.Optional(GradCamResult),
  occlusion: Type.Optional(OcclusionResult),
  nearest_examples: Type.Optional(Type.Array(NearestExample, { description: 'Of the train part, the nearest first.' })),
});
export type ExplainedExample = Static<typeof ExplainedExample>;

export const ColumnImportance = closed({
  column: Type.String(),
  importance: Type.Number({ description: 'By how much the metric gets worse, on average, when the values of the column are shuffled among the examples: 0 where the model does not use it.' }),
  deviation: nullable(Type.Number(), 'Of the repeats.'),
  interval: nullable(Interval, 'Where the mean over ever more repeats would lie, with 95 % (Student’s t). It says nothing of other examples.'),
});
export const PermutationImportance = closed(
  {
    metric: oneOf(['accuracy', 'rmse']),
    value: Type.Number({ description: 'As the examples are.' }),
    examples: Type.Integer(),
    repeats: Type.Integer(),
    seed: Type.Integer(),
    columns: Type.Array(ColumnImportance, { description: 'The greatest first.' }),
  },
  { description: 'Breiman (2001); Fisher, Rudin & Dominici (2019). Of columns that tell the same each may seem to matter little.' },
);
export type PermutationImportance = Static<typeof PermutationImportance>;

export const ExplainReport = closed(
  {
    object: Type.Literal('explain_report'),
    job: JobId,
    name: nullable(Type.String(), 'Of the job.'),
    model: ModelId,
    dataset: DatasetId,
    task: oneOf(TASKS),
    labels: Type.Array(Type.String(), { description: 'Of the model, in the order of its outputs: classes, or names of values.' }),
    part: oneOf(PARTS),
    methods: Type.Array(oneOf(EXPLAIN_METHODS)),
    distance: nullable(oneOf(DISTANCES), 'Of nearest_examples.'),
    examples: Type.Array(ExplainedExample, { description: 'As they were named, or by their loss, the greatest first.' }),
    permutation_importance: nullable(PermutationImportance, 'null where it was not measured.'),
    files: Type.Array(BundleFile, { description: 'Pictures and numbers, at /v1/jobs/{id}/artifacts/{name}.' }),
  },
  { $id: 'ExplainReport', title: 'ExplainReport' },
);
export type ExplainReport = Static<typeof ExplainReport>;

/** The maps of one example, in its JSON file. */
export interface ExplainedValues {
  index: number;
  integrated_gradients?: { shape: readonly number[]; values: readonly number[] };
  grad_cam?: { shape: readonly number[]; values: readonly number[] };
  occlusion?: { shape: readonly number[]; values: readonly number[] };
}
