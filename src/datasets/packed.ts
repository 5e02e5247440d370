// The training format: a folder of raw little-endian arrays, each a row after the other, that are read chunk by chunk.
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetContent } from '../contract/dataset.js';
import type { PartName } from '../contract/parts.js';
import { bytesOf } from '../store/array-file.js';
import { corrupt, filesOf, readIndex, type PartIndex } from './packed-index.js';
import type { Labels } from './packed-writer.js';
import { readChecked, rowsOfFile, type RowIndex } from './row-file.js';
import { chunkRowsOf, rowBytesOf, type Rows } from './rows.js';

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

  /** A file of exactly that many bytes. */
  async function openFile(name: string, bytes: number): Promise<FileHandle> {
    try {
      const file = await open(join(folder, name));
      opened.push(file);
      const { size } = await file.stat();
      if (size !== bytes) throw new RangeError(`${size} bytes, not ${bytes}`);
      return file;
    } catch (cause) {
      throw corrupt(name, cause);
    }
  }

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
