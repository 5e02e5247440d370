// Class by class.
import { describe, expect, it } from '@jest/globals';
import type { RunResult } from '#contract/run.js';
import { classesOf, precisionOf, recallOf } from '#report/classes.js';

const run = (role: RunResult['role'], seed: number, confusion: number[][] | null): RunResult => ({
  run: seed === 1 ? role : `${role}_${seed}`, role, seed, steps: 1, stop_reason: 'completed', budget_reached: null, metrics: {}, confusion_matrix: confusion, seconds: 1, examples_per_second: 1,
});

describe('class by class', () => {
  const confusion = [[8, 2, 0], [1, 9, 0], [0, 0, 0]];

  it('recall is by rows and precision by columns', () => {
    expect([0, 1, 2].map((at) => recallOf(confusion, at))).toEqual([0.8, 0.9, null]);
    expect([0, 1, 2].map((at) => precisionOf(confusion, at))).toEqual([8 / 9, 9 / 11, null]);
  });

  it('differences are the mean over pairs of one seed, and the rest is of the model', () => {
    const runs = [run('main', 1, [[8, 2], [0, 10]]), run('baseline', 1, [[6, 4], [0, 10]]), run('main', 2, [[9, 1], [0, 10]]), run('baseline', 2, [[9, 1], [5, 5]])];
    const [first, second] = classesOf(['a', 'b'], runs)!;
    expect(first).toMatchObject({ name: 'a', examples: 10, recall: { value: 0.8, examples: 10 }, precision: 1 });
    expect(first!.recall_difference).toBeCloseTo(0.1, 12);
    expect(second!.recall_difference).toBeCloseTo(0.25, 12);
  });

  it('there is no difference without a baseline, and nothing at all of too many classes', () => {
    expect(classesOf(['a', 'b'], [run('main', 1, [[8, 2], [0, 10]])])).toMatchObject([{ recall_difference: null, precision_difference: null }, {}]);
    expect(classesOf(['a', 'b'], [run('main', 1, null)])).toBeNull();
  });
});
