// The one number that says how good a job came out.
import type { FlatMetrics } from '../../../contract/run.js';

const LEADS = ['test_accuracy', 'test_rmse', 'test_loss', 'val_accuracy', 'val_rmse', 'val_loss', 'accuracy', 'rmse', 'loss'];

export function leadMetric(metrics: FlatMetrics): { name: string; value: number } | undefined {
  const name = LEADS.find((lead) => metrics[lead] !== undefined) ?? Object.keys(metrics)[0];
  return name === undefined ? undefined : { name, value: metrics[name]! };
}
