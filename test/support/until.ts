// Waiting for something that is bound to happen, without guessing how long it takes.
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with the condition's first truthy value. @throws Error naming `what` after `withinMs`. */
export async function until<T>(what: string, condition: () => T | Promise<T>, withinMs = 15_000): Promise<NonNullable<T>> {
  for (const deadline = performance.now() + withinMs; ; ) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(15);
  }
}
