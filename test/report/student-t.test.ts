// Student's t against the printed tables.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boundOfT, withinT } from '#report/student-t.js';

describe('Student’s t', () => {
  it.each([
    [0.95, 1, 12.70620474], [0.95, 2, 4.30265273], [0.95, 3, 3.18244631], [0.95, 4, 2.77644511], [0.95, 5, 2.57058184], [0.95, 10, 2.22813885], [0.95, 19, 2.09302405],
    [0.9, 9, 1.83311293], [0.99, 2, 9.92484320], [0.99, 19, 2.86093461],
  ])('is within its bound for %d, with %d degrees of freedom: %d', (share, degrees, bound) => {
    expect(boundOfT(share, degrees)).toBeCloseTo(bound, 7);
  });

  it('has the closed forms of one and of two degrees of freedom', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e3, noNaN: true }), (t) => {
        expect(withinT(t, 1)).toBeCloseTo((2 / Math.PI) * Math.atan(t), 12);
        expect(withinT(t, 2)).toBeCloseTo(t / Math.sqrt(2 + t * t), 12);
      }),
    );
  });

  it('comes near to the normal distribution', () => {
    expect(boundOfT(0.95, 10_000)).toBeCloseTo(1.96, 3);
  });
});
