// Fetching and reading one model that was trained elsewhere, seen from the worker.
import { recordDigest, recordedDigest } from '#models/catalogue/registry.js';
import { concludeImport, findImport, importFolder, importPrefix, publishFetchedModel, settleImport } from '#models/imports/registry.js';
import { digestOfSource } from '#models/imports/fetch-model.js';
import { modelPrefix } from '#models/registry.js';
import type { Held } from '#queue/queue.js';
import { attemptFetch } from './fetch-attempt.js';
import { attemptReading, type Reading, type ReadRooms } from './read-attempt.js';

const MODEL: Reading<'import'> = {
  kind: 'import',
  bring: fetchModel,
  async task(store, id, outFolder, maxBytes) {
    const found = await findImport(store, id);
    if (!found) return undefined;
    const { name, created_at: createdAt, source, options } = found.accepted;
    return { task: 'import', id, name, createdAt, source, options, sourceFolder: await importFolder(store, id), outFolder, maxBytes };
  },
  async settle(store, id, end, staging) {
    if (end.status !== 'ready') return settleImport(store, id, end);
    const source = (await findImport(store, id))?.accepted.source;
    if (source?.catalogue !== undefined) await recordDigest(store, source.catalogue, digestOfSource(source.files));
    return settleImport(store, id, { status: 'ready', at: end.at, staging: staging.name });
  },
  conclude: concludeImport,
  isThere: async (store, id) => (await findImport(store, id)) !== undefined,
  async remove(store, id) {
    await store.delete(importPrefix(id));
    await store.delete(modelPrefix(id));
  },
};

/** Of a model that was given by an address. @returns false where there is nothing to read: it could not be fetched, or was deleted */
async function fetchModel(rooms: ReadRooms, id: string, signal: AbortSignal, held: Held): Promise<boolean> {
  const { store, maxBytes, allowPrivate = false } = rooms;
  const found = await findImport(store, id);
  if (!found?.awaited) return found !== undefined;
  const { catalogue } = found.accepted.source;
  const { asked: url, sha256: said } = found.accepted.source.url!;
  const sha256 = said ?? (catalogue === undefined ? null : await recordedDigest(store, catalogue));
  const error = await attemptFetch(
    rooms,
    {
      kind: 'fetch_model',
      id,
      task: (outFolder) => ({ task: 'fetch_model', url, sha256, outFolder, maxBytes, allowPrivate }),
      publish: (staging, fetched) => publishFetchedModel(store, id, staging, fetched),
    },
    signal,
    held,
  );
  if (error) await settleImport(store, id, { status: 'invalid', at: new Date().toISOString(), error });
  const fetched = await findImport(store, id);
  // Deleted while it was fetched, it has no record any more, and what came must not outlive it.
  if (!fetched) await store.delete(importPrefix(id));
  return fetched?.status === 'importing' && !fetched.awaited;
}

/** @throws TryAgain where the model shall be fetched or read again */
export const attemptImport = (rooms: ReadRooms, id: string, signal: AbortSignal, held: Held): Promise<void> =>
  attemptReading(MODEL, rooms, id, signal, held);
