// Whether a job can begin: what it needs was there when it was accepted, but may be being made again (jobs/restore.ts).
import type { ResolvedSpec } from '../contract/job.js';
import { findDataset } from '../datasets/registry.js';
import { findImport } from '../models/imports/registry.js';
import { findModel } from '../models/registry.js';
import type { Store } from '../store/store.js';
import { teachersOf } from '../transfer/distillation.js';
import { unfinishedJobUsing } from './query.js';
import type { AcceptedJob } from './records.js';

/** True while its data set or a model it needs is read again, or another job makes that again. */
export async function waitsForOthers(store: Store, { spec }: AcceptedJob): Promise<boolean> {
  if ((await findDataset(store, spec.dataset))?.status === 'validating') return true;
  for (const needed of modelsOf(spec)) if (await isComing(store, needed)) return true;
  return false;
}

/** Models that the job reads: the base, where that is no checkpoint, which lies beside the job itself, and those it learns from. */
export const modelsOf = ({ base_model: base, stages }: Pick<ResolvedSpec, 'base_model' | 'stages'>): string[] => [...(typeof base === 'string' ? [base] : []), ...teachersOf(stages)];

async function isComing(store: Store, id: string): Promise<boolean> {
  if (await findModel(store, id)) return false;
  if ((await findImport(store, id))?.status === 'importing') return true;
  return (await unfinishedJobUsing(store, ({ model }) => model === id)) !== undefined;
}
