// One file of an upload: streamed to its place and hashed on the way, refused by its first bytes, ended where it grows too large.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
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

export interface Reception {
  /** Bytes that are left of what the upload may have, and all that it may. */
  room: number;
  maxBytes: number;
  /** Why a file that starts so is refused; undefined lets it in. It is asked once, with the first HEAD_BYTES or all that there is. */
  refuse: (start: Buffer) => ServiceError | undefined;
}

/** The caller's file name is kept to be shown and to tell the parts apart; files are stored under their number. */
export const plainName = (name: string): string => name.replaceAll(/[^\w.\- ()[\]]/g, '_').slice(-128) || 'file';

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
