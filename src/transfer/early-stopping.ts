// Early stopping with nothing left open: by a metric that the run measures.
import { resolveEarlyStopping, type EarlyStopping, type EarlyStoppingRequest } from '../contract/early-stopping.js';
import { ServiceError } from '../contract/errors.js';
import { epochMetrics } from '../contract/metrics.js';
import type { Task } from '../contract/task.js';
import { NOT_VALIDATED } from './budget.js';

export interface Watched {
  classes: number;
  /** @default classification */
  task?: Task;
  /** Whether anything is measured after each epoch. */
  validates: boolean;
}

/** @throws METRIC_NOT_MEASURED */
export function resolveWatch(asked: EarlyStoppingRequest | undefined, watched: Watched): EarlyStopping | null {
  if (asked === undefined) return null;
  const settings = resolveEarlyStopping(asked);
  requireValidationMetric(settings.metric, watched, '/training/early_stopping/metric');
  return settings;
}

/** @throws METRIC_NOT_MEASURED where validation does not measure it, or there is none */
export function requireValidationMetric(metric: string, { classes, task, validates }: Watched, pointer: string): void {
  const metrics = epochMetrics(classes, true, task).filter((name) => name.startsWith('val_'));
  if (validates && metrics.includes(metric)) return;
  throw ServiceError.of('METRIC_NOT_MEASURED', metric, metrics.includes(metric) ? NOT_VALIDATED : `what validates is measured by ${metrics.join(', ')}`).at(pointer);
}
