// A tar archive, plain or gzip, as a source of files. It has no directory, so its entries are copied one behind the other into one file
// of ours, from where each can be read again. The format is POSIX.1 (ustar, pax) with GNU's long names; the reading is tar-stream's.
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { ServiceError } from '../contract/errors.js';
import { MOST_ENTRIES, PICTURE_RATIO, RATIO_FROM_BYTES, type ArchiveEntry } from './archive.js';
import { EntryNames } from './entry-names.js';
import { sizeText } from './size-text.js';
import { contentOf, GzipDamage, inspectFile, type SourceFile } from './source-file.js';

const BLOCK_BYTES = 512;
/** Two blocks of zeros. */
const END_BYTES = 2 * BLOCK_BYTES;
const MAGIC = { at: 257, text: 'ustar' };
const PLAIN: ReadonlySet<unknown> = new Set(['file', 'contiguous-file']);

export const startsAsTar = (start: Uint8Array): boolean =>
  Buffer.from(start.subarray(MAGIC.at, MAGIC.at + MAGIC.text.length)).toString('latin1') === MAGIC.text;

/**
 * The files of an archive, folders left out.
 * @param maxBytes most that may be in it, once out of its gzip
 * @param copyPath where its entries are copied to, which the caller takes away
 * @throws ARCHIVE_CORRUPT, ARCHIVE_BOMB, UNSAFE_PATH, DATASET_TOO_LARGE
 */
export async function openTar(file: SourceFile, maxBytes: number, copyPath: string): Promise<ArchiveEntry[]> {
  const copy = await open(copyPath, 'wx', 0o600);
  try {
    return await copied(file, maxBytes, copy, copyPath);
  } finally {
    await copy.close();
  }
}

const corrupt = (file: SourceFile, why: string): ServiceError => ServiceError.of('ARCHIVE_CORRUPT', file.name, why);

async function copied(file: SourceFile, maxBytes: number, copy: FileHandle, copyPath: string): Promise<ArchiveEntry[]> {
  const reading = extract();
  // What goes wrong while it is fed shows up where entries are taken from it.
  const fed = pipeline(Readable.from(blocksOf(file, maxBytes)), reading).then(() => undefined, (problem: unknown) => problem);
  const names = new EntryNames(file.name);
  const entries: ArchiveEntry[] = [];
  let end = 0;
  try {
    for await (const entry of reading) {
      const { name, type } = entry.header;
      if (type === 'directory') names.plain(name);
      else if (!PLAIN.has(type)) throw ServiceError.of('UNSAFE_PATH', file.name, `${name.slice(0, 200)}, which is no plain file`);
      if (entries.length >= MOST_ENTRIES) throw corrupt(file, `it has more than ${MOST_ENTRIES} entries`);
      const from = end;
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        await copy.appendFile(chunk);
        end += chunk.length;
      }
      if (type !== 'directory') entries.push({ name: names.take(name), sizeBytes: end - from, content: sliceOf(copyPath, from, end) });
    }
  } catch (problem) {
    reading.destroy();
    throw damage(file, problem);
  }
  const problem = await fed;
  if (problem !== undefined) throw damage(file, problem);
  return entries;
}

/** What tar-stream says, as it is; a system call that failed is not the archive's fault. */
function damage(file: SourceFile, problem: unknown): unknown {
  const { message, syscall } = problem as NodeJS.ErrnoException;
  return problem instanceof ServiceError || syscall !== undefined ? problem : corrupt(file, message);
}

function sliceOf(path: string, from: number, to: number): ArchiveEntry['content'] {
  return async function* content() {
    if (to > from) yield* createReadStream(path, { start: from, end: to - 1 }) as AsyncIterable<Buffer>;
  };
}

/** The bytes of the archive, seen to be neither too many nor cut off: it ends in blocks of zeros. */
async function* blocksOf(file: SourceFile, maxBytes: number): AsyncGenerator<Buffer> {
  const { gzip, sizeBytes } = await inspectFile(file.path);
  let length = 0;
  let last: Uint8Array = new Uint8Array();
  try {
    for await (const chunk of contentOf(file.path)) {
      length += chunk.length;
      if (gzip && length > RATIO_FROM_BYTES && length > PICTURE_RATIO * sizeBytes) {
        throw ServiceError.of('ARCHIVE_BOMB', file.name, `it unpacks ${sizeText(sizeBytes)} to more than ${PICTURE_RATIO} times as much`);
      }
      if (length > maxBytes) throw ServiceError.of('DATASET_TOO_LARGE', `more than ${sizeText(maxBytes)}`, sizeText(maxBytes));
      last = chunk.length >= END_BYTES ? chunk.subarray(-END_BYTES) : Buffer.concat([last, chunk]).subarray(-END_BYTES);
      yield chunk;
    }
  } catch (problem) {
    throw problem instanceof GzipDamage ? corrupt(file, problem.message) : problem;
  }
  if (length % BLOCK_BYTES !== 0 || !last.every((byte) => byte === 0)) throw corrupt(file, 'it is cut off: the two blocks of zeros at its end are missing');
}
