// Which model is meant by what a caller calls it: its id, an alias, or a version of a name.
import { ServiceError } from '../contract/errors.js';
import { isId } from '../contract/ids.js';
import { NEWEST, versionIn, type NamedVersion } from '../contract/model-address.js';
import type { Store } from '../store/store.js';
import { findAlias } from './annotations.js';
import { isModelThere } from './registry.js';
import { findVersion, versionsOf } from './versions.js';

/** A version that means no model, and why: null where it is not written as one. */
interface Nothing {
  why: string | null;
}

/** Id of the model that an alias or a version means; undefined where it is neither of them. An alias may mean one that has been deleted since. */
export async function modelMeant(store: Store, address: string): Promise<string | Nothing | undefined> {
  if (isId('model', address)) return undefined;
  const version = versionIn(address);
  if (version === undefined) return findAlias(store, address);
  return version === 'malformed' ? { why: null } : modelOf(store, version);
}

/** Of an address within a URL: the id that is meant, or what is no alias and no version as it is. @throws MODEL_VERSION_INVALID, MODEL_VERSION_NOT_FOUND */
export async function modelIdAt(store: Store, address: string): Promise<string> {
  const meant = (await modelMeant(store, address)) ?? address;
  if (typeof meant === 'string') return meant;
  throw meant.why === null ? ServiceError.of('MODEL_VERSION_INVALID', address) : ServiceError.of('MODEL_VERSION_NOT_FOUND', address, meant.why);
}

/** The same for what cannot be taken back: an alias, or the newest of a name, may mean another model than when it was looked at, and means none here. */
export async function lastingModelId(store: Store, address: string): Promise<string> {
  const version = versionIn(address);
  const isLasting = version !== undefined && (version === 'malformed' || version.version !== NEWEST);
  return isLasting ? modelIdAt(store, address) : address;
}

/** Of an address within a body: the id that is meant; undefined where it is no alias and no version. @throws INVALID_VALUE, MODEL_VERSION_UNKNOWN at `pointer` */
export async function modelIdAsked(store: Store, asked: string, pointer: string): Promise<string | undefined> {
  const meant = await modelMeant(store, asked);
  if (typeof meant !== 'object') return meant;
  if (meant.why !== null) throw ServiceError.of('MODEL_VERSION_UNKNOWN', asked, meant.why).at(pointer);
  throw ServiceError.of('INVALID_VALUE', `is no version of a name: after its last @ there must be a whole number from 1 on, or "${NEWEST}"`).at(pointer);
}

async function modelOf(store: Store, { name, version }: NamedVersion): Promise<string | Nothing> {
  const given = await versionsOf(store, name);
  if (given.length === 0) return { why: `no model was ever named "${name}"` };
  if (version === NEWEST) {
    for (const each of given) {
      const model = (await findVersion(store, name, each))?.model;
      if (model !== undefined && (await isModelThere(store, model))) return model;
    }
    return { why: 'the models of that name were deleted' };
  }
  const model = (await findVersion(store, name, version))?.model;
  if (model === undefined) return { why: `the versions of "${name}" go up to ${given[0]!}` };
  return (await isModelThere(store, model)) ? model : { why: `model ${model} was deleted` };
}
