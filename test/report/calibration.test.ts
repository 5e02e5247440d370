// Confidence and accuracy.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { binsOf, BINS, confidencesOf, expectedCalibrationError, fitTemperature, type Logits } from '#report/calibration.js';

const eceOf = (confidences: Parameters<typeof binsOf>[0]): number => expectedCalibrationError(binsOf(confidences));

describe('the expected calibration error', () => {
  it('is the mean distance of confidence and accuracy, by the size of the bins', () => {
    // Three at 0.9, of which two are right: |2/3 − 0.9|; one at 0.5 that is right: 0.5.
    const confidences = [{ probability: 0.9, hit: true }, { probability: 0.9, hit: true }, { probability: 0.9, hit: false }, { probability: 0.5, hit: true }];
    expect(eceOf(confidences)).toBeCloseTo(0.75 * (0.9 - 2 / 3) + 0.25 * 0.5, 12);
  });

  it('is 0 of one that is as sure as it is right, and 1 of one that is sure and always wrong', () => {
    expect(eceOf(Array.from({ length: 10 }, (_, at) => ({ probability: 0.7, hit: at < 7 })))).toBeCloseTo(0, 12);
    expect(eceOf([{ probability: 1, hit: false }])).toBe(1);
  });

  it('has bins that hold their upper end and together every example', () => {
    expect(binsOf([{ probability: 1 / BINS, hit: true }])[0]!.examples).toBe(1);
    expect(binsOf([{ probability: 1 / BINS + 1e-9, hit: true }])[1]!.examples).toBe(1);
    fc.assert(
      fc.property(fc.array(fc.record({ probability: fc.double({ min: 0, max: 1, noNaN: true }), hit: fc.boolean() }), { minLength: 1 }), (confidences) => {
        expect(binsOf(confidences).reduce((sum, { examples }) => sum + examples, 0)).toBe(confidences.length);
        expect(eceOf(confidences)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });
});

describe('confidence', () => {
  it('is that of a softmax, or of the sigmoid of one logit', () => {
    const [softmax] = confidencesOf({ values: [Math.log(3), 0], labels: [0], units: 2 });
    expect(softmax).toEqual({ probability: expect.closeTo(0.75, 12), hit: true });
    const [yes, no] = confidencesOf({ values: [Math.log(3), -Math.log(3)], labels: [1, 1], units: 1 });
    expect([yes, no]).toEqual([{ probability: expect.closeTo(0.75, 12), hit: true }, { probability: expect.closeTo(0.75, 12), hit: false }]);
  });

  it('of huge logits is 1, not no number', () => {
    expect(confidencesOf({ values: [1e30, -1e30], labels: [0], units: 2 })).toEqual([{ probability: 1, hit: true }]);
  });
});

describe('the temperature', () => {
  /** Logits (z, 0) of which the first class is right in `share` of the examples. */
  const twoClasses = (z: number, share: number): Logits => ({ values: Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? z : 0)), labels: Array.from({ length: 100 }, (_, at) => (at < share * 100 ? 0 : 1)), units: 2 });

  it('brings the confidence to the share that is right, where all logits are alike', () => {
    // sigmoid(4 / T) = 0.8 at T = 4 / ln 4.
    expect(fitTemperature(twoClasses(4, 0.8))).toBeCloseTo(4 / Math.log(4), 6);
    expect(confidencesOf(twoClasses(4, 0.8), fitTemperature(twoClasses(4, 0.8)))[0]!.probability).toBeCloseTo(0.8, 6);
  });

  it('grows with the logits, and changes no prediction', () => {
    expect(fitTemperature(twoClasses(8, 0.8))).toBeCloseTo(2 * fitTemperature(twoClasses(4, 0.8)), 6);
    expect(confidencesOf(twoClasses(4, 0.8), 3).map(({ hit }) => hit)).toEqual(confidencesOf(twoClasses(4, 0.8)).map(({ hit }) => hit));
  });

  it('has an end, where no validation example is wrong, or none is told better than by chance', () => {
    expect(fitTemperature(twoClasses(4, 1))).toBeCloseTo(0.05, 6);
    expect(fitTemperature(twoClasses(4, 0.5))).toBeCloseTo(20, 6);
  });
});
