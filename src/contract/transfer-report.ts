// The transfer report: what a fine-tuning came to, and whether what was carried over was worth it.
import Type, { type Static } from 'typebox';
import { RunResult } from './job.js';
import { closed, oneOf } from './schema.js';

export const VERDICTS = ['helps', 'hurts', 'cannot_tell'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Low and high. */
export type Interval = [low: number, high: number];
export const Interval = Type.Unsafe<Interval>({ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 });

/** The two runs of one seed. */
export const Pair = closed({ seed: Type.Integer(), transfer: Type.Number(), scratch: Type.Number(), difference: Type.Number() });
export type Pair = Static<typeof Pair>;

export const Comparison = closed({
  metric: Type.String({ description: 'What the runs are compared by: test_accuracy, or test_rmse for values.' }),
  transfer: Type.Number({ description: 'Mean of it over the main runs that have a baseline.' }),
  scratch: Type.Number({ description: 'Mean of it over their baselines: the same network from fresh weights, with as many steps and the same order of data.' }),
  difference: Type.Number({ description: 'Mean over the seeds of how much better transfer is: positive where it is, whatever the metric.' }),
  interval: Type.Union([Interval, Type.Null()], { description: 'Of the difference: mean ± t · s / √n over the n seeds, 95 % (paired Student t). null for one seed.' }),
  seeds: Type.Integer({ description: 'Pairs that were compared.' }),
  pairs: Type.Array(Pair),
});
export type Comparison = Static<typeof Comparison>;

export const VerdictSchema = oneOf(VERDICTS, {
  description: 'helps: the whole interval lies above 0; hurts: below. cannot_tell: neither, or one seed, or nothing to compare with.',
});

/** Without times, so that a report is the same bytes however often its job was interrupted. */
export const ReportedRun = Type.Omit(RunResult, ['seconds', 'examples_per_second'], { additionalProperties: false });
export type ReportedRun = Static<typeof ReportedRun>;

export const TransferReport = closed(
  {
    verdict: VerdictSchema,
    why: Type.String({ description: 'The verdict in a sentence.' }),
    comparison: Type.Union([Comparison, Type.Null()], { description: 'null where there was no baseline.' }),
    runs: Type.Array(ReportedRun),
  },
  { $id: 'TransferReport', title: 'TransferReport' },
);
export type TransferReport = Static<typeof TransferReport>;
