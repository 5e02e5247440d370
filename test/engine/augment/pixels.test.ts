// Values changed where they stand: how much, how many, and what is left alone.
import { describe, expect, it } from '@jest/globals';
import type { Erasing } from '#contract/augment.js';
import { addNoise, brighten, erase } from '#engine/augment/pixels.js';
import { drawsAt, type Draws } from '#engine/draws.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { everyTestFreesItsTensors } from '../../support/networks.js';
import { distance, likelyDistance, meanOf, varianceOf } from '../../support/statistics.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

/** What becomes of ones, picture by picture. */
const ofOnes = (shape: [number, number, number, number], change: (ones: Tensor, draws: Draws) => Tensor): Float32Array[] =>
  tf.tidy(() => {
    const changed = change(tf.ones(shape), drawsAt(tf, 7, 'test', tf.scalar(1, 'int32'))).dataSync() as Float32Array;
    const width = changed.length / shape[0];
    return Array.from({ length: shape[0] }, (_, at) => changed.slice(at * width, (at + 1) * width));
  });

describe('brightness', () => {
  it('adds one number to all of a picture, evenly drawn on both sides of 0', () => {
    const all = ofOnes([4000, 2, 2, 3], (ones, draws) => brighten(tf, ones, 0.25, draws));
    for (const picture of all) expect(new Set(picture).size).toBe(1);
    const added = all.map((picture) => picture[0]! - 1);
    expect(distance(added, (value) => Math.min(1, Math.max(0, (value + 0.25) / 0.5)))).toBeLessThan(likelyDistance(4000));
  });
});

describe('noise', () => {
  it('has mean 0 and the deviation asked for, another for each value', () => {
    const values = ofOnes([1, 100, 100, 3], (ones, draws) => addNoise(tf, ones, 0.1, draws))[0]!;
    expect(Math.abs(meanOf(values) - 1)).toBeLessThan((4 * 0.1) / Math.sqrt(30_000));
    expect(Math.abs(varianceOf(values) / 0.01 - 1)).toBeLessThan(4 * Math.sqrt(2 / 30_000));
    expect(new Set(values).size).toBeGreaterThan(29_000);
  });
});

interface Rectangle {
  height: number;
  width: number;
  top: number;
  left: number;
}
/** The zeros of a picture of ones. @throws Error where they are no full rectangle over all channels */
function hole(picture: Float32Array, width: number, channels: number): Rectangle | undefined {
  const first = picture.indexOf(0);
  if (first < 0) return undefined;
  const last = picture.lastIndexOf(0);
  const rowOf = (at: number): number => Math.floor(at / channels / width);
  const columnOf = (at: number): number => Math.floor(at / channels) % width;
  // A rectangle's first zero is its upper left corner, its last the lower right one.
  const [top, left] = [rowOf(first), columnOf(first)];
  const found = { height: rowOf(last) - top + 1, width: columnOf(last) - left + 1, top, left };
  const right = columnOf(last);
  let zeros = 0;
  for (let at = first; at <= last; at += 1) {
    if (picture[at] !== 0) continue;
    zeros += 1;
    if (columnOf(at) < left || columnOf(at) > right) throw new Error('the zeros are no rectangle');
  }
  if (zeros !== found.height * found.width * channels) throw new Error('the rectangle has holes');
  return found;
}

describe('random erasing', () => {
  const USUAL: Erasing = { probability: 0.5, area: [0.02, 0.4], aspect: [0.3, 3.3] };
  const [height, width, count] = [40, 60, 300];
  const holes = (settings: Partial<Erasing>): (Rectangle | undefined)[] =>
    ofOnes([count, height, width, 1], (ones, draws) => erase(tf, ones, { ...USUAL, ...settings }, draws)).map((picture) => hole(picture, width, 1));
  const always = (settings: Partial<Erasing> = {}): Rectangle[] => holes({ probability: 1, ...settings }).map((one) => one!);

  it('takes as many pictures as asked for, and leaves the others to the bit', () => {
    const taken = holes({ probability: 0.3 }).filter((one) => one !== undefined).length;
    expect(Math.abs(taken / count - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / count));
  });

  it('erases the same rectangle of every channel', () => {
    for (const picture of ofOnes([20, 9, 12, 3], (ones, draws) => erase(tf, ones, { ...USUAL, probability: 1 }, draws))) {
      expect(hole(picture, 12, 3)).toBeDefined();
    }
  });

  it('erases every area of its range alike', () => {
    const parts = always({ aspect: [1, 1] }).map((one) => (one.height * one.width) / (height * width));
    // Sides are whole pixels, so that an area is off by up to two of them.
    expect(distance(parts, (part) => Math.min(1, Math.max(0, (part - 0.02) / 0.38)))).toBeLessThan(likelyDistance(count) + 0.03);
    expect(Math.abs(meanOf(parts) - 0.21)).toBeLessThan((4 * 0.38) / Math.sqrt(12 * count));
  });

  it('has ratios within their range, as often tall as wide', () => {
    const ratios = always({ area: [0.1, 0.15] }).map((one) => Math.log(one.height / one.width));
    for (const ratio of ratios) expect(Math.abs(ratio)).toBeLessThan(Math.log(3.4) + 0.1);
    const [low, high] = [Math.log(0.3), Math.log(3.3)];
    expect(distance(ratios, (ratio) => Math.min(1, Math.max(0, (ratio - low) / (high - low))))).toBeLessThan(likelyDistance(count) + 0.05);
  });

  it('keeps the area where the picture has no room for the ratio', () => {
    for (const one of always({ area: [0.5, 0.5], aspect: [50, 100] })) {
      expect(one).toMatchObject({ height: 40, top: 0, width: 30 });
    }
  });

  it('puts it anywhere it fits', () => {
    const places = always({ area: [0.25, 0.25], aspect: [2 / 3, 2 / 3] });
    expect(new Set(places.map((one) => `${one.height} × ${one.width}`))).toEqual(new Set(['20 × 30']));
    expect(distance(places.map(({ top }) => top), (top) => (top + 1) / 21)).toBeLessThan(likelyDistance(count) + 1 / 21);
    expect(distance(places.map(({ left }) => left), (left) => (left + 1) / 31)).toBeLessThan(likelyDistance(count) + 1 / 31);
  });

  it('erases everything where all of it is asked for', () => {
    expect(always({ area: [1, 1] })[0]).toEqual({ height, width, top: 0, left: 0 });
  });
});
