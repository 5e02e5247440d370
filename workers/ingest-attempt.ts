// Reading one data set, seen from the worker: child, outcome.
import { ServiceError, type ErrorRecord } from '#contract/errors.js';
import { concludeDataset, datasetPrefix, findDataset, settleDataset, sourceFolder, type DatasetOutcome } from '#datasets/registry.js';
import { TryAgain, type InterruptReason } from '#queue/queue.js';
import type { Staging, Store } from '#store/store.js';
import { Child } from './child-process.js';
import { supervise, type ChildEnd } from './supervisor.js';

/** Reading the same bytes again crashes again; one more try is for crashes from outside. */
const MOST_CRASHES = 2;
const RETRY_AFTER_MS = 500;

/** @param crashes crashes of each data set seen by this worker; forgotten with it, which only means one more try */
export async function attemptIngest(
  store: Store,
  id: string,
  maxBytes: number,
  crashes: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const dataset = await findDataset(store, id);
  if (!dataset) return; // deleted while it waited
  if (await concludeDataset(store, id)) return;

  const folder = await sourceFolder(store, id);
  const staging = await store.stage(id);
  const end = await supervise<'ingest'>(
    Child.start('ingest', { threads: 1 }),
    { task: 'ingest', source: dataset.source, sourceFolder: folder, outFolder: staging.path, maxBytes },
    { signal, onReport: () => undefined },
  );
  const outcome = outcomeOf(end, staging, () => {
    crashes.set(id, (crashes.get(id) ?? 0) + 1);
    return crashes.get(id)!;
  });
  if (outcome?.status === 'ready') await store.seal(staging);
  else await store.discard(staging);

  if (outcome) {
    crashes.delete(id);
    await settleDataset(store, id, outcome);
    await dropIfDeleted(store, id, staging);
  } else if (end.kind === 'crashed' || (signal.reason as InterruptReason) === 'closing') {
    throw new TryAgain(end.kind === 'crashed' ? RETRY_AFTER_MS : 0);
  }
}

/** Deleted while it was read, the data set has no record any more; what was made of it must not outlive it. */
async function dropIfDeleted(store: Store, id: string, staging: Staging): Promise<void> {
  if (await findDataset(store, id)) return;
  await store.discard(staging);
  await store.delete(datasetPrefix(id));
}

function outcomeOf(end: ChildEnd<'ingest'>, staging: Staging, countCrash: () => number): DatasetOutcome | undefined {
  const at = new Date().toISOString();
  const invalid = (error: ErrorRecord): DatasetOutcome => ({ status: 'invalid', at, error });
  if (end.kind === 'done') return { status: 'ready', at, content: end.result, staging: staging.name };
  if (end.kind === 'failed') return invalid(end.error);
  if (end.kind === 'crashed' && countCrash() >= MOST_CRASHES) {
    return invalid(ServiceError.of('CHILD_CRASHED', end.how, MOST_CRASHES).toRecord());
  }
  return undefined;
}
