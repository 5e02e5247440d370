// Whether a job can begin: what it needs was there when it was accepted, but may be being made again (jobs/restore.ts).
import { findDataset } from '../datasets/registry.js';
import { findImport } from '../models/imports/registry.js';
import { findModel } from '../models/registry.js';
import type { Store } from '../store/store.js';
import { unfinishedJobUsing } from './query.js';
import type { AcceptedJob } from './records.js';

/** True while its data set or base model is read again, or another job makes the base model again. */
export async function waitsForOthers(store: Store, { spec }: AcceptedJob): Promise<boolean> {
  if ((await findDataset(store, spec.dataset))?.status === 'validating') return true;
  const { base_model: base } = spec;
  // A checkpoint lies beside the job itself.
  if (typeof base !== 'string' || (await findModel(store, base))) return false;
  if ((await findImport(store, base))?.status === 'importing') return true;
  return (await unfinishedJobUsing(store, ({ model }) => model === base)) !== undefined;
}
