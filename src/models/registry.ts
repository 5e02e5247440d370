// Which models there are: the bundles below models/<id>, each visible once its manifest is there.
import { ServiceError } from '../contract/errors.js';
import { isId } from '../contract/ids.js';
import type { Model } from '../contract/model.js';
import type { Staging, Store } from '../store/store.js';
import { annotated } from './annotations.js';
import { isBundleWhole, MANIFEST_FILE, MANIFEST_VERSION } from './bundle.js';
import { giveVersion } from './versions.js';

const ROOT = 'models';
export const modelPrefix = (id: string): string => `${ROOT}/${id}`;
export const modelFileKey = (id: string, name: string): string => `${ROOT}/${id}/${name}`;

/** Newest first: ids sort by time of creation. */
export const listModelIds = async (store: Store): Promise<string[]> => (await store.list(ROOT)).reverse();

/** The model with what people say of it, or undefined. */
export async function findModel(store: Store, id: string): Promise<Model | undefined> {
  if (!isId('model', id)) return undefined;
  const bytes = await store.get(modelFileKey(id, MANIFEST_FILE));
  if (!bytes) return undefined;
  const { schema_version: version, ...model } = JSON.parse(bytes.toString('utf8')) as Model & { schema_version: number };
  // Before models were sent, jobs made all there were.
  if (version === 1) return annotated(store, { ...model, status: 'ready', source: { kind: 'job' } });
  if (version !== MANIFEST_VERSION) throw ServiceError.of('STORE_CORRUPT', `manifest of ${id}`);
  return annotated(store, model);
}

/** Whether there is such a bundle; nothing of it is read. */
export const isModelThere = async (store: Store, id: string): Promise<boolean> => (await store.sizeOf(modelFileKey(id, MANIFEST_FILE))) !== undefined;

/** @throws MODEL_NOT_FOUND */
export async function getModel(store: Store, id: string): Promise<Model> {
  const model = await findModel(store, id);
  if (!model) throw ServiceError.of('MODEL_NOT_FOUND', id);
  return model;
}

/** Whether every file of its bundle is what the manifest says; reads all of them. */
export async function isModelWhole(store: Store, id: string): Promise<boolean> {
  if ((await store.list(modelPrefix(id))).length === 0) return false;
  return isBundleWhole(await store.localFolder(modelPrefix(id)), id);
}

/**
 * Moves a finished bundle, manifest included, to its place: the model appears whole or not at all, and with the version of its name. May be repeated.
 * @param model.name that the manifest gives it
 */
export async function publishModel(store: Store, { id, name }: Pick<Model, 'id' | 'name'>, staging: Staging): Promise<boolean> {
  if (name !== null) await giveVersion(store, name, id);
  return store.publish(staging, modelPrefix(id));
}
