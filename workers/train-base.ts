// What a transfer starts from, as the folders and files that the child may read.
import { join } from 'node:path';
import { trains } from '#contract/job-kinds.js';
import { plansOf } from '#contract/plans.js';
import type { ResolvedBase, ResolvedSpec } from '#contract/training-specs.js';
import { findDataset, packedFolder } from '#datasets/registry.js';
import { modelsUsedIn } from '#jobs/needs.js';
import { findJob } from '#jobs/query.js';
import { BASE_FILE, jobPrefix, type AcceptedJob } from '#jobs/records.js';
import { requireNotUnready } from '#models/imports/registry.js';
import { getModel, modelPrefix } from '#models/registry.js';
import type { Store } from '#store/store.js';
import { teachersOf } from '#transfer/distillation.js';
import { SOURCE_GONE, type PlanSources, type SourceData, type TrainBase, type TrainTeacher } from './protocol.js';

/** Of each plan of the job. @throws MODEL_NOT_FOUND, MODEL_NOT_READY */
export const sourcesOf = (store: Store, { id, spec }: AcceptedJob): Promise<PlanSources[]> =>
  Promise.all(plansOf(spec).map(async (plan) => ({ base: await baseOf(store, id, plan), teachers: await teachersFor(store, plan) })));

async function baseOf(store: Store, id: string, { base_model: base }: ResolvedSpec): Promise<TrainBase | null> {
  if (base === null) return null;
  if (typeof base !== 'string') {
    return { from: 'checkpoint', file: join(await store.localFolder(jobPrefix(id)), BASE_FILE), sha256: base.digest, name: base.checkpoint, source: await sourceOf(store, base) };
  }
  await requireNotUnready(store, base);
  const { architecture } = await getModel(store, base);
  return { from: 'model', folder: await store.localFolder(modelPrefix(base)), architecture, source: await sourceOf(store, base) };
}

const teachersFor = (store: Store, { stages }: ResolvedSpec): Promise<TrainTeacher[]> => Promise.all(teachersOf(stages).map((model) => modelAt(store, model)));

/** Of a job that trains nothing. @throws MODEL_NOT_FOUND, MODEL_NOT_READY */
export async function measuredBy(store: Store, { spec }: AcceptedJob): Promise<TrainTeacher[]> {
  return trains(spec) ? [] : Promise.all(modelsUsedIn(spec).map(({ id }) => modelAt(store, id)));
}

async function modelAt(store: Store, model: string): Promise<TrainTeacher> {
  await requireNotUnready(store, model);
  const { architecture } = await getModel(store, model);
  return { model, folder: await store.localFolder(modelPrefix(model)), architecture };
}

async function sourceOf(store: Store, base: ResolvedBase): Promise<SourceData> {
  const made = typeof base === 'string' ? (await getModel(store, base)).dataset : (await findJob(store, base.job))?.job.spec.dataset;
  if (!made) return { why: typeof base === 'string' ? 'the base model was made elsewhere: what it learnt from is not known here' : 'the job that made the base checkpoint has been deleted' };
  const dataset = await findDataset(store, made);
  return dataset?.status === 'ready' ? { dataset: made, folder: await packedFolder(store, made) } : { why: SOURCE_GONE };
}
