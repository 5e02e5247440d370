// Tests of datasets/split.ts: disjoint, complete, stratified, and the same for the same seed.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countClasses } from '#datasets/raw-dataset.js';
import { stratifiedSplit, validationCount } from '#datasets/split.js';
import { share } from '../support/share.js';

const CLASSES = 5;
const someLabels = fc.array(fc.nat(CLASSES - 1), { maxLength: 200 }).map((labels) => Int32Array.from(labels));
const someFraction = share(0.9);
const someSeed = fc.integer({ min: 0, max: 0xffffffff });

describe('stratifiedSplit', () => {
  it('puts every example on one side, in ascending order, and takes the fraction of each class within one', () => {
    fc.assert(
      fc.property(someLabels, someFraction, someSeed, (labels, fraction, seed) => {
        const { kept, taken } = stratifiedSplit(labels, CLASSES, fraction, seed, 'split');
        expect([...kept, ...taken].sort((a, b) => a - b)).toEqual([...labels.keys()]);
        for (const side of [kept, taken]) expect([...side]).toEqual([...side].sort((a, b) => a - b));

        const has = countClasses(labels, CLASSES);
        const gives = countClasses(Int32Array.from(taken, (index) => labels[index]!), CLASSES);
        has.forEach((examples, label) => {
          expect(Math.abs(gives[label]! - examples * fraction)).toBeLessThanOrEqual(1);
          if (fraction > 0 && examples > 1) {
            expect(gives[label]).toBeGreaterThan(0);
            expect(gives[label]).toBeLessThan(examples);
          }
        });
        expect(taken.length).toBe(validationCount(has, fraction));
      }),
    );
  });

  it('is the same for the same seed and another for another', () => {
    const labels = Int32Array.from({ length: 100 }, (_, at) => at % CLASSES);
    const taken = (seed: number, site = 'split') => stratifiedSplit(labels, CLASSES, 0.2, seed, site).taken;
    expect(taken(1)).toEqual(taken(1));
    expect(taken(1)).not.toEqual(taken(2));
    expect(taken(1)).not.toEqual(taken(1, 'other'));
  });

  it('takes nothing of a class of one', () => {
    expect([...stratifiedSplit(Int32Array.of(0, 1, 1), 2, 0.5, 1, 'split').kept]).toContain(0);
    expect(validationCount([1, 0, 2], 0.5)).toBe(1);
  });
});
