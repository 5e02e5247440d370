// Pictures moved: by what can be said of single pixels, and how the moves are drawn.
import { describe, expect, it } from '@jest/globals';
import { UNCHANGED } from '#contract/augment.js';
import { drawPlacement, place, type GeometrySettings, type Placement } from '#engine/augment/geometry.js';
import { drawsAt } from '#engine/draws.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { everyTestFreesItsTensors, largestDifference } from '../../support/networks.js';
import { distance, likelyDistance, meanOf } from '../../support/statistics.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const [BATCH, HEIGHT, WIDTH, CHANNELS] = [2, 8, 16, 3] as const;
/** Values at least 1, so that what comes in from outside, 0, is told apart. */
const pictures = (height: number = HEIGHT, width: number = WIDTH): Tensor =>
  tf.add(tf.randomUniform([BATCH, height, width, CHANNELS], 0, 1, 'float32', 5), 1);

/** Values of the pictures before and after. */
const placed = (placement: () => Placement, expected: (before: Tensor) => Tensor, before: () => Tensor = pictures) =>
  tf.tidy(() => {
    const given = before();
    return { actual: place(tf, given, placement()).dataSync(), expected: expected(given).dataSync() };
  });
const each = (value: number): Tensor => tf.fill([BATCH], value);
const same = (tensor: Tensor): Tensor => tensor;

