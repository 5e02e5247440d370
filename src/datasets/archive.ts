// A zip archive as a source of files: its directory is checked before anything is unpacked, and nothing is ever written under the name
// an entry gives itself. The format is APPNOTE.TXT of PKWARE; the directory is read by yauzl.
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { ServiceError } from '../contract/errors.js';
import { EntryNames } from './entry-names.js';
import { sizeText } from './size-text.js';
import type { SourceFile } from './source-file.js';

export interface ArchiveEntry {
  readonly name: string;
  /** As the directory announces it, and as `content` turns out to be, or else fails. */
  readonly sizeBytes: number;
  /** @throws ARCHIVE_CORRUPT where size or checksum are not the announced ones */
  readonly content: () => AsyncGenerator<Buffer>;
}

/** Each takes about a kilobyte. */
export const MOST_ENTRIES = 250_000;
/**
 * What unpacks to more than so many times its size, once it is past a megabyte, is a bomb where pictures are expected, which hardly get
 * smaller. Arrays of zeros are packed as well as deflate can, 1032 to 1, and are held to their size alone.
 */
export const PICTURE_RATIO = 200;
export const RATIO_FROM_BYTES = 2 ** 20;
/** In a local header: sizes follow the data, or stand in the extra field. */
const SIZES_FOLLOW = 8;
const SIZE_ELSEWHERE = 0xffffffff;
/** The upper half of the attributes is a Unix mode where the archive was made on Unix; these are its bits for the kind of file. */
const UNIX = 3;
const KIND_OF_FILE = 0o170000;
const REGULAR = 0o100000;
const LOCAL_HEADER_BYTES = 30;
const DEFLATED = 8;
/** What is no larger, packed or not, is read in one piece and at once: of a small picture streams took several times as long as its bytes. */
const AT_ONCE_BYTES = 2 ** 18;

/** A local file begins with PK and 3, 4; an empty archive with its end. */
export const startsAsZip = (start: Uint8Array): boolean => start[0] === 0x50 && start[1] === 0x4b && (start[2] === 3 || start[2] === 5);

/**
 * The files of an archive, folders left out. Whoever stops reading one early releases it.
 * @param maxBytes most that all entries may hold together
 * @param mostRatio most that an entry of more than RATIO_FROM_BYTES may unpack to, as a multiple of what it is packed; no such bound unless given
 * @throws ARCHIVE_CORRUPT, ARCHIVE_BOMB, UNSAFE_PATH, DATASET_TOO_LARGE
 */
