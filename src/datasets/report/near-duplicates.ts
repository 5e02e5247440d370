// Pictures that are nearly the same: stored again with other compression or size, slightly lighter. Two are, where their hashes differ in
// at most 3 of 64 bits and their thumbnails in at most 3 % of their contrast. Either alone is not enough: see docs/decisions.md.
import { hashOf, HASH_BITS, THUMBNAIL_VALUES, type Thumbnails } from './thumbnails.js';

// Looked up once: in a realm of a test runner's each look-up of a global costs more than the loop around it.
const { abs } = Math;

const MOST_BITS = 3;
/** Of the mean distance of a thumbnail's values from their mean. */
const MOST_DIFFERENCE = 0.03;
/** So that of two plain pictures only those of one grey are the same. */
const LEAST_CONTRAST = 0.01;
/** Hashes that differ in 3 bits are the same in one of 4 bands at least. */
const BANDS = MOST_BITS + 1;
const BAND_BITS = HASH_BITS / BANDS;
/** Comparisons of hashes, some seconds. Only data sets of a great many pictures alike, or of many more than 100,000, need more. */
const MOST_COMPARISONS = 200_000_000;
/** What comparing two thumbnails takes, in comparisons of hashes. */
const LOOK_COMPARISONS = 16;

/**
 * Calls `found` for each pair, the picture that came first before the other; for some pairs several times.
 * Takes 34 bytes a picture besides the thumbnails.
 * @param pictures those to compare, ascending
 * @returns whether all were compared
 */
export function nearDuplicates(
  thumbnails: Thumbnails,
  pictures: Uint32Array,
  found: (first: number, other: number) => void,
  mostComparisons = MOST_COMPARISONS,
): boolean {
  const looks = new Looks(thumbnails, pictures);
  const bands = bandsOf(thumbnails, looks.order);
  let left = mostComparisons;
  /** A picture against those of its bucket that come after it; false where there are no comparisons left. */
  const compare = (bucket: Uint32Array, at: number): boolean => {
    const one = bucket[at]!;
    for (let after = at + 1; after < bucket.length; after += 1) {
      const other = bucket[after]!;
      // No two thumbnails differ by less than their means do.
      if (looks.sums[other]! - looks.sums[one]! > MOST_SUMS_APART) break;
      left -= 1;
      if (left < 0) return false;
      if (bitsApart(bands, one, other) > MOST_BITS) continue;
      left -= LOOK_COMPARISONS;
      if (!looks.areAlike(one, other)) continue;
      const pair = [looks.order[one]!, looks.order[other]!] as const;
      found(Math.min(...pair), Math.max(...pair));
    }
    return true;
  };
  for (let band = 0; band < BANDS; band += 1) {
    for (const bucket of buckets(bands, band)) {
      for (let at = 0; at < bucket.length; at += 1) if (!compare(bucket, at)) return false;
    }
  }
  return true;
}

/** Values of 0 to 255 are half of that from their mean at most. */
const MOST_SUMS_APART = MOST_DIFFERENCE * (127.5 + LEAST_CONTRAST) * THUMBNAIL_VALUES;

/** The thumbnails in order of their brightness. */
class Looks {
  /** The picture at each place. */
  readonly order: Uint32Array;
  readonly sums: Uint16Array;
  /** Mean distance of the values from their mean. */
  private readonly contrasts: Float32Array;

  constructor(private readonly thumbnails: Thumbnails, pictures: Uint32Array) {
    const sums = Uint16Array.from(pictures, (picture) => thumbnails.of(picture).reduce((sum, value) => sum + value, 0));
    const order = sorted(sums, 255 * THUMBNAIL_VALUES).places;
    this.order = order.map((place) => pictures[place]!);
    this.sums = Uint16Array.from(order, (place) => sums[place]!);
    this.contrasts = Float32Array.from(this.order, (picture, at) => {
      const mean = this.sums[at]! / THUMBNAIL_VALUES;
      return thumbnails.of(picture).reduce((sum, value) => sum + Math.abs(value - mean), 0) / THUMBNAIL_VALUES;
    });
  }

  areAlike(one: number, other: number): boolean {
    const { values } = this.thumbnails;
    const most = MOST_DIFFERENCE * ((this.contrasts[one]! + this.contrasts[other]!) / 2 + LEAST_CONTRAST) * THUMBNAIL_VALUES;
    const [from, to] = [this.order[one]! * THUMBNAIL_VALUES, this.order[other]! * THUMBNAIL_VALUES];
    let difference = 0;
    for (let at = 0; at < THUMBNAIL_VALUES && difference <= most; at += 1) difference += abs(values[from + at]! - values[to + at]!);
    return difference <= most;
  }
}

/**
 * The hash of each picture as bands of 16 bits. Bits are dealt out by how evenly they are set, those of a border that is black in all pictures
 * last: else one band would be the same in most pictures, and all of those would be compared.
 */
function bandsOf(thumbnails: Thumbnails, pictures: Uint32Array): Uint16Array {
  const set = new Float64Array(HASH_BITS);
  for (const picture of pictures) hashOf(thumbnails.of(picture)).forEach((isSet, bit) => (set[bit]! += isSet));
  const uneven = (bit: number): number => Math.abs(set[bit]! - pictures.length / 2);
  const order = Array.from(set.keys()).sort((one, other) => uneven(one) - uneven(other) || one - other);
  const bands = new Uint16Array(BANDS * pictures.length);
  pictures.forEach((picture, at) => {
    const hash = hashOf(thumbnails.of(picture));
    order.forEach((bit, place) => {
      const band = BANDS * at + (place % BANDS);
      bands[band] = (bands[band]! << 1) | hash[bit]!;
    });
  });
  return bands;
}

/** Places that have one value in a band, ascending; those alone in it are left out. */
function* buckets(bands: Uint16Array, band: number): Generator<Uint32Array> {
  const { places, ends } = sorted(Uint16Array.from({ length: bands.length / BANDS }, (_, at) => bands[BANDS * at + band]!), 2 ** BAND_BITS - 1);
  for (let value = 0, start = 0; value < ends.length; start = ends[value]!, value += 1) {
    if (ends[value]! - start > 1) yield places.subarray(start, ends[value]);
  }
}

/** Places of the keys, by key and then as they are; and for each key where its places end. */
function sorted(keys: Uint16Array, largest: number): { places: Uint32Array; ends: Uint32Array } {
  const ends = new Uint32Array(largest + 1);
  for (const key of keys) ends[key]! += 1;
  for (let key = 1; key <= largest; key += 1) ends[key]! += ends[key - 1]!;
  const next = new Uint32Array(largest + 1);
  next.set(ends.subarray(0, largest), 1);
  const places = new Uint32Array(keys.length);
  keys.forEach((key, place) => (places[next[key]!++] = place));
  return { places, ends };
}

function bitsApart(bands: Uint16Array, one: number, other: number): number {
  let apart = 0;
  for (let band = 0; band < BANDS; band += 1) apart += onesIn(bands[BANDS * one + band]! ^ bands[BANDS * other + band]!);
  return apart;
}

function onesIn(bits: number): number {
  let left = bits - ((bits >>> 1) & 0x5555);
  left = (left & 0x3333) + ((left >>> 2) & 0x3333);
  left = (left + (left >>> 4)) & 0x0f0f;
  return (left + (left >>> 8)) & 0x1f;
}
