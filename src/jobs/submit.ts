// Accepting a job, a new one or an ended one again: checked, resolved, committed to the store, then queued. The answer comes after
// the commit.
import { createHash } from 'node:crypto';
import { faultPoint } from '#fault-points';
import { ServiceError } from '../contract/errors.js';
import { newId } from '../contract/ids.js';
import type { AnyJobRequest } from '../contract/any-job-request.js';
import type { CompareRequest } from '../contract/compare-request.js';
import type { EvaluateRequest } from '../contract/evaluate-request.js';
import type { ExplainRequest } from '../contract/explain-request.js';
import type { ExportRequest } from '../contract/export-request.js';
import type { JobRequest } from '../contract/job-request.js';
import { trains } from '../contract/job-kinds.js';
import { REPORT_ONLY, type JobSpec, type JobType } from '../contract/job.js';
import type { ResolvedSpec } from '../contract/training-specs.js';
import type { ExportSpec } from '../contract/untrained-specs.js';
import { plansOf } from '../contract/plans.js';
import type { Architecture } from '../contract/layers.js';
import type { JobStatus } from '../contract/job-states.js';
import type { EventLog } from '../events/event-log.js';
import { encodeRecord, writeRecordOnce } from '../store/records.js';
import type { Store } from '../store/store.js';
import { distillationsIn, teachersOf } from '../transfer/distillation.js';
import { bringBaseModel, type CatalogueRooms } from '../models/catalogue/registry.js';
import { askedDataset } from './asked-dataset.js';
import { findBase, findTeacher, type Base, type BaseRooms } from './base.js';
import { candidateRequests, comparisonOf, inCandidate } from './comparison.js';
import { evaluationOf, findMeasured, findModelAsked } from './evaluation.js';
import { explanationOf } from './explanation.js';
import { exportOf } from './export.js';
import { modelsOf } from './needs.js';
import { findJob, getStoredJob, type StoredJob } from './query.js';
import type { JobQuota } from './quota.js';
import { ACCEPTED_JOB, BASE_FILE, baseKey, JOB_FILE, jobPrefix, type AcceptedJob, type Origin } from './records.js';
import { requireReady, resolveSpec, type ReadyDataset } from './resolve.js';
import { stagingOwner } from './staging-names.js';
import { QUEUED } from './state.js';

export interface SubmitRooms extends CatalogueRooms {
  events: EventLog;
  quota: JobQuota;
  /** Memory one job may need, in bytes. */
  memoryLimitBytes: number;
}

/** What it takes to know whether a request can work. */
export type ResolveRooms = BaseRooms & Pick<SubmitRooms, 'memoryLimitBytes'>;

/** The ids an accepted job gives away. A request that is sent again brings those of the first time. */
export interface JobIds {
  job: string;
  model: string;
}
export const newJobIds = (): JobIds => ({ job: newId('job'), model: newId('model') });

/**
 * Accepts a job, unless one of these ids has been accepted already.
 * @param reserved ids that were given away for this request, maybe when it was sent before
 * @returns the accepted job
 * @throws ServiceError with the pointer of what is wrong; nothing of a refused request stays behind
 */
export async function submitJob(rooms: SubmitRooms, request: AnyJobRequest, reserved?: JobIds, origin: Origin | null = null): Promise<StoredJob> {
  const known = reserved && (await findJob(rooms.store, reserved.job));
  if (known) return known;
  const ids = reserved ?? newJobIds();
  const { spec, baseFile } = await resolveOrBring(rooms, request);
  const { run_seconds: runSeconds = null, queue_seconds: queueSeconds = null } = request.limits ?? {};
  const job: AcceptedJob = {
    ...identity(ids, request.type),
    type: request.type,
    name: request.name ?? null,
    priority: request.priority ?? 5,
    limits: { run_seconds: runSeconds, queue_seconds: queueSeconds },
    retry_of: null,
    metadata: request.metadata ?? {},
    spec,
    spec_digest: createHash('sha256').update(JSON.stringify(spec)).digest('hex'),
    origin,
  };
  if (await accept(rooms, job, baseFile)) return storedNow(rooms.store, job, reserved);
  // The checkpoint it starts from was let go in this moment: "latest" is another by now, and one that was named is unknown.
  return submitJob(rooms, request, reserved, origin);
}

/** What was accepted under ids of its own is what was written; under reserved ones, another process may have been faster. */
const storedNow = async (store: Store, job: AcceptedJob, reserved: JobIds | undefined): Promise<StoredJob> =>
  reserved ? getStoredJob(store, job.id) : { job, state: QUEUED, outcome: undefined, request: 'run', status: QUEUED.status };

