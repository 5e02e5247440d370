// The training format: a folder of raw little-endian arrays, each a row after the other, that are read chunk by chunk.
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetContent } from '../contract/dataset.js';
import type { PartName } from '../contract/parts.js';
import { volume } from '../contract/shape.js';
import { bytesOf } from '../store/array-file.js';
import { corrupt, filesOf, readIndex, type PartIndex } from './packed-index.js';
import { LABEL_BYTES, type Labels } from './packed-writer.js';
import { readChecked, rowsOfFile, type RowIndex } from './row-file.js';
import { chunkRowsOf, roomFor, rowBytesOf, type Rows, type RowValues } from './rows.js';

export interface PackedPart {
  /** Class of each example; or row by row, where the task is regression, the values of each. */
  readonly labels: Labels;
  /** The inputs, which stay in their file until they are read. */
  readonly rows: Rows;
}

export interface PackedDataset {
  readonly content: DatasetContent;
  /** Opens one part and reads its labels. @throws STORE_CORRUPT, naming the file that is missing or not what was written */
  part(name: PartName): Promise<PackedPart>;
  /** Closes the files of all parts; their rows cannot be read any more. */
  close(): Promise<void>;
}

/**
 * Opens what `PackedWriter` wrote.
 * @throws STORE_CORRUPT where the index cannot be read
 */
export async function openPacked(folder: string): Promise<PackedDataset> {
  const { content, arrays } = await readIndex(folder);
  const opened: FileHandle[] = [];

  const openFile = async (name: string, bytes: number): Promise<FileHandle> => {
    const file = await openSized(folder, name, bytes);
    opened.push(file);
    return file;
  };

  return {
    content,
    async part(name) {
      const summary = content.parts[name];
      if (!summary) throw new RangeError(`the data set has no ${name} part`);
      const { examples } = summary;
      const files = filesOf(name, content.preprocessing.input.dtype, content.task);
      const rowBytes = rowBytesOf(content.input_shape, content.preprocessing.input.dtype);
      const inputs = await openFile(files.inputs, examples * rowBytes);
      const labels = content.target ? new Float32Array(examples * content.target.names.length) : new Int32Array(examples);
      const ofLabels = await openFile(files.labels, labels.byteLength);
      await readChecked(ofLabels, bytesOf(labels), 0, arrays?.[name]?.labels_crc32, (cause) => corrupt(files.labels, cause));
      return { labels, rows: rowsOfFile(inputs, content.preprocessing.input, indexOf(examples, rowBytes, arrays?.[name]), (cause) => corrupt(files.inputs, cause), `${content.digest}/${name}`) };
    },
    async close() {
      await Promise.all(opened.splice(0).map((file) => file.close()));
    },
  };
}

const indexOf = (rows: number, rowBytes: number, part: PartIndex | undefined): RowIndex => ({
  rows,
  chunkRows: part?.chunk_rows ?? chunkRowsOf(rowBytes),
  checksums: part?.inputs_crc32,
});

/** A file of exactly that many bytes. */
async function openSized(folder: string, name: string, bytes: number): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    file = await open(join(folder, name));
    const { size } = await file.stat();
    if (size !== bytes) throw new RangeError(`${size} bytes, not ${bytes}`);
    return file;
  } catch (cause) {
    await file?.close();
    throw corrupt(name, cause);
  }
}

/** One example of what `PackedWriter` wrote. */
export interface PackedExample {
  readonly values: RowValues;
  /** Its class; or, where the task is regression, its values. */
  readonly labels: Labels;
}

/** Reads one example, with memory for one chunk. @throws RangeError for an index that its part does not have, STORE_CORRUPT */
export async function readExample(folder: string, part: PartName, index: number): Promise<PackedExample> {
  const { content, arrays } = await readIndex(folder);
  const examples = content.parts[part]?.examples ?? 0;
  if (!(index >= 0 && index < examples)) throw new RangeError(`There is no example ${index} of ${examples}.`);
  const { input } = content.preprocessing;
  const files = filesOf(part, input.dtype, content.task);
  const rowBytes = rowBytesOf(input.shape, input.dtype);
  const inputs = await openSized(folder, files.inputs, examples * rowBytes);
  try {
    const rows = rowsOfFile(inputs, input, indexOf(examples, rowBytes, arrays?.[part]), (cause) => corrupt(files.inputs, cause));
    const chunk = Math.floor(index / rows.chunkRows);
    const values = roomFor(rows, Math.min(rows.chunkRows, examples - chunk * rows.chunkRows));
    await rows.read([chunk], values, 0);
    const from = (index - chunk * rows.chunkRows) * volume(input.shape);
    const labels = content.target ? new Float32Array(content.target.names.length) : new Int32Array(1);
    await readLabels(folder, files.labels, examples, index, labels);
    return { values: values.subarray(from, from + volume(input.shape)), labels };
  } finally {
    await inputs.close();
  }
}

/** Those of one example. The checksum is over all of them, which may be many: it is not looked at here. */
async function readLabels(folder: string, name: string, examples: number, index: number, labels: Labels): Promise<void> {
  const bytes = labels.length * LABEL_BYTES;
  const file = await openSized(folder, name, examples * bytes);
  try {
    await readChecked(file, bytesOf(labels), index * bytes, undefined, (cause) => corrupt(name, cause));
  } finally {
    await file.close();
  }
}
