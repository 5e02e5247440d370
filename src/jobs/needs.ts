// Whether a job can begin: what it needs was there when it was accepted, but may be being made again (jobs/restore.ts).
import { trains } from '../contract/job-kinds.js';
import type { JobSpec } from '../contract/job.js';
import type { MeasuredModel, UntrainedSpec } from '../contract/untrained-specs.js';
import { plansOf } from '../contract/plans.js';
import { findDataset } from '../datasets/registry.js';
import { findImport } from '../models/imports/registry.js';
import { findModel } from '../models/registry.js';
import type { Store } from '../store/store.js';
import { teachersOf } from '../transfer/distillation.js';
import { unfinishedJobUsing } from './query.js';
import type { AcceptedJob } from './records.js';

/** True while its data set or a model it needs is read again, or another job makes that again. */
export async function waitsForOthers(store: Store, { spec }: AcceptedJob): Promise<boolean> {
  if (spec.dataset !== null && (await findDataset(store, spec.dataset))?.status === 'validating') return true;
  for (const needed of modelsOf(spec)) if (await isComing(store, needed)) return true;
  return false;
}

/** Models that the job reads: bases, where they are no checkpoint, which lies beside the job itself, those it learns from, and those it measures, explains or exports. */
export function modelsOf(spec: JobSpec): string[] {
  if (!trains(spec)) return [...new Set(modelsUsedIn(spec).map(({ id }) => id))];
  return [...new Set(plansOf(spec).flatMap(({ base_model: base, stages }) => [...(typeof base === 'string' ? [base] : []), ...teachersOf(stages)]))];
}

/** The model that the job is about; of an evaluation perhaps another that it is held against. */
export const modelsUsedIn = (spec: UntrainedSpec): Pick<MeasuredModel, 'id'>[] => (spec.type === 'evaluate' && spec.against !== null ? [spec.model, spec.against] : [spec.model]);

async function isComing(store: Store, id: string): Promise<boolean> {
  if (await findModel(store, id)) return false;
  if ((await findImport(store, id))?.status === 'importing') return true;
  return (await unfinishedJobUsing(store, ({ model }) => model === id)) !== undefined;
}
