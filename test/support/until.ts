// Waiting for something that is bound to happen, without guessing how long it takes.
import { setTimeout as delay } from 'node:timers/promises';

/** The pause between two looks grows: looking takes time of the cores that what is waited for needs. */
const FIRST_PAUSE_MS = 15;
const LONGEST_PAUSE_MS = 60;

/** Resolves with the condition's first truthy value. @throws Error naming `what` after `withinMs`. */
export async function until<T>(what: string, condition: () => T | Promise<T>, withinMs = 15_000): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(1.2 * pauseMs, LONGEST_PAUSE_MS)) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(pauseMs);
  }
}
