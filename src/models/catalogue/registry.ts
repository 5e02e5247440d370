// What has become of base models of the catalogue here: an ordinary model each, under one id for all who want it.
//   catalogue/<name>/model.json    the id of the model that it is, reserved before it is fetched: written once
//   catalogue/<name>/digest.json   the digest of the source that came first, to which any later one is held: written once
import type { CatalogueEntry, CatalogueModel } from '../../contract/catalogue.js';
import { ServiceError } from '../../contract/errors.js';
import { newId } from '../../contract/ids.js';
import type { Reach } from '../../outbound/allowed.js';
import type { Queue } from '../../queue/queue.js';
import { readOrRemove, readRecord, recordKind, writeRecordOnce } from '../../store/records.js';
import type { Store } from '../../store/store.js';
import { acceptModelUrl } from '../imports/accept.js';
import { findImport } from '../imports/registry.js';
import { findModel } from '../registry.js';
import type { Catalogue } from './load.js';

const CATALOGUE_MODEL = recordKind<{ model: string }>('catalogue_model', 1, (name) => `catalogue/${name}/model.json`);
const CATALOGUE_DIGEST = recordKind<{ sha256: string }>('catalogue_digest', 1, (name) => `catalogue/${name}/digest.json`);

export interface CatalogueRooms extends Reach {
  store: Store;
  queue: Queue;
  catalogue: Catalogue;
}

/** The digest that its source must have: what was recorded when it first came; null before. */
export const recordedDigest = async (store: Store, name: string): Promise<string | null> => (await readRecord(store, CATALOGUE_DIGEST, name))?.sha256 ?? null;

/** Has any later source held to this one. The first stands. */
export const recordDigest = (store: Store, name: string, sha256: string): Promise<boolean> => writeRecordOnce(store, CATALOGUE_DIGEST, name, { sha256 });

/** Removes what a copy made file by file has torn: it is written anew when the base model is next wanted. May be repeated. */
export async function restoreCatalogue(store: Store): Promise<void> {
  for (const name of await store.list('catalogue')) {
    await readOrRemove(store, CATALOGUE_MODEL, name);
    await readOrRemove(store, CATALOGUE_DIGEST, name);
  }
}

/** An entry as it is here. */
export async function catalogueModel(store: Store, entry: CatalogueEntry): Promise<CatalogueModel> {
  const sha256 = entry.sha256 ?? (await recordedDigest(store, entry.id));
  const id = (await readRecord(store, CATALOGUE_MODEL, entry.id))?.model;
  const status = id === undefined ? 'absent' : await statusOf(store, id);
  return { ...entry, object: 'catalogue_model', sha256, status, model: status === 'absent' ? null : id! };
}

/** `absent` where it has been deleted, too: it is brought again, under the same id. */
async function statusOf(store: Store, id: string): Promise<CatalogueModel['status']> {
  const imported = await findImport(store, id);
  return imported?.status ?? ((await findModel(store, id)) ? 'ready' : 'absent');
}

/**
 * Has it fetched, unless it is here or on its way. However many want it at once, one model comes of it.
 * @returns the id of its model
 * @throws URL_NOT_ALLOWED, MODEL_UNKNOWN at `pointer`
 */
export async function bringBaseModel({ store, queue, catalogue, allowPrivate }: CatalogueRooms, name: string, pointer: string): Promise<string> {
  const entry = catalogue.get(name);
  if (!entry) throw ServiceError.of('MODEL_UNKNOWN', name).at(pointer);
  await writeRecordOnce(store, CATALOGUE_MODEL, name, { model: newId('model') });
  const { model: id } = (await readRecord(store, CATALOGUE_MODEL, name))!;
  if ((await statusOf(store, id)) !== 'absent') return id;
  await acceptModelUrl(store, requestOf(entry), { allowPrivate, catalogue: name }, id);
  // If the queue went away in this moment, jobs/reconcile.ts adds it later.
  await queue.add('import', id, 5).catch(() => undefined);
  return id;
}

const requestOf = ({ name, url, sha256, labels, input_shape: inputShape, input_range: inputRange }: CatalogueEntry) => ({
  name,
  url,
  ...(sha256 !== null && { sha256 }),
  ...(labels && { labels }),
  ...(inputShape && { input_shape: inputShape }),
  ...(inputRange && { input_range: inputRange }),
});
