// Tables in Apache Parquet, row group after row group. Read are flat columns, plain or packed by Snappy, gzip, Brotli or Zstandard.
import { createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompress as unpackZstandard } from 'fzstd';
import { parquetMetadataAsync, parquetRead, type AsyncBuffer, type Compressors, type FileMetaData } from 'hyparquet';
import { ServiceError } from '../../contract/errors.js';
import { readInto } from '../../store/array-file.js';
import { sizeText } from '../size-text.js';
import { inspectFile, type SourceFile } from '../source-file.js';
import { readTables } from '../tables/read-tables.js';
import { corrupt, requireColumns, ROWS_AT_A_TIME, type Cell, type Table } from '../tables/table.js';
import { unpacked } from '../tables/unpacked.js';
import type { ReadOptions, Reader } from './reader.js';

/** A row group is held in memory while it is read. */
const LARGEST_GROUP_BYTES = 2 ** 28;
const LARGEST_GROUP_CELLS = 2 ** 25;

const COMPRESSORS: Compressors = {
  GZIP: (packed, length) => gunzipSync(packed, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (packed, length) => brotliDecompressSync(packed, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (packed, length) => unpackZstandard(packed, new Uint8Array(length)),
};

export const parquet: Reader = {
  name: 'parquet',

  recognises: (heads) => heads.every(({ bytes }) => Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1'),

  async read(files, options) {
    const opened: FileHandle[] = [];
    try {
      const tables: Table[] = [];
      for (const [number, file] of files.entries()) {
        opened.push(await open(await unpackedPath(file, number, options)));
        tables.push(await openParquet(file, opened[number]!));
      }
      return await readTables(tables, options);
    } finally {
      // The cells are in the scratch file by now.
      for (const handle of opened) await handle.close();
    }
  },
};

/** Parquet is read from its end, which gzip around it does not allow. */
async function unpackedPath(file: SourceFile, number: number, { scratchFolder, maxBytes }: ReadOptions): Promise<string> {
  if (!(await inspectFile(file.path)).gzip) return file.path;
  const path = join(scratchFolder, `unpacked-${number}`);
  await pipeline(unpacked(file, maxBytes), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  return path;
}

async function openParquet(file: SourceFile, handle: FileHandle): Promise<Table> {
  const buffer = bufferOf(handle, (await handle.stat()).size);
  const metadata = await orCorrupt(file, () => parquetMetadataAsync(buffer));
  const columns = requireColumns(file, columnsOf(file, metadata));
  return {
    file,
    columns,
    async *rows() {
      let from = 0;
      for (const group of metadata.row_groups) {
        const count = Number(group.num_rows);
        requireReasonable(file, Number(group.total_byte_size), count * columns.length);
        let rows: unknown[][] = [];
        await orCorrupt(file, () =>
          parquetRead({ file: buffer, metadata, rowStart: from, rowEnd: from + count, compressors: COMPRESSORS, geoparquet: false, onComplete: (all) => (rows = all as unknown[][]) }),
        );
        if (rows.length !== count) throw corrupt(file, `a row group announces ${count} rows and holds ${rows.length}`);
        for (let start = 0; start < count; start += ROWS_AT_A_TIME) {
          const first = from + start + 1;
          yield rows.slice(start, start + ROWS_AT_A_TIME).map((cells, at) => ({ line: first + at, cells: columns.map((_, column) => cellOf(cells[column])) }));
        }
        from += count;
      }
    },
  };
}

const bufferOf = (handle: FileHandle, size: number): AsyncBuffer => ({
  byteLength: size,
  async slice(start, end = size) {
    const length = Math.min(end, size) - start;
    if (!(start >= 0 && length >= 0)) throw new RangeError('it points outside of itself');
    const bytes = new Uint8Array(length);
    if ((await readInto(bytes, handle, start)) < length) throw new RangeError('it ends early');
    return bytes.buffer;
  },
});

/** Whatever the library says is the file's fault, unless a system call failed. */
async function orCorrupt<T>(file: SourceFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).syscall !== undefined) throw problem;
    throw corrupt(file, String((problem as Error).message ?? problem).replace(/[.\s]+$/, '').slice(0, 200));
  }
}

/** @throws TABLE_COLUMNS where a column is a list, a map or a group of columns */
function columnsOf(file: SourceFile, { schema }: FileMetaData): string[] {
  const nested = schema.slice(1).find(({ num_children: children, repetition_type: repetition }) => (children ?? 0) > 0 || repetition === 'REPEATED');
  if (nested) throw ServiceError.of('TABLE_COLUMNS', `"${file.name}" has the nested column "${nested.name.slice(0, 64)}"; flat columns are read`);
  return schema.slice(1).map(({ name }) => name);
}

function requireReasonable(file: SourceFile, bytes: number, cells: number): void {
  if (bytes <= LARGEST_GROUP_BYTES && cells <= LARGEST_GROUP_CELLS) return;
  throw corrupt(file, `it has a row group of ${sizeText(bytes)} and ${cells} values; at most ${sizeText(LARGEST_GROUP_BYTES)} and ${LARGEST_GROUP_CELLS} values are held at a time, so write smaller ones`);
}

/** Times are milliseconds since 1970. */
function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.getTime();
  return typeof value === 'boolean' ? String(value) : JSON.stringify(value).slice(0, 256);
}
