// Reading one data set, seen from the worker.
import { concludeDataset, datasetPrefix, findDataset, settleDataset, sourceFolder } from '#datasets/registry.js';
import type { Held } from '#queue/queue.js';
import { attemptReading, type Reading, type ReadRooms } from './read-attempt.js';

const DATASET: Reading<'ingest'> = {
  kind: 'ingest',
  async task(store, id, outFolder, maxBytes) {
    const dataset = await findDataset(store, id);
    return dataset && { task: 'ingest', source: dataset.source, sourceFolder: await sourceFolder(store, id), outFolder, maxBytes };
  },
  settle: (store, id, end) => settleDataset(store, id, end.status === 'ready' ? { status: 'ready', at: end.at, content: end.result, staging: end.staging } : end),
  conclude: concludeDataset,
  isThere: async (store, id) => (await findDataset(store, id)) !== undefined,
  remove: (store, id) => store.delete(datasetPrefix(id)),
};

/** @throws TryAgain where the data set shall be read again */
export const attemptIngest = (rooms: ReadRooms, id: string, signal: AbortSignal, held: Held): Promise<void> =>
  attemptReading(DATASET, rooms, id, signal, held);
