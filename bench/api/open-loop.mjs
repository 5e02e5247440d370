// Requests at a fixed rate, whether or not those before were answered: a time counts from when the request was due, so that a service which stands
// still for a second is charged with all that would have been asked meanwhile (G. Tene, "coordinated omission").
import { setTimeout as delay } from 'node:timers/promises';

/** Requests are sent in bursts of so many milliseconds. */
const TICK_MS = 2;

/**
 * @param {{ perSecond: number, seconds: number }} rate
 * @param {(at: number) => Promise<unknown>} ask
 * @returns {Promise<number[]>} milliseconds from when each was due to its answer, ascending
 */
export async function openLoop({ perSecond, seconds }, ask) {
  const wanted = Math.round(perSecond * seconds);
  const begin = performance.now();
  const dueAt = (/** @type {number} */ at) => begin + (1000 * at) / perSecond;
  /** @type {Promise<number>[]} */
  const asked = [];
  while (asked.length < wanted) {
    while (asked.length < wanted && dueAt(asked.length) <= performance.now()) {
      const at = asked.length;
      asked.push(ask(at).then(() => performance.now() - dueAt(at)));
    }
    await delay(TICK_MS);
  }
  return ascending(await Promise.all(asked));
}

/** @param {number[]} values */
export const ascending = (values) => [...values].sort((one, other) => one - other);

/** @param {number[]} sorted ascending @param {number} part such as 0.99 */
export const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? NaN;

/** @param {number[]} sorted */
export const summary = (sorted) => ({ requests: sorted.length, p50_ms: round(quantile(sorted, 0.5)), p95_ms: round(quantile(sorted, 0.95)), p99_ms: round(quantile(sorted, 0.99)), max_ms: round(sorted.at(-1) ?? NaN) });

const round = (/** @type {number} */ value) => Math.round(100 * value) / 100;
