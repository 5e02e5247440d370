// What an export is verified on and held to, and what fewer bits are said to cost.
import { describe, expect, it } from '@jest/globals';
import { measuredAccuracy, requireAccurate, toldClasses } from '#exports/accuracy.js';
import { accepted, goldenInputs, largestDifference, shaken } from '#exports/verify.js';

const golden = (inputs: number[][]) => ({ inputs, input_shape: [inputs[0]!.length], outputs: [], tolerance: 1e-5 });

describe('inputs made of golden pairs', () => {
  const pairs = [[0, 10, 20], [1, 11, 21], [2, 12, 22]];

  it('begin with the pairs, and go on with values of theirs, each in its place', () => {
    const { values, count } = goldenInputs(golden(pairs), 100);
    expect(count).toBe(100);
    expect([...values.subarray(0, 9)]).toEqual(pairs.flat());
    values.forEach((value, at) => expect(pairs.map((row) => row[at % 3])).toContain(value));
    expect(new Set(Array.from({ length: 100 }, (_, row) => values.subarray(3 * row, 3 * row + 3).join())).size).toBeGreaterThan(20);
  });

  it('are the same each time', () => {
    expect(goldenInputs(golden(pairs), 30)).toEqual(goldenInputs(golden(pairs), 30));
  });
});

describe('the difference of outputs', () => {
  it('is the largest in any place', () => {
    expect(largestDifference(Float32Array.of(1, 2, 3), Float32Array.of(1, 2.5, 2.75))).toBe(0.5);
  });

  it.each([[Float32Array.of(1, NaN), Float32Array.of(1, 2)], [Float32Array.of(NaN, 1), Float32Array.of(0, 3)], [Float32Array.of(1), Float32Array.of(1, 2)], [Float32Array.of(Infinity), Float32Array.of(1)]])(
    'is past all measure where one is no number, or missing (%#)',
    (some, others) => expect(largestDifference(some, others)).toBe(Infinity),
  );

  it('is accepted by the format, more for larger outputs', () => {
    const same = (outputs: Float32Array): number => accepted(1e-6, outputs, outputs);
    expect(same(Float32Array.of(0.1, 0.9))).toBe(1e-6);
    expect(same(Float32Array.of(3, -64))).toBeCloseTo(6.4e-5, 12);
  });

  it('is accepted at four times what roundings come to, where that is more', () => {
    expect(accepted(1e-6, Float32Array.of(0.5), Float32Array.of(0.5625))).toBe(0.25);
  });
});

it('Shaken weights are off by one unit in their last place', () => {
  const values = shaken(new Map([['a/kernel', Float32Array.from({ length: 64 }, (_, at) => 1 + at)]])).get('a/kernel')!;
  const moved = [...values].map((value, at) => (value - (1 + at)) / (1 + at));
  for (const part of moved) expect(Math.abs(part)).toBeLessThanOrEqual(2 ** -22);
  expect(moved.some((part) => part > 0) && moved.some((part) => part < 0)).toBe(true);
});

describe('what fewer bits cost', () => {
  it('is the accuracy before, less that after', () => {
    const before = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.3, 0.7);
    const after = Float32Array.of(0.9, 0.1, 0.7, 0.3, 0.6, 0.4, 0.3, 0.7);
    expect([...toldClasses(after, 4)]).toEqual([0, 0, 0, 1]);
    expect(measuredAccuracy(before, after, { classes: [0, 1, 0, 0] })).toEqual({ metric: 'accuracy', before: 0.75, after: 0.5, drop: 0.25 });
  });

  it('takes one output alone for the second class where it is over a half', () => {
    expect([...toldClasses(Float32Array.of(0.2, 0.7), 2)]).toEqual([0, 1]);
  });

  it('is of values the part by which their error is larger', () => {
    const values = Float32Array.of(1, 2);
    expect(measuredAccuracy(Float32Array.of(1.5, 2.5), Float32Array.of(1.75, 2.75), { values })).toEqual({ metric: 'mean_absolute_error', before: 0.5, after: 0.75, drop: 0.5 });
    expect(measuredAccuracy(values, values, { values }).drop).toBe(0);
  });

  it('is refused past what is accepted, to the last digit', () => {
    const lost = { metric: 'accuracy' as const, before: 0.75, after: 0.5, drop: 0.25 };
    expect(() => requireAccurate(lost, null)).not.toThrow();
    expect(() => requireAccurate(lost, 0.25)).not.toThrow();
    expect(() => requireAccurate(lost, 0.24)).toThrow('accuracy goes from 0.7500 to 0.5000');
  });
});
