// Tests of datasets/look.ts: how pictures look, however they come in.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RunningLook } from '#datasets/look.js';
import { stream } from '#engine/random.js';

/** Pictures of a ground with a square of noise in the middle. */
function squares({ side, margin, channels = 1, ground = 0, pictures = 8 }: { side: number; margin: number; channels?: number; ground?: number; pictures?: number }): Uint8Array {
  const random = stream(7, 'look');
  const values = new Uint8Array(pictures * side * side * channels);
  for (let at = 0; at < values.length; at += 1) {
    const pixel = Math.floor(at / channels) % (side * side);
    const [row, column] = [Math.floor(pixel / side), pixel % side];
    const inside = Math.min(row, column, side - 1 - row, side - 1 - column) >= margin;
    values[at] = inside ? Math.floor(random.uniform() * 256) : ground;
  }
  return values;
}

const lookOf = (values: Uint8Array | Float32Array, shape: number[], divideBy = 255) => {
  const look = new RunningLook(shape);
  look.add(values);
  return look.of(divideBy);
};

describe('the look of pictures', () => {
  it('has the mean and the deviation of all values, on the scale of the network', () => {
    const values = squares({ side: 9, margin: 2, channels: 3 });
    const mean = values.reduce((sum, value) => sum + value / 255, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value / 255 - mean) ** 2, 0) / values.length);
    const look = lookOf(values, [9, 9, 3])!;
    expect(look.mean).toBeCloseTo(mean, 12);
    expect(look.deviation).toBeCloseTo(deviation, 10);
  });

  it.each([0, 2, 3, 5])('has a margin of %i pixels where that many frames are background', (margin) => {
    expect(lookOf(squares({ side: 16, margin, ground: 200 }), [16, 16, 1])).toMatchObject(margin === 0 ? { margin: 0 } : { margin, edge: 200 / 255 });
  });

  it('is of pictures of one value that value, with no margin to tell', () => {
    expect(lookOf(new Uint8Array(2 * 16).fill(51), [4, 4, 1])).toEqual({ mean: 0.2, deviation: 0, edge: 0.2, margin: 0 });
  });

  it('does not depend on how the pictures come in', () => {
    const side = 6;
    const values = squares({ side, margin: 1, pictures: 12 });
    const whole = lookOf(values, [side, side, 1]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 6 }), (sizes) => {
        const look = new RunningLook([side, side, 1]);
        let from = 0;
        for (const size of [...sizes, 12]) {
          look.add(values.subarray(from * side * side, Math.min(12, from + size) * side * side));
          from = Math.min(12, from + size);
        }
        expect(look.of(255)).toEqual(whole);
      }),
    );
  });

  it('leaves missing values out, and is not told where all of the edge is missing', () => {
    const present = Float32Array.from({ length: 16 }, (_, at) => at);
    const some = Float32Array.from([...present, ...present.map(() => NaN)]);
    expect(lookOf(some, [4, 4, 1], 1)).toEqual(lookOf(present, [4, 4, 1], 1));
    expect(lookOf(present.map((value, at) => ([5, 6, 9, 10].includes(at) ? value : NaN)), [4, 4, 1], 1)).toBeUndefined();
  });

  it('is none of what is no picture', () => {
    expect(RunningLook.ofPictures([784])).toBeUndefined();
    expect(RunningLook.ofPictures([4, 4, 7])).toBeUndefined();
    expect(RunningLook.ofPictures([4, 4, 3])).toBeDefined();
  });
});
