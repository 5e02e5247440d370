// Plans side by side: each over its seeds, the best of them, and how sure it is that another is worse.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunResult } from '#contract/run.js';
import type { Task } from '#contract/task.js';
import type { CompareSpec } from '#contract/training-specs.js';
import { candidatesPage } from '#report/candidates-page.js';
import { compareCandidates } from '#report/candidates.js';
import { intervalOf } from '#report/comparison.js';
import { wilsonInterval } from '#report/wilson.js';

const METRICS = { classification: 'accuracy', regression: 'rmse' } as const;
interface Values {
  test: readonly number[];
  val?: readonly number[];
}
/** A report of candidates by name, each with what its runs by seeds 1, 2, … measured. */
function compared(candidates: Readonly<Record<string, Values>>, task: Task = 'classification') {
  const names = Object.keys(candidates);
  const seeds = Array.from({ length: Math.max(...names.map((name) => candidates[name]!.test.length)) }, (_, at) => at + 1);
  const spec = { dataset: 'ds_1', seeds, candidates: names.map((name) => ({ name, spec: { base_model: 'mdl_1', ...(task === 'regression' && { target: {} }) } })) } as unknown as CompareSpec;
  const results = seeds.flatMap((seed, at) => names.flatMap((name): RunResult[] => {
    const { test, val } = candidates[name]!;
    if (test[at] === undefined) return [];
    const metrics = { [`test_${METRICS[task]}`]: test[at], ...(val && { [`val_${METRICS[task]}`]: val[at]! }) };
    return [{ run: `${name}.${seed}`, role: 'candidate', candidate: name, seed, steps: 1, stop_reason: 'completed', budget_reached: null, metrics, confusion_matrix: null, seconds: 10 * seed, examples_per_second: 1 }];
  }));
  return compareCandidates({ id: 'job_1', name: null }, spec, results, 200);
}
const of = (report: ReturnType<typeof compared>, name: string) => report.candidates.find((each) => each.name === name)!;

