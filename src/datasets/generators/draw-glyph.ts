// The paper: draws placed strokes into a square of grey pixels, antialiased by each pixel's distance to the stroke.
import type { Stream } from '../../engine/random.js';
import { DISTORTION, type Handwriting } from './distortion.js';
import type { Glyph, Point } from './strokes.js';

// Not looked up for every pixel: in Jest's sandbox a global costs more than the pixel.
const { ceil, floor, max, min, round, sqrt } = Math;

/** Draws a glyph, white on black, and adds noise. `image` is uint8 [side, side], all zero before. */
export function drawGlyph(image: Uint8Array, sidePixels: number, glyph: Glyph, hand: Handwriting, draws: Stream): void {
  const coverage = new Float32Array(image.length);
  for (const stroke of glyph) {
    const placed = stroke.map((point) => hand.place(point));
    placed.slice(1).forEach((to, at) => drawSegment(coverage, sidePixels, placed[at] as Point, to, hand.radiusPixels));
  }
  const ink = 255 * hand.ink;
  const noise = 255 * DISTORTION.noise;
  for (let at = 0; at < image.length; at += 4) {
    // One draw of 32 bits is noise for four pixels: a byte each is plenty.
    const bits = draws.uint32();
    for (let byte = 0; byte < 4; byte += 1) {
      const change = noise * (((bits >>> (8 * byte)) & 0xff) / 127.5 - 1);
      image[at + byte] = max(0, min(255, round((coverage[at + byte] as number) * ink + change)));
    }
  }
}

/** Raises the coverage (0 to 1) of the pixels near a straight piece; pixel centres lie at half numbers. */
function drawSegment(coverage: Float32Array, side: number, [x0, y0]: Point, [x1, y1]: Point, radius: number): void {
  const reach = radius + 0.5;
  const first = (low: number): number => max(0, floor(low - reach));
  const last = (high: number): number => min(side - 1, ceil(high + reach) - 1);
  const [dx, dy] = [x1 - x0, y1 - y0];
  const squaredLength = dx * dx + dy * dy;
  const [left, right] = [first(min(x0, x1)), last(max(x0, x1))];
  const bottom = last(max(y0, y1));

  for (let row = first(min(y0, y1)); row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      const [px, py] = [column + 0.5 - x0, row + 0.5 - y0];
      const along = squaredLength === 0 ? 0 : max(0, min(1, (px * dx + py * dy) / squaredLength));
      const distance = sqrt((px - along * dx) ** 2 + (py - along * dy) ** 2);
      const covered = min(1, reach - distance);
      const at = row * side + column;
      if (covered > (coverage[at] as number)) coverage[at] = covered;
    }
  }
}
