// Fetching and reading one data set, seen from the worker.
import { concludeDataset, datasetPrefix, findDataset, publishFetched, publishReport, settleDataset, sourceFolder } from '#datasets/registry.js';
import { reportIn } from '#datasets/report/report-files.js';
import type { Held } from '#queue/queue.js';
import { attemptFetch } from './fetch-attempt.js';
import { attemptReading, type Reading, type ReadRooms } from './read-attempt.js';

const DATASET: Reading<'ingest'> = {
  kind: 'ingest',
  bring: fetchSource,
  async task(store, id, outFolder, maxBytes) {
    const dataset = await findDataset(store, id);
    return dataset && { task: 'ingest', source: dataset.source, sourceFolder: await sourceFolder(store, id), outFolder, maxBytes };
  },
  async settle(store, id, end, staging) {
    if (end.status === 'ready') {
      return settleDataset(store, id, { status: 'ready', at: end.at, content: end.result, staging: staging.name, report: await reportIn(staging) });
    }
    // After a fault of the service the folder may hold anything.
    const report = end.error.class === 'user' ? await reportIn(staging) : null;
    if (report) await publishReport(store, id, staging);
    return settleDataset(store, id, { ...end, report });
  },
  conclude: concludeDataset,
  isThere: async (store, id) => (await findDataset(store, id)) !== undefined,
  remove: (store, id) => store.delete(datasetPrefix(id)),
};

/** Of a data set that was given by an address. @returns false where there is nothing to read: it could not be fetched, or was deleted */
async function fetchSource(rooms: ReadRooms, id: string, signal: AbortSignal, held: Held): Promise<boolean> {
  const { store, maxBytes, allowPrivate = false } = rooms;
  const dataset = await findDataset(store, id);
  if (dataset?.status !== 'uploading') return dataset !== undefined;
  const { format, source } = dataset;
  const { asked: url, sha256 } = source.url!;
  const expected = { format, pictures: source.pictures, table: source.table };
  const error = await attemptFetch(
    rooms,
    {
      kind: 'fetch',
      id,
      task: (outFolder) => ({ task: 'fetch', url, sha256, expected, outFolder, maxBytes, allowPrivate }),
      publish: (staging, fetched) => publishFetched(store, id, staging, fetched),
    },
    signal,
    held,
  );
  if (error) await settleDataset(store, id, { status: 'invalid', at: new Date().toISOString(), error, report: null });
  const fetched = await findDataset(store, id);
  // Deleted while it was fetched, it has no record any more, and what came must not outlive it.
  if (!fetched) await store.delete(datasetPrefix(id));
  return fetched?.status === 'validating';
}

/** @throws TryAgain where the data set shall be fetched or read again */
export const attemptIngest = (rooms: ReadRooms, id: string, signal: AbortSignal, held: Held): Promise<void> =>
  attemptReading(DATASET, rooms, id, signal, held);
