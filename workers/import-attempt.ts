// Reading one model that was sent, seen from the worker.
import { concludeImport, findImport, importFolder, importPrefix, settleImport } from '#models/imports/registry.js';
import { modelPrefix } from '#models/registry.js';
import type { Held } from '#queue/queue.js';
import { attemptReading, type Reading, type ReadRooms } from './read-attempt.js';

const MODEL: Reading<'import'> = {
  kind: 'import',
  async task(store, id, outFolder, maxBytes) {
    const found = await findImport(store, id);
    if (!found) return undefined;
    const { name, created_at: createdAt, source, options } = found.accepted;
    return { task: 'import', id, name, createdAt, source, options, sourceFolder: await importFolder(store, id), outFolder, maxBytes };
  },
  settle: (store, id, end, staging) => settleImport(store, id, end.status === 'ready' ? { status: 'ready', at: end.at, staging: staging.name } : end),
  conclude: concludeImport,
  isThere: async (store, id) => (await findImport(store, id)) !== undefined,
  async remove(store, id) {
    await store.delete(importPrefix(id));
    await store.delete(modelPrefix(id));
  },
};

/** @throws TryAgain where the model shall be read again */
export const attemptImport = (rooms: ReadRooms, id: string, signal: AbortSignal, held: Held): Promise<void> =>
  attemptReading(MODEL, rooms, id, signal, held);
