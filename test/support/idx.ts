// Small IDX files for tests, and folders of them as an accepted data set has them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DatasetSource } from '#contract/dataset.js';
import { temporaryFolder } from './store.js';

export interface NamedBytes {
  name: string;
  bytes: Uint8Array;
}

/** An IDX file of these dimensions; the type code is uint8's unless another is wanted. */
export function idxBytes(dimensions: readonly number[], values: Uint8Array | readonly number[], type = 0x08): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = type;
  header[3] = dimensions.length;
  dimensions.forEach((size, at) => header.writeUInt32BE(size, 4 + 4 * at));
  return Buffer.concat([header, Uint8Array.from(values)]);
}

/** Images of these labels: each pixel tells its example and place, so that a mix-up shows. */
export function imagesOf(labels: readonly number[], shape: readonly number[] = [2, 3]): Buffer {
  const pixels = shape.reduce((product, size) => product * size, 1);
  const values = labels.flatMap((_, example) => Array.from({ length: pixels }, (__, at) => (example * 7 + at) % 256));
  return idxBytes([labels.length, ...shape], values);
}

export const labelsOf = (labels: readonly number[]): Buffer => idxBytes([labels.length], labels);

/** The usual four files. */
export const fourFiles = (train: readonly number[], test: readonly number[]): NamedBytes[] => [
  { name: 'train-images-idx3-ubyte', bytes: imagesOf(train) },
  { name: 'train-labels-idx1-ubyte', bytes: labelsOf(train) },
  { name: 't10k-images-idx3-ubyte', bytes: imagesOf(test) },
  { name: 't10k-labels-idx1-ubyte', bytes: labelsOf(test) },
];

/** Images and labels of one part. */
export const twoFiles = (labels: readonly number[]): NamedBytes[] => [
  { name: 'images', bytes: imagesOf(labels) },
  { name: 'labels', bytes: labelsOf(labels) },
];

export const zipped = (files: readonly NamedBytes[]): NamedBytes[] =>
  files.map(({ name, bytes }) => ({ name: `${name}.gz`, bytes: gzipSync(bytes) }));

/** The same files with one replaced. */
export const replaced = (files: readonly NamedBytes[], at: number, bytes: Uint8Array): NamedBytes[] =>
  files.map((file, index) => (index === at ? { ...file, bytes } : file));

/** Puts files where `readSource` looks for them, with an empty folder to pack into. */
export async function placed(files: readonly NamedBytes[], classNames: string[] | null = null) {
  const sourceFolder = await temporaryFolder();
  const outFolder = await temporaryFolder();
  for (const [number, { bytes }] of files.entries()) await writeFile(join(sourceFolder, String(number)), bytes);
  const source: DatasetSource = {
    files: files.map(({ name, bytes }) => ({ name, size_bytes: bytes.length, sha256: '0'.repeat(64) })),
    generate: null,
    url: null,
    class_names: classNames,
    on_bad_rows: 'skip',
  };
  return { sourceFolder, outFolder, source };
}
