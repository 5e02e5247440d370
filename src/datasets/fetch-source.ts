// Fetches the one file of a data set that was given by its address. Runs in a child process of its own.
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ServiceError } from '../contract/errors.js';
import { guardedFetch } from '../outbound/guarded-fetch.js';
import { checkFormat, formatOf, refuseStranger, type Expected } from './readers/registry.js';
import type { FetchedSource } from './registry.js';
import { plainName, receiveFile } from './receive.js';

export interface FetchSource {
  readonly url: string;
  /** What the file's digest must be, where it was said. */
  readonly sha256: string | null;
  /** What it must be, where it was said. */
  readonly expected: Expected;
  /** An existing folder, into which the file is written as "0". */
  readonly outFolder: string;
  readonly maxBytes: number;
  readonly allowPrivate: boolean;
}

const TELL_EVERY_MS = 1_000;

/**
 * @param tell hears now and then how many bytes have come
 * @throws what `guardedFetch` throws; DIGEST_MISMATCH, FORMAT_UNKNOWN, INVALID_VALUE for what the file is not
 */
export async function fetchSource({ url, sha256, expected, outFolder, maxBytes, allowPrivate }: FetchSource, tell: (bytes: number) => void): Promise<FetchedSource> {
  const path = join(outFolder, '0');
  return guardedFetch(url, { allowPrivate, maxBytes }, async ({ url: found, name: sentName, body }) => {
    const name = plainName(sentName);
    const written = await receiveFile(path, Readable.from(telling(body, tell)), { room: maxBytes, maxBytes, refuse: refuseStranger(name) });
    if (sha256 !== null && written.sha256 !== sha256) throw ServiceError.of('DIGEST_MISMATCH', name, 'SHA-256');
    const format = await formatOf([{ name, path }]);
    checkFormat(expected, format);
    return { url: found, file: { name, ...written }, format };
  });
}

async function* telling(body: AsyncIterable<Buffer>, tell: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  let toldMs = performance.now();
  for await (const piece of body) {
    bytes += piece.length;
    yield piece;
    if (performance.now() - toldMs < TELL_EVERY_MS) continue;
    toldMs = performance.now();
    tell(bytes);
  }
}
