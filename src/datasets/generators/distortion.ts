// How far a drawn glyph may stray from its model: all strengths in one place, and one hand's way of writing drawn from them.
import type { Stream } from '../../engine/random.js';
import type { Point } from './strokes.js';

/**
 * Chosen so that the article's network (784-128-10, plain SGD at 0.01, batches of 32, 5 epochs on 10,000 digits) gets
 * about as many test digits right as it does on MNIST: see README.md. "Spread" is a standard deviation.
 */
export const DISTORTION = {
  /** Spread of the rotation, in degrees. */
  rotationDegrees: 8,
  /** Spread of the slant: how far the top moves sideways, in heights. */
  slant: 0.18,
  /** Glyph height in pixels: lowest and highest. */
  heightPixels: [15, 21],
  /** Glyph width as a part of the height: lowest and highest. */
  widthRatio: [0.6, 1],
  /** Spread of the shift in each direction, in pixels. */
  shiftPixels: 1.2,
  /** Spread of the elastic field, in parts of the unit box. */
  elastic: 0.06,
  /** Half the thickness of a stroke, in pixels: lowest and highest. */
  strokeRadiusPixels: [0.6, 1.6],
  /** Brightness of the ink: lowest and highest, 1 being white. */
  ink: [0.7, 1],
  /** Largest change of a pixel by noise, as a part of white. Black pixels can only get brighter. */
  noise: 0.1,
} as const;

/** The unit box is bent by a field given at this many points a side and interpolated between them. */
const FIELD_SIDE = 4;
/** Past three spreads a draw is cut off, so that no glyph leaves its image. */
const MOST_SPREADS = 3;

export interface Handwriting {
  readonly radiusPixels: number;
  readonly ink: number;
  /** Where a point of the unit box comes to lie, in pixels of an image of this side. */
  place(point: Point): Point;
}

const within = (draws: Stream, [lowest, highest]: readonly [number, number]): number =>
  lowest + (highest - lowest) * draws.uniform();
const around = (draws: Stream, spread: number): number =>
  spread * Math.max(-MOST_SPREADS, Math.min(MOST_SPREADS, draws.normal()));

/** Draws one hand's way of writing. The order of the draws is part of the data sets' identity: changing it changes them. */
export function drawHandwriting(draws: Stream, sidePixels: number): Handwriting {
  const angle = (around(draws, DISTORTION.rotationDegrees) * Math.PI) / 180;
  const slant = around(draws, DISTORTION.slant);
  const height = within(draws, DISTORTION.heightPixels);
  const width = height * within(draws, DISTORTION.widthRatio);
  const shiftX = sidePixels / 2 + around(draws, DISTORTION.shiftPixels);
  const shiftY = sidePixels / 2 + around(draws, DISTORTION.shiftPixels);
  const radiusPixels = within(draws, DISTORTION.strokeRadiusPixels);
  const ink = within(draws, DISTORTION.ink);
  const bendX = drawField(draws, DISTORTION.elastic);
  const bendY = drawField(draws, DISTORTION.elastic);
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];

  return {
    radiusPixels,
    ink,
    place([x, y]) {
      const bentX = (x - 0.5 + interpolate(bendX, x, y)) * width;
      const bentY = (y - 0.5 + interpolate(bendY, x, y)) * height;
      const slanted = bentX - slant * bentY;
      return [shiftX + cos * slanted - sin * bentY, shiftY + sin * slanted + cos * bentY];
    },
  };
}

const drawField = (draws: Stream, spread: number): Float64Array =>
  Float64Array.from({ length: FIELD_SIDE * FIELD_SIDE }, () => around(draws, spread));

/** The field at a point of the unit box. Smoothstep between the given points keeps strokes without kinks. */
function interpolate(field: Float64Array, x: number, y: number): number {
  const [left, partX] = cellOf(x);
  const [top, partY] = cellOf(y);
  const at = (row: number, column: number): number => field[row * FIELD_SIDE + column] as number;
  const upper = at(top, left) + partX * (at(top, left + 1) - at(top, left));
  const lower = at(top + 1, left) + partX * (at(top + 1, left + 1) - at(top + 1, left));
  return upper + partY * (lower - upper);
}

function cellOf(position: number): [cell: number, part: number] {
  const scaled = Math.max(0, Math.min(1, position)) * (FIELD_SIDE - 1);
  const cell = Math.min(FIELD_SIDE - 2, Math.floor(scaled));
  const part = scaled - cell;
  return [cell, part * part * (3 - 2 * part)];
}
