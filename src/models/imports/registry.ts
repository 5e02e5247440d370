// Which models were sent or fetched: accepted once, read by a child process, then a bundle among the others, or invalid for ever.
//   imports/<id>/import.json    what was accepted, with its files beside it in source/ until it is read
//   imports/<id>/source/        also holds fetched.json, where the files were fetched
//   imports/<id>/outcome.json   how reading it ended: written once, by whoever comes first
//   models/<id>/                the bundle, moved there after the outcome is written
import { faultPoint } from '#fault-points';
import { ServiceError, type ErrorRecord } from '../../contract/errors.js';
import { isId } from '../../contract/ids.js';
import type { ImportSource, UnreadyModel } from '../../contract/model.js';
import { encodeRecord, readOrRemove, readRecord, recordKind, writeRecordOnce } from '../../store/records.js';
import type { Staging, Store } from '../../store/store.js';
import { listModelIds, modelPrefix, publishModel } from '../registry.js';
import type { ImportOptions } from './read-model.js';

export interface AcceptedImport {
  id: string;
  name: string | null;
  created_at: string;
  source: ImportSource;
  options: ImportOptions;
}

/** What was fetched for a model, published with its files, so that there is never one without the other. */
export interface FetchedModel {
  /** Where it was found. */
  url: string;
  files: ImportSource['files'];
  format: ImportSource['format'];
}

/** `staging`: where its bundle was made; null where it was found in its place. */
export type ImportEnd = { at: string } & ({ status: 'ready'; staging: string | null } | { status: 'invalid'; error: ErrorRecord });
/** With what had been fetched, whose files are let go. */
export type ImportOutcome = ImportEnd & { fetched: FetchedModel | null };

const ROOT = 'imports';
export const importPrefix = (id: string): string => `${ROOT}/${id}`;
export const importSourcePrefix = (id: string): string => `${importPrefix(id)}/source`;
export const ACCEPTED_IMPORT = recordKind<AcceptedImport>('model_import', 2, (id) => `${importPrefix(id)}/import.json`, [
  (accepted) => accepted, // before models were fetched
]);
export const IMPORT_OUTCOME = recordKind<ImportOutcome>('model_import_outcome', 2, (id) => `${importPrefix(id)}/outcome.json`, [
  (outcome) => ({ ...outcome, fetched: null }), // before models were fetched
]);
const FETCHED_NAME = 'fetched.json';
export const FETCHED_MODEL = recordKind<FetchedModel>('fetched_model', 1, (id) => `${importSourcePrefix(id)}/${FETCHED_NAME}`);

export const listImportIds = async (store: Store): Promise<string[]> => (await store.list(ROOT)).reverse();

/** A model that was sent or fetched, and how far it is. */
export interface FoundImport {
  /** Its source with what was fetched, once that has come. */
  accepted: AcceptedImport;
  /** Its files are still to be fetched. */
  awaited: boolean;
  status: 'importing' | 'ready' | 'invalid';
  error: ErrorRecord | null;
  /** All that follows from how reading it ended has been done. */
  concluded: boolean;
}

/** What was sent under the id, whatever became of it; or undefined. */
export async function findImport(store: Store, id: string): Promise<FoundImport | undefined> {
  if (!isId('model', id)) return undefined;
  const asked = await readRecord(store, ACCEPTED_IMPORT, id);
  if (!asked) return undefined;
  const outcome = await readRecord(store, IMPORT_OUTCOME, id);
  const { url } = asked.source;
  const fetched = url && (outcome ? outcome.fetched : await readRecord(store, FETCHED_MODEL, id));
  const accepted = fetched ? { ...asked, source: withFetched(asked.source, fetched) } : asked;
  const awaited = url !== undefined && !outcome && !fetched;
  const concluded = outcome !== undefined && (await store.list(importSourcePrefix(id))).length === 0;
  if (outcome?.status === 'invalid') return { accepted, awaited, status: 'invalid', error: outcome.error, concluded };
  const isPublished = outcome !== undefined && (await store.list(modelPrefix(id))).length > 0;
  return { accepted, awaited, status: isPublished ? 'ready' : 'importing', error: null, concluded };
}

const withFetched = (source: ImportSource, { url, files, format }: FetchedModel): ImportSource => ({
  ...source,
  files,
  format,
  ...(source.url && { url: { ...source.url, found: url } }),
});

/** A model that was sent and cannot be used, not yet or never; or undefined. */
export async function findUnreadyModel(store: Store, id: string): Promise<UnreadyModel | undefined> {
  const found = await findImport(store, id);
  if (!found || found.status === 'ready') return undefined;
  const { accepted, status, error } = found;
  return { id, object: 'model', name: accepted.name, created_at: accepted.created_at, status, source: accepted.source, error };
}

/** Newest first, those that were sent among those that jobs made. */
export async function listAllModelIds(store: Store): Promise<string[]> {
  const ids = new Set([...(await listModelIds(store)), ...(await listImportIds(store))]);
  return [...ids].sort().reverse();
}

/** Publishes a staged folder that holds import.json and source/ as a model waiting to be read. False where the id is taken. */
export async function acceptImport(store: Store, id: string, staging: Staging): Promise<boolean> {
  await store.seal(staging);
  return store.publish(staging, importPrefix(id));
}

/** Makes a staged folder that holds what was fetched, each file under its number, the source of its model. What was fetched first stands. */
export async function publishFetchedModel(store: Store, id: string, staging: Staging, fetched: FetchedModel): Promise<void> {
  await store.writeStaged(staging, FETCHED_NAME, encodeRecord(FETCHED_MODEL, fetched));
  await store.seal(staging);
  await store.publish(staging, importSourcePrefix(id));
}

/** Ends the reading of a model, then makes the outcome true. The first outcome stands. */
export async function settleImport(store: Store, id: string, end: ImportEnd): Promise<void> {
  const fetched = (await readOrRemove(store, FETCHED_MODEL, id)) ?? null;
  await writeRecordOnce(store, IMPORT_OUTCOME, id, { ...end, fetched });
  await concludeImport(store, id);
}

/** Makes what the outcome says true, again if a crash came in between. False while there is no outcome. */
export async function concludeImport(store: Store, id: string): Promise<boolean> {
  const outcome = await readRecord(store, IMPORT_OUTCOME, id);
  if (!outcome) return false;
  if (outcome.status === 'ready') {
    const staging = outcome.staging === null ? undefined : await store.staged(outcome.staging);
    await faultPoint('import.publish.fail');
    if (staging) await publishModel(store, { id, name: (await readRecord(store, ACCEPTED_IMPORT, id))?.name ?? null }, staging);
  }
  // What was sent has become a bundle, or nothing will come of it; names and digests stay in the record.
  await store.delete(importSourcePrefix(id));
  return true;
}

/** Folder of this machine that holds the files as they were sent, each named by its number. */
export const importFolder = (store: Store, id: string): Promise<string> => store.localFolder(importSourcePrefix(id));

/** @throws MODEL_NOT_READY where the id is of a model that was sent and cannot be used */
export async function requireNotUnready(store: Store, id: string): Promise<void> {
  const unready = await findUnreadyModel(store, id);
  if (unready) throw ServiceError.of('MODEL_NOT_READY', id, unready.status);
}
