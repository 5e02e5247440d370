// Versions for models that have a name and none of it: of a time before there were versions, or where a copy of the store has lost theirs.
import { isUnreadable, readRecord, recordKind, writeRecordOnce } from '../store/records.js';
import type { Store } from '../store/store.js';
import { findModel, listModelIds } from './registry.js';
import { giveVersion } from './versions.js';

const ALL_GIVEN = recordKind<{ at: string }>('model_versions_given', 1, () => 'versions/all-given.json');

/** Oldest first, as they would have been numbered. May be repeated. */
export async function giveMissingVersions(store: Store): Promise<void> {
  for (const id of (await listModelIds(store)).reverse()) {
    const model = await findModel(store, id).catch((problem: unknown) => {
      if (!isUnreadable(problem)) throw problem;
      return undefined;
    });
    if (model && model.name !== null && typeof model.version !== 'number') await giveVersion(store, model.name, id);
  }
}

/** The same once for a store: from then on no model is published or named without. */
export async function giveVersionsOnce(store: Store): Promise<void> {
  if (await readRecord(store, ALL_GIVEN, '')) return;
  await giveMissingVersions(store);
  await writeRecordOnce(store, ALL_GIVEN, '', { at: new Date().toISOString() });
}
