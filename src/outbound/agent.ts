// The client that all goes out through: it looks names up by `resolve.ts`, so that what is connected to is what was checked.
import { Agent } from 'undici';
import type { Reach } from './allowed.js';
import { guardedLookup, type Resolve } from './resolve.js';

/** How long each part may take, in milliseconds. */
export interface FetchTimes {
  connectMs: number;
  /** From the request to the head of the answer. */
  firstByteMs: number;
  /** Between two pieces of the body. */
  stallMs: number;
  /** All of it, redirects included. */
  wholeMs: number;
}

const MOST_HEADER_BYTES = 16_384;

/** For one errand, and to be destroyed with it. It follows no redirects. */
export const guardedAgent = (reach: Reach, { connectMs, firstByteMs, stallMs }: FetchTimes, resolve?: Resolve): Agent =>
  new Agent({
    connect: { lookup: guardedLookup(reach, resolve), timeout: connectMs },
    headersTimeout: firstByteMs,
    bodyTimeout: stallMs,
    maxHeaderSize: MOST_HEADER_BYTES,
    allowH2: false,
  });
