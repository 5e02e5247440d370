// Which data sets there are: accepted once, read by a child process, then ready or invalid for ever.
//   datasets/<id>/dataset.json   what was accepted, with its source files beside it in source/
//   datasets/<id>/outcome.json   how reading it ended: written once, by whoever comes first
//   datasets/<id>/packed/        the training format and a report, moved here after the outcome is written
//   datasets/<id>/report/        the report of one that is invalid, moved here before it is
import { faultPoint } from '#fault-points';
import type { Dataset, DatasetContent, DatasetSource, DatasetStatus } from '../contract/dataset.js';
import { ServiceError, type ErrorRecord } from '../contract/errors.js';
import { isId } from '../contract/ids.js';
import type { FileDigest } from '../store/file-digest.js';
import { encodeRecord, readRecord, recordKind, writeRecordOnce } from '../store/records.js';
import type { Staging, Store } from '../store/store.js';
import { withClasses } from './packed-index.js';

export interface AcceptedDataset {
  id: string;
  name: string;
  format: Dataset['format'];
  created_at: string;
  source: DatasetSource;
}

/** With what its report.json holds, where reading it left one. */
export type DatasetOutcome = { at: string; report: FileDigest | null } & (
  | { status: 'ready'; content: DatasetContent; staging: string }
  | { status: 'invalid'; error: ErrorRecord }
);

const ROOT = 'datasets';
export const datasetPrefix = (id: string): string => `${ROOT}/${id}`;
export const sourcePrefix = (id: string): string => `${datasetPrefix(id)}/source`;
const FETCHED_NAME = 'fetched.json';
export const ACCEPTED_DATASET = recordKind<AcceptedDataset>('dataset', 3, (id) => `${ROOT}/${id}/dataset.json`, [
  ({ source, ...rest }) => ({ ...rest, source: { ...(source as object), on_bad_rows: 'skip' } }),
  ({ source, ...rest }) => ({ ...rest, source: { ...(source as object), url: null } }), // before files were fetched
]);
export const DATASET_OUTCOME = recordKind<DatasetOutcome>('dataset_outcome', 3, (id) => `${ROOT}/${id}/outcome.json`, [
  (outcome) => (outcome.status === 'ready' ? { ...outcome, content: withClasses(outcome.content as DatasetContent) } : outcome), // before regression
  (outcome) => ({ ...outcome, report: null }), // before there were reports
]);
export const reportPrefix = (id: string): string => `${ROOT}/${id}/report`;
/** What was fetched for a data set, published with the file, so that there is never one without the other. */
export interface FetchedSource {
  /** Where it was found. */
  url: string;
  file: DatasetSource['files'][number];
  format: Dataset['format'];
}
export const FETCHED_SOURCE = recordKind<FetchedSource>('fetched_source', 1, (id) => `${sourcePrefix(id)}/${FETCHED_NAME}`);
export const packedPrefix = (id: string): string => `${ROOT}/${id}/packed`;

/** Newest first: ids sort by time of creation. */
export const listDatasetIds = async (store: Store): Promise<string[]> => (await store.list(ROOT)).reverse();

/** The data set, or undefined. */
export async function findDataset(store: Store, id: string): Promise<Dataset | undefined> {
  if (!isId('dataset', id)) return undefined;
  const accepted = await readRecord(store, ACCEPTED_DATASET, id);
  if (!accepted) return undefined;
  const outcome = await readRecord(store, DATASET_OUTCOME, id);
  const fetched = accepted.source.url ? await readRecord(store, FETCHED_SOURCE, id) : undefined;
  const status = await statusOf(store, id, accepted.source.url && !fetched ? 'uploading' : 'validating', outcome);
  return {
    id,
    object: 'dataset',
    name: accepted.name,
    status,
    format: fetched?.format ?? accepted.format,
    created_at: accepted.created_at,
    ready_at: status === 'ready' ? outcome!.at : null,
    source: fetched ? withFetched(accepted.source, fetched) : accepted.source,
    content: status === 'ready' && outcome?.status === 'ready' ? outcome.content : null,
    error: outcome?.status === 'invalid' ? outcome.error : null,
  };
}

const withFetched = (source: DatasetSource, { url, file }: FetchedSource): DatasetSource => ({
  ...source,
  files: [file],
  url: source.url && { ...source.url, found: url },
});

async function statusOf(store: Store, id: string, unread: DatasetStatus, outcome: DatasetOutcome | undefined): Promise<DatasetStatus> {
  if (!outcome) return unread;
  if (outcome.status === 'invalid') return 'invalid';
  return (await store.list(packedPrefix(id))).length > 0 ? 'ready' : 'validating';
}

/** @throws DATASET_NOT_FOUND */
export async function getDataset(store: Store, id: string): Promise<Dataset> {
  const dataset = await findDataset(store, id);
  if (!dataset) throw ServiceError.of('DATASET_NOT_FOUND', id);
  return dataset;
}

/** Publishes a staged folder that holds dataset.json and source/ as a data set waiting to be read. False where the id is taken. */
export async function acceptDataset(store: Store, id: string, staging: Staging): Promise<boolean> {
  await store.seal(staging);
  return store.publish(staging, datasetPrefix(id));
}

/** Makes a staged folder that holds what was fetched, the file as "0", the source of its data set. What was fetched first stands. */
export async function publishFetched(store: Store, id: string, staging: Staging, fetched: FetchedSource): Promise<void> {
  await store.writeStaged(staging, FETCHED_NAME, encodeRecord(FETCHED_SOURCE, fetched));
  await store.seal(staging);
  await store.publish(staging, sourcePrefix(id));
}

/** Ends the reading of a data set, then makes the outcome true. The first outcome stands. */
export async function settleDataset(store: Store, id: string, outcome: DatasetOutcome): Promise<void> {
  await writeRecordOnce(store, DATASET_OUTCOME, id, outcome);
  await concludeDataset(store, id);
}

/** Makes what the outcome says true, again if a crash came in between. False while there is no outcome. */
export async function concludeDataset(store: Store, id: string): Promise<boolean> {
  const outcome = await readRecord(store, DATASET_OUTCOME, id);
  if (!outcome) return false;
  if (outcome.status === 'ready') {
    const staging = await store.staged(outcome.staging);
    await faultPoint('ingest.publish.fail');
    if (staging) await store.publish(staging, packedPrefix(id));
  }
  return true;
}

/** Publishes a staged folder with the report of a data set that cannot be used, in place of that of an earlier attempt. To be done before it is settled. */
export async function publishReport(store: Store, id: string, staging: Staging): Promise<void> {
  await store.seal(staging);
  await store.delete(reportPrefix(id));
  await store.publish(staging, reportPrefix(id));
}

/** Where the report of a data set lies with its files: beside its arrays, or alone where there are none. */
export const reportFolder = ({ id, status }: Pick<Dataset, 'id' | 'status'>): string => (status === 'ready' ? packedPrefix(id) : reportPrefix(id));

/** Folder of this machine that holds the packed content of a ready data set. */
export const packedFolder = (store: Store, id: string): Promise<string> => store.localFolder(packedPrefix(id));

/** Folder of this machine that holds the source files of a data set. */
export const sourceFolder = (store: Store, id: string): Promise<string> => store.localFolder(sourcePrefix(id));
