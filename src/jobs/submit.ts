// Accepting a job, a new one or an ended one again: checked, resolved, committed to the store, then queued. The answer comes after
// the commit.
import { createHash } from 'node:crypto';
import { faultPoint } from '#fault-points';
import { getDataset } from '../datasets/registry.js';
import { ServiceError } from '../contract/errors.js';
import { newId } from '../contract/ids.js';
import type { JobRequest } from '../contract/job-request.js';
import type { ResolvedSpec } from '../contract/job.js';
import type { JobStatus } from '../contract/job-states.js';
import type { Model } from '../contract/model.js';
import type { EventLog } from '../events/event-log.js';
import { findModel } from '../models/registry.js';
import type { Queue } from '../queue/queue.js';
import { readRecord, writeRecordOnce } from '../store/records.js';
import type { Store } from '../store/store.js';
import { getStoredJob } from './query.js';
import { ACCEPTED_JOB, type AcceptedJob } from './records.js';
import { requireReady, resolveSpec, type ReadyDataset } from './resolve.js';

export interface SubmitRooms {
  store: Store;
  queue: Queue;
  events: EventLog;
  /** Memory one job may need, in bytes. */
  memoryLimitBytes: number;
}

/** The ids an accepted job gives away. A request that is sent again brings those of the first time. */
export interface JobIds {
  job: string;
  model: string;
}
export const newJobIds = (): JobIds => ({ job: newId('job'), model: newId('model') });

/**
 * Accepts a job, unless one of these ids has been accepted already.
 * @returns the id of the accepted job
 * @throws ServiceError with the pointer of what is wrong; nothing of a refused request stays behind
 */
export async function submitJob(rooms: SubmitRooms, request: JobRequest, ids: JobIds = newJobIds()): Promise<string> {
  if (await readRecord(rooms.store, ACCEPTED_JOB, ids.job)) return ids.job;
  const { spec } = await resolveRequest(rooms, request);
  const { run_seconds: runSeconds = null, queue_seconds: queueSeconds = null } = request.limits ?? {};
  return accept(rooms, {
    ...identity(ids),
    type: request.type,
    name: request.name ?? null,
    priority: request.priority ?? 5,
    limits: { run_seconds: runSeconds, queue_seconds: queueSeconds },
    retry_of: null,
    metadata: request.metadata ?? {},
    spec,
    spec_digest: createHash('sha256').update(JSON.stringify(spec)).digest('hex'),
  });
}

/** The request with nothing left open, and the data set it is about. @throws ServiceError with the pointer of what is wrong */
export async function resolveRequest(
  { store, memoryLimitBytes }: Pick<SubmitRooms, 'store' | 'memoryLimitBytes'>,
  request: JobRequest,
): Promise<{ spec: ResolvedSpec; dataset: ReadyDataset }> {
  const dataset = requireReady(await datasetOf(store, request.dataset));
  const base = request.type === 'fine_tune' ? await baseOf(store, request.base_model) : null;
  return { spec: resolveSpec(request, dataset, base, memoryLimitBytes), dataset };
}

const RETRIED: readonly JobStatus[] = ['failed', 'cancelled', 'expired'];

/**
 * Accepts a new job with the very spec of one that ended without a result; priority, limits and the rest are its own too.
 * @returns the id of the new job
 * @throws JOB_NOT_FOUND, ACTION_NOT_ALLOWED, and DATASET_UNKNOWN or MODEL_UNKNOWN where what it needs was deleted
 */
export async function retryJob(rooms: SubmitRooms, id: string, ids: JobIds = newJobIds()): Promise<string> {
  if (await readRecord(rooms.store, ACCEPTED_JOB, ids.job)) return ids.job;
  const { job, status } = await getStoredJob(rooms.store, id);
  if (!RETRIED.includes(status)) throw ServiceError.of('ACTION_NOT_ALLOWED', 'run again', status);
  await datasetOf(rooms.store, job.spec.dataset);
  if (job.spec.base_model !== null) await baseOf(rooms.store, job.spec.base_model);
  return accept(rooms, { ...job, ...identity(ids), retry_of: id });
}

const identity = ({ job, model }: JobIds) => ({ id: job, model, created_at: new Date().toISOString() });

/** From the write of its record on the job is accepted; whatever else fails then, jobs/reconcile.ts does later. */
async function accept({ store, queue, events }: SubmitRooms, job: AcceptedJob): Promise<string> {
  // Nothing is accepted that cannot be queued or trained: the caller is told now, not by a job that never starts.
  await queue.ready();
  const workers = await queue.workers();
  if (workers.length > 0 && workers.every(({ problem }) => problem !== null)) throw ServiceError.of('ENGINE_MISSING');

  await writeRecordOnce(store, ACCEPTED_JOB, job.id, job);
  try {
    await events.begin(job.id, 'job.queued', { reason: null });
    await faultPoint('queue.add.fail');
    await queue.add('train', job.id, job.priority);
  } catch {
    // Queue or disk went away in this moment.
  }
  return job.id;
}

async function datasetOf(store: Store, id: string) {
  try {
    return await getDataset(store, id);
  } catch (problem) {
    if (problem instanceof ServiceError && problem.code === 'DATASET_NOT_FOUND') {
      throw ServiceError.of('DATASET_UNKNOWN', id).at('/dataset');
    }
    throw problem;
  }
}

async function baseOf(store: Store, id: string): Promise<Model> {
  const model = await findModel(store, id);
  if (!model) throw ServiceError.of('MODEL_UNKNOWN', id).at('/base_model');
  return model;
}
