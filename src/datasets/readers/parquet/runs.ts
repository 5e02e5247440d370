// Runs of Parquet's hybrid of run lengths and packed bits, looked at before the library decodes them: it believes their counts.
// Format: "Run Length Encoding / Bit-Packing Hybrid" of parquet-format, Encodings.md.

/** Bytes of a page from a place on, with how many values they shall hold, of how many bits each. */
export interface Runs {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly bits: number;
  readonly count: number;
}

/**
 * Goes through the runs until they have given all values.
 * @returns how many of the values are 1
 * @throws RangeError where a run holds more than there is room for, or than there are bytes
 */
export function requireRuns({ bytes, from, bits, count }: Runs): number {
  const valueBytes = Math.ceil(bits / 8);
  let [at, seen, ones] = [from, 0, 0];
  while (seen < count) {
    const { value: header, next } = varInt(bytes, at);
    const isPacked = header % 2 === 1;
    const values = isPacked ? 8 * Math.floor(header / 2) : header / 2;
    at = next + (isPacked ? (values * bits) / 8 : valueBytes);
    if (at > bytes.length) throw new RangeError('a run of values is longer than its page');
    // Packed values come by eights. Where they take no bytes nothing else bounds them.
    if (values > count + 7 && (!isPacked || bits === 0)) throw new RangeError('a run of values is longer than its page says');
    if (bits === 1) ones += isPacked ? onesIn(bytes, next, Math.min(values, count - seen)) : (bytes[next]! & 1) * Math.min(values, count - seen);
    seen += values;
  }
  return ones;
}

function onesIn(bytes: Uint8Array, from: number, count: number): number {
  let ones = 0;
  for (let bit = 0; bit < count; bit += 1) ones += (bytes[from + (bit >> 3)]! >> (bit & 7)) & 1;
  return ones;
}

/** Of 32 bits at most, in five bytes at most. */
function varInt(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  for (let at = from; at < from + 5; at += 1) {
    if (at >= bytes.length) throw new RangeError('its runs of values end early');
    value += (bytes[at]! & 0x7f) * 2 ** (7 * (at - from));
    if (bytes[at]! < 0x80) {
      if (value >= 2 ** 32) break;
      return { value, next: at + 1 };
    }
  }
  throw new RangeError('a run of values has no length');
}
