// The interval of a share.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { proportionOf, wilsonInterval } from '#report/wilson.js';

describe('the interval of Wilson', () => {
  // Brown, Cai & DasGupta 2001 and R's prop.test(x, n, correct = FALSE).
  it.each([
    [0, 10, 0, 0.2775328], [10, 10, 0.7224672, 1], [5, 10, 0.2365931, 0.7634069], [81, 263, 0.2552796, 0.3661877], [938, 1000, 0.9213, 0.9513],
  ])('of %d of %d goes from %d to %d', (hits, examples, low, high) => {
    const interval = wilsonInterval(hits, examples);
    expect(interval[0]).toBeCloseTo(low, 3);
    expect(interval[1]).toBeCloseTo(high, 3);
  });

  it('stays within 0 and 1, holds the share, and turns round with it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (examples, part) => {
        const hits = Math.round(part * examples);
        const [low, high] = wilsonInterval(hits, examples);
        expect([low >= 0, low <= hits / examples, hits / examples <= high, high <= 1]).toEqual([true, true, true, true]);
        const [from, to] = wilsonInterval(examples - hits, examples);
        expect(from).toBeCloseTo(1 - high, 12);
        expect(to).toBeCloseTo(1 - low, 12);
      }),
    );
  });

  it('is that of the count, where the share is one but for rounding', () => {
    expect(proportionOf(Math.fround(0.3), 10)!.interval).toEqual(wilsonInterval(3, 10));
    expect(proportionOf(0, 0)).toBeNull();
  });
});