describe('candidates', () => {
  it('are told by mean, range, interval and median time over their seeds, each accuracy with that of Wilson', () => {
    const { mean, low, high, interval, seconds, seeds, to_best: against } = of(compared({ a: { test: [0.6, 0.8, 0.7] }, b: { test: [0.5, 0.5, 0.5] } }), 'a');
    expect([low, high, seconds, against]).toEqual([0.6, 0.8, 20, null]);
    expect(mean).toBeCloseTo(0.7, 12);
    expect(interval).toEqual(intervalOf([0.6, 0.8, 0.7]));
    expect(seeds[0]!.accuracy).toEqual({ value: 0.6, interval: wilsonInterval(120, 200), examples: 200 });
  });

  it('that measure the same differ by nothing, of which nothing can be told', () => {
    const report = compared({ a: { test: [0.6, 0.8, 0.7] }, again: { test: [0.6, 0.8, 0.7] } });
    expect(report.best).toBe('a');
    expect(of(report, 'again').to_best).toEqual({ seeds: 3, difference: 0, interval: [0, 0], corrected: [0, 0], verdict: 'cannot_tell' });
  });

  it.each<[Task, number[], number[]]>([
    ['classification', [0.9, 0.91, 0.92], [0.5, 0.52, 0.51]],
    ['regression', [0.5, 0.52, 0.51], [0.9, 0.91, 0.92]],
  ])('of %s are worse with a difference below 0', (task, good, bad) => {
    const report = compared({ bad: { test: bad }, good: { test: good } }, task);
    expect(report).toMatchObject({ best: 'good', metric: `test_${METRICS[task]}`, chosen_by: `test_${METRICS[task]}` });
    const { difference, verdict, corrected } = of(report, 'bad').to_best!;
    expect(difference).toBeCloseTo(-0.4, 12);
    expect([corrected![1] < 0, verdict]).toEqual([true, 'worse']);
  });

  it('have intervals of a difference that widen with the number of those held against the best', () => {
    const worse = { test: [0.6, 0.61, 0.65] };
    const best = { test: [0.9, 0.93, 0.9] };
    const [two, four] = [compared({ best, worse }), compared({ best, worse, c: worse, d: worse })].map((report) => of(report, 'worse').to_best!);
    expect(two!.corrected).toEqual(two!.interval);
    expect(four!.interval).toEqual(two!.interval);
    expect(four!.corrected![1] - four!.corrected![0]).toBeGreaterThan(two!.corrected![1] - two!.corrected![0]);
    // One of three gets a third of the 5 %.
    const differences = worse.test.map((value, at) => value - best.test[at]!);
    const third = intervalOf(differences, 1 - 0.05 / 3)!;
    expect(four!.corrected).toEqual(third.map((end) => expect.closeTo(end, 12) as unknown));
  });

  it('by one seed have no interval, and nothing can be told of them', () => {
    const report = compared({ a: { test: [0.9] }, b: { test: [0.1] } });
    expect(of(report, 'a').interval).toBeNull();
    expect(of(report, 'b').to_best).toEqual({ seeds: 1, difference: expect.closeTo(-0.8, 12), interval: null, corrected: null, verdict: 'cannot_tell' });
  });

  it('are chosen by validation where all validate, so that another may be better on the test part', () => {
    const report = compared({ a: { test: [0.5, 0.51, 0.52], val: [0.9, 0.9, 0.9] }, b: { test: [0.9, 0.91, 0.92], val: [0.8, 0.8, 0.8] } });
    expect(report).toMatchObject({ best: 'a', chosen_by: 'val_accuracy', metric: 'test_accuracy' });
    expect(of(report, 'b').to_best).toMatchObject({ verdict: 'better', difference: expect.closeTo(0.4, 12) as unknown });
    expect(compared({ a: { test: [0.5], val: [0.9] }, b: { test: [0.9] } })).toMatchObject({ best: 'b', chosen_by: 'test_accuracy' });
  });

  it('of a comparison that was stopped are chosen and held against each other by seeds they share', () => {
    const report = compared({ a: { test: [0.6, 0.1] }, b: { test: [0.5] }, c: { test: [] } });
    expect(report).toMatchObject({ best: 'a', seeds: [1, 2] });
    expect(of(report, 'a')).toMatchObject({ chosen_by_mean: 0.6, to_best: null });
    expect(of(report, 'b').to_best).toMatchObject({ seeds: 1, interval: null });
    expect(of(report, 'c')).toEqual({ name: 'c', base_model: 'mdl_1', seeds: [], mean: null, low: null, high: null, interval: null, chosen_by_mean: null, seconds: null, to_best: null });
    const none = compared({ a: { test: [] }, b: { test: [] } });
    expect(none.best).toBeNull();
    expect(candidatesPage(none)).toContain('Nothing was run');
  });

  it('come out the same in whatever order, but for equal ones', () => {
    const value = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.uniqueArray(value, { minLength: 6, maxLength: 6 }), ([a, b, c, d, e, f]) => {
        const candidates = { one: { test: [a!, b!] }, two: { test: [c!, d!] }, three: { test: [e!, f!] } };
        const { one, two, three } = candidates;
        const [report, turned] = [compared(candidates), compared({ three, two, one })];
        fc.pre(new Set(report.candidates.map(({ mean }) => mean)).size === 3);
        expect(turned.best).toBe(report.best);
        for (const name of ['one', 'two', 'three']) expect(of(turned, name)).toEqual(of(report, name));
      }),
    );
  });

  it('are a page, best first', () => {
    const page = candidatesPage(compared({ bad: { test: [0.5, 0.5] }, good: { test: [0.9, 0.95] } }));
    expect(page.indexOf('<td>good</td>')).toBeLessThan(page.indexOf('<td>bad</td>'));
    expect(page).toContain('the best of several looks better than it is');
    expect(page).not.toMatch(/<script/);
  });
});
