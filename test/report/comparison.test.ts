// Runs side by side: pairs of one seed, the interval of their difference, and what it allows to say.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunResult } from '#contract/run.js';
import type { Task } from '#contract/task.js';
import { compareRuns, intervalOf } from '#report/comparison.js';

const METRICS = { classification: 'test_accuracy', regression: 'test_rmse' } as const;
const run = (role: RunResult['role'], seed: number, value: number, task: Task = 'classification'): RunResult => ({
  run: seed === 1 ? role : `${role}_${seed}`, role, seed, steps: 1, stop_reason: 'completed', budget_reached: null, metrics: { [METRICS[task]]: value }, confusion_matrix: null, seconds: 1, examples_per_second: 1,
});
const compared = (pairs: readonly (readonly [transfer: number, scratch: number])[], task: Task = 'classification') =>
  compareRuns(pairs.flatMap(([transfer, scratch], at) => [run('main', at + 1, transfer, task), run('baseline', at + 1, scratch, task)]), task);

describe('comparing runs', () => {
  it.each([[0.75, 0.5, 0.25], [0.5, 0.75, -0.25], [0.5, 0.5, 0]])('%d against %d is a difference of %d, of which one seed cannot tell', (transfer, scratch, difference) => {
    const { comparison, verdict } = compared([[transfer, scratch]]);
    expect(comparison).toEqual({ metric: 'test_accuracy', transfer, scratch, difference, interval: null, seeds: 1, pairs: [{ seed: 1, transfer, scratch, difference }] });
    expect(verdict).toBe('cannot_tell');
  });

  it('gives the interval of Student’s paired t', () => {
    // Differences 0.1, 0.2, 0.3: mean 0.2, s 0.1, t 4.30265 with two degrees of freedom.
    const { comparison, verdict } = compared([[0.6, 0.5], [0.8, 0.6], [0.9, 0.6]]);
    expect(comparison).toMatchObject({ seeds: 3, metric: 'test_accuracy' });
    expect(comparison!.difference).toBeCloseTo(0.2, 12);
    expect(comparison!.interval![0]).toBeCloseTo(0.2 - (4.30265273 * 0.1) / Math.sqrt(3), 8);
    expect(comparison!.interval![1]).toBeCloseTo(0.2 + (4.30265273 * 0.1) / Math.sqrt(3), 8);
    expect(verdict).toBe('cannot_tell');
  });

  it.each([
    ['helps', [[0.6, 0.5], [0.71, 0.6], [0.69, 0.6]]],
    ['hurts', [[0.5, 0.6], [0.6, 0.71], [0.6, 0.69]]],
    ['cannot_tell', [[0.5, 0.6], [0.8, 0.6], [0.6, 0.61]]],
  ] as const)('%s', (verdict, pairs) => {
    expect(compared(pairs).verdict).toBe(verdict);
  });

  it('of values is by an error, which is the better the smaller it is', () => {
    expect(compared([[2, 3], [2.1, 3], [1.9, 3]], 'regression')).toMatchObject({ comparison: { metric: 'test_rmse', transfer: 2, scratch: 3, difference: 1 }, verdict: 'helps' });
  });

  it('counts pairs alone: a main run whose baseline was stopped says nothing', () => {
    const runs = [run('main', 1, 0.9), run('baseline', 1, 0.8), run('main', 2, 0.1)];
    expect(compareRuns(runs, 'classification').comparison).toMatchObject({ seeds: 1, transfer: 0.9, scratch: 0.8 });
  });

  it('says nothing of a run that stands alone', () => {
    const report = compareRuns([run('main', 1, 0.9)], 'classification');
    expect(report).toMatchObject({ comparison: null, verdict: 'cannot_tell' });
    expect(report.why).toContain('no baseline');
  });

  it('turns round when transfer and scratch change places', () => {
    const OPPOSITE = { helps: 'hurts', hurts: 'helps', cannot_tell: 'cannot_tell' } as const;
    const value = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 }), fc.constantFrom<Task>('classification', 'regression'), (pairs, task) => {
        const [one, other] = [compared(pairs, task), compared(pairs.map(([transfer, scratch]) => [scratch, transfer] as const), task)];
        expect(other.verdict).toBe(OPPOSITE[one.verdict]);
        expect(other.comparison!.difference).toBeCloseTo(-one.comparison!.difference, 12);
        if (one.comparison!.interval) expect(other.comparison!.interval!.map((end) => -end).reverse().map((end, at) => Math.abs(end - one.comparison!.interval![at]!) < 1e-12)).toEqual([true, true]);
      }),
    );
  });

  it('has an interval that widens with the spread and narrows with seeds', () => {
    const width = (differences: number[]): number => intervalOf(differences)![1] - intervalOf(differences)![0];
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 10 }), (differences) => {
        expect(width(differences.map((difference) => 2 * difference))).toBeCloseTo(2 * width(differences), 9);
        expect(width([...differences, ...differences])).toBeLessThanOrEqual(width(differences) + 1e-12);
      }),
    );
  });
});
