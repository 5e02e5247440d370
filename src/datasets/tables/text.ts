// The text of a table file, piece by piece, and its lines.
import type { FileHead, SourceFile } from '../source-file.js';
import { corrupt } from './table.js';
import { unpacked } from './unpacked.js';

/** In bytes; past it a file is no table, or its quotes do not close. */
export const LONGEST_LINE = 2 ** 20;

/** Whether a file begins as text: UTF-8, or UTF-16 with a byte order mark. */
export const startsAsText = ({ bytes }: FileHead): boolean => isUtf16(bytes) || (bytes.length > 0 && bytes.every((byte) => byte >= 0x20 || byte === 9 || byte === 10 || byte === 13));

const isUtf16 = ([first, second]: Uint8Array): boolean => (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
const encodingOf = (start: Uint8Array): string => (isUtf16(start) ? (start[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8');

/** The first bytes as text. */
export const textOf = ({ bytes }: FileHead): string => new TextDecoder(encodingOf(bytes)).decode(bytes);

/** The text, without a byte order mark. @throws TABLE_CORRUPT where it is none, or its gzip is damaged; DATASET_TOO_LARGE */
export const textPieces = (file: SourceFile, maxBytes: number): AsyncGenerator<string> => decoded(file, unpacked(file, maxBytes));

/** The same of bytes wherever they come from. @param file whose name is told */
export async function* decoded(file: Pick<SourceFile, 'name'>, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  let read = 0;
  try {
    for await (const bytes of pieces) {
      decoder ??= new TextDecoder(encodingOf(bytes), { fatal: true });
      read += bytes.length;
      yield decoder.decode(bytes, { stream: true });
    }
    yield decoder?.decode() ?? '';
  } catch (problem) {
    if ((problem as { code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw corrupt(file, `it is no ${decoder!.encoding.toUpperCase()} before byte ${read}; save it as UTF-8`);
    throw problem;
  }
}

/** A line, or null for one that is too long, which is read over. */
export const linesOf = (file: SourceFile, maxBytes: number): AsyncGenerator<string | null> => linesIn(textPieces(file, maxBytes));

/** The same of any text. */
export async function* linesIn(pieces: AsyncIterable<string>): AsyncGenerator<string | null> {
  let rest = '';
  let tooLong = false;
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      const line = tooLong ? null : rest + piece.slice(from, end);
      yield line !== null && line.length > LONGEST_LINE ? null : line;
      [rest, tooLong, from] = ['', false, end + 1];
    }
    if (!tooLong) rest += piece.slice(from);
    if (rest.length > LONGEST_LINE) [rest, tooLong] = ['', true];
  }
  if (tooLong) yield null;
  else if (rest !== '') yield rest;
}
