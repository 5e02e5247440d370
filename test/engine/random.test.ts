// Tests of engine/random.ts: the published answers, the shape of the draws, and what a stream depends on.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  fillNormal, fillTruncatedNormal, fillUniform, permutation, philox, stream, type Counter, type Key,
} from '#engine/random.js';

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: ArrayLike<number>): number => {
  const middle = mean(values);
  return mean(Array.from(values, (value) => (value - middle) ** 2));
};
/** Pearson's statistic against equal expectation. */
const chiSquare = (counts: readonly number[]): number => {
  const expected = mean(counts);
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
};
const take = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);
const seeds = fc.integer({ min: 0, max: 0xffffffff });

describe('philox', () => {
  // kat_vectors of DEShawResearch/random123, rows "philox4x32 10".
  const answers: [Counter, Key, string][] = [
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ];
  it.each(answers)('gives the published answer for counter %p and key %p', (counter, key, expected) => {
    expect(Array.from(philox(counter, key), (word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(expected);
  });
});

describe('stream', () => {
  it('is the block of the counter (block, 0, step low, step high) under the key (seed, FNV-1a of the site)', () => {
    // FNV-1a 32 of "a" over the bytes 61 00, worked out by hand: ((811c9dc5 ^ 61) * 01000193 ^ 0) * 01000193.
    const prime = 0x01000193n;
    const site = Number((((((0x811c9dc5n ^ 0x61n) * prime) & 0xffffffffn) ^ 0n) * prime) & 0xffffffffn);
    const draws = stream(7, 'a', 3 * 2 ** 32 + 5);
    expect(take(8, () => draws.uint32())).toEqual([...philox([0, 0, 5, 3], [7, site]), ...philox([1, 0, 5, 3], [7, site])]);
  });

  it('depends on seed, site and step, and on nothing that was drawn elsewhere', () => {
    const first = (seed: number, site: string, step: number): number[] => {
      const draws = stream(seed, site, step);
      return take(5, () => draws.uint32());
    };
    fc.assert(
      fc.property(seeds, fc.string(), fc.integer({ min: 0, max: 2 ** 40 }), (seed, site, step) => {
        const there = first(seed, site, step);
        first(seed, `${site}'`, step);
        expect(first(seed, site, step)).toEqual(there);
        expect(first(seed, `${site}'`, step)).not.toEqual(there);
        expect(first(seed, site, step + 1)).not.toEqual(there);
        expect(first((seed + 1) % 2 ** 32, site, step)).not.toEqual(there);
      }),
    );
  });

  it('draws uniform numbers in [0, 1) that a float32 holds exactly, spread evenly', () => {
    const draws = stream(1, 'uniform');
    const values = take(100_000, () => draws.uniform());
    expect(values.every((value) => value >= 0 && value < 1 && Math.fround(value) === value)).toBe(true);
    expect(mean(values)).toBeCloseTo(0.5, 2);
    expect(variance(values)).toBeCloseTo(1 / 12, 3);
    const counts = new Array<number>(100).fill(0);
    for (const value of values) counts[Math.floor(value * 100)]! += 1;
    expect(chiSquare(counts)).toBeLessThan(148.2); // 99 degrees of freedom, one in a thousand lies above
  });

  it('draws normal numbers of mean 0, variance 1 and the right tails', () => {
    const draws = stream(2, 'normal');
    const values = take(100_000, () => draws.normal());
    expect(Math.abs(mean(values))).toBeLessThan(0.01);
    expect(Math.abs(variance(values) - 1)).toBeLessThan(0.015);
    for (const [limit, share] of [[1, 0.6827], [2, 0.9545], [3, 0.9973]] as const) {
      expect(Math.abs(mean(values.map((value) => (Math.abs(value) < limit ? 1 : 0))) - share)).toBeLessThan(0.005);
    }
    expect(Math.abs(mean(values.slice(1).map((value, at) => value * values[at]!)))).toBeLessThan(0.01);
  });

  it('draws below a bound without favouring any number', () => {
    for (const bound of [1, 2, 7, 10]) {
      const draws = stream(3, 'below', bound);
      const counts = new Array<number>(bound).fill(0);
      for (let at = 0; at < 70_000; at += 1) counts[draws.below(bound)]! += 1;
      expect(chiSquare(counts)).toBeLessThan(27.9); // 9 degrees of freedom, one in a thousand
    }
    // Taking the remainder instead would put two thirds of the draws into the lower half here.
    const draws = stream(4, 'below');
    const bound = 3 * 2 ** 30;
    expect(mean(take(20_000, () => (draws.below(bound) < bound / 2 ? 1 : 0)))).toBeCloseTo(0.5, 1);
  });

  it('refuses a seed, a step or a bound that it would have to round', () => {
    for (const seed of [-1, 0.5, 2 ** 32, NaN]) expect(() => stream(seed, 'a')).toThrow(RangeError);
    for (const step of [-1, 0.5, 2 ** 53]) expect(() => stream(1, 'a', step)).toThrow(RangeError);
    for (const bound of [0, -3, 1.5, 2 ** 32]) expect(() => stream(1, 'a').below(bound)).toThrow(RangeError);
  });
});

describe('permutation', () => {
  it('holds every number once, is the same again, and differs by seed and epoch', () => {
    fc.assert(
      fc.property(seeds, fc.nat(50), fc.integer({ min: 10, max: 300 }), (seed, epoch, n) => {
        const order = permutation(seed, 'order', epoch, n);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, at) => at));
        expect(permutation(seed, 'order', epoch, n)).toEqual(order);
        expect(permutation(seed, 'order', epoch + 1, n)).not.toEqual(order);
        expect(permutation((seed + 1) % 2 ** 32, 'order', epoch, n)).not.toEqual(order);
      }),
    );
    expect([...permutation(1, 'order', 0, 0)]).toEqual([]);
    expect([...permutation(1, 'order', 0, 1)]).toEqual([0]);
  });

  it('gives each of the 24 orders of four equally often', () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 24_000; epoch += 1) {
      const order = permutation(5, 'order', epoch, 4).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()])).toBeLessThan(49.7); // 23 degrees of freedom, one in a thousand
  });
});

describe('fills', () => {
  it('fill every place with the stream\'s own draws, scaled', () => {
    const draws = stream(6, 'fill');
    expect([...fillUniform(new Float32Array(5), stream(6, 'fill'), -2, 2)]).toEqual(
      take(5, () => Math.fround(-2 + 4 * draws.uniform())),
    );
    const normals = fillNormal(new Float32Array(50_000), stream(6, 'normal'), 3, 0.5);
    expect(mean(normals)).toBeCloseTo(3, 1);
    expect(Math.sqrt(variance(normals))).toBeCloseTo(0.5, 2);
  });

  it('fill truncated normals within two deviations, of deviation 0.8796', () => {
    const values = fillTruncatedNormal(new Float32Array(50_000), stream(7, 'kernel'), 1, 10);
    expect(values.every((value) => value >= -19.00001 && value <= 21.00001)).toBe(true);
    expect(Math.abs(Math.sqrt(variance(values)) - 8.796)).toBeLessThan(0.1);
  });
});
