// Packed data as tests look at it: a part read whole, and examples whose rows are cut into chunks of any size.
import type { PartName } from '#contract/parts.js';
import { openPacked } from '#datasets/packed.js';
import { chunkCountOf, roomFor, rowsInMemory, type Rows, type RowValues } from '#datasets/rows.js';
import type { Examples } from '#engine/examples.js';

/** All values of the rows. */
export async function valuesOf(rows: Rows): Promise<RowValues> {
  const values = roomFor(rows, rows.count);
  await rows.read(Array.from({ length: chunkCountOf(rows) }, (_, chunk) => chunk), values, 0);
  return values;
}

export async function partInMemory(folder: string, name: PartName): Promise<{ inputs: RowValues; labels: Int32Array }> {
  const packed = await openPacked(folder);
  try {
    const { rows, labels } = await packed.part(name);
    return { inputs: await valuesOf(rows), labels };
  } finally {
    await packed.close();
  }
}

/** The same examples, their rows in chunks of so many, streamed by windows of so many chunks. */
export const inChunks = async (examples: Examples, chunkRows: number, windowChunks?: number): Promise<Examples> => ({
  ...examples,
  rows: rowsInMemory(await valuesOf(examples.rows), examples.rows.shape, chunkRows),
  windowChunks,
});
