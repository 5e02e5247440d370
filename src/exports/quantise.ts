// Weights in fewer bits: the affine scheme and the half floats of tensorflowjs-converter (quantization.py), which TF.js undoes as it loads a
// model. Ties go to the even number, as NumPy's do.

/** Whole numbers up to this stand for a weight. */
export const MOST_LEVEL = { uint8: 255, uint16: 65_535 } as const;
export type AffineType = keyof typeof MOST_LEVEL;

export interface Affine {
  /** Between one level and the next. */
  scale: number;
  /** What level 0 stands for. */
  min: number;
}
export interface Quantised extends Affine {
  levels: Uint8Array | Uint16Array;
}

const roundHalfToEven = (value: number): number => {
  const floor = Math.floor(value);
  const over = value - floor;
  if (over !== 0.5) return over < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
};

/** Zero, where it lies between the smallest and the largest value, is a level: what was exactly zero stays so. */
export function affineOf(values: ArrayLike<number>, type: AffineType): Affine {
  let [low, high] = [Infinity, -Infinity];
  for (let at = 0; at < values.length; at += 1) {
    low = Math.min(low, values[at]!);
    high = Math.max(high, values[at]!);
  }
  if (!(low < high)) return { scale: 1, min: values.length === 0 ? 0 : low };
  const scale = (high - low) / MOST_LEVEL[type];
  return { scale, min: low <= 0 && high >= 0 ? -roundHalfToEven(-low / scale) * scale : low };
}

/** The level nearest to each value. */
export function quantise(values: ArrayLike<number>, type: AffineType): Quantised {
  const { scale, min } = affineOf(values, type);
  const most = MOST_LEVEL[type];
  const levels = type === 'uint8' ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (let at = 0; at < values.length; at += 1) levels[at] = Math.min(most, Math.max(0, roundHalfToEven((values[at]! - min) / scale)));
  return { levels, scale, min };
}

export const dequantised = ({ levels, scale, min }: Quantised): Float32Array => Float32Array.from(levels, (level) => level * scale + min);

/** The largest number that a half float holds. */
const MOST_HALF = 65_504;
const bits = new Uint32Array(1);
const asFloat = new Float32Array(bits.buffer);

/** IEEE 754 binary16, ties to even. What is larger than any half float becomes the largest. */
export function halfBits(value: number): number {
  asFloat[0] = Math.min(MOST_HALF, Math.max(-MOST_HALF, value));
  const float = bits[0]!;
  const sign = (float >>> 16) & 0x8000;
  const exponent = ((float >>> 23) & 0xff) - 127;
  const mantissa = float & 0x7fffff;
  if (exponent < -25) return sign;
  if (exponent < -14) return sign | roundedShift(mantissa | 0x800000, -exponent - 1);
  // A mantissa that is rounded up to the next power of two carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + roundedShift(mantissa, 13));
}

/** What half floats stand for. */
export function fromHalfBits(half: number): number {
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  const size = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return half >= 0x8000 ? -size : size;
}

/** The number without its last bits, to the nearest, ties to even. */
function roundedShift(value: number, by: number): number {
  const kept = value >>> by;
  const lost = value & ((1 << by) - 1);
  const half = 1 << (by - 1);
  return lost > half || (lost === half && kept % 2 === 1) ? kept + 1 : kept;
}

export const halves = (values: ArrayLike<number>): Uint16Array => Uint16Array.from(values, halfBits);
