// A model that was sent, out of a copy of the store that was made file by file while the service ran: shown as ready only where all of its
// bundle is there.
import { ServiceError } from '../../contract/errors.js';
import { areWhole } from '../../store/file-digest.js';
import { readOrRemove, readRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import { isBundleWhole, MANIFEST_FILE } from '../bundle.js';
import { isModelWhole, modelFileKey, modelPrefix } from '../registry.js';
import {
  ACCEPTED_IMPORT, concludeImport, FETCHED_MODEL, IMPORT_OUTCOME, importFolder, importPrefix, importSourcePrefix, settleImport,
  type AcceptedImport, type ImportOutcome,
} from './registry.js';

/** kept: as it was; again: it is to be read again; lost: it is invalid, or, where nothing of it can be used, gone. */
export type RestoredImport = 'kept' | 'again' | 'lost';

/** May be repeated. @throws STORE_CORRUPT, STORE_TOO_NEW where its record cannot be read */
export async function restoreImport(store: Store, id: string): Promise<RestoredImport> {
  const accepted = await readRecord(store, ACCEPTED_IMPORT, id);
  if (!accepted) {
    await store.delete(importPrefix(id));
    // A bundle needs no record beside it.
    return (await store.sizeOf(modelFileKey(id, MANIFEST_FILE))) === undefined ? 'lost' : 'kept';
  }
  const outcome = await readOrRemove(store, IMPORT_OUTCOME, id);
  if (outcome?.status === 'invalid' || (await isReady(store, id, outcome))) return 'kept';
  await store.delete(IMPORT_OUTCOME.key(id));
  await store.delete(modelPrefix(id));
  if (await isSourceWhole(store, accepted)) return 'again';
  if (accepted.source.url) {
    await store.delete(importSourcePrefix(id)); // it is fetched again
    return 'again';
  }
  const error = ServiceError.of('COPY_INCOMPLETE', `all of model ${id}`).toRecord();
  await settleImport(store, id, { status: 'invalid', at: new Date().toISOString(), error });
  return 'lost';
}

/** Whether all of its bundle is in its place, or staged to be moved there, which is done. */
async function isReady(store: Store, id: string, outcome: Exclude<ImportOutcome, { status: 'invalid' }> | undefined): Promise<boolean> {
  if (await isModelWhole(store, id)) {
    // None is published before there is an outcome, nor is what was sent removed: where the copy missed it, it is written anew.
    await settleImport(store, id, outcome ?? { status: 'ready', at: new Date().toISOString(), staging: null });
    return true;
  }
  const staging = outcome?.staging ? await store.staged(outcome.staging) : undefined;
  if (!staging || !(await isBundleWhole(staging.path, id))) return false;
  await store.delete(modelPrefix(id));
  await store.seal(staging);
  return concludeImport(store, id);
}

async function isSourceWhole(store: Store, { id, source }: AcceptedImport): Promise<boolean> {
  if ((await store.list(importSourcePrefix(id))).length === 0) return false;
  const files = source.url ? (await readOrRemove(store, FETCHED_MODEL, id))?.files : source.files;
  return files !== undefined && areWhole(await importFolder(store, id), files);
}
