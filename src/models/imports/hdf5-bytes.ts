// The bytes of an HDF5 file: little-endian numbers at places that are looked at before they are read.
import { ServiceError } from '../../contract/errors.js';

/** The address of what is not there. */
export const UNDEFINED = 0xffff_ffff_ffff_ffffn;

/** Parts of headers, names and chunks that are looked at in one file; ResNet50 takes 4,000. */
const MOST_STEPS = 2 ** 17;

export class Hdf5Bytes {
  private steps = 0;

  constructor(
    readonly name: string,
    private readonly content: Buffer,
  ) {}

  corrupt(why: string): ServiceError {
    return ServiceError.of('MODEL_CORRUPT', this.name, why);
  }

  /** @throws MODEL_CORRUPT unless it holds */
  require(holds: boolean, otherwise: string): asserts holds {
    if (!holds) throw this.corrupt(otherwise);
  }

  /** Counts one part that is looked at: parts may lead to each other. @throws MODEL_CORRUPT where there is no end to it */
  step(): void {
    this.steps += 1;
    this.require(this.steps <= MOST_STEPS, 'there is no end to its parts');
  }

  /** A size that what is in the file may have. */
  within(size: number): number {
    this.require(Number.isSafeInteger(size) && size >= 0 && size <= this.content.length, 'a part of it is larger than the whole');
    return size;
  }

  /** Shares the memory of the file. */
  slice(at: number, size: number): Buffer {
    this.require(Number.isSafeInteger(at) && at >= 0 && size >= 0 && at + size <= this.content.length, 'it ends early, or leads out of itself');
    return this.content.subarray(at, at + size);
  }

  u8 = (at: number): number => this.slice(at, 1).readUInt8();
  u16 = (at: number): number => this.slice(at, 2).readUInt16LE();
  u32 = (at: number): number => this.slice(at, 4).readUInt32LE();
  u64 = (at: number): bigint => this.slice(at, 8).readBigUInt64LE();

  /** A size or count of 8 bytes. */
  length(at: number): number {
    const value = this.u64(at);
    this.require(value <= BigInt(Number.MAX_SAFE_INTEGER), 'it holds a size that cannot be');
    return Number(value);
  }

  /** A place in the file. */
  address(at: number): number {
    const value = this.length(at);
    this.require(value < this.content.length, 'it leads out of itself');
    return value;
  }

  /** A text that ends in a zero byte. */
  textTo0(at: number): string {
    const end = this.content.indexOf(0, at);
    this.require(end >= at && end - at < 4096, 'a name does not end');
    return this.slice(at, end - at).toString('utf8');
  }

  /** An object of a global heap, in which texts of any length lie. */
  heapObject(heap: number, wanted: number): Buffer {
    this.require(this.slice(heap, 4).toString('latin1') === 'GCOL', 'a text lies in no heap');
    const end = heap + this.length(heap + 8);
    for (let at = heap + 16; at + 16 <= end; ) {
      const [index, size] = [this.u16(at), this.length(at + 8)];
      if (index === wanted) return this.slice(at + 16, size);
      if (index === 0) break;
      at += 16 + Math.ceil(size / 8) * 8;
    }
    throw this.corrupt('a text is not in its heap');
  }
}
