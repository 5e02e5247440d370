// The list of formats, asked in this order.
import { ServiceError } from '../../contract/errors.js';
import { headOf, startsAsGzip, type SourceFile } from '../source-file.js';
import { idx } from './idx.js';
import type { Reader } from './reader.js';

export const READERS: readonly Reader[] = [idx];

/** The reader for these files. @throws FORMAT_UNKNOWN naming the first file that no reader knows */
export async function findReader(files: readonly SourceFile[]): Promise<Reader> {
  const heads = await Promise.all(files.map(headOf));
  const found = READERS.find((reader) => reader.recognises(heads));
  if (found) return found;
  const stranger = heads.find((head) => !READERS.some((reader) => reader.recognises([head])));
  throw ServiceError.of('FORMAT_UNKNOWN', (stranger ?? heads[0])?.name ?? '');
}

/** Whether a file that starts so may be one that a reader knows. What gzip holds, or less than two bytes tell, is left open. */
export const looksReadable = (start: Uint8Array): boolean =>
  start.length < 2 || startsAsGzip(start) || READERS.some((reader) => reader.recognises([{ name: '', bytes: start }]));
