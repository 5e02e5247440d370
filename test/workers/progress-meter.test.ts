// How far a job is: the steps of all its runs, and the time that is left by the pace of this attempt.
import { describe, expect, it } from '@jest/globals';
import type { BudgetRequest } from '#contract/budget.js';
import { plansOf } from '#contract/plans.js';
import type { RunResult } from '#contract/run.js';
import { mostStepsOf } from '#contract/training-specs.js';
import { comparisonOf } from '#jobs/comparison.js';
import { baseModel, dataset, fineTune, mlp, specOf } from '../support/networks.js';
import { ProgressMeter } from '../../workers/progress-meter.js';

/** Files, and what a report takes besides passes over data: said of every job here. */
const AFTERWARDS = 0.3 + 0.5;
/** What opening a stage takes that was not opened. */
const OPENING = 0.4;

/** Two runs of 4 epochs of 12 steps, each of 10 examples, which take a second each once the stage is open. */
function meter(budget?: BudgetRequest, finished: { result: RunResult }[] = [], seeds = 1) {
  const training = { epochs: 4, batch_size: 10, ...(budget && { budget }) };
  const spec = specOf(fineTune({ kind: 'parameter' }, { baseline: { scratch: true, seeds }, training: { ...training, seed: 1 } }), undefined, baseModel(mlp()));
  let nowMs = 0;
  const measuring = new ProgressMeter(spec, finished, 0, () => nowMs);
  const [main, baseline] = spec.runs as [(typeof spec.runs)[0], (typeof spec.runs)[0]];
  const later = (seconds: number) => {
    nowMs += seconds * 1_000;
    return measuring.later();
  };
  /** So many steps more, up to this one, in so many seconds. */
  const advance = (run: typeof main, step: number, { steps, seconds = steps, ofRun = 0 }: { steps: number; seconds?: number; ofRun?: number }) => {
    nowMs += seconds * 1_000;
    return measuring.advance(run, { stage: 0, epoch: Math.ceil(step / 12), step }, { examples: steps * 10, seconds: ofRun });
  };
  return { main, baseline, advance, later, measuring, finished };
}
const ended = (steps: number): { result: RunResult } => ({
  result: { run: 'main', role: 'main', seed: 1, steps, stop_reason: 'budget', budget_reached: 'until', metrics: {}, confusion_matrix: null, seconds: 1, examples_per_second: 1 },
});