export async function openArchive(file: SourceFile, maxBytes: number, mostRatio = Infinity): Promise<ArchiveEntry[]> {
  const zip = await openPromise(file.path, { autoClose: false, strictFileNames: true }).catch((problem: unknown) => {
    throw damage(file, problem);
  });
  try {
    const entries = await listed(file, zip);
    requireSize(file, entries, maxBytes, mostRatio);
    requireApart(file, entries);
    return (await soundOf(file, zip, entries)).map((sound) => ({ name: sound.name, sizeBytes: sound.entry.uncompressedSize, content: () => contentOf(file, sound) }));
  } finally {
    zip.close();
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

function requireSize(file: SourceFile, entries: readonly Entry[], maxBytes: number, mostRatio: number): void {
  const bomb = entries.find(({ compressedSize, uncompressedSize }) => uncompressedSize > RATIO_FROM_BYTES && uncompressedSize > mostRatio * compressedSize);
  if (bomb) throw ServiceError.of('ARCHIVE_BOMB', file.name, `"${bomb.fileName}" unpacks ${sizeText(bomb.compressedSize)} to ${sizeText(bomb.uncompressedSize)}`);
  const unpacked = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (unpacked > maxBytes) throw ServiceError.of('DATASET_TOO_LARGE', sizeText(unpacked), sizeText(maxBytes));
}

/** @throws ARCHIVE_BOMB where the same bytes of the archive are to be unpacked as several entries */
function requireApart(file: SourceFile, entries: readonly Entry[]): void {
  const places = entries.map(({ relativeOffsetOfLocalHeader: from, fileNameLength, compressedSize }) => ({ from, to: from + LOCAL_HEADER_BYTES + fileNameLength + compressedSize }));
  places.sort((a, b) => a.from - b.from);
  if (places.some(({ from }, at) => at > 0 && from < places[at - 1]!.to)) throw ServiceError.of('ARCHIVE_BOMB', file.name, 'its entries overlap');
}

/** An entry, its plain name, and where its data begin. */
interface SoundEntry {
  readonly entry: Entry;
  readonly name: string;
  readonly from: number;
}

/** The entries, once each was seen to be what it says. */
async function soundOf(file: SourceFile, zip: ZipFile, entries: readonly Entry[]): Promise<SoundEntry[]> {
  const names = new EntryNames(file.name);
  const sound: SoundEntry[] = [];
  for (const entry of entries) {
    const { fileName, versionMadeBy, externalFileAttributes } = entry;
    const name = names.take(fileName);
    if (entry.isEncrypted()) throw corrupt(file, `"${fileName}" is encrypted`);
    if (!entry.canDecodeFileData()) throw corrupt(file, `"${fileName}" is packed by method ${entry.compressionMethod}; 0 (stored) and 8 (deflate) are read`);
    const kind = versionMadeBy >> 8 === UNIX ? (externalFileAttributes >>> 16) & KIND_OF_FILE : 0;
    if (kind !== 0 && kind !== REGULAR) throw ServiceError.of('UNSAFE_PATH', file.name, `${fileName}, which is no plain file`);
    const local = await zip.readLocalFileHeaderPromise(entry).catch((problem: unknown) => {
      throw damage(file, problem);
    });
    if (!local.fileName.equals(entry.fileNameRaw)) throw corrupt(file, `its directory and its data call "${fileName}" by different names`);
    const sizesHere = (local.generalPurposeBitFlag & SIZES_FOLLOW) === 0 && local.compressedSize !== SIZE_ELSEWHERE && local.uncompressedSize !== SIZE_ELSEWHERE;
    if (sizesHere && (local.compressedSize !== entry.compressedSize || local.uncompressedSize !== entry.uncompressedSize)) {
      throw corrupt(file, `its directory and its data give "${fileName}" different sizes`);
    }
    sound.push({ entry, name, from: local.fileDataStart });
  }
  return sound;
}

async function* contentOf(file: SourceFile, { entry, from }: SoundEntry): AsyncGenerator<Buffer> {
  const { fileName, compressedSize, uncompressedSize } = entry;
  const pieces = Math.max(compressedSize, uncompressedSize) <= AT_ONCE_BYTES ? inOnePiece : inStreams;
  const otherSize = (): ServiceError => corrupt(file, `"${fileName}" is not of the size that is announced`);
  let checksum = 0;
  let length = 0;
  try {
    for await (const chunk of pieces(file.path, entry, from)) {
      length += chunk.length;
      if (length > uncompressedSize) break;
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (problem) {
    throw (problem as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? otherSize() : damage(file, problem);
  }
  if (length !== uncompressedSize) throw otherSize();
  if (checksum !== entry.crc32) throw corrupt(file, `the checksum of "${fileName}" is wrong`);
}

/** Unpacked by streams of our own: one of yauzl's that is given up while another is read ends the process. */
function inStreams(path: string, { compressedSize, compressionMethod }: Entry, from: number): AsyncIterable<Buffer> {
  const packed = createReadStream(path, { start: from, end: from + compressedSize - 1 });
  if (compressionMethod !== DEFLATED) return packed as AsyncIterable<Buffer>;
  const inflate = createInflateRaw();
  // Both ends are destroyed together; a failure shows up where `inflate` is read.
  pipeline(packed, inflate, () => undefined);
  return inflate as AsyncIterable<Buffer>;
}

/** Not through the thread pool either, whose threads decode. */
function inOnePiece(path: string, { compressedSize, uncompressedSize, compressionMethod }: Entry, from: number): Iterable<Buffer> {
  const packed = Buffer.allocUnsafe(compressedSize);
  const opened = openSync(path, 'r');
  try {
    const read = readSync(opened, packed, 0, compressedSize, from);
    const bytes = packed.subarray(0, read);
    // ERR_BUFFER_TOO_LARGE past one byte more than announced. An empty buffer cannot be the bound.
    return [compressionMethod === DEFLATED ? inflateRawSync(bytes, { maxOutputLength: uncompressedSize + 1 }) : bytes];
  } finally {
    closeSync(opened);
  }
}
