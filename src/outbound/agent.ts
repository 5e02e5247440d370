// The client that all goes out through: it looks names up by `resolve.ts`, so that what is connected to is what was checked.
import { Agent } from 'undici';
import type { Reach } from './allowed.js';
import { guardedLookup, type Resolve } from './resolve.js';

/** How long each part may take, in milliseconds. */
export interface FetchTimes {
  connectMs: number;
  /** From the request to the head of the answer. 0: no limit of its own. */
  firstByteMs: number;
  /** Between two pieces of the body. 0: no limit of its own. */
  stallMs: number;
  /** All of it, redirects included. */
  wholeMs: number;
}

const MOST_HEADER_BYTES = 16_384;

/** What ends an errand from outside, and how long it may take. */
export interface ErrandOptions extends Reach {
  signal?: AbortSignal;
  /** How names are looked up. @default the system's way */
  resolve?: Resolve;
}

/** One way out and back. */
export interface Errand {
  /** To be destroyed with it. It follows no redirects. */
  agent: Agent;
  /** Aborts when all of it has taken too long. */
  deadline: AbortSignal;
  /** The same, or when it is ended from outside. */
  signal: AbortSignal;
}

export function errandOf(options: ErrandOptions, { connectMs, firstByteMs, stallMs, wholeMs }: FetchTimes): Errand {
  const deadline = AbortSignal.timeout(wholeMs);
  return {
    agent: new Agent({
      connect: { lookup: guardedLookup(options, options.resolve), timeout: connectMs },
      headersTimeout: firstByteMs,
      bodyTimeout: stallMs,
      maxHeaderSize: MOST_HEADER_BYTES,
      allowH2: false,
    }),
    deadline,
    signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
  };
}
