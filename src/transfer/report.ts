// What the runs of a job say side by side. One seed can show a difference, never whether it would come again.
import type { RunResult } from '../contract/job.js';

export interface TransferReport {
  runs: RunResult[];
  /** Test accuracy of the transferred network minus that of the same network from fresh weights; null without a baseline. */
  gain_test_accuracy: number | null;
  verdict: 'cannot_tell' | null;
  why: string;
}

export function compareRuns(runs: RunResult[]): TransferReport {
  const accuracy = (role: RunResult['role']): number | undefined => runs.find((run) => run.role === role)?.metrics.test_accuracy;
  const [main, baseline] = [accuracy('main'), accuracy('baseline')];
  if (main === undefined || baseline === undefined) {
    return { runs, gain_test_accuracy: null, verdict: null, why: 'There was no baseline run to compare with.' };
  }
  return {
    runs,
    gain_test_accuracy: main - baseline,
    verdict: 'cannot_tell',
    why: 'One seed cannot tell a gain from chance; repeat with other seeds.',
  };
}
