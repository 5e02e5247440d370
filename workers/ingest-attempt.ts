// Reading one data set, seen from the worker.
import { concludeDataset, datasetPrefix, findDataset, publishReport, settleDataset, sourceFolder } from '#datasets/registry.js';
import { reportIn } from '#datasets/report/report-files.js';
import type { Held } from '#queue/queue.js';
import { attemptReading, type Reading, type ReadRooms } from './read-attempt.js';

const DATASET: Reading<'ingest'> = {
  kind: 'ingest',
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

/** @throws TryAgain where the data set shall be read again */
export const attemptIngest = (rooms: ReadRooms, id: string, signal: AbortSignal, held: Held): Promise<void> =>
  attemptReading(DATASET, rooms, id, signal, held);
