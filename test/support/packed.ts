// Data sets as tests have them: in memory, packed from there and read back whole, and examples whose rows are cut into chunks of any size.
import type { DatasetContent, Generate } from '#contract/dataset.js';
import { partsIn, type ByPart, type PartName } from '#contract/parts.js';
import { generate } from '#datasets/generators/registry.js';
import { openPacked } from '#datasets/packed.js';
import { PackedWriter } from '#datasets/packed-writer.js';
import type { SourcePart } from '#datasets/raw-dataset.js';
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
    return { inputs: await valuesOf(rows), labels: labels as Int32Array };
  } finally {
    await packed.close();
  }
}

/** Examples of one part, in memory. */
export interface PartInMemory {
  inputs: Uint8Array;
  labels: Int32Array;
}

export interface InMemory {
  shape: readonly number[];
  classNames: readonly string[];
  split: DatasetContent['split'];
  parts: ByPart<PartInMemory>;
}

/** Makes a folder a data set. */
export async function pack(folder: string, { shape, classNames, split, parts }: InMemory): Promise<DatasetContent> {
  const writer = await PackedWriter.open(folder, { shape, dtype: 'uint8', classNames });
  for (const name of partsIn(parts)) await writer.add(name, parts[name]!.inputs, parts[name]!.labels);
  return writer.finish(split);
}

/** What a generator draws, all of it. */
export async function drawn(request: Generate): Promise<InMemory> {
  const { shape, classNames, content } = generate(request);
  if (!('parts' in content)) throw new Error('A generator makes both parts.');
  const whole = async ({ labels, rows }: SourcePart): Promise<PartInMemory> => {
    const pieces: Uint8Array[] = [];
    for await (const values of rows()) pieces.push(values as Uint8Array);
    return { inputs: new Uint8Array(Buffer.concat(pieces)), labels: labels as Int32Array };
  };
  return { shape, classNames, split: null, parts: { train: await whole(content.parts.train), test: await whole(content.parts.test) } };
}

/** The same examples, their rows in chunks of so many, streamed by windows of so many chunks. */
export const inChunks = async (examples: Examples, chunkRows: number, windowChunks?: number): Promise<Examples> => ({
  ...examples,
  rows: rowsInMemory(await valuesOf(examples.rows), examples.rows.shape, chunkRows),
  windowChunks,
});
