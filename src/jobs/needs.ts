// Whether a job can begin: what it needs was there when it was accepted, but may be being made again (jobs/restore.ts).
import type { EvaluateSpec, JobSpec, MeasuredModel } from '../contract/job.js';
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

/** Models that the job reads: bases, where they are no checkpoint, which lies beside the job itself, those it learns from, those it measures, and the one it exports. */
export function modelsOf(spec: JobSpec): string[] {
  if (spec.type === 'export') return [spec.model.id];
  if (spec.type === 'evaluate') return [...new Set(measuredIn(spec).map(({ id }) => id))];
  return [...new Set(plansOf(spec).flatMap(({ base_model: base, stages }) => [...(typeof base === 'string' ? [base] : []), ...teachersOf(stages)]))];
}

/** Of an evaluation, its model and perhaps another that it is held against. */
export const measuredIn = ({ model, against }: EvaluateSpec): MeasuredModel[] => (against === null ? [model] : [model, against]);

async function isComing(store: Store, id: string): Promise<boolean> {
  if (await findModel(store, id)) return false;
  if ((await findImport(store, id))?.status === 'importing') return true;
  return (await unfinishedJobUsing(store, ({ model }) => model === id)) !== undefined;
}
