// Metrics of resampled examples: with each example counted once they are the metrics themselves, and an example that was drawn twice counts twice.
import { describe, expect, it } from '@jest/globals';
import { areaUnderCurve, errorsOf, meanOf, shareOf } from '#engine/objectives/statistics.js';
import { stream } from '#engine/random.js';
import { resampledMetrics } from '#report/resampled.js';

const COUNT = 60;
const draws = stream(3, 'examples');
const numbers = (): Float32Array => Float32Array.from({ length: COUNT }, () => draws.normal());
const once = new Uint32Array(COUNT).fill(1);
/** Some twice, some not at all. */
const drawn = Uint32Array.from({ length: COUNT }, (_, at) => [2, 0, 1][at % 3]!);
const places = Array.from(drawn).flatMap((count, at) => Array<number>(count).fill(at));
const NAMES = ['loss', 'accuracy', 'top_5_accuracy', 'auc', 'mae', 'rmse', 'r2'];

describe('resampled metrics', () => {
  it('of classes are those of the examples that were drawn', () => {
    const truth = Int32Array.from({ length: COUNT }, () => draws.below(2));
    // In few steps, so that scores tie.
    const score = Float32Array.from(truth, (label) => Math.round(2 * (draws.normal() + label)));
    const each = { loss: numbers(), predicted: score.map((value) => (value > 0 ? 1 : 0)), score, inTop: score.map((value) => (value > -1 ? 1 : 0)) };
    const found = resampledMetrics({ each, truth }, NAMES);
    expect(Object.keys(found).sort()).toEqual(['accuracy', 'auc', 'loss', 'top_5_accuracy']);
    for (const [counts, chosen] of [[once, Array.from(once.keys())], [drawn, places]] as const) {
      const of = (values: ArrayLike<number>): number[] => chosen.map((place) => values[place]!);
      expect(found.loss!(counts)).toBeCloseTo(meanOf(of(each.loss)), 12);
      expect(found.accuracy!(counts)).toBeCloseTo(shareOf(chosen.length, (at) => each.predicted[chosen[at]!] === truth[chosen[at]!]), 12);
      expect(found.top_5_accuracy!(counts)).toBeCloseTo(meanOf(of(each.inTop)), 12);
      expect(found.auc!(counts)).toBeCloseTo(areaUnderCurve(of(score), of(truth))!, 12);
    }
  });

  it('of values are those of the examples that were drawn', () => {
    const [first, second] = [numbers(), numbers()];
    const truth = Float32Array.from({ length: 2 * COUNT }, () => draws.normal());
    const found = resampledMetrics({ each: { loss: numbers(), 'error 0': first, 'error 1': second }, truth }, NAMES);
    for (const [counts, chosen] of [[once, Array.from(once.keys())], [drawn, places]] as const) {
      const of = (values: ArrayLike<number>): number[] => chosen.map((place) => values[place]!);
      const { mae, rmse, r2 } = errorsOf([of(first), of(second)], chosen.flatMap((place) => [truth[2 * place]!, truth[2 * place + 1]!]), null);
      expect(found.mae!(counts)).toBeCloseTo(mae, 12);
      expect(found.rmse!(counts)).toBeCloseTo(rmse, 12);
      expect(found.r2!(counts)).toBeCloseTo(r2!, 12);
    }
  });

  it('tell nothing where what was drawn tells nothing', () => {
    const truth = Int32Array.from([0, 1]);
    const each = { loss: new Float32Array(2), predicted: new Float32Array(2), score: Float32Array.from([1, NaN]) };
    expect(resampledMetrics({ each, truth }, NAMES).auc!(Uint32Array.from([2, 0]))).toBeUndefined();
    expect(resampledMetrics({ each: { loss: new Float32Array(2), 'error 0': new Float32Array(2) }, truth: Float32Array.from([4, 5]) }, NAMES).r2!(Uint32Array.from([2, 0]))).toBeUndefined();
  });
});
