// Tables in Apache Parquet, row group after row group. Read are flat columns, plain or packed by Snappy, gzip, Brotli or Zstandard.
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ServiceError } from '../../contract/errors.js';
import { sizeText } from '../size-text.js';
import { inspectFile, type SourceFile } from '../source-file.js';
import { readTables } from '../tables/read-tables.js';
import { corrupt, requireColumns, type Table } from '../tables/table.js';
import { unpacked } from '../tables/unpacked.js';
import { Decoder, PATIENCE, Undecodable, type Patience } from './parquet/decoder.js';
import type { Group } from './parquet/questions.js';
import type { ReadOptions, Reader } from './reader.js';

/** A row group is held in memory while it is read. */
const LARGEST_GROUP_BYTES = 2 ** 28;
const LARGEST_GROUP_CELLS = 2 ** 25;

/** @param patience how long decoding may take; a file that takes longer is damaged */
export const parquetWithin = (patience: Patience): Reader => ({
  name: 'parquet',

  recognises: (heads) => heads.every(({ bytes }) => Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1'),

  async read(files, options) {
    const decoder = new Decoder(patience);
    try {
      const tables: Table[] = [];
      for (const [number, file] of files.entries()) tables.push(await openParquet(file, await unpackedPath(file, number, options), decoder));
      return await readTables(tables, options);
    } finally {
      // The cells are in the scratch file by now.
      await decoder.close();
    }
  },
});

export const parquet: Reader = parquetWithin(PATIENCE);

/** Parquet is read from its end, which gzip around it does not allow. */
async function unpackedPath(file: SourceFile, number: number, { scratchFolder, maxBytes }: ReadOptions): Promise<string> {
  if (!(await inspectFile(file.path)).gzip) return file.path;
  const path = join(scratchFolder, `unpacked-${number}`);
  await pipeline(unpacked(file, maxBytes), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  return path;
}

async function openParquet(file: SourceFile, path: string, decoder: Decoder): Promise<Table> {
  const { size } = await stat(path);
  const { columns, nested, groups } = await orCorrupt(file, () => decoder.open(path, size));
  if (nested !== null) throw ServiceError.of('TABLE_COLUMNS', `"${file.name}" has the nested column "${nested.slice(0, 64)}"; flat columns are read`);
  requireColumns(file, columns);
  return {
    file,
    columns,
    async *rows() {
      let line = 1;
      for (const [number, group] of groups.entries()) {
        requireReasonable(file, group, columns.length);
        // What a group announces it may not have.
        await orCorrupt(file, () => decoder.decode(path, number, Math.min(group.packedBytes, size)));
        for (let from = 0; from < group.rows; ) {
          const rows = await orCorrupt(file, () => decoder.rows(from));
          yield rows.map((cells, at) => ({ line: line + at, cells }));
          from += rows.length;
          line += rows.length;
        }
      }
    },
  };
}

async function orCorrupt<T>(file: SourceFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (problem) {
    throw problem instanceof Undecodable ? corrupt(file, problem.message.replace(/[.\s]+$/, '').slice(0, 200)) : problem;
  }
}

function requireReasonable(file: SourceFile, { bytes, rows }: Group, columns: number): void {
  if (rows >= 0 && bytes <= LARGEST_GROUP_BYTES && rows * columns <= LARGEST_GROUP_CELLS) return;
  throw corrupt(file, `it has a row group of ${sizeText(bytes)} and ${rows * columns} values; at most ${sizeText(LARGEST_GROUP_BYTES)} and ${LARGEST_GROUP_CELLS} values are held at a time, so write smaller ones`);
}
