// The program of the thread that decodes Parquet: it answers one question after the other, and reads without giving way, since nothing else runs in it.
import { fstatSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { parquetMetadataAsync, parquetSchema, type AsyncBuffer, type DecodedArray, type FileMetaData, type RowGroup } from 'hyparquet';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { ROWS_AT_A_TIME, type Cell } from '../../tables/table.js';
import { COMPRESSORS, decodeColumn } from './column.js';
import type { Answer, Opened, Question, Reply } from './questions.js';

/** The operating system reads less than 2 GiB at once. */
const LARGEST_READ = 2 ** 30;

interface OpenFile {
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/** Left open: Node closes what a thread has opened when the thread ends. */
const files = new Map<string, OpenFile>();
/** Of the row group that was decoded last, in the order of the columns. */
let columns: { readonly rows: number; readonly values: readonly Values[] } = { rows: 0, values: [] };

async function answer(question: Question): Promise<Answer> {
  if ('from' in question) return rowsFrom(question.from);
  if (!('group' in question)) return openFile(question.path);
  columns = { rows: 0, values: [] };
  columns = await decodeGroup(files.get(question.path)!, question.group);
  return 'decoded';
}

async function openFile(path: string): Promise<Opened> {
  const buffer = bufferOf(path);
  const metadata = await parquetMetadataAsync(buffer);
  files.set(path, { buffer, metadata });
  const [, ...fields] = metadata.schema;
  if (fields.some(({ name }) => typeof name !== 'string')) throw new Error('it has a column without a name');
  const nested = fields.find(({ num_children: children, repetition_type: repetition }) => (children ?? 0) > 0 || repetition === 'REPEATED');
  const groups = metadata.row_groups.map(({ num_rows: rows, total_byte_size: bytes, columns: chunks }) => ({
    rows: Number(rows),
    bytes: Number(bytes),
    packedBytes: chunks.reduce((sum, { meta_data: chunk }) => sum + Number(chunk?.total_compressed_size ?? 0), 0),
  }));
  return { columns: fields.map(({ name }) => name), nested: nested?.name ?? null, groups };
}

function bufferOf(path: string): AsyncBuffer {
  const file = openSync(path, 'r');
  const { size } = fstatSync(file);
  return {
    byteLength: size,
    slice(start, end = size) {
      const length = Math.min(end, size) - start;
      if (!(start >= 0 && length >= 0)) throw new RangeError('it points outside of itself');
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const read = readSync(file, bytes, done, Math.min(length - done, LARGEST_READ), start + done);
        if (read === 0) throw new RangeError('it ends early');
        done += read;
      }
      return bytes.buffer;
    },
  };
}

async function decodeGroup({ buffer, metadata }: OpenFile, number: number): Promise<typeof columns> {
  const group = metadata.row_groups[number]!;
  const rows = Number(group.num_rows);
  const root = parquetSchema(metadata);
  const chunks = chunksOf(group);
  const values: Values[] = [];
  for (const leaf of root.children) {
    const chunk = chunks.get(leaf.element.name);
    if (chunk === undefined) throw new Error('a row group lacks a column');
    const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    const bytes = await buffer.slice(start, start + Number(chunk.total_compressed_size));
    const { type, codec, path_in_schema: pathInSchema } = chunk;
    values.push(new Values(decodeColumn(bytes, { type, codec, pathInSchema, element: leaf.element, schemaPath: [root, leaf], parsers: DEFAULT_PARSERS, compressors: COMPRESSORS }, rows)));
  }
  return { rows, values };
}

type Chunk = NonNullable<RowGroup['columns'][number]['meta_data']>;

function chunksOf({ columns: chunks }: RowGroup): Map<string, Chunk> {
  const found = new Map<string, Chunk>();
  for (const { meta_data: chunk, file_path: path } of chunks) {
    if (path) throw new Error('its columns lie in other files');
    if (chunk?.path_in_schema.length === 1) found.set(chunk.path_in_schema[0]!, chunk);
  }
  return found;
}

/** The values of a column, of which rows are asked for from the first on. */
class Values {
  private start = 0;
  private piece = 0;

  constructor(private readonly pieces: readonly DecodedArray[]) {}

  at(row: number): unknown {
    while (row - this.start >= this.pieces[this.piece]!.length) this.start += this.pieces[this.piece++]!.length;
    return this.pieces[this.piece]![row - this.start];
  }
}

function rowsFrom(from: number): Cell[][] {
  const count = Math.min(ROWS_AT_A_TIME, columns.rows - from);
  return Array.from({ length: count }, (_, row) => columns.values.map((column) => cellOf(column.at(from + row))));
}

/** Times are milliseconds since 1970. */
function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.getTime();
  return typeof value === 'boolean' ? String(value) : JSON.stringify(value).slice(0, 256);
}

function problemOf(problem: unknown): Reply {
  const { message, code, errno, syscall, path } = problem as NodeJS.ErrnoException;
  return { problem: String(message ?? problem), system: syscall === undefined ? null : { code, errno, syscall, path } };
}

parentPort!.on('message', (question: Question) => {
  const reply = (said: Reply): void => parentPort!.postMessage(said);
  // What cannot be passed on is told as a problem too.
  void answer(question).then((given) => reply({ answer: given })).catch((problem: unknown) => reply(problemOf(problem)));
});
