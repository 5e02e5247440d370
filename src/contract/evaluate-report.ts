// What the evaluation of a model found: metrics with intervals, class by class, how sure it is, where it is worst, slices, and another model on the
// same examples.
import Type, { type Static } from './typebox.js';
import { ExamplePrediction } from './example-prediction.js';
import { DatasetId, JobId, ModelId } from './ids.js';
import { MeasuredPart } from './untrained-specs.js';
import { closed, named, nullable, oneOf } from './schema.js';
import { TASKS } from './task.js';
import { Calibration, Interval, Proportion } from './transfer-report.js';

/** Examples that are told of as the worst. */
export const WORST = 20;

export const EVALUATION_VERDICTS = ['better', 'worse', 'cannot_tell'] as const;
export type EvaluationVerdict = (typeof EVALUATION_VERDICTS)[number];

export const MeasuredMetric = closed({
  name: Type.String({ examples: ['test_accuracy'] }),
  value: Type.Number(),
  interval: nullable(Interval, 'What lies between the 2.5th and the 97.5th percentile of it over the resamples; null where there are none that it can be told of.'),
});
export type MeasuredMetric = Static<typeof MeasuredMetric>;

export const EvaluatedClass = closed({
  name: Type.String(),
  examples: Type.Integer({ description: 'Of the class.' }),
  predicted: Type.Integer({ description: 'Taken for it.' }),
  recall: nullable(Proportion, 'The part of its examples that the model finds; null without any.'),
  precision: nullable(Proportion, 'The part of those taken for it that are of it; null where none is.'),
  f1: nullable(Type.Number(), 'Harmonic mean of both; null where one of them is.'),
});
export type EvaluatedClass = Static<typeof EvaluatedClass>;

export const Slice = closed({
  name: Type.String({ description: 'The category, "other" of those that training did not tell apart, "missing"; or from which to which value.' }),
  examples: Type.Integer(),
  accuracy: nullable(Proportion, 'With the interval of Wilson; null where values are told.'),
  metrics: Type.Record(Type.String(), Type.Number(), { description: 'What the metrics are of these examples alone.' }),
  rmse_interval: nullable(Interval, 'Of values: percentiles of test_rmse over the resamples of these examples; null of one example, and of classes.'),
});
export type Slice = Static<typeof Slice>;

export const SlicedBy = closed({
  column: Type.String(),
  kind: oneOf(['categorical', 'numeric', 'class']),
  slices: Type.Array(Slice, { description: 'Those that have examples; of a number quarters of the examples, as far as equal values let them be told apart.' }),
});
export type SlicedBy = Static<typeof SlicedBy>;

export const MCNEMAR_TESTS = ['exact', 'chi_squared'] as const;
export const McNemar = closed(
  {
    both_right: Type.Integer(),
    only_model: Type.Integer({ description: 'Right by the model, wrong by the other.' }),
    only_against: Type.Integer({ description: 'Wrong by the model, right by the other.' }),
    both_wrong: Type.Integer(),
    test: oneOf(MCNEMAR_TESTS, { description: 'exact: two-sided binomial test of the examples that only one has right, fewer than 25 of them; chi_squared: (|b − c| − 1)² / (b + c), one degree of freedom, with the correction for continuity.' }),
    statistic: nullable(Type.Number(), 'null of the exact test.'),
    p_value: Type.Number({ description: 'How likely so many more were right by one of them if both were right as often.' }),
  },
  { description: 'McNemar (1947), of the examples that only one of the two has right.' },
);
export type McNemar = Static<typeof McNemar>;

export const AgainstModel = closed({
  model: ModelId,
  metrics: Type.Array(MeasuredMetric, { description: 'Of the other model, on the same resamples.' }),
  differences: Type.Array(MeasuredMetric, { description: 'By how much the model is better, whatever the metric: negative where it is worse. The interval is that of the difference on the same resamples.' }),
  mcnemar: nullable(McNemar, 'null where values are told.'),
  verdict: oneOf(EVALUATION_VERDICTS, { description: 'Of classes by McNemar’s test at 0.05, of values by the interval of the difference of test_rmse.' }),
  why: Type.String({ description: 'The verdict in a sentence.' }),
});
export type AgainstModel = Static<typeof AgainstModel>;

export const EvaluateReport = closed(
  {
    object: Type.Literal('evaluate_report'),
    job: JobId,
    name: nullable(Type.String(), 'Of the job.'),
    model: ModelId,
    dataset: DatasetId,
    task: oneOf(TASKS),
    labels: Type.Array(Type.String(), { description: 'Of the model, in the order of its outputs: classes, or names of values.' }),
    parts: Type.Array(MeasuredPart),
    examples: Type.Integer(),
    loss: Type.String({ description: 'What test_loss is the mean of: that of its final activation, whatever the model was trained by.' }),
    metrics: Type.Array(MeasuredMetric),
    bootstrap: closed({ resamples: Type.Integer(), seed: Type.Integer(), confidence: Type.Number() }),
    classes: nullable(Type.Array(EvaluatedClass), 'In the order of labels; null of values, and of more than 100 classes.'),
    confusion_matrix: nullable(Type.Array(Type.Array(Type.Integer())), 'Examples of each class (rows) by the class predicted (columns), in the order of labels.'),
    calibration: nullable(Calibration, 'null of values, and where the model gives no probabilities. Its temperature is always null: nothing is fitted here.'),
    worst: Type.Array(named(ExamplePrediction), { description: `Of the greatest loss, ${WORST} at most; all are at /v1/jobs/{id}/predictions.` }),
    slices: Type.Array(SlicedBy),
    against: nullable(AgainstModel, 'null where the model was held against no other.'),
  },
  { $id: 'EvaluateReport', title: 'EvaluateReport' },
);
export type EvaluateReport = Static<typeof EvaluateReport>;
