// What the runs of a job say side by side. One seed can show a difference, never whether it would come again.
import { isBetterHigher, PRIMARY_METRIC } from '../contract/metrics.js';
import type { RunResult } from '../contract/job.js';
import type { Task } from '../contract/task.js';

export interface TransferReport {
  runs: RunResult[];
  /** What the runs are compared by. */
  metric: string;
  /** By how much the transferred network is better than the same network from fresh weights; negative where it is worse, null without a baseline. */
  gain: number | null;
  verdict: 'cannot_tell' | null;
  why: string;
}

export function compareRuns(runs: RunResult[], task: Task): TransferReport {
  const metric = PRIMARY_METRIC[task];
  const measured = (role: RunResult['role']): number | undefined => runs.find((run) => run.role === role)?.metrics[metric];
  const [main, baseline] = [measured('main'), measured('baseline')];
  if (main === undefined || baseline === undefined) {
    return { runs, metric, gain: null, verdict: null, why: 'There was no baseline run to compare with.' };
  }
  return {
    runs,
    metric,
    gain: isBetterHigher(metric) ? main - baseline : baseline - main,
    verdict: 'cannot_tell',
    why: 'One seed cannot tell a gain from chance; repeat with other seeds.',
  };
}