describe('a picture placed', () => {
  it.each<[string, () => Placement]>([
    ['nothing', () => ({})],
    ['a shift of 0', () => ({ shift: { x: each(0), y: each(0) } })],
    ['an angle of 0', () => ({ rotation: each(0) })],
    ['a zoom of 1', () => ({ zoom: each(1) })],
    ['a crop of all of it', () => ({ crop: { kept: each(1), left: each(0.3), top: each(0.9) } })],
    ['no mirror', () => ({ flip: { x: each(1), y: each(1) } })],
    ['all of these', () => ({ shift: { x: each(0), y: each(0) }, rotation: each(0), zoom: each(1), crop: { kept: each(1), left: each(0), top: each(1) }, flip: { x: each(1) } })],
  ])('by %s keeps every bit', (_, placement) => {
    const { actual, expected } = placed(placement, same);
    expect(actual).toEqual(expected);
    const odd = placed(placement, same, () => pictures(7, 9));
    expect(odd.actual).toEqual(odd.expected);
  });

  it('is mirrored along one axis or both, to the bit', () => {
    const along = (flip: Placement['flip'], axes: number[]) => placed(() => ({ flip }), (before) => tf.reverse(before, axes));
    const minus = each(-1);
    for (const { actual, expected } of [along({ x: minus }, [2]), along({ y: minus }, [1]), along({ x: minus, y: minus }, [1, 2])]) expect(actual).toEqual(expected);
    minus.dispose();
  });

  it('is what it was after it was mirrored twice', () => {
    const twice = tf.tidy(() => {
      const given = pictures();
      const mirror = (): Placement => ({ flip: { x: each(-1), y: each(-1) } });
      return [place(tf, place(tf, given, mirror()), mirror()).dataSync(), given.dataSync()];
    });
    expect(twice[0]).toEqual(twice[1]);
  });

  it('shifted by whole pixels is a slice with zeros beside it, to the bit', () => {
    const { actual, expected } = placed(
      () => ({ shift: { x: each(4 / WIDTH), y: each(-2 / HEIGHT) } }),
      (before) => tf.pad(tf.slice(before, [0, 2, 0, 0], [BATCH, HEIGHT - 2, WIDTH - 4, CHANNELS]), [[0, 0], [0, 2], [4, 0], [0, 0]]),
    );
    expect(actual).toEqual(expected);
  });

  it('shifted by half a pixel has the mean of two', () => {
    const { actual, expected } = placed(
      () => ({ shift: { x: each(0.5 / WIDTH), y: each(0) } }),
      (before) => tf.div(tf.add(before, tf.pad(tf.slice(before, [0, 0, 0, 0], [BATCH, HEIGHT, WIDTH - 1, CHANNELS]), [[0, 0], [0, 0], [1, 0], [0, 0]])), 2),
    );
    expect(largestDifference(actual, expected)).toBeLessThan(1e-6);
  });

  it('turned by 90° clockwise is its rows as columns, from the right', () => {
    const { actual, expected } = placed(
      () => ({ rotation: each(Math.PI / 2) }),
      (before) => tf.reverse(tf.transpose(before, [0, 2, 1, 3]), 2),
      () => pictures(9, 9),
    );
    expect(largestDifference(actual, expected)).toBeLessThan(1e-5);
  });

  it('turned four times by 90° is what it was', () => {
    const { actual, expected } = tf.tidy(() => {
      const given = pictures(9, 9);
      const turned = [1, 2, 3, 4].reduce((picture) => place(tf, picture, { rotation: each(Math.PI / 2) }), given);
      return { actual: turned.dataSync(), expected: given.dataSync() };
    });
    expect(largestDifference(actual, expected)).toBeLessThan(1e-5);
  });

  it('magnified twice shows the middle: every second pixel of the result is one of the picture', () => {
    const { actual, expected } = placed(
      () => ({ zoom: each(2) }),
      (before) => tf.slice(before, [0, 2, 2, 0], [BATCH, 5, 5, CHANNELS]),
      () => pictures(9, 9),
    );
    const everySecond = tf.tidy(() => tf.stridedSlice(tf.tensor(actual, [BATCH, 9, 9, CHANNELS]), [0, 0, 0, 0], [BATCH, 9, 9, CHANNELS], [1, 2, 2, 1]).dataSync());
    expect(largestDifference(everySecond, expected)).toBeLessThan(1e-6);
  });

  it('cropped to half shows the corner it was placed in, from its first pixel to its last', () => {
    const corner = (left: number, top: number, at: [number, number]) => {
      const { actual, expected } = placed(
        () => ({ crop: { kept: each(0.5), left: each(left), top: each(top) } }),
        (before) => tf.slice(before, [0, ...at, 0], [BATCH, 5, 5, CHANNELS]),
        () => pictures(9, 9),
      );
      const everySecond = tf.tidy(() => tf.stridedSlice(tf.tensor(actual, [BATCH, 9, 9, CHANNELS]), [0, 0, 0, 0], [BATCH, 9, 9, CHANNELS], [1, 2, 2, 1]).dataSync());
      return largestDifference(everySecond, expected);
    };
    expect(corner(0, 0, [0, 0])).toBeLessThan(1e-6);
    expect(corner(1, 0, [0, 4])).toBeLessThan(1e-6);
    expect(corner(0.5, 1, [4, 2])).toBeLessThan(1e-6);
  });

  it('is cropped first, mirrored next, shifted last', () => {
    const shift = 2 / WIDTH;
    const { actual, expected } = placed(
      () => ({ crop: { kept: each(0.6), left: each(0.1), top: each(0.8) }, flip: { x: each(-1) }, zoom: each(1.25), rotation: each(0.3), shift: { x: each(shift), y: each(0) } }),
      (before) => {
        // Each by itself, interpolated anew: alike where the picture is smooth.
        const steps: Placement[] = [
          { crop: { kept: each(0.6), left: each(0.1), top: each(0.8) } },
          { flip: { x: each(-1) } },
          { zoom: each(1.25) },
          { rotation: each(0.3) },
          { shift: { x: each(shift), y: each(0) } },
        ];
        return steps.reduce((picture, one) => place(tf, picture, one), before);
      },
      // A slope along both axes: linear interpolation gives it exactly, but at the edges.
      () => tf.tidy(() => tf.tile(tf.reshape(tf.add(tf.mul(tf.reshape(tf.range(0, 8), [8, 1]), 10), tf.range(0, 16)), [1, 8, 16, 1]), [BATCH, 1, 1, CHANNELS])),
    );
    const inner = Array.from(actual).map((value, at) => ({ value, wanted: expected[at]! })).filter((_, at) => {
      const [row, column] = [Math.floor(at / CHANNELS / WIDTH) % HEIGHT, Math.floor(at / CHANNELS) % WIDTH];
      return row >= 3 && row <= 4 && column >= 6 && column <= 11;
    });
    expect(inner).toHaveLength(BATCH * 2 * 6 * CHANNELS);
    for (const { value, wanted } of inner) expect(value).toBeCloseTo(wanted, 3);
  });

  it('never shows what lies outside where it is cropped alone', () => {
    const { actual } = placed(() => ({ crop: { kept: each(0.37), left: each(1), top: each(0.123) } }), same, () => tf.ones([BATCH, 7, 9, CHANNELS]));
    for (const value of actual) expect(value).toBeCloseTo(1, 6);
  });
});

