// The metrics of a run, by name: which there are, and which way each gets better. Apart from the schemas, so that a training child
// does not load the library they are written in.

import type { Task } from './task.js';

/** `top_5_accuracy` is the part of the examples whose class is among so many. */
export const TOP = 5;
/** With fewer classes, half of them or more are among the top: that says little, and costs a step of the smallest network a fortieth (docs/decisions/training.md, "Objectives"). */
export const LEAST_CLASSES_FOR_TOP = 2 * TOP + 1;

/** What runs are compared by. */
export const PRIMARY_METRIC: Readonly<Record<Task, string>> = { classification: 'test_accuracy', regression: 'test_rmse' };

const VALUE_METRICS = ['loss', 'mae'];

/** What a run over so many classes measures after each epoch: of what it trained on and of what validates, if anything does. */
export function epochMetrics(classes: number, validates: boolean, task: Task = 'classification'): string[] {
  // The root of a mean, and a share of the spread, are no means over batches.
  if (task === 'regression') return validates ? [...VALUE_METRICS, 'val_loss', 'val_mae', 'val_rmse', 'val_r2'] : VALUE_METRICS;
  const ofBoth = ['loss', 'accuracy', ...(classes >= LEAST_CLASSES_FOR_TOP ? [`top_${TOP}_accuracy`] : [])];
  // The area under a curve is no mean over batches.
  const ofValidation = [...ofBoth, ...(classes === 2 ? ['auc'] : [])].map((name) => `val_${name}`);
  return validates ? [...ofBoth, ...ofValidation] : ofBoth;
}

/** Whether the metric gets better as it grows: none that does is above 1. */
export const isBetterHigher = (metric: string): boolean => !/(loss|mae|rmse)$/.test(metric);
