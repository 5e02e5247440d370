// What a comparison of plans came to: each candidate over its seeds, and each held against the best.
import Type, { type Static } from './typebox.js';
import { DatasetId, JobId, ModelId } from './ids.js';
import { RunResult } from './run.js';
import { closed, nullable, oneOf } from './schema.js';
import { TASKS } from './task.js';
import { Interval, Proportion } from './transfer-report.js';

export const CANDIDATE_VERDICTS = ['better', 'worse', 'cannot_tell'] as const;
export type CandidateVerdict = (typeof CANDIDATE_VERDICTS)[number];

const { run, seed, steps, stop_reason, budget_reached, best_epoch, interpolation, choice, metrics, weights_digest, seconds } = RunResult.properties;
/** One run. */
export const CandidateSeed = closed({
  run, seed, steps, stop_reason, budget_reached, best_epoch, interpolation, choice, metrics,
  accuracy: nullable(Proportion, 'On the test part, with its interval; null where values are told.'),
  weights_digest,
  seconds,
});
export type CandidateSeed = Static<typeof CandidateSeed>;

export const AgainstBest = closed({
  seeds: Type.Integer({ description: 'Those that both have, which are compared in pairs.' }),
  difference: Type.Number({ description: 'Mean over them of how much better than the best the candidate is on the test part: negative where it is worse, whatever the metric.' }),
  interval: nullable(Interval, 'Of the difference: mean ± t · s / √n over the n seeds, 95 % (paired Student t). null for one seed.'),
  corrected: nullable(Interval, 'The same, so wide that with 95 % all those of the table hold at once (Bonferroni).'),
  verdict: oneOf(CANDIDATE_VERDICTS, { description: 'By the corrected interval: worse where all of it lies below 0, better where above.' }),
});
export type AgainstBest = Static<typeof AgainstBest>;

export const ComparedCandidate = closed({
  name: Type.String(),
  base_model: nullable(ModelId, 'null where the network is new.'),
  seeds: Type.Array(CandidateSeed, { description: 'Its runs that ended.' }),
  mean: nullable(Type.Number(), 'Of the metric over its seeds; null without a run.'),
  low: nullable(Type.Number(), 'The lowest of them.'),
  high: nullable(Type.Number(), 'The highest of them.'),
  interval: nullable(Interval, 'Of the mean: mean ± t · s / √n over the n seeds, 95 % (Student t). null for one seed.'),
  chosen_by_mean: nullable(Type.Number(), 'Mean of what the best is chosen by, over the seeds that all candidates have which were run.'),
  seconds: nullable(Type.Number(), 'Median time of its runs, without start-up and evaluation.'),
  to_best: nullable(AgainstBest, 'null of the best itself, and of one without a run.'),
});
export type ComparedCandidate = Static<typeof ComparedCandidate>;

export const CompareReport = closed(
  {
    object: Type.Literal('compare_report'),
    job: JobId,
    name: nullable(Type.String(), 'Of the job.'),
    dataset: DatasetId,
    task: oneOf(TASKS),
    test_examples: Type.Integer(),
    metric: Type.String({ description: 'What candidates are held against each other by: test_accuracy, or test_rmse for values.' }),
    chosen_by: Type.String({ description: 'What the best is chosen by: the same of validation where all candidates validate, or else the metric itself, which makes the best look better than it is.' }),
    seeds: Type.Array(Type.Integer(), { description: 'As they were asked for; a comparison that was stopped has not all.' }),
    best: nullable(Type.String(), 'The candidate of the best mean; null without a run.'),
    candidates: Type.Array(ComparedCandidate, { description: 'In the order of the request.' }),
  },
  { $id: 'CompareReport', title: 'CompareReport' },
);
export type CompareReport = Static<typeof CompareReport>;
