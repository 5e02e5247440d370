// How far a job is: the steps of all its runs, and the time that is left by the pace of this attempt.
import { describe, expect, it } from '@jest/globals';
import type { BudgetRequest } from '#contract/budget.js';
import { mostStepsOf, type RunResult } from '#contract/job.js';
import { plansOf } from '#contract/plans.js';
import { comparisonOf } from '#jobs/comparison.js';
import { baseModel, dataset, fineTune, mlp, specOf } from '../support/networks.js';
import { ProgressMeter } from '../../workers/progress-meter.js';

/** Two runs of 4 epochs of 12 steps, each of 10 examples. */
function meter(budget?: BudgetRequest, finished: { result: RunResult }[] = [], seeds = 1) {
  const training = { epochs: 4, batch_size: 10, ...(budget && { budget }) };
  const spec = specOf(fineTune({ kind: 'parameter' }, { baseline: { scratch: true, seeds }, training: { ...training, seed: 1 } }), undefined, baseModel(mlp()));
  let nowMs = 0;
  const measuring = new ProgressMeter(spec, finished, () => nowMs);
  const [main, baseline] = spec.runs as [(typeof spec.runs)[0], (typeof spec.runs)[0]];
  /** So many steps more, up to this one, in so many seconds. */
  const advance = (run: typeof main, step: number, { steps, seconds, ofRun = 0 }: { steps: number; seconds: number; ofRun?: number }) => {
    nowMs += seconds * 1_000;
    return measuring.advance(run, { stage: 0, epoch: 1, step }, { examples: steps * 10, seconds: ofRun });
  };
  return { main, baseline, advance, finished };
}
const ended = (steps: number): { result: RunResult } => ({
  result: { run: 'main', role: 'main', seed: 1, steps, stop_reason: 'budget', budget_reached: 'until', metrics: {}, confusion_matrix: null, seconds: 1, examples_per_second: 1 },
});

describe('progress', () => {
  it('counts the steps of all runs', () => {
    const { main, advance } = meter();
    expect(advance(main, 12, { steps: 12, seconds: 6 })).toMatchObject({ step: 12, steps: 96, percent: 12.5, examples_per_second: 20, eta_seconds: 42 });
  });

  it('of an attempt that goes on goes by its own pace, not by steps of earlier ones', () => {
    const { main, advance } = meter();
    expect(advance(main, 36, { steps: 12, seconds: 6 })).toMatchObject({ step: 36, percent: 37.5, eta_seconds: 30 });
  });

  it('ends at the steps of a budget, in each run', () => {
    const { main, advance } = meter({ steps: 20 });
    expect(advance(main, 10, { steps: 10, seconds: 10 })).toMatchObject({ step: 10, steps: 40, percent: 25, eta_seconds: 30 });
  });

  it('expects the main run to end with its time, and the baseline after as many steps', () => {
    const { main, advance } = meter({ seconds: 30 });
    expect(advance(main, 10, { steps: 10, seconds: 10, ofRun: 10 })).toMatchObject({ step: 10, steps: 96, percent: 16.7, eta_seconds: 50 });
    expect(advance(main, 31, { steps: 21, seconds: 21, ofRun: 31 })).toMatchObject({ step: 31, percent: 50, eta_seconds: 31 });
  });

  it('knows how long the baseline is once the main run has ended early', () => {
    const { baseline, advance } = meter({ until: { metric: 'loss', at_most: 1 } }, [ended(24)]);
    expect(advance(baseline, 12, { steps: 12, seconds: 12 })).toMatchObject({ run: 'baseline', step: 36, steps: 48, percent: 75, eta_seconds: 12 });
  });

  it('counts the runs of further seeds at their most, and each baseline by the main run of its seed', () => {
    const { baseline, advance } = meter({ until: { metric: 'loss', at_most: 1 } }, [ended(24)], 2);
    expect(advance(baseline, 12, { steps: 12, seconds: 12 })).toMatchObject({ step: 36, steps: 24 + 24 + 48 + 48 });
  });

  it('of a comparison goes by the plan of each run', () => {
    const base = baseModel(mlp());
    const plan = (epochs: number, batch: number) => specOf(fineTune({ kind: 'parameter' }, { training: { epochs, batch_size: batch } }), undefined, base);
    const candidates = [{ name: 'short', transfer: { kind: 'parameter' } }, { name: 'long', transfer: { kind: 'parameter' } }] as const;
    const spec = comparisonOf({ type: 'compare', dataset: dataset().id, base_model: base.id, seeds: 2, candidates: [...candidates] }, dataset(), [plan(1, 10), plan(4, 20)]);
    expect(plansOf(spec).map(mostStepsOf)).toEqual([12, 24]);
    let nowMs = 0;
    const meter = new ProgressMeter(spec, [], () => nowMs);
    nowMs = 6_000;
    // 6 of 12 steps, a second each; 24, 12 and 24 follow.
    expect(meter.advance(spec.runs[0]!, { stage: 0, epoch: 1, step: 6 }, { examples: 60, seconds: 6 })).toMatchObject({ run: 'short.1', epochs: 1, step: 6, steps: 72, percent: 8.3, eta_seconds: 66 });
    const later = new ProgressMeter(spec, spec.runs.slice(0, 1).map((run) => ({ result: { ...ended(12).result, ...run } })), () => nowMs);
    nowMs += 12_000;
    expect(later.advance(spec.runs[1]!, { stage: 0, epoch: 2, step: 12 }, { examples: 240, seconds: 12 })).toMatchObject({ run: 'long.1', epochs: 4, step: 24, steps: 72, eta_seconds: 48 });
  });
});
