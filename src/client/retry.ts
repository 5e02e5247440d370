// When a request is made again, and how long after the last try. As OpenAI's clients do it: their users know it.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** A service that asks for more patience than this gets none: the caller decides. */
const LONGEST_ASKED_MS = 60_000;
/** Not understood, or no room left on its disk: the next moment changes neither. */
const IN_VAIN = new Set([501, 505, 507]);

/** Whether the same request may be answered otherwise in a moment. */
export const mayHelp = (status: number, code: string): boolean =>
  status === 408 || status === 429 || (status >= 500 && !IN_VAIN.has(status)) || code === 'IDEMPOTENCY_IN_PROGRESS';

/** @param retry how many tries came before, less the first @returns milliseconds; undefined where the service asks for too many */
export function waitBefore(retry: number, retryAfter: string | null): number | undefined {
  const asked = retryAfter === null ? undefined : askedMs(retryAfter);
  if (asked !== undefined) return asked > LONGEST_ASKED_MS ? undefined : asked;
  // Up to a quarter less, so that clients that failed together do not come back together.
  return Math.min(FIRST_WAIT_MS * 2 ** retry, LONGEST_WAIT_MS) * (1 - chance() / 4);
}

/** Retry-After (RFC 9110, 10.2.3): seconds or a date. */
function askedMs(retryAfter: string): number | undefined {
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

const chance = (): number => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;

/** Resolves after so long; rejects with the reason of the signal. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const left = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    if (signal?.aborted) return reject(signal.reason as Error);
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', left);
      resolve();
    }, ms);
    signal?.addEventListener('abort', left, { once: true });
  });
}
