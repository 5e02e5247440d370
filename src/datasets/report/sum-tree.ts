// Finds the thumbnails that lie near one: a k-d tree (Bentley 1975) over a few sums of their values. Each sum takes every value once, added or
// taken away, so that no two thumbnails differ by less, value by value in all, than any of their sums does.
import { THUMBNAIL_COLUMNS, THUMBNAIL_ROWS, type Thumbnails } from './thumbnails.js';

/** Of the Walsh functions over rows and columns the coarsest: which bits of a value's row and column decide its sign. */
const SIGNS = [[0, 0], [4, 0], [0, 4], [4, 4], [6, 0], [0, 6]] as const;
const SUMS = SIGNS.length;
// Looked up once: in a realm of a test runner's each look-up of a global costs more than the loop around it.
const { abs, floor, max } = Math;
/** As many are compared one by one as soon as they are looked through by a tree. */
const LEAF = 16;

export class SumTree {
  /** The pictures, those near each other in one part of the tree. What follows speaks of them by their places here. */
  readonly order: Uint32Array;
  /** How many pairs of sums were compared so far. */
  compared = 0;
  private readonly sums: Int16Array;
  /** Of the middle of each part of the tree: by which sum its halves are divided, and where. */
  private readonly divided: Uint8Array;
  private readonly bounds: Int16Array;

  constructor(thumbnails: Thumbnails, pictures: Uint32Array) {
    const unsorted = sumsOf(thumbnails, pictures);
    const places = Uint32Array.from(pictures.keys());
    this.divided = new Uint8Array(pictures.length);
    this.bounds = new Int16Array(pictures.length);
    this.divide(unsorted, places, 0);
    this.order = places.map((place) => pictures[place]!);
    this.sums = new Int16Array(unsorted.length);
    for (let at = 0; at < places.length; at += 1) {
      for (let sum = 0; sum < SUMS; sum += 1) this.sums[SUMS * at + sum] = unsorted[SUMS * places[at]! + sum]!;
    }
  }

  /** Calls `found` for each picture after one whose sums all differ from its own by no more than a distance. */
  afterWithin(one: number, distance: number, found: (one: number, other: number) => void): void {
    this.search(0, this.order.length, one, distance, found);
  }

  private search(from: number, to: number, one: number, distance: number, found: (one: number, other: number) => void): void {
    if (to <= one + 1) return;
    if (to - from <= LEAF) {
      for (let other = max(from, one + 1); other < to; other += 1) if (this.areWithin(one, other, distance)) found(one, other);
      return;
    }
    const middle = from + ((to - from) >>> 1);
    const apart = this.bounds[middle]! - this.sums[SUMS * one + this.divided[middle]!]!;
    if (apart >= -distance) this.search(from, middle, one, distance, found);
    if (apart <= distance) this.search(middle, to, one, distance, found);
  }

  private areWithin(one: number, other: number, distance: number): boolean {
    const { sums } = this;
    this.compared += 1;
    for (let sum = 0; sum < SUMS; sum += 1) if (abs(sums[SUMS * one + sum]! - sums[SUMS * other + sum]!) > distance) return false;
    return true;
  }

  /** Sorts places by the sum that differs most among them, and each half likewise. @param from where the first of them stands in the whole */
  private divide(sums: Int16Array, places: Uint32Array, from: number): void {
    if (places.length <= LEAF) return;
    const sum = widest(sums, places);
    // One number for both, a sum and its place, is sorted without a function that compares.
    const keys = Float64Array.from(places, (place) => sums[SUMS * place + sum]! * PLACES + place).sort();
    for (let at = 0; at < keys.length; at += 1) places[at] = keys[at]! - floor(keys[at]! / PLACES) * PLACES;
    const middle = places.length >>> 1;
    this.divided[from + middle] = sum;
    this.bounds[from + middle] = sums[SUMS * places[middle]! + sum]!;
    this.divide(sums, places.subarray(0, middle), from);
    this.divide(sums, places.subarray(middle), from + middle);
  }
}

/** More than there are places. */
const PLACES = 2 ** 32;

/** The sum that differs most among some pictures. */
function widest(sums: Int16Array, places: Uint32Array): number {
  const least = new Float64Array(SUMS).fill(Infinity);
  const largest = new Float64Array(SUMS).fill(-Infinity);
  for (const place of places) {
    for (let sum = 0; sum < SUMS; sum += 1) {
      const value = sums[SUMS * place + sum]!;
      if (value < least[sum]!) least[sum] = value;
      if (value > largest[sum]!) largest[sum] = value;
    }
  }
  const widths = Array.from(largest, (value, sum) => value - least[sum]!);
  return widths.indexOf(max(...widths));
}

/** Of each picture its sums. 72 values of at most 255 fit into 16 bits. */
function sumsOf(thumbnails: Thumbnails, pictures: Uint32Array): Int16Array {
  const signs = SIGNS.map(([ofRow, ofColumn]) =>
    Int8Array.from({ length: THUMBNAIL_ROWS * THUMBNAIL_COLUMNS }, (_, at) => sign(ofRow & floor(at / THUMBNAIL_COLUMNS)) * sign(ofColumn & Math.min(7, at % THUMBNAIL_COLUMNS))));
  const sums = new Int16Array(SUMS * pictures.length);
  pictures.forEach((picture, place) => {
    const thumbnail = thumbnails.of(picture);
    for (let sum = 0; sum < SUMS; sum += 1) {
      const signed = signs[sum]!;
      let total = 0;
      for (let at = 0; at < thumbnail.length; at += 1) total += signed[at]! * thumbnail[at]!;
      sums[SUMS * place + sum] = total;
    }
  });
  return sums;
}

/** -1 where an odd number of bits is set. */
function sign(bits: number): number {
  let odd = 0;
  for (let left = bits; left !== 0; left >>>= 1) odd ^= left & 1;
  return odd ? -1 : 1;
}
