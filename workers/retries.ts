// When an attempt that died is made again, and when the task is given up: attempts that get nowhere are counted, others are not.
import { randomInt } from 'node:crypto';
import { ServiceError, type ErrorRecord } from '#contract/errors.js';
import type { JobEvent } from '#contract/event.js';

const MOST_IN_VAIN = 3;
/** Memory that was not enough twice will not be enough the third time. */
const MOST_OUT_OF_MEMORY = 2;
const LONGEST_WAIT_MS = 360_000;
/** Tasks that died together shall not come back together. In percent, either way. */
const JITTER_PERCENT = 20;

/**
 * An attempt that died: the last step it told of, and whether it left a checkpoint, so that the next one begins further on. One that was
 * recycled always leaves one; it counts by its step alone.
 */
export interface DeadAttempt {
  step: number;
  saved: boolean;
}

/** How many of these attempts, in order, died since the last one that got further than all before it or left a checkpoint; that one is not counted. */
export function attemptsInVain(attempts: readonly DeadAttempt[]): number {
  let furthest = 0;
  let inVain = 0;
  for (const { step, saved } of attempts) {
    inVain = saved || step > furthest ? 0 : inVain + 1;
    furthest = Math.max(furthest, step);
  }
  return inVain;
}

/** Why the task fails now; undefined where another attempt shall follow. */
export function reasonToGiveUp(error: ErrorRecord, inVain: number, mostInVain = MOST_IN_VAIN): ErrorRecord | undefined {
  if (error.code === 'OUT_OF_MEMORY') return inVain >= Math.min(MOST_OUT_OF_MEMORY, mostInVain) ? error : undefined;
  return inVain >= mostInVain ? ServiceError.of('CRASH_LOOP', error.message, inVain).toRecord() : undefined;
}

/** Wait after a child left off: none for a worker that closes. One that left off unasked was told to by someone who may be ending this worker too. */
export const waitAfterDrainMs = (closing: boolean): number => (closing ? 0 : 1_000);

/** Wait before the next attempt: doubled with each one in vain after the first. */
export function waitMs(inVain: number, firstSeconds: number): number {
  const plainMs = Math.min(firstSeconds * 1_000 * 2 ** Math.max(0, inVain - 1), LONGEST_WAIT_MS);
  return Math.round((plainMs * randomInt(100 - JITTER_PERCENT, 100 + JITTER_PERCENT + 1)) / 100);
}

/** How far each attempt came that died or was recycled, in order. @param last the one that has just ended, told whether it left a checkpoint */
export function endedAttempts(log: readonly JobEvent[], last: (saved: boolean) => DeadAttempt): DeadAttempt[] {
  const dead: DeadAttempt[] = [];
  let saved = false;
  for (const event of log) {
    if (event.type === 'job.checkpoint') saved = true;
    if (event.type !== 'job.attempt_failed' && event.type !== 'job.recycled') continue;
    dead.push({ step: event.data.step, saved: event.type === 'job.attempt_failed' && saved });
    saved = false;
  }
  return [...dead, last(saved)];
}
