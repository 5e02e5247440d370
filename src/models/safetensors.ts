// Tensors in one file in the format of safetensors: 8 bytes with the length of the head, the head as JSON, the values one after the other.
import { bytesOf } from '../store/array-file.js';

export interface NamedTensor {
  name: string;
  shape: readonly number[];
  values: Float32Array;
}

/** Values begin at a multiple of so many bytes. */
const ALIGNED_BYTES = 8;

/** @param metadata texts by name, which readers show and pass over */
export function safetensors(tensors: readonly NamedTensor[], metadata: Readonly<Record<string, string>>): Uint8Array {
  let end = 0;
  const entries = tensors.map(({ name, shape, values }) => {
    const begin = end;
    end += values.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }] as const;
  });
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const length = Math.ceil(Buffer.byteLength(json) / ALIGNED_BYTES) * ALIGNED_BYTES;
  const head = Buffer.alloc(ALIGNED_BYTES + length, ' ');
  head.writeBigUInt64LE(BigInt(length));
  head.write(json, ALIGNED_BYTES);
  return Buffer.concat([head, ...tensors.map(({ values }) => bytesOf(values))]);
}
