// The files that a job made, whatever its kind: those of a model, or those of an export or an explanation with its report.
import { createHash } from 'node:crypto';
import { ServiceError } from '../contract/errors.js';
import type { ExplainReport } from '../contract/explain-report.js';
import type { ExportReport } from '../contract/export-report.js';
import type { BundleFile } from '../contract/model.js';
import { bundleFiles } from '../models/files.js';
import { getModel, modelFileKey } from '../models/registry.js';
import type { Store } from '../store/store.js';
import { getStoredJob } from './query.js';
import { RESULT_REPORT, resultPrefix, resultReportKey } from './result.js';

export interface Artifacts {
  files: BundleFile[];
  /** Where one of them lies. */
  keyOf: (name: string) => string;
}

/** @throws JOB_NOT_FOUND, NO_ARTIFACTS_YET, NO_ARTIFACTS, MODEL_NOT_FOUND */
export async function artifactsOf(store: Store, id: string): Promise<Artifacts> {
  const { job, status } = await getStoredJob(store, id);
  if (status !== 'succeeded') throw ServiceError.of('NO_ARTIFACTS_YET', status);
  if (job.type === 'export' || job.type === 'explain') {
    const bytes = (await store.get(resultReportKey(id)))!;
    const report: BundleFile = { name: RESULT_REPORT, size_bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), media_type: 'application/json' };
    const { files } = JSON.parse(bytes.toString('utf8')) as ExportReport | ExplainReport;
    return { files: [...files, report], keyOf: (name) => `${resultPrefix(job)}/${name}` };
  }
  if (job.model === null) throw ServiceError.of('NO_ARTIFACTS', id);
  const model = await getModel(store, job.model);
  return { files: await bundleFiles(store, model), keyOf: (name) => modelFileKey(model.id, name) };
}

/** Looks the name up in the list: a name never becomes a path. @throws FILE_NOT_FOUND, and what `artifactsOf` throws */
export async function artifact(store: Store, id: string, name: string): Promise<{ file: BundleFile; key: string }> {
  const { files, keyOf } = await artifactsOf(store, id);
  const file = files.find((known) => known.name === name);
  if (!file) throw ServiceError.of('FILE_NOT_FOUND', name.slice(0, 64));
  return { file, key: keyOf(file.name) };
}
