// Runs side by side.
import { describe, expect, it } from '@jest/globals';
import type { RunResult } from '#contract/job.js';
import { compareRuns } from '#transfer/report.js';

const run = (role: RunResult['role'], accuracy: number): RunResult => ({
  run: role, role, seed: 1, steps: 1, stop_reason: 'completed', budget_reached: null, metrics: { test_accuracy: accuracy }, confusion_matrix: null, seconds: 1, examples_per_second: 1,
});

describe('comparing runs', () => {
  it.each([[0.75, 0.5, 0.25], [0.5, 0.75, -0.25], [0.5, 0.5, 0]])('%d against %d is a gain of %d, of which one seed cannot tell', (main, baseline, gain) => {
    const runs = [run('baseline', baseline), run('main', main)];
    expect(compareRuns(runs, 'classification')).toMatchObject({ runs, metric: 'test_accuracy', gain, verdict: 'cannot_tell' });
  });

  it('of values is by an error, which is the better the smaller it is', () => {
    const runs = [{ ...run('baseline', 0), metrics: { test_rmse: 3 } }, { ...run('main', 0), metrics: { test_rmse: 2 } }];
    expect(compareRuns(runs, 'regression')).toMatchObject({ metric: 'test_rmse', gain: 1, verdict: 'cannot_tell' });
  });

  it('says nothing of a run that stands alone', () => {
    const report = compareRuns([run('main', 0.9)], 'classification');
    expect(report).toMatchObject({ gain: null, verdict: null, why: 'There was no baseline run to compare with.' });
  });
});
