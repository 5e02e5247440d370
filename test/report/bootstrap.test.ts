// Percentile intervals by resampling: what is known of them, and how often they hold what they are to hold.
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fillUniform, stream } from '#engine/random.js';
import { bootstrapIntervals, quantile, type Statistic } from '#report/bootstrap.js';

function meanOf(values: readonly number[]): Statistic {
  return (counts) => {
    let sum = 0;
    for (let at = 0; at < values.length; at += 1) sum += counts[at]! * values[at]!;
    return sum / values.length;
  };
}

describe('an interval of resamples', () => {
  it('is the same for the same seed, and another for another seed or place', async () => {
    const values = Array.from(fillUniform(new Float32Array(50), stream(1, 'values')));
    const of = async (seed: number, site?: string) => (await bootstrapIntervals([meanOf(values)], { examples: 50, resamples: 300, seed, ...(site !== undefined && { site }) }))[0]!;
    expect(await of(1)).toEqual(await of(1));
    expect(await of(2)).not.toEqual(await of(1));
    expect(await of(1, 'elsewhere')).not.toEqual(await of(1));
  });

  it('draws as many examples as there are, each time', async () => {
    const [interval] = await bootstrapIntervals([(counts) => counts.reduce((sum, count) => sum + count, 0)], { examples: 37, resamples: 200, seed: 1 });
    expect(interval).toEqual([37, 37]);
  });

  it('is none of a single example, nor where most resamples tell nothing', async () => {
    expect(await bootstrapIntervals([meanOf([1])], { examples: 1, resamples: 200, seed: 1 })).toEqual([null]);
    const rarely: Statistic = (counts) => (counts[0]! > 2 ? 1 : undefined);
    expect(await bootstrapIntervals([rarely, () => NaN], { examples: 20, resamples: 200, seed: 1 })).toEqual([null, null]);
  });

  it('has its ends where NumPy has these percentiles', () => {
    // numpy.quantile([1, 2, 4, 8, 16], [0, 0.025, 0.5, 0.975, 1])
    expect([0, 0.025, 0.5, 0.975, 1].map((share) => quantile([1, 2, 4, 8, 16], share))).toEqual([1, 1.1, 4, expect.closeTo(15.2, 12), 16]);
  });

  it('of a share, of a mean of skewed numbers as losses are, and of a root of mean squares holds the true one in 95 ± 2 of 100 samples', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, '..', 'support', 'coverage.mjs')]);
    for (const share of Object.values(JSON.parse(stdout) as Record<'share' | 'mean' | 'root', number>)) expect(Math.abs(share - 0.95)).toBeLessThanOrEqual(0.02);
  }, 240_000);
});