describe('progress', () => {
  it('counts the steps of all runs, and the time of all that is left by the pace of those that were taken', () => {
    const { main, advance } = meter();
    advance(main, 2, { steps: 2 });
    const { eta_seconds: eta, ...told } = advance(main, 12, { steps: 10 });
    expect(told).toMatchObject({ step: 12, steps: 96, percent: 12.5, examples_per_second: 10 });
    expect(eta).toBeCloseTo(84 + OPENING + AFTERWARDS, 0);
  });

  it('does not take the first call of a stage for its pace', () => {
    const { main, advance } = meter();
    advance(main, 2, { steps: 2, seconds: 60 });
    expect(advance(main, 12, { steps: 10 }).eta_seconds).toBeCloseTo(84 + OPENING + AFTERWARDS, 0);
  });

  it('goes by the pace of now rather than that of long ago', () => {
    const { main, advance } = meter();
    advance(main, 2, { steps: 2 });
    advance(main, 4, { steps: 2, seconds: 8 });
    const { eta_seconds: eta } = advance(main, 24, { steps: 20 });
    expect(eta).toBeLessThan(72 * 1.15);
    expect(eta).toBeGreaterThan(72);
  });

  it('counts what measuring an epoch takes apart, and once for each epoch that is left', () => {
    const { main, advance, measuring, later } = meter();
    advance(main, 2, { steps: 2 });
    advance(main, 12, { steps: 10 });
    later(5);
    measuring.epochMeasured();
    // Three epochs of the main run; those of the baseline are reckoned, and there is no validation part.
    expect(advance(main, 24, { steps: 12 }).eta_seconds).toBeCloseTo(72 + 2 * 5 + OPENING + AFTERWARDS, 0);
  });

  it('leaves more time for what was only reckoned than for what was measured, to be right nine times in ten', () => {
    const { main, advance } = meter();
    const [reckoned, measured] = [advance(main, 12, { steps: 12 }), advance(main, 36, { steps: 24 })];
    const widthOf = ({ eta_seconds: eta, eta_p90_seconds: p90 }: typeof reckoned) => p90! / eta!;
    expect(widthOf(reckoned)).toBeGreaterThan(widthOf(measured));
    expect(widthOf(measured)).toBeGreaterThan(1.25);
  });

  it('of an attempt that goes on goes by its own pace, not by steps of earlier ones', () => {
    const { main, advance } = meter();
    advance(main, 26, { steps: 2 });
    const { eta_seconds: eta, ...told } = advance(main, 36, { steps: 10, seconds: 5 });
    expect(told).toMatchObject({ step: 36, percent: 37.5 });
    expect(eta).toBeCloseTo(30 + OPENING + AFTERWARDS, 0);
  });

  it('ends at the steps of a budget, in each run', () => {
    const { main, advance } = meter({ steps: 20 });
    advance(main, 2, { steps: 2 });
    const { eta_seconds: eta, ...told } = advance(main, 10, { steps: 8 });
    expect(told).toMatchObject({ step: 10, steps: 40, percent: 25 });
    expect(eta).toBeCloseTo(30 + OPENING + AFTERWARDS, 0);
  });

  it('expects the main run to end with its time, and the baseline after as many steps', () => {
    const { main, advance } = meter({ seconds: 30 });
    advance(main, 2, { steps: 2, ofRun: 2 });
    const { eta_seconds: eta, ...told } = advance(main, 10, { steps: 8, ofRun: 10 });
    expect(told).toMatchObject({ step: 10, steps: 96, percent: 16.7 });
    expect(eta).toBeCloseTo(50 + OPENING + AFTERWARDS, 0);
    expect(advance(main, 31, { steps: 21, ofRun: 31 })).toMatchObject({ step: 31, percent: 50 });
  });

  it('knows how long the baseline is once the main run has ended early', () => {
    const { baseline, advance } = meter({ until: { metric: 'loss', at_most: 1 } }, [ended(24)]);
    advance(baseline, 2, { steps: 2 });
    const { eta_seconds: eta, ...told } = advance(baseline, 12, { steps: 10 });
    expect(told).toMatchObject({ run: 'baseline', step: 36, steps: 48, percent: 75 });
    expect(eta).toBeCloseTo(12 + AFTERWARDS, 0);
  });

  it('counts the runs of further seeds at their most, and each baseline by the main run of its seed', () => {
    const { baseline, advance } = meter({ until: { metric: 'loss', at_most: 1 } }, [ended(24)], 2);
    expect(advance(baseline, 12, { steps: 12, seconds: 12 })).toMatchObject({ step: 36, steps: 24 + 24 + 48 + 48 });
  });

  it('counts down while no step is taken, to what publishing takes at least', () => {
    const { baseline, advance, later } = meter({ steps: 12 }, [ended(12)]);
    expect(later(1)).toBeNull();
    advance(baseline, 2, { steps: 2 });
    const told = advance(baseline, 12, { steps: 10 });
    expect(told.eta_seconds).toBeCloseTo(AFTERWARDS, 0);
    expect(later(0.5)).toEqual({ ...told, eta_seconds: expect.closeTo(told.eta_seconds! - 0.5, 0), eta_p90_seconds: expect.closeTo(told.eta_p90_seconds! - 0.9, 0) });
    expect(later(60)).toMatchObject({ step: 24, percent: 100, eta_seconds: 0.3 });
  });

  it('of a comparison goes by the plan of each run', () => {
    const base = baseModel(mlp());
    const plan = (epochs: number, batch: number) => specOf(fineTune({ kind: 'parameter' }, { training: { epochs, batch_size: batch } }), undefined, base);
    const candidates = [{ name: 'short', transfer: { kind: 'parameter' } }, { name: 'long', transfer: { kind: 'parameter' } }] as const;
    const spec = comparisonOf({ type: 'compare', dataset: dataset().id, base_model: base.id, seeds: 2, candidates: [...candidates] }, dataset(), [plan(1, 10), plan(4, 20)]);
    expect(plansOf(spec).map(mostStepsOf)).toEqual([12, 24]);
    let nowMs = 0;
    const meter = new ProgressMeter(spec, [], 0, () => nowMs);
    const advance = (step: number, steps: number) => {
      nowMs += steps * 1_000;
      return meter.advance(spec.runs[0]!, { stage: 0, epoch: 1, step }, { examples: 10 * steps, seconds: step });
    };
    advance(2, 2);
    // 6 of 12 steps, a second each; 24, 12 and 24 follow, those of the long plan by their operations.
    const { eta_seconds: eta, ...told } = advance(6, 4);
    expect(told).toMatchObject({ run: 'short.1', epochs: 1, step: 6, steps: 72, percent: 8.3 });
    expect(eta).toBeGreaterThan(66);
    expect(eta).toBeLessThan(66 * 1.2);
    const later = new ProgressMeter(spec, spec.runs.slice(0, 1).map((run) => ({ result: { ...ended(12).result, ...run } })), 0, () => nowMs);
    nowMs += 12_000;
    expect(later.advance(spec.runs[1]!, { stage: 0, epoch: 2, step: 12 }, { examples: 240, seconds: 12 })).toMatchObject({ run: 'long.1', epochs: 4, step: 24, steps: 72 });
  });
});
