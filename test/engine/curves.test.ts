// Learning curves, thinned as they grow.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MetricPoint } from '#contract/run.js';
import { Curves, MOST_POINTS } from '#engine/curves.js';

const point = (epoch: number, run = 'main'): MetricPoint => ({ run, role: 'main', stage: 0, epoch, step: 3 * epoch, values: { epoch_loss: 1 / epoch } });
const epochsOf = (curves: Curves): number[] => curves.pointsOf('main').map(({ epoch }) => epoch);

describe('a learning curve', () => {
  it('of few epochs has all of them, run by run, and nothing of single steps', () => {
    const curves = new Curves();
    curves.add([{ ...point(1), values: { loss: 1 } }, point(1), point(1, 'baseline'), point(2)]);
    expect(epochsOf(curves)).toEqual([1, 2]);
    expect(curves.pointsOf('baseline')).toEqual([{ epoch: 1, step: 3, values: { epoch_loss: 1 } }]);
    expect(curves.pointsOf('none')).toEqual([]);
  });

  it('of many has 200 at most, evenly spread, the first and the last among them, wherever it was left and gone on with', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.nat(3_000), (epochs, left) => {
        const all = Array.from({ length: epochs }, (_, at) => point(at + 1));
        const whole = new Curves();
        whole.add(all);
        const first = new Curves();
        first.add(all.slice(0, left));
        const second = new Curves(JSON.parse(JSON.stringify(first.state)) as typeof first.state);
        second.add(all.slice(left));

        const found = epochsOf(whole);
        expect(epochsOf(second)).toEqual(found);
        expect(found.length).toBeLessThanOrEqual(MOST_POINTS);
        expect(found.length).toBeGreaterThanOrEqual(Math.min(epochs, MOST_POINTS / 2));
        expect([found[0], found.at(-1)]).toEqual([1, epochs]);
        const gaps = new Set(found.slice(1, -1).map((epoch, at) => epoch - found[at]!));
        expect(gaps.size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 50 },
    );
  });
});
