// How far weights went.
import { describe, expect, it } from '@jest/globals';
import { distancesOf } from '#report/distance.js';

describe('the distance of a layer', () => {
  const inherit = ['a/kernel', 'a/bias', 'b/kernel'].map((path) => ({ to: path, from: `old_${path}` }));
  const base = new Map([['old_a/kernel', [3, 0]], ['old_a/bias', [4]], ['old_b/kernel', [0]]]);

  it('is over all its weights, by its length before', () => {
    const result = new Map([['a/kernel', [3, 5]], ['a/bias', [4 - 12]], ['b/kernel', [2]]]);
    expect(distancesOf(inherit, base, result)).toEqual([{ layer: 'a', l2: 13, relative: 13 / 5 }, { layer: 'b', l2: 2, relative: null }]);
  });

  it('is 0 where nothing moved, and there is none of what is new', () => {
    expect(distancesOf(inherit.slice(0, 2), base, new Map([['a/kernel', [3, 0]], ['a/bias', [4]], ['new/kernel', [9]]]))).toEqual([{ layer: 'a', l2: 0, relative: 0 }]);
  });
});