/** The first job that wants base models of the catalogue has them fetched, and is told to come again. */
async function resolveOrBring(rooms: SubmitRooms, request: AnyJobRequest): Promise<Pick<Resolved<JobSpec>, 'spec' | 'baseFile'>> {
  if (request.type === 'export') return { spec: await exportOf(rooms, request), baseFile: undefined };
  try {
    return await resolveRequest(rooms, request);
  } catch (problem) {
    if (!(problem instanceof ServiceError && problem.code === 'BASE_ABSENT' && problem.pointer?.endsWith('/base_model'))) throw problem;
    await rooms.queue.ready();
    const wanted = request.type === 'compare' ? candidateRequests(request) : request.type === 'evaluate' || request.type === 'explain' ? [] : [request];
    const named = new Set(wanted.flatMap((each) => ('base_model' in each && typeof each.base_model === 'string' && rooms.catalogue.has(each.base_model) ? [each.base_model] : [])));
    for (const name of named) await bringBaseModel(rooms, name, problem.pointer);
    return resolveRequest(rooms, request);
  }
}

/** A request with nothing left open, and the data set it is about. */
interface Resolved<Spec> {
  spec: Spec;
  dataset: ReadyDataset;
  /** The file it starts from, where that must be kept. */
  baseFile: string | undefined;
  /** Of each of its plans, the networks that it learns from; of a job that trains nothing those that it is about. */
  teachers: Architecture[][];
}

/** @throws ServiceError with the pointer of what is wrong */
export async function resolveRequest(rooms: ResolveRooms, request: Exclude<AnyJobRequest, ExportRequest>): Promise<Resolved<Exclude<JobSpec, ExportSpec>>> {
  const dataset = requireReady(await askedDataset(rooms.store, request.dataset));
  if (request.type === 'evaluate') return resolveEvaluation(rooms, request, dataset);
  if (request.type === 'explain') return resolveExplanation(rooms, request, dataset);
  return request.type === 'compare' ? resolveComparison(rooms, request, dataset) : resolvePlan(rooms, request, dataset);
}

async function resolveEvaluation(rooms: ResolveRooms, request: EvaluateRequest, dataset: ReadyDataset): Promise<Resolved<Exclude<JobSpec, ExportSpec>>> {
  const models = await findMeasured(rooms, request);
  return { spec: evaluationOf(request, dataset, models, rooms.memoryLimitBytes), dataset, baseFile: undefined, teachers: [models.map(({ architecture }) => architecture)] };
}

async function resolveExplanation(rooms: ResolveRooms, request: ExplainRequest, dataset: ReadyDataset): Promise<Resolved<Exclude<JobSpec, ExportSpec>>> {
  const model = await findModelAsked(rooms, request.model, '/model');
  return { spec: explanationOf(request, dataset, model, rooms.memoryLimitBytes), dataset, baseFile: undefined, teachers: [[model.architecture]] };
}

async function resolveComparison(rooms: ResolveRooms, request: CompareRequest, dataset: ReadyDataset): Promise<Resolved<Exclude<JobSpec, ExportSpec>>> {
  const resolved: Resolved<ResolvedSpec>[] = [];
  for (const [at, candidate] of candidateRequests(request).entries()) {
    try {
      resolved.push(await resolvePlan(rooms, candidate, dataset));
    } catch (problem) {
      throw problem instanceof ServiceError ? inCandidate(request, at, problem) : problem;
    }
  }
  return { spec: comparisonOf(request, dataset, resolved.map(({ spec }) => spec)), dataset, baseFile: undefined, teachers: resolved.flatMap(({ teachers }) => teachers) };
}

async function resolvePlan({ store, catalogue, memoryLimitBytes }: ResolveRooms, request: JobRequest, dataset: ReadyDataset): Promise<Resolved<ResolvedSpec>> {
  const base = 'base_model' in request && request.base_model !== undefined ? await findBase({ store, catalogue }, request.base_model) : null;
  const distillations = distillationsIn(request);
  const teachers = new Map<string, Base>();
  for (const { asked: { model }, pointer } of distillations) if (model !== undefined) teachers.set(model, await findTeacher({ store, catalogue }, model, `${pointer}/model`));
  return { spec: resolveSpec(request, dataset, base, memoryLimitBytes, teachers), dataset, baseFile: base?.file, teachers: [distillations.map(({ asked: { model } }) => (model === undefined ? base! : teachers.get(model)!).architecture)] };
}

const RETRIED: readonly JobStatus[] = ['failed', 'cancelled', 'expired'];

