// The distribution Beta(α, α): its quantiles where a closed form is known, its moments elsewhere, and what is drawn of it.
import { describe, expect, it } from '@jest/globals';
import { betaQuantiles, quantileOf } from '#engine/augment/beta.js';
import { drawsAt } from '#engine/draws.js';
import { loadTensorFlow } from '#engine/native.js';
import { everyTestFreesItsTensors } from '../../support/networks.js';
import { distance, likelyDistance, meanOf, varianceOf } from '../../support/statistics.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

describe('the quantiles of Beta(α, α)', () => {
  it.each<[number, string, (quantile: number) => number]>([
    [0.5, 'the arcsine distribution', (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x))],
    [1, 'the uniform distribution', (x) => x],
    [2, '3x² − 2x³', (x) => 3 * x ** 2 - 2 * x ** 3],
    [3, '10x³ − 15x⁴ + 6x⁵', (x) => 10 * x ** 3 - 15 * x ** 4 + 6 * x ** 5],
  ])('are for α = %d those of %s', (alpha, _, distribution) => {
    const quantiles = betaQuantiles(alpha);
    const cells = quantiles.length - 1;
    for (let cell = 0; cell <= cells; cell += 16) expect(Math.abs(distribution(quantiles[cell]!) - cell / cells)).toBeLessThan(1e-5);
  });

  it.each([0.001, 0.05, 0.2, 0.7, 1.5, 10])('for α = %d rise from 0 to 1 with the mean and variance of the distribution', (alpha) => {
    const quantiles = betaQuantiles(alpha);
    const middles = Array.from({ length: quantiles.length - 1 }, (_, cell) => (quantiles[cell]! + quantiles[cell + 1]!) / 2);
    expect([quantiles[0], quantiles.at(-1)]).toEqual([0, 1]);
    expect(quantiles).toEqual(quantiles.slice().sort());
    expect(meanOf(middles)).toBeCloseTo(0.5, 6);
    expect(varianceOf(middles)).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 3);
  });
});

describe('numbers drawn of Beta(α, α)', () => {
  const DRAWS = 20_000;
  const drawn = (alpha: number): Float32Array =>
    tf.tidy(() => quantileOf(tf, betaQuantiles(alpha), drawsAt(tf, 2, 'test', tf.scalar(5, 'int32')).uniform([DRAWS])).dataSync() as Float32Array);

  it('have that distribution', () => {
    expect(distance(drawn(0.5), (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)))).toBeLessThan(likelyDistance(DRAWS));
    expect(distance(drawn(2), (x) => 3 * x ** 2 - 2 * x ** 3)).toBeLessThan(likelyDistance(DRAWS));
  });

  it('are for the usual α of 0.2 mostly near 0 or 1, with the variance of the distribution', () => {
    const values = drawn(0.2);
    expect(Math.abs(meanOf(values) - 0.5)).toBeLessThan(0.011);
    expect(varianceOf(values)).toBeCloseTo(1 / 5.6, 2);
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});
