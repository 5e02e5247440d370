// Early stopping with nothing left open: by a metric that the run measures.
import { resolveEarlyStopping, type EarlyStopping, type EarlyStoppingRequest } from '../contract/early-stopping.js';
import { ServiceError } from '../contract/errors.js';
import { epochMetrics } from '../contract/metrics.js';
import type { Task } from '../contract/task.js';
import { NOT_VALIDATED } from './budget.js';

interface Watched {
  classes: number;
  /** @default classification */
  task?: Task;
  /** Whether anything is measured after each epoch. */
  validates: boolean;
}

/** @throws METRIC_NOT_MEASURED */
export function resolveWatch(asked: EarlyStoppingRequest | undefined, { classes, task, validates }: Watched): EarlyStopping | null {
  if (asked === undefined) return null;
  const settings = resolveEarlyStopping(asked);
  const metrics = epochMetrics(classes, true, task).filter((name) => name.startsWith('val_'));
  if (validates && metrics.includes(settings.metric)) return settings;
  const why = metrics.includes(settings.metric)
    ? NOT_VALIDATED
    : `early stopping goes by ${metrics.join(', ')}`;
  throw ServiceError.of('METRIC_NOT_MEASURED', settings.metric, why).at('/training/early_stopping/metric');
}
