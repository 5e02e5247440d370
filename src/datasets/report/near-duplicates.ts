// Pictures that are nearly the same: stored again with other compression or size, slightly lighter. Two are, where their hashes differ in
// at most 3 of 64 bits and their thumbnails in at most 3 % of their contrast. Either alone is not enough: see docs/decisions/datasets.md.
import { SumTree } from './sum-tree.js';
import { hashOf, HASH_BITS, THUMBNAIL_VALUES, type Thumbnails } from './thumbnails.js';

// Looked up once: in a realm of a test runner's each look-up of a global costs more than the loop around it.
const { abs, imul } = Math;

const MOST_BITS = 3;
/** Of the mean distance of a thumbnail's values from their mean. */
const MOST_DIFFERENCE = 0.03;
/** So that of two plain pictures only those of one grey are the same. */
const LEAST_CONTRAST = 0.01;
/** Comparisons of sums, a second or so. Only data sets of a great many pictures alike need more. */
const MOST_COMPARISONS = 200_000_000;
/** What comparing two thumbnails takes, in comparisons of sums. */
const LOOK_COMPARISONS = 16;

/**
 * Calls `found` once for each pair, the picture that came first before the other.
 * Takes 30 bytes a picture besides the thumbnails.
 * @param pictures those to compare
 * @returns whether all were compared
 */
export function nearDuplicates(
  thumbnails: Thumbnails,
  pictures: Uint32Array,
  found: (first: number, other: number) => void,
  mostComparisons = MOST_COMPARISONS,
): boolean {
  const tree = new SumTree(thumbnails, pictures);
  const looks = new Looks(thumbnails, tree.order);
  let looked = 0;
  const look = (one: number, other: number): void => {
    looked += 1;
    if (!looks.areAlike(one, other)) return;
    const [first, second] = [tree.order[one]!, tree.order[other]!];
    if (first < second) found(first, second);
    else found(second, first);
  };
  for (let one = 0; one < pictures.length; one += 1) {
    tree.afterWithin(one, looks.farthest(one), look);
    if (tree.compared + looked * LOOK_COMPARISONS > mostComparisons) return false;
  }
  return true;
}

/** Thumbnails and hashes of pictures, by their places in an order. */
class Looks {
  /** Mean distance of the values from their mean. */
  private readonly contrasts: Float32Array;
  private readonly hashes: Uint32Array;

  constructor(private readonly thumbnails: Thumbnails, private readonly order: Uint32Array) {
    this.contrasts = new Float32Array(order.length);
    this.hashes = new Uint32Array(HASH_WORDS * order.length);
    order.forEach((picture, place) => {
      const thumbnail = thumbnails.of(picture);
      this.contrasts[place] = contrastOf(thumbnail);
      this.hashes.set(wordsOf(hashOf(thumbnail)), HASH_WORDS * place);
    });
  }

  /**
   * How far apart in all, value by value, the thumbnails of a picture and of any that is like it may be. Contrasts of two pictures differ by at
   * most twice the mean difference d of their values; where d is at most m times the mean c + d of both, and the least, it is at most m (c + least) / (1 - m).
   */
  farthest(place: number): number {
    return (MOST_DIFFERENCE * (this.contrasts[place]! + LEAST_CONTRAST) * THUMBNAIL_VALUES) / (1 - MOST_DIFFERENCE) + ROUNDING;
  }

  areAlike(one: number, other: number): boolean {
    const { values } = this.thumbnails;
    const most = MOST_DIFFERENCE * ((this.contrasts[one]! + this.contrasts[other]!) / 2 + LEAST_CONTRAST) * THUMBNAIL_VALUES;
    const [from, to] = [this.order[one]! * THUMBNAIL_VALUES, this.order[other]! * THUMBNAIL_VALUES];
    let difference = 0;
    for (let at = 0; at < THUMBNAIL_VALUES && difference <= most; at += 1) difference += abs(values[from + at]! - values[to + at]!);
    return difference <= most && this.bitsApart(one, other) <= MOST_BITS;
  }

  private bitsApart(one: number, other: number): number {
    let apart = 0;
    for (let word = 0; word < HASH_WORDS; word += 1) apart += onesIn(this.hashes[HASH_WORDS * one + word]! ^ this.hashes[HASH_WORDS * other + word]!);
    return apart;
  }
}

const HASH_WORDS = HASH_BITS / 32;
/** Of contrasts, which are kept as float32. */
const ROUNDING = 0.01;

function contrastOf(thumbnail: Uint8Array): number {
  let sum = 0;
  for (const value of thumbnail) sum += value;
  const mean = sum / THUMBNAIL_VALUES;
  let distances = 0;
  for (const value of thumbnail) distances += abs(value - mean);
  return distances / THUMBNAIL_VALUES;
}

function wordsOf(bits: Uint8Array): Uint32Array {
  const words = new Uint32Array(HASH_WORDS);
  bits.forEach((bit, at) => (words[at >>> 5]! |= bit << (at & 31)));
  return words;
}

function onesIn(bits: number): number {
  let left = bits - ((bits >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  left = (left + (left >>> 4)) & 0x0f0f0f0f;
  return imul(left, 0x01010101) >>> 24;
}
