// When an event that was not taken is tried again.
import { createHash } from 'node:crypto';

const MINUTE_S = 60;
const HOUR_S = 3_600;

/** Seconds from one try to the next: the example schedule of Standard Webhooks 1.0.0 ("Deliverability and reliability"), 10 tries over 75 h 35 min. */
export const WAITS_S = [5, 5 * MINUTE_S, 30 * MINUTE_S, 2 * HOUR_S, 5 * HOUR_S, 10 * HOUR_S, 14 * HOUR_S, 20 * HOUR_S, 24 * HOUR_S] as const;
export const MOST_TRIES = WAITS_S.length + 1;

/** Each wait is as much longer or shorter, at most: what failed together does not come again together. */
export const JITTER = 0.1;

const WHOLE_S = WAITS_S.reduce((sum, wait) => sum + wait, 0);

/**
 * How long to wait after so many tries, in milliseconds; undefined after the last.
 * @param overHours what all waits come to, before jitter
 * @param delivery its id, from which the jitter follows
 */
export function waitMs(tries: number, overHours: number, delivery: string): number | undefined {
  const wait = WAITS_S[tries - 1];
  if (wait === undefined) return undefined;
  const drawn = createHash('sha256').update(`${delivery} ${tries}`).digest().readUInt32BE() / 2 ** 32;
  return Math.round(wait * 1_000 * ((overHours * HOUR_S) / WHOLE_S) * (1 + JITTER * (2 * drawn - 1)));
}
