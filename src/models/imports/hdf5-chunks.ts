// Arrays of an HDF5 file that lie in chunks, packed by deflate and shuffled or not: what h5py writes where it is asked to compress.
import { inflateSync } from 'node:zlib';
import { UNDEFINED, type Hdf5Bytes } from './hdf5-bytes.js';

export interface ChunkedArray {
  layoutAt: number;
  filtersAt: number | undefined;
  shape: readonly number[];
  /** Of the whole array, in bytes. */
  size: number;
  itemBytes: number;
}

const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;
/** Deflate packs at best about a thousand to one; more is no array. */
const MOST_TIMES = 1_100;

/** All of the array, row-major; what was never written is zero. */
export function chunkedBytes(bytes: Hdf5Bytes, { layoutAt, filtersAt, shape, size, itemBytes }: ChunkedArray): Buffer {
  const rank = bytes.u8(layoutAt + 2) - 1;
  bytes.require(rank === shape.length && rank > 0, 'the chunks of an array have another rank');
  bytes.within(Math.floor(size / MOST_TIMES));
  const chunk = shape.map((_, axis) => bytes.u32(layoutAt + 11 + axis * 4));
  const chunkSize = chunk.reduce((product, each) => product * each, itemBytes);
  bytes.require(chunk.every((each) => each > 0) && chunkSize <= 2 * size + 2 ** 20, 'the chunks of an array are larger than the array');
  const filters = filtersAt === undefined ? [] : readFilters(bytes, filtersAt);
  const whole = Buffer.alloc(size);
  if (bytes.u64(layoutAt + 3) === UNDEFINED) return whole;

  let room = shape.reduce((product, each, axis) => product * Math.ceil(each / chunk[axis]!), 1);
  const pending = [bytes.address(layoutAt + 3)];
  const seen = new Set<number>();
  // Of each child: bytes, filters left out, the offset along each axis and one more, its address.
  const childBytes = 8 + (rank + 1) * 8 + 8;
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    bytes.step();
    bytes.require(bytes.slice(at, 4).toString('latin1') === 'TREE' && bytes.u8(at + 4) === 1, 'an array has no tree of chunks');
    const [isLeaf, children] = [bytes.u8(at + 5) === 0, bytes.u16(at + 6)];
    for (let child = 0; child < children; child += 1) {
      bytes.step();
      const key = at + 24 + child * childBytes;
      const address = bytes.address(key + childBytes - 8);
      if (!isLeaf) pending.push(address);
      else {
        bytes.require((room -= 1) >= 0, 'an array has more chunks than it is large');
        const packed = bytes.slice(address, bytes.u32(key));
        const content = unpacked(bytes, packed, filters.filter((_, index) => (bytes.u32(key + 4) & (1 << index)) === 0), { chunkSize, itemBytes });
        copyChunk(content, whole, { chunk, shape, itemBytes, offset: chunk.map((_, axis) => bytes.length(key + 8 + axis * 8)) });
      }
    }
  }
  return whole;
}

function readFilters(bytes: Hdf5Bytes, at: number): number[] {
  const [version, count] = [bytes.u8(at), bytes.u8(at + 1)];
  bytes.require(version === 1 || version === 2, `filters are of version ${version}`);
  let next = at + (version === 1 ? 8 : 2);
  return Array.from({ length: count }, () => {
    const id = bytes.u16(next);
    bytes.require([DEFLATE, SHUFFLE, FLETCHER32].includes(id), `an array is packed by the filter ${id}; deflate and shuffle are read`);
    const named = version === 1 || id >= 256;
    const nameSize = named ? bytes.u16(next + 2) : 0;
    const values = bytes.u16(next + (named ? 6 : 4));
    next += (named ? 8 : 6) + nameSize + 4 * values + (version === 1 && values % 2 === 1 ? 4 : 0);
    return id;
  });
}

function unpacked(bytes: Hdf5Bytes, packed: Buffer, filters: readonly number[], { chunkSize, itemBytes }: { chunkSize: number; itemBytes: number }): Buffer {
  let content = packed;
  for (const filter of filters.toReversed()) {
    if (filter === FLETCHER32) content = content.subarray(0, content.length - 4);
    else if (filter === SHUFFLE) content = unshuffled(content, itemBytes);
    else {
      try {
        content = inflateSync(content, { maxOutputLength: chunkSize + 4 });
      } catch {
        throw bytes.corrupt('a packed array cannot be unpacked');
      }
    }
  }
  bytes.require(content.length === chunkSize, 'a chunk of an array is not of its size');
  return content;
}

/** The first bytes of all items, then the second, and so on, back in place. */
function unshuffled(content: Buffer, itemBytes: number): Buffer {
  const items = Math.floor(content.length / itemBytes);
  const result = Buffer.from(content);
  for (let byte = 0; byte < itemBytes; byte += 1) {
    for (let item = 0; item < items; item += 1) result[item * itemBytes + byte] = content[byte * items + item]!;
  }
  return result;
}

interface ChunkPlace {
  chunk: readonly number[];
  shape: readonly number[];
  itemBytes: number;
  offset: readonly number[];
}

/** Copies what of the chunk lies within the array, run by run along the last axis. */
function copyChunk(content: Buffer, whole: Buffer, { chunk, shape, itemBytes, offset }: ChunkPlace): void {
  const last = shape.length - 1;
  const width = Math.min(chunk[last]!, shape[last]! - offset[last]!);
  const rows = chunk.slice(0, -1).reduce((product, each) => product * each, 1);
  if (width <= 0) return;
  for (let row = 0; row < rows; row += 1) {
    let rest = row;
    let [target, stride, isWithin] = [offset[last]!, shape[last]!, true];
    for (let axis = last - 1; axis >= 0; axis -= 1) {
      const place = (rest % chunk[axis]!) + offset[axis]!;
      rest = Math.floor(rest / chunk[axis]!);
      isWithin &&= place < shape[axis]!;
      target += place * stride;
      stride *= shape[axis]!;
    }
    const from = row * chunk[last]! * itemBytes;
    if (isWithin) content.copy(whole, target * itemBytes, from, from + width * itemBytes);
  }
}
