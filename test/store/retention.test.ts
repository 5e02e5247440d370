// What goes of what is kept, over all that can be kept.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KeepRule } from '#contract/system.js';
import { LEAST_KEPT_MS, surplus, type Kept } from '#store/retention.js';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-06-01T00:00:00Z');
const NO_LIMIT: KeepRule = { days: null, count: null, bytes: null };
/** Things by their age in days, all of one size. */
const aged = (...days: number[]): (Kept & { days: number })[] => days.map((age) => ({ days: age, sinceMs: NOW - age * DAY_MS, bytes: 10 }));

describe('surplus', () => {
  it.each<[string, KeepRule, number[]]>([
    ['nothing without a limit', NO_LIMIT, []],
    ['what is older than it may be', { ...NO_LIMIT, days: 2 }, [9, 3]],
    ['nothing that is just as old', { ...NO_LIMIT, days: 9 }, []],
    ['parts of a day too', { ...NO_LIMIT, days: 0.5 }, [9, 3, 1]],
    ['all but the newest so many', { ...NO_LIMIT, count: 1 }, [9, 3]],
    ['nothing where there are no more than that', { ...NO_LIMIT, count: 3 }, []],
    ['what is beyond the bytes, the oldest first', { ...NO_LIMIT, bytes: 25 }, [9]],
    ['even the newest that is too large by itself', { ...NO_LIMIT, bytes: 5 }, [9, 3, 1]],
    ['what any limit says', { days: 5, count: 1, bytes: 100 }, [9, 3]],
  ])('takes %s', (_what, rule, gone) => {
    expect(surplus(aged(3, 9, 1), rule, NOW).map(({ days }) => days)).toEqual(gone);
  });

  it('takes nothing that came just now, whatever the limits, nor what a clock set back puts into the future', () => {
    const justNow = { sinceMs: NOW - LEAST_KEPT_MS + 1, bytes: 10 };
    expect(surplus([justNow, { sinceMs: NOW + DAY_MS, bytes: 10 }], { days: 0.000_001, count: 0, bytes: 0 }, NOW)).toEqual([]);
  });

  const limit = fc.option(fc.nat(20));
  const rules = fc.record<KeepRule>({ days: limit, count: limit, bytes: limit });
  const things = fc.array(fc.record({ sinceMs: fc.integer({ min: NOW - 30 * DAY_MS, max: NOW + DAY_MS }), bytes: fc.nat(6) }), { maxLength: 12 });
  const forAll = (property: (kept: Kept[], goes: Kept[], stays: Kept[], rule: KeepRule) => void): void =>
    fc.assert(
      fc.property(things, rules, (kept, rule) => {
        const goes = surplus(kept, rule, NOW);
        property(kept, goes, kept.filter((thing) => !goes.includes(thing)), rule);
      }),
      { numRuns: 2_000 },
    );

  it('never takes a newer thing and leaves an older', () =>
    forAll((_kept, goes, stays) => {
      for (const gone of goes) for (const left of stays) expect(gone.sinceMs).toBeLessThanOrEqual(left.sinceMs);
    }));

  it('leaves what holds to every limit, or nothing that may go', () =>
    forAll((_kept, _goes, stays, { days, count, bytes }) => {
      if (stays.every(({ sinceMs }) => NOW - sinceMs < LEAST_KEPT_MS)) return;
      expect(stays.length).toBeLessThanOrEqual(count ?? Infinity);
      expect(stays.reduce((sum, thing) => sum + thing.bytes, 0)).toBeLessThanOrEqual(bytes ?? Infinity);
      for (const { sinceMs } of stays) expect(NOW - sinceMs).toBeLessThanOrEqual(Math.max((days ?? Infinity) * DAY_MS, LEAST_KEPT_MS));
    }));

  it('takes no more than it must: with the last that goes, a limit would not hold', () =>
    forAll((_kept, goes, stays, { days, count, bytes }) => {
      const last = goes.at(-1);
      if (!last) return;
      const left = [last, ...stays];
      const over =
        NOW - last.sinceMs > (days ?? Infinity) * DAY_MS || left.length > (count ?? Infinity) || left.reduce((sum, thing) => sum + thing.bytes, 0) > (bytes ?? Infinity);
      expect(over).toBe(true);
    }));

  it('takes nothing more when asked again', () =>
    forAll((_kept, _goes, stays, rule) => {
      expect(surplus(stays, rule, NOW)).toEqual([]);
    }));
});
