// What a job makes, and where it lies: a model, a report alone, or with it the files of an export.
//   models/<id>/                  the bundle of a model, its manifest written last
//   jobs/<id>/result/report.json  of a job that makes no model; that of an export lists the files beside it
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportReport } from '../contract/export-report.js';
import { isBundleWhole } from '../models/bundle.js';
import { isModelWhole, modelPrefix, publishModel } from '../models/registry.js';
import { isWhole } from '../store/file-digest.js';
import type { Staging, Store } from '../store/store.js';
import { jobPrefix, type AcceptedJob } from './records.js';

export const RESULT_REPORT = 'report.json';
export const resultPrefix = ({ id, model }: Pick<AcceptedJob, 'id' | 'model'>): string => (model === null ? `${jobPrefix(id)}/result` : modelPrefix(model));
export const resultReportKey = (id: string): string => `${resultPrefix({ id, model: null })}/${RESULT_REPORT}`;

/** Moves what was staged to its place: it appears whole or not at all. */
export const publishResult = (store: Store, job: AcceptedJob, staging: Staging): Promise<boolean> =>
  job.model === null ? store.publish(staging, resultPrefix(job)) : publishModel(store, { id: job.model, name: job.name }, staging);

export const hasResult = async (store: Store, job: AcceptedJob): Promise<boolean> => (await store.list(resultPrefix(job))).length > 0;

/** Whether all of it is there, and what was written. */
export const isResultWhole = async (store: Store, job: AcceptedJob): Promise<boolean> =>
  job.model !== null ? isModelWhole(store, job.model) : isReportWhole(await store.localFolder(resultPrefix(job)));

/** The same of what is staged. */
export const isStagedWhole = ({ path }: Staging, { model }: AcceptedJob): Promise<boolean> => (model !== null ? isBundleWhole(path, model) : isReportWhole(path));

/** A report that was cut off is none; files that it lists must be what it says. */
async function isReportWhole(folder: string): Promise<boolean> {
  const report = parsed(await readFile(join(folder, RESULT_REPORT), 'utf8').catch(() => undefined));
  if (report === null) return false;
  for (const file of report.files ?? []) if (!(await isWhole(join(folder, file.name), file))) return false;
  return true;
}

function parsed(text: string | undefined): Partial<Pick<ExportReport, 'files'>> | null {
  try {
    return text === undefined ? null : (JSON.parse(text) as ExportReport | null);
  } catch {
    return null;
  }
}
