// The transfer report: what a fine-tuning came to, and whether what was carried over was worth it.
import Type, { type Static } from './typebox.js';
import { DatasetId, JobId, ModelId } from './ids.js';
import { FlatMetrics, RUN_ROLES, RunResult } from './run.js';
import { closed, nullable, oneOf } from './schema.js';
import { TASKS } from './task.js';
import { ResolvedBase } from './training-specs.js';

export const VERDICTS = ['helps', 'hurts', 'cannot_tell'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Low and high. */
export type Interval = [low: number, high: number];
export const Interval = Type.Unsafe<Interval>({ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 });

/** A part of so many examples, with the interval of Wilson at 95 %. */
export const Proportion = closed({ value: Type.Number(), interval: Interval, examples: Type.Integer() });
export type Proportion = Static<typeof Proportion>;

/** The two runs of one seed. */
export const Pair = closed({ seed: Type.Integer(), transfer: Type.Number(), scratch: Type.Number(), difference: Type.Number() });
export type Pair = Static<typeof Pair>;

export const Comparison = closed({
  metric: Type.String({ description: 'What the runs are compared by: test_accuracy, or test_rmse for values.' }),
  transfer: Type.Number({ description: 'Mean of it over the main runs that have a baseline.' }),
  scratch: Type.Number({ description: 'Mean of it over their baselines: the same network from fresh weights, with as many steps and the same order of data.' }),
  difference: Type.Number({ description: 'Mean over the seeds of how much better transfer is: positive where it is, whatever the metric.' }),
  interval: nullable(Interval, 'Of the difference: mean ± t · s / √n over the n seeds, 95 % (paired Student t). null for one seed.'),
  seeds: Type.Integer({ description: 'Pairs that were compared.' }),
  pairs: Type.Array(Pair),
});
export type Comparison = Static<typeof Comparison>;

/** What a network measures on a test part. */
export const Measured = closed({ metrics: FlatMetrics, accuracy: nullable(Proportion, 'With its interval; null where values are told.') });
export type Measured = Static<typeof Measured>;

/** Without times, so that a report is the same bytes however often its job was interrupted. */
export const ReportedRun = closed({ ...Type.Omit(RunResult, ['seconds', 'examples_per_second', 'candidate', 'weights_digest']).properties, accuracy: nullable(Proportion, 'On the test part, with its interval; null where values are told.') });
export type ReportedRun = Static<typeof ReportedRun>;

export const LinearProbe = closed(
  {
    layer: Type.String({ description: 'The layer whose output it takes.' }),
    train_examples: Type.Integer({ description: 'Evenly chosen among the training examples where it is fewer.' }),
    iterations: Type.Integer(),
    converged: Type.Boolean(),
    metrics: FlatMetrics,
    accuracy: nullable(Proportion, 'On the test part, with its interval; null where values are told.'),
  },
  { description: 'What was carried over as it was, with an output layer on it that was solved: logistic or ridge regression by L-BFGS.' },
);
export type LinearProbe = Static<typeof LinearProbe>;

export const ReportedClass = closed({
  name: Type.String(),
  examples: Type.Integer({ description: 'Of the test part.' }),
  recall: nullable(Proportion, 'The part of them that the model finds; null without any.'),
  precision: nullable(Type.Number(), 'The part of those taken for it that are of it; null where none is.'),
  recall_difference: nullable(Type.Number(), 'By how much the recall of main is higher than that of its baseline, as the mean over the seeds; null without a baseline.'),
  precision_difference: nullable(Type.Number(), 'The same of the precision; null also where a run takes nothing for it.'),
});
export type ReportedClass = Static<typeof ReportedClass>;

export const CalibrationBin = closed({
  from: Type.Number(),
  to: Type.Number(),
  examples: Type.Integer({ description: 'Whose probability of the class predicted lies above from, up to to.' }),
  confidence: nullable(Type.Number(), 'Mean of these probabilities.'),
  accuracy: nullable(Type.Number(), 'How many of them are right.'),
});
export type CalibrationBin = Static<typeof CalibrationBin>;

export const Calibration = closed({
  examples: Type.Integer({ description: 'Test examples it was measured on.' }),
  ece: Type.Number({ description: 'Expected calibration error: the mean distance of confidence and accuracy over 15 bins.' }),
  bins: Type.Array(CalibrationBin),
  temperature: nullable(
    closed({ value: Type.Number({ description: 'What logits are best divided by: above 1, the model is too sure.' }), validation_examples: Type.Integer(), ece: Type.Number({ description: 'On the test part, with logits divided by it.' }) }),
    'Fitted on the validation part; null where there is none.',
  ),
});
export type Calibration = Static<typeof Calibration>;

export const CurvePoint = closed({ epoch: Type.Integer(), step: Type.Integer(), values: FlatMetrics });
export type CurvePoint = Static<typeof CurvePoint>;

export const ReportedLayer = closed({
  layer: Type.String(),
  l2: Type.Number({ description: 'Length of the way its weights went: ‖θ − θ₀‖.' }),
  relative: nullable(Type.Number(), 'The same by their length before: ‖θ − θ₀‖ / ‖θ₀‖; null where that is 0.'),
  cka: nullable(
    closed({ linear: nullable(Type.Number(), '1: the same but for rotation and scale.'), debiased: nullable(Type.Number(), 'About 0 for unrelated outputs, whatever their number.') }),
    'Centred kernel alignment of its outputs before and after training; null where it was not measured.',
  ),
});
export type ReportedLayer = Static<typeof ReportedLayer>;

export const Forgetting = closed({
  dataset: DatasetId,
  examples: Type.Integer(),
  before: Measured,
  after: Measured,
  difference: Type.Number({ description: 'By how much the model is better on it than the base model was: negative where it has forgotten.' }),
});
export type Forgetting = Static<typeof Forgetting>;

export const REPORT_PARTS = ['linear_probe', 'classes', 'calibration', 'temperature', 'cka', 'forgetting'] as const;
export type ReportPart = (typeof REPORT_PARTS)[number];
export const NotMeasured = closed({ part: oneOf(REPORT_PARTS), why: Type.String() });
export type NotMeasured = Static<typeof NotMeasured>;

export const TransferReport = closed(
  {
    object: Type.Literal('transfer_report'),
    job: JobId,
    name: nullable(Type.String(), 'Of the job.'),
    model: ModelId,
    base_model: ResolvedBase,
    dataset: DatasetId,
    task: oneOf(TASKS),
    test_examples: Type.Integer(),
    verdict: oneOf(VERDICTS, { description: 'helps: the whole interval lies above 0; hurts: below. cannot_tell: neither, or one seed, or nothing to compare with.' }),
    why: Type.String({ description: 'The verdict in a sentence.' }),
    comparison: nullable(Comparison, 'null where there was no baseline.'),
    before: closed({ ...Measured.properties }, { description: 'The network on the test part before any training: what was carried over as it is, the rest fresh.' }),
    linear_probe: nullable(LinearProbe, 'What the features of the base model are worth by themselves.'),
    runs: Type.Array(ReportedRun),
    classes: nullable(Type.Array(ReportedClass), 'In the order of class_names.'),
    calibration: nullable(Calibration, 'Of the model, on the test part.'),
    curves: Type.Array(closed({ run: Type.String(), role: oneOf(RUN_ROLES), seed: Type.Integer(), points: Type.Array(CurvePoint) }), { description: 'After each epoch; of long runs evenly spread ones, 200 at most.' }),
    layers: Type.Array(ReportedLayer, { description: 'Those that were carried over.' }),
    forgetting: nullable(Forgetting, 'The test part of the data set that the base model learnt from.'),
    not_measured: Type.Array(NotMeasured, { description: 'What is null, and why.' }),
  },
  { $id: 'TransferReport', title: 'TransferReport' },
);
export type TransferReport = Static<typeof TransferReport>;
