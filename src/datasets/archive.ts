// A zip archive as a source of files: its directory is checked before anything is unpacked, and nothing is ever written under the name
// an entry gives itself. The format is APPNOTE.TXT of PKWARE; the reading is yauzl's, which goes by the central directory.
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { ServiceError } from '../contract/errors.js';
import { sizeText } from './size-text.js';
import { inspectFile, type SourceFile } from './source-file.js';

export interface ArchiveEntry {
  readonly name: string;
  /** As the directory announces it, and as `content` turns out to be, or else fails. */
  readonly sizeBytes: number;
  /** @throws ARCHIVE_CORRUPT where size or checksum are not the announced ones */
  readonly content: () => AsyncGenerator<Buffer>;
}

export interface Archive {
  readonly entries: readonly ArchiveEntry[];
  close(): void;
}

/** Each takes about a kilobyte while the archive is open. */
const MOST_ENTRIES = 250_000;
/** The upper half of the attributes is a Unix mode where the archive was made on Unix; these are its bits for the kind of file. */
const UNIX = 3;
const KIND_OF_FILE = 0o170000;
const REGULAR = 0o100000;

/** A local file begins with PK and 3, 4; an empty archive with its end. */
export const startsAsZip = (start: Uint8Array): boolean => start[0] === 0x50 && start[1] === 0x4b && (start[2] === 3 || start[2] === 5);

/**
 * Opens an archive. Folders are left out of its entries.
 * @param maxBytes most that all entries may hold together
 * @throws ARCHIVE_CORRUPT, UNSAFE_PATH, DATASET_TOO_LARGE
 */
export async function openArchive(file: SourceFile, maxBytes: number): Promise<Archive> {
  const zip = await openPromise(file.path, { autoClose: false, strictFileNames: true }).catch((problem: unknown) => {
    throw damage(file, problem);
  });
  try {
    const entries = await listed(file, zip);
    await requireSound(file, zip, entries, maxBytes);
    return {
      entries: entries.map((entry) => ({ name: entry.fileName, sizeBytes: entry.uncompressedSize, content: () => contentOf(file, zip, entry) })),
      close: () => zip.close(),
    };
  } catch (problem) {
    zip.close();
    throw problem;
  }
}

const corrupt = (file: SourceFile, why: string): ServiceError => ServiceError.of('ARCHIVE_CORRUPT', file.name, why);

/**
 * What yauzl and zlib say, in our words where it is about names: yauzl refuses what is absolute, leads upwards, or has a backslash. A system call
 * that failed is not the archive's fault.
 */
function damage(file: SourceFile, problem: unknown): unknown {
  const { message, syscall } = problem as NodeJS.ErrnoException;
  if (syscall !== undefined) return problem;
  const [, path] = /^(?:absolute path|invalid relative path|invalid characters in fileName): (.*)$/s.exec(message) ?? [];
  return path === undefined ? corrupt(file, message) : ServiceError.of('UNSAFE_PATH', file.name, path.slice(0, 200));
}

async function listed(file: SourceFile, zip: ZipFile): Promise<Entry[]> {
  if (zip.entryCount > MOST_ENTRIES) throw corrupt(file, `it has ${zip.entryCount} entries; at most ${MOST_ENTRIES} are read`);
  const entries: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) if (!entry.fileName.endsWith('/')) entries.push(entry);
  } catch (problem) {
    throw damage(file, problem);
  }
  return entries;
}

async function requireSound(file: SourceFile, zip: ZipFile, entries: readonly Entry[], maxBytes: number): Promise<void> {
  const unpacked = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (unpacked > maxBytes) throw ServiceError.of('DATASET_TOO_LARGE', sizeText(unpacked), sizeText(maxBytes));
  const packed = entries.reduce((sum, { compressedSize }) => sum + compressedSize, 0);
  if (packed > (await inspectFile(file.path)).sizeBytes) throw corrupt(file, 'its entries overlap');

  const names = new Set<string>();
  for (const entry of entries) {
    const { fileName, versionMadeBy, externalFileAttributes } = entry;
    if (names.has(fileName)) throw corrupt(file, `it holds "${fileName}" twice`);
    names.add(fileName);
    if (entry.isEncrypted()) throw corrupt(file, `"${fileName}" is encrypted`);
    if (!entry.canDecodeFileData()) throw corrupt(file, `"${fileName}" is packed by method ${entry.compressionMethod}; 0 (stored) and 8 (deflate) are read`);
    const kind = versionMadeBy >> 8 === UNIX ? (externalFileAttributes >>> 16) & KIND_OF_FILE : 0;
    if (kind !== 0 && kind !== REGULAR) throw ServiceError.of('UNSAFE_PATH', file.name, `${fileName}, which is no plain file`);
    const local = await zip.readLocalFileHeaderPromise(entry).catch((problem: unknown) => {
      throw damage(file, problem);
    });
    if (!local.fileName.equals(entry.fileNameRaw)) throw corrupt(file, `its directory and its data call "${fileName}" by different names`);
  }
}

async function* contentOf(file: SourceFile, zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  let checksum = 0;
  let stream: Readable | undefined;
  try {
    stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (problem) {
    throw problem instanceof ServiceError ? problem : damage(file, problem);
  } finally {
    stream?.destroy();
  }
  if (checksum !== entry.crc32) throw corrupt(file, `the checksum of "${entry.fileName}" is wrong`);
}
