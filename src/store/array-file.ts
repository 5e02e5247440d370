// Arrays of numbers in files. No machine that runs TensorFlow is big-endian, so memory order is file order: little-endian.
import type { FileHandle } from 'node:fs/promises';

/** The operating system reads less than 2 GiB at once. */
const LARGEST_READ = 2 ** 30;

/** The array's own memory. */
export const bytesOf = (values: Float32Array | Int32Array | Uint8Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Fills bytes from a place in the file on. @returns how many there were: fewer than asked for where the file ends before */
export async function readInto(bytes: Uint8Array, file: FileHandle, from: number): Promise<number> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(bytes.length - done, LARGEST_READ), from + done);
    if (bytesRead === 0) return done;
    done += bytesRead;
  }
  return bytes.length;
}
