// Fetching what a data set or a model is made of, seen from the worker: child, tries, the source published.
import type { ErrorRecord } from '#contract/errors.js';
import { TryAgain, type Held, type InterruptReason } from '#queue/queue.js';
import type { Staging } from '#store/store.js';
import { withStaging } from './attempt-staging.js';
import { Child } from './child-process.js';
import type { ChildTask, Results } from './protocol.js';
import type { ReadRooms } from './read-attempt.js';
import { waitAfterDrainMs, waitMs } from './retries.js';
import { supervise } from './supervisor.js';

/** What a server or a network could not do three times in half a minute is told to the caller, who knows whether to wait. */
const MOST_TRIES = 3;
const FIRST_WAIT_SECONDS = 5;

type FetchKind = 'fetch' | 'fetch_model';

/** What the kinds of fetching differ in. */
export interface Fetching<T extends FetchKind> {
  kind: T;
  id: string;
  task: (outFolder: string) => Extract<ChildTask, { task: T }>;
  /** Makes the staged folder the source of what it was fetched for. */
  publish: (staging: Staging, fetched: Results[T]) => Promise<void>;
}

/**
 * Makes one attempt. Nothing of one that failed stays.
 * @returns why there is nothing to read; undefined once the source is there, or where it is no longer ours to fetch
 * @throws TryAgain where it shall be fetched again
 */
export const attemptFetch = <T extends FetchKind>(rooms: ReadRooms, { kind, id, task, publish }: Fetching<T>, signal: AbortSignal, held: Held): Promise<ErrorRecord | undefined> =>
  withStaging(rooms.store, id, async (staging) => {
    const { store, limits, deaths: failures } = rooms;
    try {
      const end = await supervise<T>(Child.start(kind, { threads: 1 }), task(staging.path), { signal, limits, onReport: () => undefined });
      if (!(await held())) return undefined;
      if (end.class === 'done') {
        failures.delete(id);
        await publish(staging, end.result);
        return undefined;
      }
      if (end.class === 'drained' || end.class === 'recycled') {
        const closing = (signal.reason as InterruptReason | undefined) === 'closing';
        if (closing || !signal.aborted) throw new TryAgain(waitAfterDrainMs(closing));
        return undefined;
      }
      const tries = (failures.get(id) ?? 0) + 1;
      const passes = end.class === 'infrastructure' || end.error.retryable;
      if (!passes || tries === MOST_TRIES) {
        failures.delete(id);
        return end.error;
      }
      failures.set(id, tries);
      throw new TryAgain(waitMs(tries, FIRST_WAIT_SECONDS));
    } finally {
      // Published, it is gone from here.
      await store.discard(staging);
    }
  });
