// What is stored of a job.
//   jobs/<id>/job.json                    what was accepted: never changes
//   jobs/<id>/base-checkpoint.bin         the checkpoint it starts from, where it does: there as soon as job.json, never without it
//   jobs/<id>/attempts/<n>/fence.json     who makes attempt n: written once, so that two never share a number
//   jobs/<id>/attempts/<n>/metrics.jsonl  the learning curves of that attempt
//   jobs/<id>/attempts/<n>/predictions/   what the published model said of each test example (jobs/prediction-files.ts)
//   jobs/<id>/request.json                what was last asked of it: the newest request counts
//   jobs/<id>/state.json                  how far the last attempt is: one writer, the worker that holds its fence
//   jobs/<id>/last-state.json             the state that the job ended in, written once: with the last event it counts, and state.json no more
//   jobs/<id>/events.jsonl                the log, line by line, and last-event.json, which closes it: written once
//   jobs/<id>/log.jsonl                   what worker and child wrote (jobs/job-log.ts), bounded
//   jobs/<id>/model-deleted.json          the model it made was deleted by a caller
//   jobs/<id>/outcome.json                how it ended: written once; the first to write it decides
import type { ErrorRecord } from '../contract/errors.js';
import type { JobStatus } from '../contract/job-states.js';
import type { Engine, FeatureUse, JobSpec, JobType, Progress, ResolvedLimits, StatusChange } from '../contract/job.js';
import type { FlatMetrics, RunResult, StopReason } from '../contract/run.js';
import type { ResolvedSpec } from '../contract/training-specs.js';
import type { Environment } from '../engine/checkpoint.js';
import { recordKind } from '../store/records.js';

/** The request that a job came by, so that it can be found again in the lines of all who work on it. */
export interface Origin {
  request_id: string;
  /** Of the caller's trace (logs/trace-context.ts). */
  traceparent: string | null;
}

export interface AcceptedJob {
  id: string;
  type: JobType;
  name: string | null;
  created_at: string;
  priority: number;
  limits: ResolvedLimits;
  /** The ended job that this one makes once more. */
  retry_of: string | null;
  /** The job that succeeded which this one makes once more, to see whether it comes to the same bytes. Left out of others. */
  reproduce_of?: string;
  metadata: Record<string, string>;
  /** Id of the model the job will publish, chosen now so that every attempt makes the same one; null where it makes none, but a result of its own (jobs/result.ts). */
  model: string | null;
  spec: JobSpec;
  spec_digest: string;
  /** Null where it was not kept. */
  origin: Origin | null;
}

export interface JobState {
  status: JobStatus;
  attempt: number;
  started_at: string | null;
  history: StatusChange[];
  engine: Engine | null;
  /** What kept features saved the main run. */
  cache: FeatureUse | null;
  progress: Progress | null;
  metrics: FlatMetrics;
  runs: RunResult[];
}

export type JobOutcome = { at: string; attempt: number } & (
  | { status: 'succeeded'; staging: string; stop_reason: StopReason; weights_digest: string | null; metrics: FlatMetrics; runs: RunResult[]; environment?: Environment }
  | { status: 'failed'; error: ErrorRecord }
  | { status: 'cancelled' }
  | { status: 'expired'; error: ErrorRecord }
);

/** A spec of a time when there was one loss and nothing to choose, as today's. */
const withoutChoices = (spec: ResolvedSpec): ResolvedSpec => ({
  ...spec,
  data: 'in_memory',
  training: { ...spec.training, loss: { name: 'sparse_categorical_crossentropy' }, class_weights: null, augment: null },
});

const withoutPreprocessing = (spec: ResolvedSpec): ResolvedSpec => ({ ...spec, preprocessing: null });

const withoutBudget = (spec: ResolvedSpec): ResolvedSpec => ({ ...spec, training: { ...spec.training, budget: null } });

/** An outcome of a time when only a stop ended training early, and steps were not counted. */
const withEnds = (outcome: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  if (outcome.status !== 'succeeded') return outcome;
  const { stop_reason: why = 'completed', runs } = outcome as { stop_reason?: StopReason; runs: RunResult[] };
  return { ...outcome, stop_reason: why, runs: runs.map((run) => ({ ...run, steps: null, stop_reason: why, budget_reached: null })) };
};

export const ROOT = 'jobs';
export const jobPrefix = (id: string): string => `${ROOT}/${id}`;
export const NO_LIMITS: ResolvedLimits = { run_seconds: null, queue_seconds: null };
/** Names in the folder of a job. */
export const JOB_FILE = 'job.json';
export const BASE_FILE = 'base-checkpoint.bin';
export const baseKey = (id: string): string => `${ROOT}/${id}/${BASE_FILE}`;
export const ACCEPTED_JOB = recordKind<AcceptedJob>('job', 6, (id) => `${ROOT}/${id}/${JOB_FILE}`, [
  (job) => ({ ...job, limits: NO_LIMITS, retry_of: null }), // before there were limits and retries
  (job) => ({ ...job, spec: withoutChoices(job.spec as ResolvedSpec) }), // before losses, class weights, augmentation and streamed data
  (job) => ({ ...job, spec: withoutBudget(job.spec as ResolvedSpec) }), // before budgets
  (job) => ({ ...job, spec: withoutPreprocessing(job.spec as ResolvedSpec) }), // before checkpoints could be started from
  (job) => ({ ...job, origin: null }), // before traces
]);
export const JOB_STATE = recordKind<JobState>('job_state', 2, (id) => `${ROOT}/${id}/state.json`, [
  (state) => ({ ...state, cache: null }), // before features were kept
]);
export const LAST_STATE = recordKind<JobState>('job_last_state', 1, (id) => `${ROOT}/${id}/last-state.json`);
export const JOB_OUTCOME = recordKind<JobOutcome>('job_outcome', 2, (id) => `${ROOT}/${id}/outcome.json`, [withEnds]);

/** What a caller wants of a job that has not ended. Read at the start of each attempt, and again and again while one is made. */
export interface JobRequestRecord {
  wanted: 'run' | 'stop' | 'pause';
  at: string;
}
export const JOB_REQUEST = recordKind<JobRequestRecord>('job_request', 1, (id) => `${ROOT}/${id}/request.json`);

export interface Fence {
  worker: string;
  at: string;
}
export const attemptsPrefix = (id: string): string => `${ROOT}/${id}/attempts`;
export const attemptFence = (attempt: number) =>
  recordKind<Fence>('attempt', 1, (id) => `${attemptsPrefix(id)}/${attempt}/fence.json`);
export const metricsKey = (id: string, attempt: number): string => `${attemptsPrefix(id)}/${attempt}/metrics.jsonl`;

/** Written before a model goes, so that one that is not in a copy of the store can be told from one that nobody wants any more. */
export const MODEL_DELETED = recordKind<{ at: string }>('model_deleted', 1, (id) => `${ROOT}/${id}/model-deleted.json`);
