// packed.json, the index of a packed folder: what the data set holds, which file each part lies in, and the checksums.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { DatasetContent } from '../contract/dataset.js';
import { ServiceError } from '../contract/errors.js';
import type { ByPart, PartName } from '../contract/parts.js';
import type { Task } from '../contract/task.js';
import type { RowType } from './rows.js';

/** Its presence makes a folder a data set. */
export const INDEX = 'packed.json';
const VERSION = 3;
/** The same, of a time when all data sets had classes. */
const CLASSES_VERSION = 2;
/** The same arrays, without checksums. */
const UNCHECKED_VERSION = 1;

export interface PartIndex {
  /** Rows of each chunk but the last; chunk i begins at byte i × rows × bytes of a row. */
  chunk_rows: number;
  /** CRC-32 of each chunk of the inputs. */
  inputs_crc32: number[];
  /** CRC-32 of the file of labels. */
  labels_crc32: number;
}

export interface PackedIndex {
  content: DatasetContent;
  /** null in a folder of version 1. */
  arrays: ByPart<PartIndex> | null;
}

export const filesOf = (part: PartName, dtype: RowType, task: Task) => ({
  inputs: `${part}.inputs.${dtype === 'uint8' ? 'u8' : 'f32'}`,
  labels: `${part}.labels.${task === 'regression' ? 'f32' : 'i32'}`,
});

export const corrupt = (what: string, cause?: unknown): ServiceError =>
  Object.assign(ServiceError.of('STORE_CORRUPT', `${what} of the packed data set`), cause === undefined ? {} : { cause });

const textOf = (index: PackedIndex, version = VERSION): string =>
  `${JSON.stringify({ record: 'packed', schema_version: version, crc32: crc32(JSON.stringify(index)), index })}\n`;

export const writeIndex = (folder: string, index: PackedIndex): Promise<void> => writeFile(join(folder, INDEX), textOf(index));

/** Content of a time when all data sets had classes, as today's. */
export const withClasses = (content: Omit<DatasetContent, 'task'>): DatasetContent => ({ ...content, task: 'classification' });

/** @throws STORE_CORRUPT where it is missing, cannot be read, or is not what was written */
export async function readIndex(folder: string): Promise<PackedIndex> {
  try {
    const text = await readFile(join(folder, INDEX), 'utf8');
    const found = JSON.parse(text) as { schema_version?: unknown; index?: PackedIndex; content?: DatasetContent };
    if (found.schema_version === VERSION && found.index && text === textOf(found.index)) return found.index;
    if (found.schema_version === CLASSES_VERSION && found.index && text === textOf(found.index, CLASSES_VERSION)) {
      return { ...found.index, content: withClasses(found.index.content) };
    }
    if (found.schema_version === UNCHECKED_VERSION && found.content) return { content: withClasses(found.content), arrays: null };
  } catch {
    // Falls through: missing, unreadable and not JSON are one failure to whoever opens a data set.
  }
  throw corrupt(INDEX);
}
