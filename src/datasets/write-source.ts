// One source file into its place: hashed and counted while it comes, refused by its first bytes where no reader knows them.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ServiceError } from '../contract/errors.js';
import { looksReadable } from './readers/registry.js';
import { HEAD_BYTES } from './source-file.js';

/** The caller's file name is kept to be shown and to tell the parts apart; files are stored under their number. */
export const plainName = (name: string): string => name.replaceAll(/[^\w.\- ()[\]]/g, '_').slice(-128) || 'file';

/**
 * @param room bytes that are left of the `maxBytes` accepted
 * @throws FORMAT_UNKNOWN, UPLOAD_TOO_LARGE
 */
export async function writeSource(
  path: string,
  name: string,
  bytes: Readable,
  room: number,
  maxBytes: number,
): Promise<{ size_bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  // The first piece of a stream may be a few bytes.
  let head = Buffer.alloc(0);
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      const headEnds = head.length < HEAD_BYTES && head.length + chunk.length >= HEAD_BYTES;
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
      if (headEnds && !looksReadable(head)) return next(ServiceError.of('FORMAT_UNKNOWN', plainName(name)));
      size += chunk.length;
      if (size > room) return next(ServiceError.of('UPLOAD_TOO_LARGE', `the ${maxBytes} bytes accepted`));
      hash.update(chunk);
      next(null, chunk);
    },
    flush: (next) => next(size === 0 || (size < HEAD_BYTES && !looksReadable(head)) ? ServiceError.of('FORMAT_UNKNOWN', plainName(name)) : null),
  });
  await pipeline(bytes, watch, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  return { size_bytes: size, sha256: hash.digest('hex') };
}
