// Numbers as model files hold them, little-endian, as float32. Quantised ones are those of the TensorFlow.js converter: value · scale + min,
// or half precision.
export type StoredType =
  | { dtype: 'float32' | 'int32' | 'float16' | 'float64' | 'int64' }
  | { dtype: 'uint8' | 'uint16'; scale: number; min: number };

const BYTES: Readonly<Record<StoredType['dtype'], number>> = { float32: 4, int32: 4, float16: 2, float64: 8, int64: 8, uint8: 1, uint16: 2 };
export const storedBytes = ({ dtype }: StoredType): number => BYTES[dtype];

/** A copy, so that the bytes may go. */
export function readStored(bytes: Buffer, type: StoredType): Float32Array {
  const { buffer } = Uint8Array.from(bytes);
  switch (type.dtype) {
    case 'float32':
      return new Float32Array(buffer);
    case 'int32':
      return Float32Array.from(new Int32Array(buffer));
    case 'float64':
      return Float32Array.from(new Float64Array(buffer));
    case 'int64':
      return Float32Array.from(new BigInt64Array(buffer), Number);
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer), halfPrecision);
    case 'uint8':
      return Float32Array.from(new Uint8Array(buffer), (value) => value * type.scale + type.min);
    case 'uint16':
      return Float32Array.from(new Uint16Array(buffer), (value) => value * type.scale + type.min);
  }
}

/** IEEE 754 binary16. */
function halfPrecision(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
