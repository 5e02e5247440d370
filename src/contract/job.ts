// A job as it is answered: its resolved spec, how far it is, what it came to.
import Type, { type Static, type TSchema } from './typebox.js';
import { JobId, ModelId } from './ids.js';
import { UNTRAINED_TYPES } from './job-kinds.js';
import { JOB_STATES } from './job-states.js';
import { Failure } from './problem.js';
import { FlatMetrics, RunResult, STOP_REASONS } from './run.js';
import { closed, Metadata, named, nullable, oneOf, Sha256, Timestamp } from './schema.js';
import { CompareSpec, PLAN_TYPES, ResolvedSpec, type TrainingSpec } from './training-specs.js';
import { EvaluateSpec, ExplainSpec, ExportSpec, type UntrainedSpec } from './untrained-specs.js';

export const JOB_TYPES = [...PLAN_TYPES, 'compare', ...UNTRAINED_TYPES] as const;
export type JobType = (typeof JOB_TYPES)[number];
/** Of these jobs each makes a report and no model. */
export const REPORT_ONLY: readonly JobType[] = ['lr_find', 'compare', ...UNTRAINED_TYPES];

export const JobSpec = Type.Union([named(ResolvedSpec), named(CompareSpec), named(EvaluateSpec), named(ExplainSpec), named(ExportSpec)]);
export type JobSpec = TrainingSpec | UntrainedSpec;

/** Where a run is: of jobs that train. */
const inTraining = <S extends TSchema>(schema: S) => nullable(schema, 'null of a job that trains nothing: an evaluation, an export.');

export const Progress = closed({
  run: inTraining(Type.String()),
  stage: inTraining(Type.Integer()),
  epoch: inTraining(Type.Integer()),
  epochs: inTraining(Type.Integer()),
  step: Type.Integer({ description: 'Steps done, over all runs; of a job that trains nothing, examples that went through a network, once for each time that they must.' }),
  steps: Type.Integer(),
  percent: Type.Number(),
  examples_per_second: nullable(Type.Number()),
  eta_seconds: nullable(Type.Number({ description: 'Time until the job ends, as likely too much as too little: what is left of all runs, their tests, the report, the files.' })),
  eta_p90_seconds: Type.Optional(nullable(Type.Number({ description: 'Time by which the job has ended in nine cases of ten. Left out by earlier versions.' }))),
});
export type Progress = Static<typeof Progress>;

export const Engine = closed({
  name: Type.String({ examples: ['tensorflow-cpu'] }),
  version: Type.String({ examples: ['2.21.0'] }),
  device: oneOf(['cpu', 'cuda']),
});
export type Engine = Static<typeof Engine>;

/** What features that were kept saved a run (docs/guide.md, "Features are kept"). */
export const FeatureUse = closed({
  hit: Type.Boolean({ description: 'Whether the features of all examples were there already.' }),
  bytes: Type.Integer({ description: 'What they take where they are kept.' }),
  saved_seconds: Type.Number({ description: 'What computing them took once, less what fetching them took; 0 where they were computed.' }),
});
export type FeatureUse = Static<typeof FeatureUse>;

export const StatusChange = closed({ status: oneOf(JOB_STATES), at: Timestamp, reason: nullable(Type.String()) });
export type StatusChange = Static<typeof StatusChange>;

/** What the job may take; null where there is no limit. */
export const ResolvedLimits = closed({
  run_seconds: nullable(Type.Integer({ description: 'Time at work, over all attempts, without waiting between them.' })),
  queue_seconds: nullable(Type.Integer({ description: 'Time from submission to the first attempt.' })),
});
export type ResolvedLimits = Static<typeof ResolvedLimits>;

/** Whether a job came to the bytes of the one that it makes once more. */
export const Reproduction = closed(
  {
    of: JobId,
    compared: oneOf(['weights', 'report'], { description: 'Of a job that makes a model its weights_digest; of any other its report, less the id and the name of the job and the time it took. The report of an export has the SHA-256 of each of its files.' }),
    agrees: nullable(Type.Boolean(), 'null where the result of the first is there no more.'),
    differs: Type.Array(Type.String(), {
      description: 'Why the bytes may differ: "engine name", "engine version", "engine device", "node", "threads", "processor" where the two jobs had others; "stopped" and "budget of seconds" where the first was ended by what does not happen twice; "not recorded" where an earlier version made it. Empty where nothing of this is so: then they must agree.',
    }),
  },
  { title: 'Reproduction' },
);
export type Reproduction = Static<typeof Reproduction>;

export const Job = closed(
  {
    id: JobId,
    object: Type.Literal('job'),
    type: oneOf(JOB_TYPES),
    name: nullable(Type.String()),
    status: oneOf(JOB_STATES),
    created_at: Timestamp,
    started_at: nullable(Timestamp),
    finished_at: nullable(Timestamp),
    status_history: Type.Array(StatusChange),
    spec: JobSpec,
    spec_digest: Sha256,
    priority: Type.Integer(),
    limits: ResolvedLimits,
    retry_of: nullable(JobId),
    reproduce_of: Type.Optional({ ...JobId, description: 'The job that this one makes once more, to see whether it comes to the same bytes. Left out of others.' }),
    reproduction: Type.Optional(nullable(Reproduction, 'Of such a job; null until it has succeeded.')),
    metadata: Metadata,
    queue: nullable(closed({ position: Type.Integer(), ahead: Type.Integer() })),
    attempt: Type.Integer(),
    threads: Type.Integer(),
    engine: nullable(Engine),
    cache: nullable(FeatureUse),
    progress: nullable(Progress),
    metrics: FlatMetrics,
    runs: Type.Array(RunResult),
    model: nullable(ModelId),
    weights_digest: nullable(Sha256),
    stop_reason: Type.Union([oneOf(STOP_REASONS), Type.Null()], { description: 'Why training ended: it was done, validation got no better, its budget was used up, or it was stopped; null until the job has succeeded.' }),
    error: nullable(Failure),
  },
  { $id: 'Job', title: 'Job' },
);
export type Job = Static<typeof Job>;

/** A row of GET /v1/jobs: enough for a table, without spec, history and runs. */
export const JobSummary = Type.Omit(Job, ['spec', 'status_history', 'runs', 'queue', 'reproduction'], {
  $id: 'JobSummary',
  title: 'JobSummary',
  additionalProperties: false,
});
export type JobSummary = Static<typeof JobSummary>;
