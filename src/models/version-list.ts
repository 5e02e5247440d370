// Versions of a name as they are told, with what has become of the models that were given them.
import type { ModelVersion } from '../contract/model.js';
import { addressOf } from '../contract/model-address.js';
import type { Store } from '../store/store.js';
import { findModel } from './registry.js';
import { findVersion } from './versions.js';

/** @param version one that was given */
export async function modelVersion(store: Store, name: string, version: number): Promise<ModelVersion> {
  const { model: id, at } = (await findVersion(store, name, version))!;
  const model = await findModel(store, id);
  return {
    id: addressOf({ name, version }),
    object: 'model_version',
    name,
    version,
    model: id,
    created_at: at,
    deleted: !model,
    stage: model?.stage ?? null,
    aliases: model?.aliases ?? [],
  };
}
