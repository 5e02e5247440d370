// The rows of several requests go through a network as one, and each request gets back what is its own.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { joinedRows, sharesOf } from '../../workers/predict-rows.js';

describe('requests that go together', () => {
  it('each get the outputs of their own rows, whatever the sizes', () => {
    const sizes = fc.record({ width: fc.constantFrom(1, 3, 7, 13, 561, 784), outputs: fc.integer({ min: 1, max: 12 }), counts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }) });
    fc.assert(fc.property(sizes, ({ width, outputs, counts }) => {
      let next = 0;
      const requests = counts.map((count) => Float32Array.from({ length: count * width }, () => (next += 1)));
      const all = joinedRows(requests);
      expect(Array.from(all)).toEqual(requests.flatMap((rows) => Array.from(rows)));
      // A network whose every output is the number of its row.
      const given = Float32Array.from({ length: (all.length / width) * outputs }, (_, at) => Math.floor(at / outputs));
      let row = 0;
      const own = counts.map((count) => Array.from({ length: count }, () => Array<number>(outputs).fill(row++)).flat());
      expect(sharesOf(given, requests.map(({ length }) => length)).map((share) => Array.from(share))).toEqual(own);
    }));
  });

  it('are as they are where there is one, and nothing where there is none', () => {
    const one = new Uint8Array([1, 2]);
    expect(joinedRows([one])).toBe(one);
    expect(joinedRows([])).toHaveLength(0);
    expect(sharesOf(new Float32Array(0), [])).toEqual([]);
  });
});
