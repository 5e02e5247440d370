// The files of an upload: streamed to their places and hashed on the way, refused by their first bytes, ended where they grow too large.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ServiceError } from '../contract/errors.js';
import { HEAD_BYTES } from './source-file.js';

/** A file as it was sent: the name its sender gave it, and what tells its content. */
export interface SentFile {
  name: string;
  size_bytes: number;
  sha256: string;
}

/** Files as they come, and the form that comes with them. */
export interface Upload<F> {
  /** Each is to be read to its end before the next is asked for. */
  files: AsyncIterable<{ name: string; bytes: Readable }>;
  /** Complete once the files have been read. */
  fields: () => F;
  maxBytes: number;
  /** To be called when all was received, before anything is accepted; what it throws is why nothing is. */
  received?: (files: readonly SentFile[]) => Promise<void>;
}

/** Why a file that starts so is refused; undefined lets it in. It is asked once, with the first HEAD_BYTES or all that there is. */
export type Refuse = (start: Buffer) => ServiceError | undefined;

export interface Reception {
  /** Bytes that are left of what the upload may have, and all that it may. */
  room: number;
  maxBytes: number;
  refuse: Refuse;
}

/** The caller's file name is kept to be shown and to tell the parts apart; files are stored under their number. */
export const plainName = (name: string): string => name.replaceAll(/[^\w.\- ()[\]]/g, '_').slice(-128) || 'file';

/**
 * Streams all files into a folder, each under its number.
 * @param refuseBy what a file of a name is refused by
 * @returns the files as their sender named them
 * @throws UPLOAD_EMPTY, UPLOAD_TOO_LARGE, and whatever one is refused by
 */
export async function receiveFiles(folder: string, { files, maxBytes }: Upload<unknown>, refuseBy: (name: string) => Refuse): Promise<SentFile[]> {
  const sent: SentFile[] = [];
  let room = maxBytes;
  for await (const { name, bytes } of files) {
    const written = await receiveFile(join(folder, String(sent.length)), bytes, { room, maxBytes, refuse: refuseBy(plainName(name)) });
    room -= written.size_bytes;
    sent.push({ name, ...written });
  }
  if (sent.length === 0) throw ServiceError.of('UPLOAD_EMPTY');
  return sent;
}

/** The same files by the names they are shown under. */
export const shownFiles = (sent: readonly SentFile[]): SentFile[] => sent.map((file) => ({ ...file, name: plainName(file.name) }));

/** @throws UPLOAD_TOO_LARGE, and whatever it is refused by */
export async function receiveFile(path: string, bytes: Readable, { room, maxBytes, refuse }: Reception): Promise<Omit<SentFile, 'name'>> {
  const hash = createHash('sha256');
  let size = 0;
  // The first piece of a stream may be a few bytes.
  let head = Buffer.alloc(0);
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      const headEnds = head.length < HEAD_BYTES && head.length + chunk.length >= HEAD_BYTES;
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
      const refusal = headEnds ? refuse(head) : undefined;
      if (refusal) return next(refusal);
      size += chunk.length;
      if (size > room) return next(ServiceError.of('UPLOAD_TOO_LARGE', `the ${maxBytes} bytes accepted`));
      hash.update(chunk);
      next(null, chunk);
    },
    flush: (next) => next(head.length < HEAD_BYTES ? refuse(head) : undefined),
  });
  await pipeline(bytes, watch, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  return { size_bytes: size, sha256: hash.digest('hex') };
}
