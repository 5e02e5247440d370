// Counter-based randomness: every draw is a pure function of (seed, site, step, index), so runs resume to the same bytes.
// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC'11; constants from Random123.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9; // the golden ratio
const WEYL_1 = 0xbb67ae85; // sqrt(3) - 1
const ROUNDS = 10;
const TWO_TO_32 = 4_294_967_296;
// Not looked up in every draw: in Jest's sandbox a global costs more than the rest of the draw.
const { PI, abs, cos, floor, imul, log, sin, sqrt } = Math;
const { isInteger, isSafeInteger } = Number;

/** The upper 32 bits of a 64-bit product, by 16-bit halves: doubles hold each partial sum exactly, BigInt would be slow. */
function productHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const lowHigh = aLow * bHigh;
  const highLow = aHigh * bLow;
  const middle = ((aLow * bLow) >>> 16) + (lowHigh & 0xffff) + (highLow & 0xffff);
  return (aHigh * bHigh + (lowHigh >>> 16) + (highLow >>> 16) + (middle >>> 16)) >>> 0;
}

/** One block of Philox4x32-10: four numbers of 32 bits from a counter and a key, written into `block`. */
function fillBlock(block: Uint32Array, counter: Counter, key: Key): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round += 1) {
    const high0 = productHigh(MULTIPLIER_0, c0);
    const low0 = imul(MULTIPLIER_0, c0);
    const high1 = productHigh(MULTIPLIER_1, c2);
    const low1 = imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

export type Counter = readonly [number, number, number, number];
export type Key = readonly [number, number];

/** Four numbers of 32 bits from a counter of four and a key of two words of 32 bits; lowest word first. */
export function philox(counter: Counter, key: Key): Uint32Array {
  const block = new Uint32Array(4);
  fillBlock(block, counter, key);
  return block;
}

/**
 * The 32-bit FNV-1a hash of a site's name in UTF-16 code units, low byte first (draft-eastlake-fnv). It is the second word
 * of the key, so two sites of one run differ unless their names collide, which among 100 names has odds of one in a million.
 */
function hashSite(site: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < site.length; at += 1) {
    const unit = site.charCodeAt(at);
    hash = imul(hash ^ (unit & 0xff), 0x01000193);
    hash = imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash >>> 0;
}

/** Draws in a row: the counter is (index of the block, step), the key (seed, site). Make one with `stream`. */
export class Stream {
  readonly #key: Key;
  readonly #stepLow: number;
  readonly #stepHigh: number;
  readonly #block = new Uint32Array(4);
  #blocksMade = 0;
  #used = 4;
  #spareNormal: number | undefined;

  constructor(seed: number, site: string, step: number) {
    if (!isInteger(seed) || seed < 0 || seed >= TWO_TO_32) throw new RangeError(`A seed is 0 to 2^32 - 1, not ${seed}.`);
    if (!isSafeInteger(step) || step < 0) throw new RangeError(`A step is 0 to 2^53 - 1, not ${step}.`);
    this.#key = [seed, hashSite(site)];
    this.#stepLow = step % TWO_TO_32;
    this.#stepHigh = floor(step / TWO_TO_32);
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    if (this.#used === 4) {
      const high = floor(this.#blocksMade / TWO_TO_32);
      fillBlock(this.#block, [this.#blocksMade % TWO_TO_32, high, this.#stepLow, this.#stepHigh], this.#key);
      this.#blocksMade += 1;
      this.#used = 0;
    }
    return this.#block[this.#used++] as number;
  }

  /** A multiple of 2^-24 in [0, 1): a float32 holds it exactly, so it never rounds up to 1. */
  uniform(): number {
    return (this.uint32() >>> 8) * 2 ** -24;
  }

  /**
   * Mean 0, deviation 1, within ±6.67 (Box and Muller 1958). Two numbers are drawn for two normals; the second is kept.
   * The logarithm, sine and cosine are V8's own, not the machine's: equal under one version of Node, while another may
   * differ in the last bit. Whole and uniform numbers are equal everywhere.
   */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = sqrt(-2 * log((this.uint32() + 1) / TWO_TO_32));
    const angle = (2 * PI * this.uint32()) / TWO_TO_32;
    this.#spareNormal = radius * sin(angle);
    return radius * cos(angle);
  }

  /** A whole number from 0 to n - 1, each equally likely (Lemire 2019, arXiv:1805.10941). `n` is 1 to 2^32 - 1. */
  below(n: number): number {
    if (!isInteger(n) || n < 1 || n >= TWO_TO_32) throw new RangeError(`A bound is 1 to 2^32 - 1, not ${n}.`);
    for (;;) {
      const drawn = this.uint32();
      const low = imul(drawn, n) >>> 0;
      if (low >= n || low >= (TWO_TO_32 - n) % n) return productHigh(drawn, n);
    }
  }
}

/**
 * The draws of one place in a program at one step. Streams of different seeds, sites or steps do not touch each other.
 * @param seed 0 to 2^32 - 1, the run's own
 * @param site a name such as "dropout_1" or "initial/dense_2/kernel"
 * @param step training step, epoch or example; default 0
 */
export const stream = (seed: number, site: string, step = 0): Stream => new Stream(seed, site, step);

/** The numbers 0 to n - 1 in an order that seed, site and epoch decide (Fisher and Yates, in Durstenfeld's form). */
export function permutation(seed: number, site: string, epoch: number, n: number): Uint32Array {
  const draws = stream(seed, site, epoch);
  const order = new Uint32Array(n);
  for (let at = 0; at < n; at += 1) order[at] = at;
  for (let last = n - 1; last > 0; last -= 1) {
    const chosen = draws.below(last + 1);
    const kept = order[last] as number;
    order[last] = order[chosen] as number;
    order[chosen] = kept;
  }
  return order;
}

/** Fills with draws from [low, high); for bounds other than 0 and 1 float32 rounding may reach `high`. Returns `target`. */
export function fillUniform(target: Float32Array, draws: Stream, low = 0, high = 1): Float32Array {
  for (let at = 0; at < target.length; at += 1) target[at] = low + (high - low) * draws.uniform();
  return target;
}

/** Fills with normal draws of the given mean and standard deviation. Returns `target`. */
export function fillNormal(target: Float32Array, draws: Stream, mean = 0, deviation = 1): Float32Array {
  for (let at = 0; at < target.length; at += 1) target[at] = mean + deviation * draws.normal();
  return target;
}

/**
 * Fills with normal draws, drawing again what lies more than two deviations from the mean, as TensorFlow's
 * truncated_normal does; the standard deviation of the result is 0.8796 of `deviation`. Returns `target`.
 */
export function fillTruncatedNormal(target: Float32Array, draws: Stream, mean = 0, deviation = 1): Float32Array {
  for (let at = 0; at < target.length; at += 1) {
    let drawn = draws.normal();
    while (abs(drawn) > 2) drawn = draws.normal();
    target[at] = mean + deviation * drawn;
  }
  return target;
}
