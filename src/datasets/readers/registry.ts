// The list of formats, asked in this order.
import { ServiceError } from '../../contract/errors.js';
import { headOf, startsAsGzip, type FileHead, type SourceFile } from '../source-file.js';
import { csv } from './csv.js';
import { idx } from './idx.js';
import { images } from './images.js';
import { jsonl } from './jsonl.js';
import { npy } from './npy.js';
import { parquet } from './parquet.js';
import type { Reader } from './reader.js';

export const READERS: readonly Reader[] = [idx, npy, images, parquet, jsonl, csv];

/** The reader for these files. @throws FORMAT_UNKNOWN naming the first file that no reader knows */
export async function findReader(files: readonly SourceFile[]): Promise<Reader> {
  const heads = await Promise.all(files.map(headOf));
  const found = readerOf(heads);
  if (found) return found;
  const stranger = heads.find((head) => !READERS.some((reader) => reader.recognises([head])));
  throw ServiceError.of('FORMAT_UNKNOWN', (stranger ?? heads[0])?.name ?? '');
}

const readerOf = (heads: readonly FileHead[]): Reader | undefined => READERS.find((reader) => reader.recognises(heads));

/** What format these files are of together; null where no reader knows them, which reading them will say. */
export const formatOf = async (files: readonly SourceFile[]): Promise<Reader['name'] | null> => readerOf(await Promise.all(files.map(headOf)))?.name ?? null;

/** What a caller says of the files: their format, or what is for pictures or tables only. */
export interface Expected {
  format?: string | null | undefined;
  pictures?: object | undefined;
  table?: object | undefined;
}
const TABLE_FORMATS: ReadonlySet<string> = new Set(['csv', 'jsonl', 'parquet']);

/** @throws INVALID_VALUE where the files are not what was said of them; of files of no format reading will tell */
export function checkFormat({ format, pictures, table }: Expected, found: string | null): void {
  if (found === null) return;
  if (format && format !== found) throw ServiceError.of('INVALID_VALUE', `is "${format}", but the files are ${found}`).at('/format');
  if (pictures && found !== 'images') throw ServiceError.of('INVALID_VALUE', `is for pictures, but the files are ${found}`).at('/pictures');
  if (table && !TABLE_FORMATS.has(found)) throw ServiceError.of('INVALID_VALUE', `is for tables, but the files are ${found}`).at('/table');
}

/** Whether a file that starts so may be one that a reader knows. What gzip holds, or less than two bytes tell, is left open. */
export function looksReadable(start: Uint8Array): boolean {
  const head = { name: '', bytes: start };
  return start.length < 2 || startsAsGzip(start) || READERS.some((reader) => reader.recognises([head]) || reader.goesWithOthers?.(head));
}

/** Why a file of that name that starts so is refused; undefined where a reader may know it. */
export const refuseStranger = (name: string) => (start: Buffer): ServiceError | undefined =>
  start.length > 0 && looksReadable(start) ? undefined : ServiceError.of('FORMAT_UNKNOWN', name);
