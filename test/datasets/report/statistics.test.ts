// Statistics of values in one pass, against two plain passes over all of them.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RunningStatistics, valuesBy } from '#datasets/report/value-statistics.js';

/** The same, from all values at once. */
function plainly(values: readonly number[]) {
  const there = values.filter((value) => !Number.isNaN(value));
  const missing = values.length === 0 ? 0 : (values.length - there.length) / values.length;
  if (there.length === 0) return { min: null, max: null, mean: null, deviation: null, missing };
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
  const deviation = Math.sqrt(there.reduce((sum, value) => sum + (value - mean) ** 2, 0) / there.length);
  return { min: Math.min(...there), max: Math.max(...there), mean, deviation, missing };
}

const close = (value: number | null, to: number | null, scale: number): void => {
  if (value === null || to === null) expect(value).toBe(to);
  else expect(Math.abs(value - to)).toBeLessThanOrEqual(1e-9 * scale);
};

describe('RunningStatistics', () => {
  const value = fc.oneof({ weight: 8, arbitrary: fc.float({ noDefaultInfinity: true, min: -1e4, max: 1e4, noNaN: true }) }, { weight: 1, arbitrary: fc.constant(Number.NaN) });

  it('agrees with two plain passes, whatever the batches, and whatever is missing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.array(value, { maxLength: 12 }), { maxLength: 6 }), (groups, batches) => {
        const statistics = new RunningStatistics(groups);
        const all: number[] = [];
        for (const batch of batches) {
          const rows = Float32Array.from(batch.slice(0, batch.length - (batch.length % groups)));
          statistics.add(rows);
          all.push(...rows);
        }
        statistics.all().forEach((found, group) => {
          const wanted = plainly(all.filter((_, at) => at % groups === group));
          expect([found.min, found.max, found.missing]).toEqual([wanted.min, wanted.max, wanted.missing]);
          close(found.mean, wanted.mean, 1e4);
          close(found.deviation, wanted.deviation, 1e4);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with them for bytes, whether they are counted or gone over', () => {
    const channels = [(at: number) => (at * at * 7) % 256, (at: number) => 250 + (at % 5), () => 7];
    const [few, many] = [12, 5_000].map((count) => Uint8Array.from({ length: 3 * count }, (_, at) => channels[at % 3]!(at)));
    const statistics = new RunningStatistics(3);
    for (const batch of [many!, few!, many!]) statistics.add(batch);
    statistics.all().forEach((found, group) => {
      const wanted = plainly([many!, few!, many!].flatMap((batch) => [...batch].filter((_, at) => at % 3 === group)));
      expect([found.min, found.max, found.missing]).toEqual([wanted.min, wanted.max, 0]);
      close(found.mean, wanted.mean, 255);
      close(found.deviation, wanted.deviation, 255);
    });
  });

  it('loses nothing where the mean is large and the deviation small', () => {
    const statistics = new RunningStatistics(1);
    // Whole numbers up to 2^24 are exact as float32; squares of them summed up would not be.
    for (let batch = 0; batch < 1000; batch += 1) statistics.add(Float32Array.of(16_000_000, 16_000_001, 16_000_002));
    expect(statistics.of(0).deviation).toBeCloseTo(Math.sqrt(2 / 3), 10);
  });

  it('takes values by channel, by column, or together where columns are too many', () => {
    expect(valuesBy([28, 28, 3])).toEqual({ by: 'channel', groups: 3 });
    expect(valuesBy([10_000])).toEqual({ by: 'column', groups: 10_000 });
    expect(valuesBy([10_001])).toEqual({ by: 'all', groups: 1 });
  });
});