const DRAWS = 4000;
const drawn = (settings: Partial<GeometrySettings>, values: (placement: Placement) => Tensor, seed = 3): Float32Array =>
  tf.tidy(() => {
    const step = tf.scalar(1, 'int32');
    return values(drawPlacement(tf, { ...UNCHANGED, ...settings }, DRAWS, (site) => drawsAt(tf, seed, site, step))!).dataSync() as Float32Array;
  });
const evenBetween = (low: number, high: number) => (value: number): number => Math.min(1, Math.max(0, (value - low) / (high - low)));

describe('where a picture is placed', () => {
  it.each<[string, Partial<GeometrySettings>, (placement: Placement) => Tensor, number, number]>([
    ['angle', { rotate: 30 }, ({ rotation }) => rotation!, -Math.PI / 6, Math.PI / 6],
    ['shift to the right', { shift: 0.2 }, ({ shift }) => shift!.x, -0.2, 0.2],
    ['shift down', { shift: 0.2 }, ({ shift }) => shift!.y, -0.2, 0.2],
    ['magnification', { zoom: 0.3 }, ({ zoom }) => zoom!, 0.7, 1.3],
    ['side that a crop keeps', { crop: 0.4 }, ({ crop }) => crop!.kept, 0.6, 1],
    ['left edge of a crop', { crop: 0.4 }, ({ crop }) => crop!.left, 0, 1],
    ['top edge of a crop', { crop: 0.4 }, ({ crop }) => crop!.top, 0, 1],
  ])('has every %s of its range alike', (_, settings, values, low, high) => {
    expect(distance(drawn(settings, values), evenBetween(low, high))).toBeLessThan(likelyDistance(DRAWS));
  });

  it('is mirrored half of the time, each way by itself', () => {
    const [x, y] = [drawn({ flip: 'both' }, ({ flip }) => flip!.x!), drawn({ flip: 'both' }, ({ flip }) => flip!.y!)];
    for (const signs of [x, y, x.map((sign, at) => sign * y[at]!)]) {
      expect(new Set(signs)).toEqual(new Set([-1, 1]));
      expect(Math.abs(meanOf(signs))).toBeLessThan(4 / Math.sqrt(DRAWS));
    }
  });

  it('is mirrored only along the axis asked for', () => {
    const flipOf = (flip: GeometrySettings['flip']) => {
      const names: string[] = [];
      drawn({ flip }, (placement) => {
        names.push(...(['x', 'y'] as const).filter((axis) => placement.flip![axis]));
        return placement.flip!.x ?? placement.flip!.y!;
      });
      return names;
    };
    expect([flipOf('horizontal'), flipOf('vertical'), flipOf('both')]).toEqual([['x'], ['y'], ['x', 'y']]);
  });

  it('is left as it is where nothing is asked for', () => {
    expect(drawPlacement(tf, UNCHANGED, 2, () => { throw new Error('nothing is drawn'); })).toBeUndefined();
  });
});
