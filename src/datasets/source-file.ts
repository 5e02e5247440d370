// One file of a source as a stream of its content, plain or inside one layer of gzip, with memory for one chunk at a time.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A file that was sent: where it lies, and the name its sender gave it, which is never used as a path. */
export interface SourceFile {
  readonly path: string;
  readonly name: string;
}

/** What a reader tells its format by. */
export interface FileHead {
  readonly name: string;
  /** The first bytes of the content: HEAD_BYTES, or fewer where it ends or cannot be unpacked further. */
  readonly bytes: Uint8Array;
  /** Why it cannot be unpacked further, where that shows this early. */
  readonly damage?: string;
}

/** The gzip around a file is damaged; the message says how. */
export class GzipDamage extends Error {
  override readonly name = 'GzipDamage';
}

/** A tar archive names itself at byte 257. */
export const HEAD_BYTES = 512;
/** So little at a time that what precedes a damaged place is seen: zlib's output of a failing piece is lost. */
const HEAD_PIECE_BYTES = 16;
const PIECE_BYTES = 65_536;

/** RFC 1952: gzip begins with 1f 8b. */
export const startsAsGzip = (start: Uint8Array): boolean => start[0] === 0x1f && start[1] === 0x8b;

/** Whether the file is gzip, and its size in bytes as it lies there. */
export async function inspectFile(path: string): Promise<{ gzip: boolean; sizeBytes: number }> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return { gzip: startsAsGzip(buffer.subarray(0, bytesRead)), sizeBytes: (await file.stat()).size };
  } finally {
    await file.close();
  }
}

/**
 * The content of a file, chunk by chunk. Whoever stops reading early releases the file.
 * @param pieceBytes how much of the file is read at a time; default 64 KiB
 * @throws GzipDamage where the gzip is cut off, fails its checksum, or is followed by something else
 */
export async function* contentOf(path: string, pieceBytes = PIECE_BYTES): AsyncGenerator<Buffer, void, undefined> {
  const { gzip, sizeBytes } = await inspectFile(path);
  const file = createReadStream(path, { highWaterMark: pieceBytes });
  if (!gzip) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const gunzip = createGunzip();
  // Both ends are destroyed together; a failure shows up where `gunzip` is read, below.
  pipeline(file, gunzip, () => undefined);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (cause) {
    if (isZlibError(cause)) throw new GzipDamage(sayZlib(cause), { cause });
    throw cause;
  }
  // Node stops quietly at bytes that follow the last gzip member and begin no other one.
  if (gunzip.bytesWritten !== sizeBytes) {
    throw new GzipDamage(`${sizeBytes - gunzip.bytesWritten} bytes follow the end of the gzip data`);
  }
}

/** The first bytes of a file's content. */
export async function headOf(file: SourceFile): Promise<FileHead> {
  let bytes = Buffer.alloc(0);
  try {
    for await (const chunk of contentOf(file.path, HEAD_PIECE_BYTES)) {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= HEAD_BYTES) break;
    }
  } catch (cause) {
    if (!(cause instanceof GzipDamage)) throw cause;
    return { name: file.name, bytes, damage: cause.message };
  }
  return { name: file.name, bytes: bytes.subarray(0, HEAD_BYTES) };
}

interface ZlibError {
  readonly code: string;
  readonly message: string;
}

/** Told by its code: in a test an error of Node's own is no instance of that realm's Error. */
const isZlibError = (error: unknown): error is ZlibError => ((error as Partial<ZlibError>).code ?? '').startsWith('Z_');

const sayZlib = (error: ZlibError): string =>
  error.code === 'Z_BUF_ERROR' ? 'the gzip data end early' : `the gzip data are damaged (${error.message})`;
