// Tests of transfer/looks.ts: what is told of a source and a target that look different.
import { describe, expect, it } from '@jest/globals';
import type { Look } from '#contract/dataset.js';
import { JOB_WARNINGS } from '#contract/job-warnings.js';
import { lookWarnings } from '#transfer/looks.js';
import { baseModel, dataset, fineTune, mlp, specOf } from '../support/networks.js';

/** As MNIST looks. */
const DIGITS: Look = { mean: 0.13, deviation: 0.31, edge: 0, margin: 4 };
const codes = (source: Look | undefined, target: Look | undefined, side = 28) => lookWarnings(source, target, side).map(({ code }) => code);

describe('what is told of looks', () => {
  it('is nothing of two that are alike, nor where nothing is known of one', () => {
    expect(codes(DIGITS, DIGITS)).toEqual([]);
    expect(codes(DIGITS, { ...DIGITS, mean: 0.15, deviation: 0.33, edge: 0.01, margin: 3 })).toEqual([]);
    expect(codes(undefined, DIGITS)).toEqual([]);
    expect(codes(DIGITS, undefined)).toEqual([]);
  });

  it('is the polarity of dark on light after light on dark, with the brightness that follows', () => {
    const turned = { ...DIGITS, mean: 1 - DIGITS.mean, edge: 1 };
    expect(codes(DIGITS, turned)).toEqual(['POLARITY_DIFFERS', 'BRIGHTNESS_DIFFERS']);
    expect(codes(turned, DIGITS)).toEqual(['POLARITY_DIFFERS', 'BRIGHTNESS_DIFFERS']);
  });

  it('is no polarity of pictures without a ground', () => {
    expect(codes({ mean: 0.45, deviation: 0.26, edge: 0.44, margin: 0 }, { mean: 0.45, deviation: 0.26, edge: 0.6, margin: 0 })).toEqual([]);
  });

  it('is the brightness where means are half a deviation apart, or one deviation is twice the other', () => {
    expect(codes(DIGITS, { ...DIGITS, mean: 0.3 })).toEqual(['BRIGHTNESS_DIFFERS']);
    expect(codes(DIGITS, { ...DIGITS, mean: 0.27 })).toEqual([]);
    expect(codes(DIGITS, { ...DIGITS, deviation: 0.63 })).toEqual(['BRIGHTNESS_DIFFERS']);
  });

  it('is values of another scale', () => {
    const bytes = { mean: 255 * DIGITS.mean, deviation: 255 * DIGITS.deviation, edge: 0, margin: 4 };
    expect(lookWarnings(DIGITS, bytes, 28)).toEqual([{ code: 'BRIGHTNESS_DIFFERS', message: JOB_WARNINGS.BRIGHTNESS_DIFFERS('0.13 ± 0.31', '33 ± 79') }]);
  });

  it('is a margin that is wider by a tenth of the side', () => {
    expect(codes(DIGITS, { ...DIGITS, margin: 1 })).toEqual(['MARGIN_DIFFERS']);
    expect(codes(DIGITS, { ...DIGITS, margin: 2 })).toEqual([]);
    expect(codes(DIGITS, { ...DIGITS, margin: 1 }, 224)).toEqual([]);
  });
});

describe('the spec of a fine-tuning', () => {
  const specOfLooks = (source: Look | undefined, target: Look) => {
    const [data, base] = [dataset(), baseModel(mlp())];
    const withLook = (look: Look | undefined) => ({ ...base.preprocessing, ...(look && { look }) });
    return specOf(fineTune({ kind: 'parameter' }), { ...data, content: { ...data.content, preprocessing: withLook(target) } }, { ...base, preprocessing: withLook(source) });
  };

  it('has the warnings, and says nothing where there is nothing to say', () => {
    expect(specOfLooks(DIGITS, { ...DIGITS, mean: 0.6 }).warnings).toEqual([{ code: 'BRIGHTNESS_DIFFERS', message: expect.stringContaining('0.13 ± 0.31') }]);
    expect(specOfLooks(DIGITS, DIGITS)).not.toHaveProperty('warnings');
    expect(specOfLooks(undefined, DIGITS)).not.toHaveProperty('warnings');
  });
});
