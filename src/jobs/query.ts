// Looking at jobs: the object that is answered, put together from what is stored.
import { ServiceError } from '../contract/errors.js';
import { isId } from '../contract/ids.js';
import type { Job, JobSummary } from '../contract/job.js';
import { isTerminal, type JobStatus } from '../contract/job-states.js';
import type { Queue } from '../queue/queue.js';
import { isUnreadable, readRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import {
  ACCEPTED_JOB, JOB_OUTCOME, JOB_REQUEST, ROOT,
  type AcceptedJob, type JobOutcome, type JobRequestRecord, type JobState,
} from './records.js';
import { readState } from './state.js';

/** Newest first: ids sort by time of creation. */
export const listJobIds = async (store: Store): Promise<string[]> => (await store.list(ROOT)).reverse();

/** What is stored of a job, with the status that follows from it. */
export interface StoredJob {
  job: AcceptedJob;
  state: JobState;
  outcome: JobOutcome | undefined;
  /** What was last asked of it. */
  request: JobRequestRecord['wanted'];
  status: JobStatus;
}

export async function findJob(store: Store, id: string): Promise<StoredJob | undefined> {
  if (!isId('job', id)) return undefined;
  const [state, request] = await Promise.all([readState(store, id), wantedOf(store, id)]);
  // After the state: one that is closed has an outcome by then.
  const outcome = await readRecord(store, JOB_OUTCOME, id);
  // Last: while it is there the job has not been removed, so that what was read before is not half of one.
  const job = await readRecord(store, ACCEPTED_JOB, id);
  if (!job) return undefined;
  return { job, state, outcome, request, status: statusOf(state, outcome, request) };
}

/** What was last asked of the job. */
export const wantedOf = async (store: Store, id: string): Promise<JobRequestRecord['wanted']> =>
  (await readRecord(store, JOB_REQUEST, id))?.wanted ?? 'run';

/** The same, for those who go through all jobs: a record that cannot be read hides its own job and no other. */
export async function findReadableJob(store: Store, id: string): Promise<StoredJob | 'unreadable' | undefined> {
  return findJob(store, id).catch((problem: unknown) => {
    if (isUnreadable(problem)) return 'unreadable';
    throw problem;
  });
}

/** @throws JOB_NOT_FOUND */
export async function getStoredJob(store: Store, id: string): Promise<StoredJob> {
  const stored = await findJob(store, id);
  if (!stored) throw ServiceError.of('JOB_NOT_FOUND', id);
  return stored;
}

/**
 * Once decided, an outcome shows as soon as it is true: the model is there, or the attempt has ended. What was asked of a job at work shows
 * at once, too.
 */
function statusOf(state: JobState, outcome: JobOutcome | undefined, request: JobRequestRecord['wanted']): JobStatus {
  const atWork = state.status === 'preparing' || state.status === 'running';
  if (!outcome && atWork && request !== 'run') return request === 'stop' ? 'stopping' : 'pausing';
  if (!outcome) return state.status;
  if (isTerminal(state.status)) return state.status;
  if (outcome.status === 'succeeded') return 'finalizing';
  if (outcome.status === 'cancelled') return 'cancelling';
  return outcome.status;
}

export function summaryOf({ job, state, outcome, status }: StoredJob): JobSummary {
  const result = outcome?.status === 'succeeded' && status === 'succeeded' ? outcome : undefined;
  return {
    id: job.id,
    object: 'job',
    type: job.type,
    name: job.name,
    status,
    created_at: job.created_at,
    started_at: state.started_at,
    finished_at: outcome && isTerminal(status) ? outcome.at : null,
    spec_digest: job.spec_digest,
    priority: job.priority,
    limits: job.limits,
    retry_of: job.retry_of,
    ...(job.reproduce_of !== undefined && { reproduce_of: job.reproduce_of }),
    metadata: job.metadata,
    attempt: state.attempt,
    threads: job.spec.threads,
    engine: state.engine,
    cache: state.cache,
    progress: state.progress,
    metrics: result?.metrics ?? state.metrics,
    model: result ? job.model : null,
    weights_digest: result?.weights_digest ?? null,
    stop_reason: result?.stop_reason ?? null,
    error: outcome?.status === 'failed' || outcome?.status === 'expired' ? outcome.error : null,
  };
}

/** The job as it is answered. The queue is asked only for a job that waits, and its absence does not hide the job. */
export async function jobView(queue: Queue, stored: StoredJob): Promise<Job> {
  const { job, state, outcome, status } = stored;
  const ahead = status === 'queued' ? await queue.ahead('train', job.id).catch(() => undefined) : undefined;
  return {
    ...summaryOf(stored),
    status_history: [{ status: 'queued', at: job.created_at, reason: null }, ...state.history],
    spec: job.spec,
    queue: ahead === undefined ? null : { position: ahead + 1, ahead },
    runs: outcome?.status === 'succeeded' && status === 'succeeded' ? outcome.runs : state.runs,
  };
}

/** The job that still needs a data set or a model, if any does. */
export async function unfinishedJobUsing(store: Store, uses: (job: AcceptedJob) => boolean): Promise<string | undefined> {
  for (const id of await listJobIds(store)) {
    const stored = await findReadableJob(store, id);
    if (stored === 'unreadable') continue;
    if (stored && !isTerminal(stored.status) && uses(stored.job)) return id;
  }
  return undefined;
}

