// What a job makes, and where it lies: a model, or a report alone.
//   models/<id>/                  the bundle of a model, its manifest written last
//   jobs/<id>/result/report.json  of a job that makes no model
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isBundleWhole } from '../models/bundle.js';
import { isModelWhole, modelPrefix, publishModel } from '../models/registry.js';
import type { Staging, Store } from '../store/store.js';
import { jobPrefix, type AcceptedJob } from './records.js';

export const RESULT_REPORT = 'report.json';
export const resultPrefix = ({ id, model }: Pick<AcceptedJob, 'id' | 'model'>): string => (model === null ? `${jobPrefix(id)}/result` : modelPrefix(model));
export const resultReportKey = (id: string): string => `${resultPrefix({ id, model: null })}/${RESULT_REPORT}`;

/** Moves what was staged to its place: it appears whole or not at all. */
export const publishResult = (store: Store, job: AcceptedJob, staging: Staging): Promise<boolean> =>
  job.model === null ? store.publish(staging, resultPrefix(job)) : publishModel(store, job.model, staging);

export const hasResult = async (store: Store, job: AcceptedJob): Promise<boolean> => (await store.list(resultPrefix(job))).length > 0;

/** Whether all of it is there, and what was written. */
export async function isResultWhole(store: Store, job: AcceptedJob): Promise<boolean> {
  if (job.model !== null) return isModelWhole(store, job.model);
  return isJson((await store.get(resultReportKey(job.id)))?.toString('utf8'));
}

/** The same of what is staged. */
export const isStagedWhole = async ({ path }: Staging, { model }: AcceptedJob): Promise<boolean> =>
  model !== null ? isBundleWhole(path, model) : isJson(await readFile(join(path, RESULT_REPORT), 'utf8').catch(() => undefined));

/** A file that was cut off is none. */
function isJson(text: string | undefined): boolean {
  try {
    return text !== undefined && JSON.parse(text) !== null;
  } catch {
    return false;
  }
}
