// How far a drawn glyph may stray from its model: all strengths in one place, and one hand's way of writing drawn from them.
import type { Stream } from '../../engine/random.js';
import type { Point } from './strokes.js';

/**
 * Chosen so that the article's network (784-128-10, plain SGD at 0.01, batches of 32, 5 epochs on 10,000 digits) gets
 * about as many test digits right as it does on MNIST: see README.md. "Spread" is a standard deviation.
 */
export const DISTORTION = {
  /** Spread of the rotation, in degrees. */
  rotationDegrees: 6,
  /** Spread of the slant: how far the top moves sideways, in heights. */
  slant: 0.12,
  /** Glyph height in pixels: lowest and highest. */
  heightPixels: [17, 21],
  /** Glyph width as a part of the height: lowest and highest. */
  widthRatio: [0.65, 0.95],
  /** Spread of the shift in each direction, in pixels. */
  shiftPixels: 0.8,
  /** Spread of the elastic field's control points, in parts of the unit box; of the field itself about half of it. */
  elastic: 0.1,
  /** Half the thickness of a stroke, in pixels: lowest and highest. */
  strokeRadiusPixels: [0.8, 1.7],
  /** Brightness of the ink: lowest and highest, 1 being white. */
  ink: [0.7, 1],
  /** Largest change of a pixel by noise, as a part of white. Black pixels can only get brighter. */
  noise: 0.1,
} as const;

/** The unit box is bent by a smooth field over this many cells a side; a cubic spline has three control points more. */
const CELLS = 3;
const FIELD_SIDE = CELLS + 3;
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

/** The field at a point of the unit box: a uniform cubic B-spline, whose smoothness keeps bent strokes without kinks. */
function interpolate(field: Float64Array, x: number, y: number): number {
  const columns = splineAt(x);
  const rows = splineAt(y);
  let sum = 0;
  for (let row = 0; row < 4; row += 1) {
    for (let column = 0; column < 4; column += 1) {
      const weight = (rows.weights[row] as number) * (columns.weights[column] as number);
      sum += weight * (field[(rows.cell + row) * FIELD_SIDE + columns.cell + column] as number);
    }
  }
  return sum;
}

/** The first of the four control points that matter at a position from 0 to 1, and how much each does. */
function splineAt(position: number): { cell: number; weights: readonly number[] } {
  const scaled = Math.max(0, Math.min(1, position)) * CELLS;
  const cell = Math.min(CELLS - 1, Math.floor(scaled));
  const t = scaled - cell;
  const weights = [(1 - t) ** 3, 3 * t ** 3 - 6 * t ** 2 + 4, -3 * t ** 3 + 3 * t ** 2 + 3 * t + 1, t ** 3];
  return { cell, weights: weights.map((weight) => weight / 6) };
}
