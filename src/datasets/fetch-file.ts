// One file from where a caller said, streamed to its place and hashed on the way.
import { Readable } from 'node:stream';
import { guardedFetch, type FetchTimes } from '../outbound/guarded-fetch.js';
import type { Reach } from '../outbound/allowed.js';
import { plainName, receiveFile, type Refuse, type SentFile } from './receive.js';

export interface FetchFile extends Reach {
  readonly url: string;
  /** Where it is written. */
  readonly path: string;
  /** Bytes that are left of what all of a source may have, and all that it may. */
  readonly room: number;
  readonly maxBytes: number;
  readonly times?: FetchTimes;
  /** What a file of a name is refused by. */
  readonly refuseBy: (name: string) => Refuse;
}

export interface FetchedFile {
  /** Where it was found. */
  url: string;
  file: SentFile;
}

const TELL_EVERY_MS = 1_000;

/**
 * @param tell hears now and then how many bytes have come
 * @throws what `guardedFetch` and `receiveFile` throw
 */
export const fetchFile = ({ url, path, room, maxBytes, allowPrivate, times, refuseBy }: FetchFile, tell: (bytes: number) => void): Promise<FetchedFile> =>
  guardedFetch(url, { allowPrivate, maxBytes, ...(times && { times }) }, async ({ url: found, name: sentName, body }) => {
    const name = plainName(sentName);
    const written = await receiveFile(path, Readable.from(telling(body, tell)), { room, maxBytes, refuse: refuseBy(name) });
    return { url: found, file: { name, ...written } };
  });

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
