// Waiting for something that must happen, with a deadline; and the one other use of time, a drawn instant.
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

/** What must happen has not happened in time. */
export class NotInTime extends Error {
  /** @override */
  name = 'NotInTime';
}

/**
 * The condition's first value that is neither undefined nor false.
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} condition
 * @param {number} withinSeconds
 * @returns {Promise<Exclude<T, undefined | false>>}
 */
export async function until(what, condition, withinSeconds) {
  for (const deadline = performance.now() + withinSeconds * 1_000; ; ) {
    const value = await condition();
    if (value !== undefined && value !== false) return /** @type {Exclude<T, undefined | false>} */ (value);
    if (performance.now() > deadline) throw new NotInTime(`not within ${withinSeconds} s: ${what}`);
    await delay(POLL_MS);
  }
}

/** The moment at which a fault strikes, drawn by the seed: nothing is waited for. @param {number} seconds */
export const drawnInstant = (seconds) => delay(seconds * 1_000);
