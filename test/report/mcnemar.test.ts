// McNemar's test, against values that others computed.
import { describe, expect, it } from '@jest/globals';
import { mcnemar } from '#report/mcnemar.js';
import { chiSquaredTail, erfc } from '#report/normal-tail.js';

/** Examples of which so many both have right, only the one, only the other, neither. */
function examples(both: number, one: number, other: number, neither: number): [boolean[], boolean[]] {
  const pairs = [[both, true, true], [one, true, false], [other, false, true], [neither, false, false]] as const;
  const all = pairs.flatMap(([count, a, b]) => Array.from({ length: count }, () => [a, b] as const));
  return [all.map(([a]) => a), all.map(([, b]) => b)];
}

describe("McNemar's test", () => {
  it('counts who has which examples right', () => {
    expect(mcnemar(...examples(5, 3, 2, 1))).toMatchObject({ both_right: 5, only_model: 3, only_against: 2, both_wrong: 1 });
  });

  it.each<[number, number, number]>([
    // 2 · Σ C(n, k) / 2^n for k up to the smaller one, at most 1.
    [0, 0, 1], [1, 0, 1], [5, 0, 0.0625], [6, 0, 0.03125], [1, 7, 0.0703125], [2, 8, 0.109375], [12, 12, 1], [4, 16, 0.01181793212890625],
  ])('is exact where %i and %i examples are right by one alone', (one, other, p) => {
    const found = mcnemar(...examples(50, one, other, 9));
    expect(found).toMatchObject({ test: 'exact', statistic: null });
    expect(found.p_value).toBeCloseTo(p, 12);
  });

  it('of more goes by χ² with the correction for continuity', () => {
    // (|150 − 86| − 1)² / 236; its tail is erfc(√(16.8178 / 2)).
    const found = mcnemar(...examples(794, 150, 86, 570));
    expect(found.test).toBe('chi_squared');
    expect(found.statistic).toBeCloseTo(3969 / 236, 12);
    expect(found.p_value).toBeCloseTo(4.115e-5, 8);
    expect(mcnemar(...examples(0, 20, 20, 0))).toMatchObject({ statistic: 0, p_value: 1 });
  });

  it('says the same with the two in the other places', () => {
    for (const [one, other] of [[3, 9], [30, 14]] as const) expect(mcnemar(...examples(1, one, other, 1)).p_value).toBe(mcnemar(...examples(1, other, one, 1)).p_value);
  });

  it('calls a difference where there is none once in twenty, about', () => {
    // Of 100 examples that one alone has right, as a fair coin has them.
    let called = 0;
    let term = 0.5 ** 100;
    for (let one = 0; one <= 100; one += 1) {
      if (mcnemar(...examples(0, one, 100 - one, 0)).p_value < 0.05) called += term;
      term *= (100 - one) / (one + 1);
    }
    expect(called).toBeGreaterThan(0.02);
    expect(called).toBeLessThanOrEqual(0.05);
  });
});

describe('the tail of the normal distribution', () => {
  it('is that of the tables', () => {
    // Abramowitz & Stegun, table 7.1, and mpmath beyond it.
    const known: [number, number][] = [[0, 1], [0.5, 0.4795001221869535], [1, 0.15729920705028513], [2, 0.004677734981047266], [3, 2.209049699858544e-5], [5, 1.5374597944280349e-12]];
    for (const [x, tail] of known) expect(Math.abs(erfc(x) / tail - 1)).toBeLessThan(1e-11);
  });

  it('is smooth where its two forms meet', () => {
    expect(Math.abs(erfc(2.5 - 1e-9) / erfc(2.5) - 1)).toBeLessThan(1e-7);
  });

  it('has five in a hundred beyond 3.841', () => {
    expect(chiSquaredTail(3.841458820694124)).toBeCloseTo(0.05, 12);
  });
});
