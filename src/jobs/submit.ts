// Accepting a job: checked, resolved, committed to the store, then queued. The answer comes after the commit.
import { createHash } from 'node:crypto';
import { getDataset } from '../datasets/registry.js';
import { ServiceError } from '../contract/errors.js';
import { newId } from '../contract/ids.js';
import type { JobRequest } from '../contract/job-request.js';
import type { Model } from '../contract/model.js';
import type { EventLog } from '../events/event-log.js';
import { findModel } from '../models/registry.js';
import type { Queue } from '../queue/queue.js';
import { writeRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { ACCEPTED_JOB, type AcceptedJob } from './records.js';
import { requireReady, resolveSpec } from './resolve.js';

export interface SubmitRooms {
  store: Store;
  queue: Queue;
  events: EventLog;
  /** Memory one job may need, in bytes. */
  memoryLimitBytes: number;
}

/**
 * @returns the id of the accepted job
 * @throws ServiceError with the pointer of what is wrong; nothing of a refused request stays behind
 */
export async function submitJob({ store, queue, events, memoryLimitBytes }: SubmitRooms, request: JobRequest): Promise<string> {
  const dataset = requireReady(await datasetOf(store, request));
  const base = request.type === 'fine_tune' ? await baseOf(store, request.base_model) : null;
  const spec = resolveSpec(request, dataset, base, memoryLimitBytes);
  // Nothing is accepted that cannot be queued or trained: the caller is told now, not by a job that never starts.
  const workers = await queue.workers();
  if (workers.length > 0 && workers.every(({ problem }) => problem !== null)) throw ServiceError.of('ENGINE_MISSING');

  const job: AcceptedJob = {
    id: newId('job'),
    type: request.type,
    name: request.name ?? null,
    created_at: new Date().toISOString(),
    priority: request.priority ?? 5,
    metadata: request.metadata ?? {},
    model: newId('model'),
    spec,
    spec_digest: createHash('sha256').update(JSON.stringify(spec)).digest('hex'),
  };
  // The first event goes before the record: a job that is visible has a log, and a log without a job is swept away.
  const writer = await events.openWriter(job.id);
  await writer.append('job.queued', { reason: null });
  await writeRecord(store, ACCEPTED_JOB, job.id, job);
  // From here the job is accepted. If the queue went away in this moment, jobs/reconcile.ts adds it later.
  await queue.add('train', job.id, job.priority).catch(() => undefined);
  return job.id;
}

async function datasetOf(store: Store, request: JobRequest) {
  try {
    return await getDataset(store, request.dataset);
  } catch (problem) {
    if (problem instanceof ServiceError && problem.code === 'DATASET_NOT_FOUND') {
      throw ServiceError.of('DATASET_UNKNOWN', request.dataset).at('/dataset');
    }
    throw problem;
  }
}

async function baseOf(store: Store, id: string): Promise<Model> {
  const model = await findModel(store, id);
  if (!model) throw ServiceError.of('MODEL_UNKNOWN', id).at('/base_model');
  return model;
}
