// Fetching the file of one data set, seen from the worker: child, tries, the source published.
import type { Dataset } from '#contract/dataset.js';
import type { ErrorRecord } from '#contract/errors.js';
import { publishFetched } from '#datasets/registry.js';
import { TryAgain, type Held, type InterruptReason } from '#queue/queue.js';
import { withStaging } from './attempt-staging.js';
import { Child } from './child-process.js';
import type { IngestRooms } from './ingest-rooms.js';
import { waitAfterDrainMs, waitMs } from './retries.js';
import { supervise } from './supervisor.js';

/** What a server or a network could not do three times in half a minute is told to the caller, who knows whether to wait. */
const MOST_TRIES = 3;
const FIRST_WAIT_SECONDS = 5;

/**
 * Makes one attempt. Nothing of one that failed stays.
 * @returns why the data set is invalid; undefined once its source is there, or where it is no longer ours to fetch
 * @throws TryAgain where it shall be fetched again
 */
export const attemptFetch = (rooms: IngestRooms, { id, format, source }: Dataset, signal: AbortSignal, held: Held): Promise<ErrorRecord | undefined> =>
  withStaging(rooms.store, id, async (staging) => {
    const { store, limits, maxBytes, deaths: failures, allowPrivate = false } = rooms;
    const { asked: url, sha256 } = source.url!;
    try {
      const end = await supervise<'fetch'>(
        Child.start('fetch', { threads: 1 }),
        { task: 'fetch', url, sha256, expected: { format, pictures: source.pictures, table: source.table }, outFolder: staging.path, maxBytes, allowPrivate },
        { signal, limits, onReport: () => undefined },
      );
      if (!(await held())) return undefined;
      if (end.class === 'done') {
        failures.delete(id);
        await publishFetched(store, id, staging, end.result);
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
