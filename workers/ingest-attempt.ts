// Reading one data set, seen from the worker: child, outcome.
import {
  concludeDataset, datasetPrefix, findDataset, settleDataset, sourceFolder,
  type DatasetOutcome,
} from '#datasets/registry.js';
import { TryAgain, type Held, type InterruptReason } from '#queue/queue.js';
import type { Staging } from '#store/store.js';
import { abandonedStagings, withStaging } from './attempt-staging.js';
import { Child } from './child-process.js';
import { EXIT_CLASSES } from './exit-class.js';
import { attemptFetch } from './fetch-attempt.js';
import type { IngestRooms } from './ingest-rooms.js';
import { reasonToGiveUp, waitAfterDrainMs } from './retries.js';
import { supervise, type ChildEnd } from './supervisor.js';

/** Reading the same bytes again dies again; one more try is for what came from outside. */
const MOST_DEATHS = 2;
const RETRY_AFTER_MS = 500;

/** @throws TryAgain where the data set shall be read again */
export async function attemptIngest(rooms: IngestRooms, id: string, signal: AbortSignal, held: Held): Promise<void> {
  const { store } = rooms;
  const dataset = await findDataset(store, id);
  if (!dataset) return; // deleted while it waited
  const abandoned = await abandonedStagings(store, id);
  if (await concludeDataset(store, id)) return;
  for (const staging of abandoned) await store.discard(staging);
  if (dataset.status === 'uploading') {
    const error = await attemptFetch(rooms, dataset, signal, held);
    if (error) await settleDataset(store, id, { status: 'invalid', at: new Date().toISOString(), error });
    // Deleted while it was fetched, it has no record any more, and what came must not outlive it.
    const fetched = await findDataset(store, id);
    if (!fetched) await store.delete(datasetPrefix(id));
    if (fetched?.status !== 'validating') return;
  }
  await withStaging(store, id, (staging) => read(rooms, id, staging, signal, held));
}

async function read({ store, limits, maxBytes, deaths }: IngestRooms, id: string, staging: Staging, signal: AbortSignal, held: Held): Promise<void> {
  const dataset = await findDataset(store, id);
  if (!dataset) return store.discard(staging);
  const end = await supervise<'ingest'>(
    Child.start('ingest', { threads: 1 }),
    { task: 'ingest', source: dataset.source, sourceFolder: await sourceFolder(store, id), outFolder: staging.path, maxBytes },
    { signal, limits, onReport: () => undefined },
  );
  // Fenced: another worker may be reading it.
  if (!(await held())) return store.discard(staging);
  if (EXIT_CLASSES[end.class].counted) deaths.set(id, (deaths.get(id) ?? 0) + 1);
  const outcome = outcomeOf(end, staging, deaths.get(id) ?? 0);
  if (outcome?.status === 'ready') await store.seal(staging);

  if (outcome) {
    deaths.delete(id);
    await settleDataset(store, id, outcome);
    // Published, it is gone from here; else another outcome stands.
    await store.discard(staging);
    // Deleted while it was read, the data set has no record any more; what was made of it must not outlive it.
    if (!(await findDataset(store, id))) await store.delete(datasetPrefix(id));
    return;
  }
  await store.discard(staging);
  if (end.class === 'infrastructure') throw new TryAgain(RETRY_AFTER_MS);
  const closing = (signal.reason as InterruptReason | undefined) === 'closing';
  if (closing || !signal.aborted) throw new TryAgain(waitAfterDrainMs(closing));
}

function outcomeOf(end: ChildEnd<'ingest'>, staging: Staging, deaths: number): DatasetOutcome | undefined {
  const at = new Date().toISOString();
  if (end.class === 'done') return { status: 'ready', at, content: end.result, staging: staging.name };
  if (end.class === 'drained' || end.class === 'recycled') return undefined;
  const error = end.class === 'infrastructure' ? reasonToGiveUp(end.error, deaths, MOST_DEATHS) : end.error;
  return error && { status: 'invalid', at, error };
}
