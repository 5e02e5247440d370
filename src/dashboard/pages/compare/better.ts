// The best of several values of a metric.
import { isBetterHigher } from '../../../contract/metrics.js';

/** undefined where only one has it, or all are alike. */
export function bestOf(metric: string, values: readonly (number | undefined)[]): number | undefined {
  const there = values.filter((value) => value !== undefined);
  if (there.every((value) => value === there[0])) return undefined;
  return isBetterHigher(metric) ? Math.max(...there) : Math.min(...there);
}
