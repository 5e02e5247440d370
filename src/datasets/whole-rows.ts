// Cuts a stream of bytes into whole rows.
import { chunkRowsOf } from './rows.js';

/** The bytes as they come, a megabyte or so of whole rows at a time. What is left at the end and makes no row is given as it is. */
export async function* wholeRows(pieces: AsyncIterable<Uint8Array>, rowBytes: number): AsyncGenerator<Uint8Array> {
  const batchBytes = chunkRowsOf(rowBytes) * rowBytes;
  let batch = new Uint8Array(batchBytes);
  let filled = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + batchBytes - filled);
      batch.set(taken, filled);
      at += taken.length;
      filled += taken.length;
      if (filled < batchBytes) continue;
      yield batch;
      batch = new Uint8Array(batchBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield batch.subarray(0, filled);
}
