// Which of the things that are kept must go, by age, count and bytes. Pure: whoever keeps them looks, and removes.
import type { KeepRule } from '../contract/system.js';

/** A thing that nothing is waiting for any more. */
export interface Kept {
  /** Since when it has only been kept, in milliseconds of the epoch. */
  sinceMs: number;
  bytes: number;
}

/** However small a limit is, this long a thing stays: whoever waits for a job can see how it ended, and whoever ends it is done. */
export const LEAST_KEPT_MS = 60_000;

const DAY_MS = 24 * 3_600_000;

/** What must go so that the rule holds, oldest first. Of two things the older goes first, whatever their sizes. */
export function surplus<T extends Kept>(kept: readonly T[], { days, count, bytes }: KeepRule, nowMs: number): T[] {
  let leftCount = kept.length;
  let leftBytes = kept.reduce((sum, thing) => sum + thing.bytes, 0);
  const goes: T[] = [];
  for (const thing of [...kept].sort((a, b) => a.sinceMs - b.sinceMs)) {
    const ageMs = nowMs - thing.sinceMs;
    const over = ageMs > (days ?? Infinity) * DAY_MS || leftCount > (count ?? Infinity) || leftBytes > (bytes ?? Infinity);
    if (!over || ageMs < LEAST_KEPT_MS) break;
    goes.push(thing);
    leftCount -= 1;
    leftBytes -= thing.bytes;
  }
  return goes;
}
