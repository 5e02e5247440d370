// Where a picture is moved: crop, flip, zoom, rotation and shift of each example, drawn apart and composed into one map, so that
// values are interpolated once.
import type { AugmentSettings } from '../../contract/augment.js';
import type { DrawsOf } from '../draws.js';
import { projectiveTransform } from '../native-operations.js';
import type { Tensor, TensorFlow } from '../native.js';

export type GeometrySettings = Pick<AugmentSettings, 'shift' | 'flip' | 'rotate' | 'zoom' | 'crop'>;

/** What happens to the pictures of a batch, float32 [batch] each; left out: nothing. In the order in which it happens. */
export interface Placement {
  /** A window with sides of `kept` (1: all), placed by `left` and `top` from 0 to 1, scaled up to the full size. */
  crop?: { kept: Tensor; left: Tensor; top: Tensor } | undefined;
  /** −1 mirrors along that axis, 1 does not. */
  flip?: { x?: Tensor | undefined; y?: Tensor | undefined } | undefined;
  /** Magnification about the centre. */
  zoom?: Tensor | undefined;
  /** Radians about the centre, positive from the x axis (right) to the y axis (down). */
  rotation?: Tensor | undefined;
  /** Parts of width and height, to the right and down. */
  shift?: { x: Tensor; y: Tensor } | undefined;
}

/** The placements of one step; undefined where all settings are off. */
export function drawPlacement(tf: TensorFlow, settings: GeometrySettings, batch: number, draws: DrawsOf): Placement | undefined {
  const { shift, flip, rotate, zoom, crop } = settings;
  const uniforms = (site: string, count: number): Tensor[] => tf.unstack(draws(site).uniform([count, batch]));
  /** From −most to most. */
  const around = (most: number) => (uniform: Tensor): Tensor => tf.mul(tf.sub(uniform, 0.5), 2 * most);
  const placement: Placement = {};
  if (crop > 0) {
    const [size, left, top] = uniforms('crop', 3) as [Tensor, Tensor, Tensor];
    placement.crop = { kept: tf.sub(1, tf.mul(size, crop)), left, top };
  }
  if (flip !== 'none') {
    const [x, y] = uniforms('flip', 2).map((uniform) => tf.sub(1, tf.mul(2, tf.cast(tf.less(uniform, 0.5), 'float32'))));
    placement.flip = { x: flip === 'vertical' ? undefined : x, y: flip === 'horizontal' ? undefined : y };
  }
  if (zoom > 0) placement.zoom = tf.add(around(zoom)(uniforms('zoom', 1)[0]!), 1);
  if (rotate > 0) placement.rotation = around((rotate * Math.PI) / 180)(uniforms('rotate', 1)[0]!);
  if (shift > 0) {
    const [x, y] = uniforms('shift', 2).map(around(shift)) as [Tensor, Tensor];
    placement.shift = { x, y };
  }
  return Object.keys(placement).length > 0 ? placement : undefined;
}

/**
 * The pictures as placed, of the same size; what comes in from outside is 0. Call inside a tidy.
 * @param pictures float32 [batch, height, width, channels]
 */
export function place(tf: TensorFlow, pictures: Tensor, { crop, flip, zoom, rotation, shift }: Placement): Tensor {
  const [batch, height, width] = pictures.shape as [number, number, number];
  // Coordinates are those of pixel centres. A crop spans from centre to centre, so that it never reads beyond the edge.
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  const one = tf.ones([batch]);

  // From a point of the result back to where its value comes from: each change undone, the last one first. About the centre:
  //   source = kept / zoom · flip · rotation⁻¹ · (point − shift) + offset of the crop
  const scale = tf.div(crop?.kept ?? one, zoom ?? one);
  const [scaleX, scaleY] = [tf.mul(scale, flip?.x ?? one), tf.mul(scale, flip?.y ?? one)];
  const [cosine, sine] = rotation ? [tf.cos(rotation), tf.sin(rotation)] : [one, tf.zeros([batch])];
  const [xx, xy] = [tf.mul(scaleX, cosine), tf.mul(scaleX, sine)];
  const [yx, yy] = [tf.neg(tf.mul(scaleY, sine)), tf.mul(scaleY, cosine)];

  const from = (position: Tensor, kept: Tensor, span: number): Tensor => tf.mul(tf.mul(tf.sub(position, 0.5), tf.sub(1, kept)), span);
  // Where the shift puts the centre: the result's point (0, 0) is (−x, −y) seen from there.
  const x = tf.add(shift ? tf.mul(shift.x, width) : tf.zeros([batch]), centreX);
  const y = tf.add(shift ? tf.mul(shift.y, height) : tf.zeros([batch]), centreY);
  const target = (alongX: Tensor, alongY: Tensor, centre: number, offset: Tensor | undefined): Tensor => {
    const origin = tf.sub(centre, tf.add(tf.mul(alongX, x), tf.mul(alongY, y)));
    return offset ? tf.add(origin, offset) : origin;
  };
  const originX = target(xx, xy, centreX, crop && from(crop.left, crop.kept, width - 1));
  const originY = target(yx, yy, centreY, crop && from(crop.top, crop.kept, height - 1));
  const none = tf.zeros([batch]);
  return projectiveTransform(tf, pictures, tf.stack([xx, xy, originX, yx, yy, originY, none, none], 1));
}
