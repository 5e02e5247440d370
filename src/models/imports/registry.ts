// Which models were sent: accepted once, read by a child process, then a bundle among the others, or invalid for ever.
//   imports/<id>/import.json    what was accepted, with its files beside it in source/ until it is read
//   imports/<id>/outcome.json   how reading it ended: written once, by whoever comes first
//   models/<id>/                the bundle, moved there after the outcome is written
import { faultPoint } from '#fault-points';
import { ServiceError, type ErrorRecord } from '../../contract/errors.js';
import { isId } from '../../contract/ids.js';
import type { ImportSource, UnreadyModel } from '../../contract/model.js';
import { readRecord, recordKind, writeRecordOnce } from '../../store/records.js';
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

/** `staging`: where its bundle was made; null where it was found in its place. */
export type ImportOutcome = { at: string } & ({ status: 'ready'; staging: string | null } | { status: 'invalid'; error: ErrorRecord });

const ROOT = 'imports';
export const importPrefix = (id: string): string => `${ROOT}/${id}`;
export const ACCEPTED_IMPORT = recordKind<AcceptedImport>('model_import', 1, (id) => `${importPrefix(id)}/import.json`);
export const IMPORT_OUTCOME = recordKind<ImportOutcome>('model_import_outcome', 1, (id) => `${importPrefix(id)}/outcome.json`);
export const importSourcePrefix = (id: string): string => `${importPrefix(id)}/source`;

export const listImportIds = async (store: Store): Promise<string[]> => (await store.list(ROOT)).reverse();

/** A model that was sent, and how far it is. */
export interface FoundImport {
  accepted: AcceptedImport;
  status: 'importing' | 'ready' | 'invalid';
  error: ErrorRecord | null;
  /** All that follows from how reading it ended has been done. */
  concluded: boolean;
}

/** What was sent under the id, whatever became of it; or undefined. */
export async function findImport(store: Store, id: string): Promise<FoundImport | undefined> {
  if (!isId('model', id)) return undefined;
  const accepted = await readRecord(store, ACCEPTED_IMPORT, id);
  if (!accepted) return undefined;
  const outcome = await readRecord(store, IMPORT_OUTCOME, id);
  const concluded = outcome !== undefined && (await store.list(importSourcePrefix(id))).length === 0;
  if (outcome?.status === 'invalid') return { accepted, status: 'invalid', error: outcome.error, concluded };
  const isPublished = outcome !== undefined && (await store.list(modelPrefix(id))).length > 0;
  return { accepted, status: isPublished ? 'ready' : 'importing', error: null, concluded };
}

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

/** Ends the reading of a model, then makes the outcome true. The first outcome stands. */
export async function settleImport(store: Store, id: string, outcome: ImportOutcome): Promise<void> {
  await writeRecordOnce(store, IMPORT_OUTCOME, id, outcome);
  await concludeImport(store, id);
}

/** Makes what the outcome says true, again if a crash came in between. False while there is no outcome. */
export async function concludeImport(store: Store, id: string): Promise<boolean> {
  const outcome = await readRecord(store, IMPORT_OUTCOME, id);
  if (!outcome) return false;
  if (outcome.status === 'ready') {
    const staging = outcome.staging === null ? undefined : await store.staged(outcome.staging);
    await faultPoint('import.publish.fail');
    if (staging) await publishModel(store, id, staging);
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
