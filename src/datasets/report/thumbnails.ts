// A picture in 72 grey values, and in 64 bits: what near duplicates are told by. The bits are those of a difference hash ("dHash", Krawetz
// 2013), each whether the picture gets lighter from one place to the next, with a margin below which it does not: without one, the bits of
// a plain background are those of its noise.
import type { Shape } from '../../contract/shape.js';
import type { RowType, RowValues } from '../rows.js';
import { pixelRuns, type PixelRuns } from '../pixel-runs.js';
import { wider } from './row-hashes.js';

// Looked up once: in a realm of a test runner's each look-up of a global costs more than the loop around it.
const { round } = Math;

export const THUMBNAIL_ROWS = 8;
export const THUMBNAIL_COLUMNS = 9;
export const THUMBNAIL_VALUES = THUMBNAIL_ROWS * THUMBNAIL_COLUMNS;
/** Of 255. */
const MARGIN = 8;
export const HASH_BITS = THUMBNAIL_ROWS * (THUMBNAIL_COLUMNS - 1);
const FIRST_ROOM = 1_024;

export const hasThumbnails = (shape: Shape, dtype: RowType): boolean => dtype === 'uint8' && shape.length === 3 && shape[0]! >= THUMBNAIL_ROWS && shape[1]! >= THUMBNAIL_COLUMNS;

/** Thumbnails of pictures in the order they come in, 72 bytes each. */
export class Thumbnails {
  count = 0;
  values = new Uint8Array(FIRST_ROOM * THUMBNAIL_VALUES);
  /** Of each pixel, the place of its thumbnail value; the thumbnail's pixels are means over what falls into them. */
  private readonly runs: PixelRuns;
  /** Values of a picture. */
  private readonly width: number;
  private readonly weights: Float64Array;
  private readonly sums = new Float64Array(THUMBNAIL_VALUES);
  private readonly channels: number;

  /** @param shape height, width, channels; height 8 at least, width 9 */
  constructor([height = 0, width = 0, channels = 0]: Shape, private readonly most: number) {
    this.channels = channels;
    const placeOf = Uint8Array.from({ length: height * width }, (_, pixel) => {
      const [row, column] = [Math.floor(pixel / width), pixel % width];
      return Math.floor((row * THUMBNAIL_ROWS) / height) * THUMBNAIL_COLUMNS + Math.floor((column * THUMBNAIL_COLUMNS) / width);
    });
    const pixels = new Float64Array(THUMBNAIL_VALUES);
    for (const place of placeOf) pixels[place]! += channels;
    this.weights = pixels.map((count) => 1 / count);
    this.runs = pixelRuns(placeOf);
    this.width = placeOf.length * channels;
  }

  /** More came than are kept. */
  get isFull(): boolean {
    return this.count > this.most;
  }

  add(pictures: RowValues): void {
    const { runs, channels, sums, width } = this;
    for (let from = 0; from < pictures.length; from += width) {
      this.count += 1;
      if (this.isFull) {
        this.values = new Uint8Array(0);
        return;
      }
      sums.fill(0);
      for (let run = 0, at = from; run < runs.places.length; run += 1) {
        let sum = 0;
        for (const end = at + runs.pixels[run]! * channels; at < end; at += 1) sum += pictures[at]!;
        sums[runs.places[run]!]! += sum;
      }
      const start = (this.count - 1) * THUMBNAIL_VALUES;
      if (start === this.values.length) this.values = wider(this.values, Math.min(2 * start, this.most * THUMBNAIL_VALUES));
      for (let place = 0; place < THUMBNAIL_VALUES; place += 1) this.values[start + place] = round(sums[place]! * this.weights[place]!);
    }
  }

  of(picture: number): Uint8Array {
    return this.values.subarray(picture * THUMBNAIL_VALUES, (picture + 1) * THUMBNAIL_VALUES);
  }
}

/** For each of 8 × 8 places, whether it is darker than the one to its right. */
export function hashOf(thumbnail: Uint8Array): Uint8Array {
  const bits = new Uint8Array(HASH_BITS);
  for (let row = 0, bit = 0; row < THUMBNAIL_ROWS; row += 1) {
    for (let column = 0; column < THUMBNAIL_COLUMNS - 1; column += 1, bit += 1) {
      const at = row * THUMBNAIL_COLUMNS + column;
      bits[bit] = thumbnail[at]! + MARGIN < thumbnail[at + 1]! ? 1 : 0;
    }
  }
  return bits;
}
