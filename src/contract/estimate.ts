// What a job would take, answered by POST /v1/jobs?dry_run=true.
import Type, { type Static } from './typebox.js';
import { JobSpec } from './job.js';
import { RunPlan } from './run.js';
import { closed, oneOf } from './schema.js';

const Seconds = closed({ expected: Type.Number(), low: Type.Number(), high: Type.Number() }, { description: 'Time in seconds, with a range.' });
export type Seconds = Static<typeof Seconds>;

export const ESTIMATE_BASES = ['like_jobs', 'other_jobs', 'arithmetic'] as const;
export type EstimateBasis = (typeof ESTIMATE_BASES)[number];

export const JobEstimate = closed(
  {
    object: Type.Literal('job_estimate'),
    spec: JobSpec,
    steps: Type.Integer({ description: 'Optimizer steps, over all runs; the most it may be where a budget of time or a metric may end them.' }),
    memory_bytes: Type.Integer({ description: 'The bound that jobs are refused by.' }),
    seconds: closed({ ...Seconds.properties }, { description: 'Time at work: all runs, start and files included, waiting in the queue not.' }),
    runs: Type.Array(
      closed({
        ...RunPlan.properties,
        steps: Type.Integer(),
        seconds: Seconds,
        basis: oneOf(ESTIMATE_BASES, {
          description: 'like_jobs: measured here on runs of the same network and settings; other_jobs: measured here on others, by their operations; arithmetic: by operations alone.',
        }),
        measured: Type.Integer({ description: 'How many runs were looked at.' }),
      }),
    ),
  },
  { $id: 'JobEstimate', title: 'JobEstimate' },
);
export type JobEstimate = Static<typeof JobEstimate>;
