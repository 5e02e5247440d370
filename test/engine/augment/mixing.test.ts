// Pairs of examples: that a label has the share that its pixels have, and who is mixed with whom.
import { describe, expect, it } from '@jest/globals';
import { mix, remainingOf } from '#engine/augment/mixing.js';
import { drawsAt } from '#engine/draws.js';
import { loadTensorFlow } from '#engine/native.js';
import { everyTestFreesItsTensors } from '../../support/networks.js';
import { distance, likelyDistance, meanOf } from '../../support/statistics.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const [HEIGHT, WIDTH, CHANNELS] = [9, 12, 2];

interface Mixed {
  /** Values of each example. */
  pictures: Float32Array[];
  of: number[];
  other: number[];
  share: number[];
}
/** A batch in which example i is all of the value i + 1 and of class i, mixed. */
const mixed = (settings: { mixup?: number; cutmix?: number }, batch: number, step = 1): Mixed =>
  tf.tidy(() => {
    const values = tf.add(tf.range(0, batch), 1);
    const inputs = tf.mul(tf.reshape(values, [batch, 1, 1, 1]), tf.ones([batch, HEIGHT, WIDTH, CHANNELS]));
    const remaining = remainingOf(tf, { mixup: 0, cutmix: 0, ...settings })!;
    const stays = remaining(inputs, (site) => drawsAt(tf, 4, site, tf.scalar(step, 'int32')));
    const result = mix(tf, inputs, { of: tf.range(0, batch, 1, 'int32') }, stays);
    const { other, share } = result.targets.mixed!;
    return {
      pictures: tf.unstack(result.inputs).map((one) => one.dataSync() as Float32Array),
      of: Array.from(result.targets.of.dataSync()),
      other: Array.from(other.dataSync()),
      share: Array.from(share.dataSync()),
    };
  });

describe('mixup', () => {
  it('mixes each example with the one as far from the other end, and the labels as the pixels', () => {
    const { pictures, of, other, share } = mixed({ mixup: 0.7 }, 6);
    expect(of).toEqual([0, 1, 2, 3, 4, 5]);
    expect(other).toEqual([5, 4, 3, 2, 1, 0]);
    pictures.forEach((picture, at) => {
      expect(new Set(picture).size).toBe(1);
      expect(picture[0]).toBeCloseTo(share[at]! * (at + 1) + (1 - share[at]!) * (other[at]! + 1), 5);
    });
    expect(new Set(share).size).toBe(6);
  });

  it('draws the shares of Beta(α, α)', () => {
    expect(distance(mixed({ mixup: 1 }, 3000).share, (share) => share)).toBeLessThan(likelyDistance(3000));
  });

  it('leaves the middle of an odd batch with itself', () => {
    const { pictures, other } = mixed({ mixup: 1 }, 3);
    expect(other[1]).toBe(1);
    for (const value of pictures[1]!) expect(value).toBeCloseTo(2, 6);
  });
});

describe('cutmix', () => {
  const { pictures, other, share } = mixed({ cutmix: 1 }, 400);

  it('gives each label the share of the pixels that stay, exactly', () => {
    pictures.forEach((picture, at) => {
      expect(new Set([...picture, at + 1, other[at]! + 1])).toEqual(new Set([at + 1, other[at]! + 1]));
      const staying = picture.filter((value) => value === at + 1).length / picture.length;
      expect(share[at]).toBeCloseTo(staying, 6);
    });
  });

  it('pastes a rectangle of the proportions of the picture, unless the edge cuts it off', () => {
    let whole = 0;
    pictures.forEach((picture, at) => {
      const pasted = Array.from(picture.keys()).filter((place) => picture[place] !== at + 1);
      const rows = [...new Set(pasted.map((place) => Math.floor(place / CHANNELS / WIDTH)))];
      const columns = [...new Set(pasted.map((place) => Math.floor(place / CHANNELS) % WIDTH))];
      expect(pasted.length).toBe(rows.length * columns.length * CHANNELS);
      const touches = rows.some((row) => row === 0 || row === HEIGHT - 1) || columns.some((column) => column === 0 || column === WIDTH - 1);
      if (touches || pasted.length === 0) return;
      whole += 1;
      expect(Math.abs(rows.length / HEIGHT - columns.length / WIDTH)).toBeLessThan(1 / HEIGHT);
    });
    expect(whole).toBeGreaterThan(20);
  });

  it('pastes over every place about as often as over its mirror image', () => {
    const often = Array.from({ length: WIDTH }, (_, column) =>
      meanOf(pictures.map((picture, at) => (picture[CHANNELS * (4 * WIDTH + column)] === at + 1 ? 0 : 1))),
    );
    for (let column = 0; column < WIDTH / 2; column += 1) expect(Math.abs(often[column]! - often[WIDTH - 1 - column]!)).toBeLessThan(0.15);
    expect(often[WIDTH / 2]).toBeGreaterThan(often[0]!);
  });
});

describe('mixup and cutmix together', () => {
  it('take turns from batch to batch, by a coin', () => {
    const both = Array.from({ length: 60 }, (_, step) => mixed({ mixup: 1, cutmix: 1 }, 4, step));
    const sameAs = (settings: { mixup?: number; cutmix?: number }) => both.filter((one, step) => JSON.stringify(one) === JSON.stringify(mixed(settings, 4, step))).length;
    const [mixups, cutmixes] = [sameAs({ mixup: 1 }), sameAs({ cutmix: 1 })];
    expect(mixups + cutmixes).toBe(60);
    expect(Math.abs(mixups - 30)).toBeLessThan(16);
  });
});

describe('neither', () => {
  it('is nothing to mix by', () => {
    expect(remainingOf(tf, { mixup: 0, cutmix: 0 })).toBeUndefined();
  });
});
