// Removing data sets and models, unless a job that has not ended needs them.
import { datasetPrefix, getDataset } from '../datasets/registry.js';
import { ServiceError } from '../contract/errors.js';
import type { Descendants } from '../contract/lineage.js';
import { forgetAnnotation } from '../models/annotations.js';
import { findImport, importPrefix } from '../models/imports/registry.js';
import { getModel, modelPrefix } from '../models/registry.js';
import type { Queue } from '../queue/queue.js';
import type { Store } from '../store/store.js';
import { readRecord, writeRecord } from '../store/records.js';
import { descendantsOf } from './lineage.js';
import { modelsOf } from './needs.js';
import { unfinishedJobUsing } from './query.js';
import { ACCEPTED_JOB, MODEL_DELETED } from './records.js';

/** Of the models that descend from one, as many are told. */
const TOLD = 3;

/** What was learnt from it is no reason to keep it: it may have to go. @throws DATASET_NOT_FOUND, DATASET_IN_USE */
export async function deleteDataset({ store, queue }: { store: Store; queue: Queue }, id: string): Promise<void> {
  await getDataset(store, id);
  const job = await unfinishedJobUsing(store, ({ spec }) => spec.dataset === id);
  if (job !== undefined) throw ServiceError.of('DATASET_IN_USE', id, job);
  await store.delete(datasetPrefix(id));
  // A reader at work finds the data set gone and drops what it made.
  if (!(await queue.remove('ingest', id))) await queue.interrupt(id);
}

/**
 * A model that is being read goes like any other.
 * @param descendants `keep`: it goes though models came of it
 * @throws MODEL_NOT_FOUND, MODEL_IN_USE, MODEL_HAS_DESCENDANTS
 */
export async function deleteModel({ store, queue }: { store: Store; queue: Queue }, id: string, descendants: Descendants): Promise<void> {
  const imported = await findImport(store, id);
  const maker = imported ? null : (await getModel(store, id)).job;
  const job = await unfinishedJobUsing(store, ({ spec }) => modelsOf(spec).includes(id));
  if (job !== undefined) throw ServiceError.of('MODEL_IN_USE', id, job);
  if (descendants === 'refuse') await requireNoDescendants(store, id);
  if (maker !== null && (await readRecord(store, ACCEPTED_JOB, maker))) await writeRecord(store, MODEL_DELETED, maker, { at: new Date().toISOString() });
  // First what a reader at work looks for: it finds it gone, and drops what it made.
  if (imported) await store.delete(importPrefix(id));
  await store.delete(modelPrefix(id));
  await forgetAnnotation(store, id);
  if (imported?.status === 'importing' && !(await queue.remove('import', id))) await queue.interrupt(id);
}

async function requireNoDescendants(store: Store, id: string): Promise<void> {
  const found = await descendantsOf(store, id);
  if (found.length === 0) return;
  const left = found.length - TOLD;
  throw ServiceError.of('MODEL_HAS_DESCENDANTS', id, found.length, found.slice(0, TOLD).join(', ') + (left > 0 ? ` and ${left} more` : ''));
}