/**
 * Accepts a new job with the very spec of one that ended without a result; priority, limits and the rest are its own too.
 * @param reserved as for `submitJob`
 * @returns the new job
 * @throws JOB_NOT_FOUND, ACTION_NOT_ALLOWED, and DATASET_UNKNOWN or MODEL_UNKNOWN where what it needs was deleted. A checkpoint that it
 *   started from is there as long as the job is.
 */
export const retryJob = (rooms: SubmitRooms, id: string, reserved?: JobIds, origin: Origin | null = null): Promise<StoredJob> =>
  makeAgain(rooms, id, { action: 'run again', from: RETRIED, as: { retry_of: id } }, reserved, origin);

/** The same of one that succeeded, to see whether it comes to the same bytes (jobs/reproduction.ts). */
export const reproduceJob = (rooms: SubmitRooms, id: string, reserved?: JobIds, origin: Origin | null = null): Promise<StoredJob> =>
  makeAgain(rooms, id, { action: 'be reproduced', from: ['succeeded'], as: { retry_of: null, reproduce_of: id } }, reserved, origin);

/** Why a job is made once more. */
interface Again {
  action: string;
  from: readonly JobStatus[];
  as: Pick<AcceptedJob, 'retry_of' | 'reproduce_of'>;
}

async function makeAgain(rooms: SubmitRooms, id: string, { action, from, as }: Again, reserved: JobIds | undefined, origin: Origin | null): Promise<StoredJob> {
  const known = reserved && (await findJob(rooms.store, reserved.job));
  if (known) return known;
  const { job, status } = await getStoredJob(rooms.store, id);
  if (!from.includes(status)) throw ServiceError.of('ACTION_NOT_ALLOWED', action, status);
  if (job.spec.dataset !== null) await askedDataset(rooms.store, job.spec.dataset);
  const plans = plansOf(job.spec);
  for (const { base_model: base, stages } of plans) {
    if (typeof base === 'string') await findBase(rooms, base);
    for (const teacher of teachersOf(stages)) await findTeacher(rooms, teacher, '/transfer');
  }
  if (!trains(job.spec)) for (const model of modelsOf(job.spec)) await findTeacher(rooms, model, '/model');
  const baseFile = plans.some(({ base_model: base }) => base !== null && typeof base !== 'string') ? baseKey(id) : undefined;
  const again: AcceptedJob = { ...job, ...identity(reserved ?? newJobIds(), job.type), ...as, origin };
  if (!(await accept(rooms, again, baseFile))) throw ServiceError.of('JOB_NOT_FOUND', id);
  return storedNow(rooms.store, again, reserved);
}

const identity = ({ job, model }: JobIds, type: JobType) => ({ id: job, model: REPORT_ONLY.includes(type) ? null : model, created_at: new Date().toISOString() });

/**
 * From the write of its record on the job is accepted; whatever else fails then, jobs/reconcile.ts does later.
 * @returns false, and nothing was accepted, where the file it starts from has gone
 */
async function accept(rooms: SubmitRooms, job: AcceptedJob, baseFile: string | undefined): Promise<boolean> {
  const { queue, quota } = rooms;
  // Nothing is accepted that cannot be queued or trained: the caller is told now, not by a job that never starts.
  await queue.ready();
  const workers = await queue.workers();
  if (workers.length > 0 && workers.every(({ problem }) => problem !== null)) throw ServiceError.of('ENGINE_MISSING');
  return quota.within(() => commitAndQueue(rooms, job, baseFile));
}

async function commitAndQueue({ store, queue, events }: SubmitRooms, job: AcceptedJob, baseFile: string | undefined): Promise<boolean> {
  if (!(await commit(store, job, baseFile))) return false;
  try {
    await events.begin(job.id, 'job.queued', { reason: null });
    await faultPoint('queue.add.fail');
    await queue.add('train', job.id, job.priority);
  } catch {
    // Queue or disk went away in this moment.
  }
  return true;
}

/**
 * Writes the record, unless it is there. A job that starts from a checkpoint must not need that of another job any more: what it starts
 * from appears together with its record, by one rename.
 */
async function commit(store: Store, job: AcceptedJob, baseFile: string | undefined): Promise<boolean> {
  if (baseFile === undefined) {
    await writeRecordOnce(store, ACCEPTED_JOB, job.id, job);
    return true;
  }
  const staging = await store.stage(stagingOwner(job.id));
  try {
    if (!(await store.linkStaged(staging, BASE_FILE, baseFile))) return false;
    await store.writeStaged(staging, JOB_FILE, encodeRecord(ACCEPTED_JOB, job));
    await store.seal(staging);
    await store.publish(staging, jobPrefix(job.id));
    return true;
  } finally {
    await store.discard(staging);
  }
}
