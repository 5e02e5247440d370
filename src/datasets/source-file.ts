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
  /** The first bytes of the content, at most 64; none where not even those can be unpacked. */
  readonly bytes: Uint8Array;
}

/** The gzip around a file is damaged; the message says how. */
export class GzipDamage extends Error {
  override readonly name = 'GzipDamage';
}

const HEAD_BYTES = 64;

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
 * @throws GzipDamage where the gzip is cut off, fails its checksum, or is followed by something else
 */
export async function* contentOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  const { gzip, sizeBytes } = await inspectFile(path);
  if (!gzip) {
    yield* createReadStream(path) as AsyncIterable<Buffer>;
    return;
  }
  const gunzip = createGunzip();
  // Both ends are destroyed together; a failure shows up where `gunzip` is read, below.
  pipeline(createReadStream(path), gunzip, () => undefined);
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
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of contentOf(file.path)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= HEAD_BYTES) break;
    }
  } catch (cause) {
    // A file damaged this early may still show enough to be recognised; its reader then says what is wrong.
    if (!(cause instanceof GzipDamage)) throw cause;
  }
  return { name: file.name, bytes: new Uint8Array(Buffer.concat(chunks).subarray(0, HEAD_BYTES)) };
}

const isZlibError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && /^Z_/.test((error as NodeJS.ErrnoException).code ?? '');

const sayZlib = (error: NodeJS.ErrnoException): string =>
  error.code === 'Z_BUF_ERROR' ? 'the gzip data end early' : `the gzip data are damaged (${error.message})`;
