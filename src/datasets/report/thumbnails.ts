// A picture in 72 grey values, and in 64 bits: what near duplicates are told by. The bits are those of a difference hash ("dHash", Krawetz
// 2013), each whether the picture gets lighter from one place to the next, with a margin below which it does not: without one, the bits of
// a plain background are those of its noise.
import type { Shape } from '../../contract/shape.js';
import type { RowType, RowValues } from '../rows.js';
import { wider } from './row-hashes.js';

// Looked up once: in a realm of a test runner's each look-up of a global costs more than the loop around it.
const { ceil, floor, round } = Math;

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
  /** Of the pixels of a row, where those of each thumbnail pixel begin, and of the rows of a picture likewise; a thumbnail's pixels are means over what lies between. */
  private readonly columns: readonly number[];
  private readonly rows: readonly number[];
  /** Values of a row of pixels. */
  private readonly rowValues: number;
  private readonly sums = new Float64Array(THUMBNAIL_VALUES);
  private readonly weights: Float64Array;

  /** @param shape height, width, channels; height 8 at least, width 9 */
  constructor([height = 0, width = 0, channels = 0]: Shape, private readonly most: number) {
    this.rows = bounds(height, THUMBNAIL_ROWS);
    this.columns = bounds(width, THUMBNAIL_COLUMNS).map((column) => column * channels);
    this.rowValues = width * channels;
    this.weights = Float64Array.from(this.sums, (_, place) => {
      const [row, column] = [floor(place / THUMBNAIL_COLUMNS), place % THUMBNAIL_COLUMNS];
      return 1 / ((this.rows[row + 1]! - this.rows[row]!) * (this.columns[column + 1]! - this.columns[column]!));
    });
  }

  /** More came than are kept. */
  get isFull(): boolean {
    return this.count > this.most;
  }

  add(pictures: RowValues): void {
    const pictureValues = this.rows.at(-1)! * this.rowValues;
    for (let from = 0; from < pictures.length; from += pictureValues) {
      this.count += 1;
      if (this.isFull) {
        this.values = new Uint8Array(0);
        return;
      }
      const start = (this.count - 1) * THUMBNAIL_VALUES;
      if (start === this.values.length) this.values = wider(this.values, Math.min(2 * start, this.most * THUMBNAIL_VALUES));
      this.sum(pictures, from);
      for (let place = 0; place < THUMBNAIL_VALUES; place += 1) this.values[start + place] = round(this.sums[place]! * this.weights[place]!);
    }
  }

  /** The sums of a picture's values, place by place. */
  private sum(pictures: RowValues, from: number): void {
    const { rows, columns, rowValues, sums } = this;
    sums.fill(0);
    for (let thumbnailRow = 0; thumbnailRow < THUMBNAIL_ROWS; thumbnailRow += 1) {
      for (let row = rows[thumbnailRow]!; row < rows[thumbnailRow + 1]!; row += 1) {
        const rowFrom = from + row * rowValues;
        for (let column = 0; column < THUMBNAIL_COLUMNS; column += 1) {
          let sum = 0;
          for (let at = rowFrom + columns[column]!; at < rowFrom + columns[column + 1]!; at += 1) sum += pictures[at]!;
          sums[thumbnailRow * THUMBNAIL_COLUMNS + column]! += sum;
        }
      }
    }
  }

  of(picture: number): Uint8Array {
    return this.values.subarray(picture * THUMBNAIL_VALUES, (picture + 1) * THUMBNAIL_VALUES);
  }
}

/** Where each of `parts` parts of `size` pixels begins, those of pixel p being floor(p · parts / size), and where the last ends. */
const bounds = (size: number, parts: number): number[] => Array.from({ length: parts + 1 }, (_, part) => ceil((part * size) / parts));

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
