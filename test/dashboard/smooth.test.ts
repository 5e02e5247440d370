// Curves that are smoothed.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { smoothed } from '#dashboard/chart/smooth.js';

const evenly = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe('a smoothed curve', () => {
  it('is the curve itself at 0', () => {
    expect(smoothed([0, 1, 2], [3, 1, 2], 0)).toEqual([3, 1, 2]);
  });

  it('is as long, has gaps where it had, and stays within what was measured', () => {
    fc.assert(fc.property(fc.array(fc.option(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { freq: 8 }), { minLength: 1, maxLength: 50 }), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (y, weight) => {
      const shown = smoothed(evenly(y.length), y, weight);
      const known = y.filter((value) => value !== null);
      expect(shown.map((value) => value === null)).toEqual(y.map((value) => value === null));
      for (const value of shown) if (value !== null) expect(value >= Math.min(...known) - 1e-6 && value <= Math.max(...known) + 1e-6).toBe(true);
    }));
  });

  it('of one value everywhere is that value', () => {
    for (const value of smoothed(evenly(20), Array.from({ length: 20 }, () => 0.25), 0.9)) expect(value).toBeCloseTo(0.25, 12);
  });

  it('weighs what lies far back less, by how far points lie apart and not by their number', () => {
    const [, near] = smoothed([0, 1, 10], [0, 1, 1], 0.9);
    const [, far] = smoothed([0, 9, 10], [0, 1, 1], 0.9);
    expect(far!).toBeGreaterThan(near!);
  });
});
