// Waiting for something that changes, by asking again and again, a little later each time.
import { TimeoutError } from './errors.js';
import type { CallOptions } from './options.js';
import { pause } from './retry.js';

export interface WaitOptions extends CallOptions {
  /** How long it is waited for in all, in milliseconds; of a job, to a second. @default as long as it takes */
  waitMs?: number | undefined;
}

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/** @throws TimeoutError after `waitMs` */
export async function untilSo<T>(what: string, look: () => Promise<T>, is: (found: T) => boolean, { waitMs, signal }: WaitOptions): Promise<T> {
  const until = deadline(waitMs);
  for (let ms = FIRST_MS; ; ms = Math.min(ms * 1.5, LONGEST_MS)) {
    const found = await look();
    if (is(found)) return found;
    if (Date.now() >= until) throw new TimeoutError(`${what} after ${waitMs! / 1000} s.`);
    await pause(Math.min(ms, until - Date.now()), signal);
  }
}

export const deadline = (waitMs: number | undefined): number => (waitMs === undefined ? Infinity : Date.now() + waitMs);
