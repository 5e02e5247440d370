// Centred kernel alignment against the vectors, and the identities that tell a wrong one.
import { describe, expect, it } from '@jest/globals';
import { debiasedCka, gramOf, linearCka } from '#report/cka.js';

/** Computed by the notebook of Kornblith et al. (google-research/representation_similarity) in NumPy. */
const OF_A_AND_G = { linear: 0.163218359351701, debiased: 0.0874479509435369 };

/** The generator of the vectors: x = (1664525 x + 1013904223) mod 2^32, numbers x / 2^32 − 1/2, row by row. */
function matrix(count: number, width: number, seed: number): number[] {
  let x = seed;
  return Array.from({ length: count * width }, () => {
    x = (Math.imul(1_664_525, x) + 1_013_904_223) >>> 0;
    return x / 2 ** 32 - 0.5;
  });
}
/** Features of `classes` classes: row i has more in the column of its class. */
const features = (count: number, width: number, classes: number, seed: number, more: number): number[] =>
  matrix(count, width, seed).map((value, at) => value + (at % width === (Math.floor(at / width) % classes) % width ? more : 0));

const A = gramOf(features(60, 8, 4, 12_345, 0.6), 8);
const G = gramOf(features(60, 5, 4, 999, 0.3), 5);
const mapped = (rows: readonly number[], width: number, map: (row: number[]) => number[]): number[] =>
  Array.from({ length: rows.length / width }, (_, at) => map(rows.slice(at * width, (at + 1) * width))).flat();

describe('centred kernel alignment', () => {
  it('gives the values of the vectors', () => {
    expect(linearCka(A, G)).toBeCloseTo(OF_A_AND_G.linear, 12);
    expect(debiasedCka(A, G)).toBeCloseTo(OF_A_AND_G.debiased, 12);
  });

  it('is 1 of a representation and itself, rotated, scaled and moved', () => {
    const rows = matrix(40, 2, 5);
    const turned = mapped(rows, 2, ([x, y]) => [3 * (0.6 * x! - 0.8 * y!) + 7, 3 * (0.8 * x! + 0.6 * y!) - 2]);
    for (const cka of [linearCka, debiasedCka]) expect(cka(gramOf(rows, 2), gramOf(turned, 2))).toBeCloseTo(1, 10);
  });

  it('is not 1 after another linear map', () => {
    const rows = matrix(40, 2, 5);
    expect(linearCka(gramOf(rows, 2), gramOf(mapped(rows, 2, ([x, y]) => [10 * x!, y!]), 2))).toBeLessThan(0.9);
  });

  it('of unrelated noise with more units than examples is large, but for the debiased one', () => {
    const [one, other] = [gramOf(matrix(50, 200, 1), 200), gramOf(matrix(50, 200, 2), 200)];
    expect(linearCka(one, other)).toBeGreaterThan(0.7);
    expect(Math.abs(debiasedCka(one, other)!)).toBeLessThan(0.1);
  });

  it('says nothing of outputs that do not vary', () => {
    expect([linearCka(gramOf(new Array<number>(20).fill(0), 2), gramOf(matrix(10, 2, 1), 2)), debiasedCka(gramOf(new Array<number>(20).fill(0), 2), gramOf(matrix(10, 2, 1), 2))]).toEqual([null, null]);
  });
});
