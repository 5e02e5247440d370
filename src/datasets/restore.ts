// A data set out of a copy of the store that was made file by file while the service ran: shown as ready only where all of it is there.
import { ServiceError } from '../contract/errors.js';
import { areWhole } from '../store/file-digest.js';
import { readRecord, readOrRemove } from '../store/records.js';
import type { Store } from '../store/store.js';
import { isPackedWhole } from './packed-digest.js';
import {
  ACCEPTED_DATASET, concludeDataset, DATASET_OUTCOME, datasetPrefix, FETCHED_SOURCE, packedFolder, packedPrefix, reportFolder, reportPrefix, settleDataset, sourceFolder, sourcePrefix,
  type AcceptedDataset, type DatasetOutcome,
} from './registry.js';
import { isReportWhole, REPORT } from './report/report-files.js';

/** kept: as it was; again: it is to be read again; lost: it is invalid, or, where its record is missing, gone. */
export type RestoredDataset = 'kept' | 'again' | 'lost';

/** May be repeated. @throws STORE_CORRUPT, STORE_TOO_NEW where its record cannot be read */
export async function restoreDataset(store: Store, id: string): Promise<RestoredDataset> {
  const accepted = await readRecord(store, ACCEPTED_DATASET, id);
  if (!accepted) {
    await store.delete(datasetPrefix(id));
    return 'lost';
  }
  const outcome = await readOrRemove(store, DATASET_OUTCOME, id);
  const isSettled = outcome?.status === 'invalid' || (outcome?.status === 'ready' && (await isReady(store, id, outcome)));
  if (isSettled && (await isReportWhole(store, reportFolder({ id, status: outcome.status }), outcome.report))) return 'kept';
  const canBeRead = await isSourceWhole(store, accepted);
  if (isSettled && !canBeRead) {
    // Content is worth more than what is said of it.
    await store.delete(REPORT.key(reportFolder({ id, status: outcome.status })));
    return 'kept';
  }
  for (const key of [DATASET_OUTCOME.key(id), packedPrefix(id), reportPrefix(id)]) await store.delete(key);
  if (canBeRead) return 'again';
  if (accepted.source.url) {
    await store.delete(sourcePrefix(id)); // it is fetched again
    return 'again';
  }
  const error = ServiceError.of('COPY_INCOMPLETE', `the files of data set ${id}`).toRecord();
  await settleDataset(store, id, { status: 'invalid', at: new Date().toISOString(), error, report: null });
  return 'lost';
}

/** Whether all of its content is in its place, or staged to be moved there, which is done. */
async function isReady(store: Store, id: string, { content, staging: name }: Extract<DatasetOutcome, { status: 'ready' }>): Promise<boolean> {
  if ((await store.list(packedPrefix(id))).length > 0 && (await isPackedWhole(await packedFolder(store, id), content))) return true;
  const staging = await store.staged(name);
  if (!staging || !(await isPackedWhole(staging.path, content))) return false;
  await store.delete(packedPrefix(id));
  await store.seal(staging);
  return concludeDataset(store, id);
}

async function isSourceWhole(store: Store, { id, source }: AcceptedDataset): Promise<boolean> {
  if (source.generate) return true;
  if ((await store.list(sourcePrefix(id))).length === 0) return false;
  if (!source.url) return areWhole(await sourceFolder(store, id), source.files);
  const fetched = await readOrRemove(store, FETCHED_SOURCE, id);
  return fetched !== undefined && areWhole(await sourceFolder(store, id), [fetched.file]);
}
