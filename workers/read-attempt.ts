// Reading what was sent, once, seen from the worker: a data set or a model. Child, outcome.
import type { ErrorRecord } from '#contract/errors.js';
import { TryAgain, type Held, type InterruptReason } from '#queue/queue.js';
import type { Staging, Store } from '#store/store.js';
import { abandonedStagings, withStaging } from './attempt-staging.js';
import { Child } from './child-process.js';
import type { ChildWatch } from './child-watch.js';
import { EXIT_CLASSES } from './exit-class.js';
import type { ChildTask, Results } from './protocol.js';
import { reasonToGiveUp, waitAfterDrainMs } from './retries.js';
import { supervise, type ChildEnd, type Limits } from './supervisor.js';

/** Reading the same bytes again dies again; one more try is for what came from outside. */
const MOST_DEATHS = 2;
const RETRY_AFTER_MS = 500;

export interface ReadRooms {
  store: Store;
  limits: Limits;
  maxBytes: number;
  /** Whether files may be fetched from private networks. @default false */
  allowPrivate?: boolean;
  /** How often the child of each id died on this worker, or fetched in vain; forgotten with it, which only means one more try. */
  deaths: Map<string, number>;
  /** Told of the children at work; nobody but in a worker process. */
  childWatch?: ChildWatch;
}

type ReadKind = 'ingest' | 'import';

/** How the reading ended: what the child gave, or why there is nothing. */
export type ReadEnd<T extends ReadKind> = { at: string } & (
  | { status: 'ready'; result: Results[T] }
  | { status: 'invalid'; error: ErrorRecord }
);

/** What the kinds of reading differ in. */
export interface Reading<T extends ReadKind> {
  kind: T;
  /** Brings what is to be read, where it was not sent; false where there is nothing to read. */
  bring: (rooms: ReadRooms, id: string, signal: AbortSignal, held: Held) => Promise<boolean>;
  /** What the child is told; undefined where what was sent has been deleted. */
  task: (store: Store, id: string, outFolder: string, maxBytes: number) => Promise<Extract<ChildTask, { task: T }> | undefined>;
  /** @param staging what the child wrote, on the disk for good where the reading ended well */
  settle: (store: Store, id: string, end: ReadEnd<T>, staging: Staging) => Promise<void>;
  /** Makes an outcome true; false while there is none. */
  conclude: (store: Store, id: string) => Promise<boolean>;
  isThere: (store: Store, id: string) => Promise<boolean>;
  /** All that was made of it. */
  remove: (store: Store, id: string) => Promise<unknown>;
}

/** @throws TryAgain where it shall be read again */
export async function attemptReading<T extends ReadKind>(reading: Reading<T>, rooms: ReadRooms, id: string, signal: AbortSignal, held: Held): Promise<void> {
  const { store } = rooms;
  if (!(await reading.isThere(store, id))) return; // deleted while it waited
  const abandoned = await abandonedStagings(store, id);
  if (await reading.conclude(store, id)) return;
  for (const staging of abandoned) await store.discard(staging);
  if (!(await reading.bring(rooms, id, signal, held))) return;
  await withStaging(store, id, (staging) => read(reading, rooms, { id, staging, signal, held }));
}

interface Attempt {
  id: string;
  staging: Staging;
  signal: AbortSignal;
  held: Held;
}

async function read<T extends ReadKind>(reading: Reading<T>, { store, limits, maxBytes, deaths, childWatch }: ReadRooms, { id, staging, signal, held }: Attempt): Promise<void> {
  const task = await reading.task(store, id, staging.path, maxBytes);
  if (!task) return store.discard(staging);
  const watched = childWatch?.begin(id, reading.kind);
  const end = await supervise<T>(Child.start(reading.kind, { threads: 1 }), task, { signal, limits, onReport: () => undefined, ...(watched && { watched }) });
  watched?.gone();
  // Fenced: another worker may be reading it.
  if (!(await held())) return store.discard(staging);
  if (EXIT_CLASSES[end.class].counted) deaths.set(id, (deaths.get(id) ?? 0) + 1);
  const outcome = outcomeOf(end, deaths.get(id) ?? 0);
  if (outcome?.status === 'ready') await store.seal(staging);

  if (outcome) {
    deaths.delete(id);
    await reading.settle(store, id, outcome, staging);
    // Published, it is gone from here; else another outcome stands.
    await store.discard(staging);
    // Deleted while it was read, it has no record any more; what was made of it must not outlive it.
    if (!(await reading.isThere(store, id))) await reading.remove(store, id);
    return;
  }
  await store.discard(staging);
  if (end.class === 'infrastructure') throw new TryAgain(RETRY_AFTER_MS);
  const closing = (signal.reason as InterruptReason | undefined) === 'closing';
  if (closing || !signal.aborted) throw new TryAgain(waitAfterDrainMs(closing));
}

function outcomeOf<T extends ReadKind>(end: ChildEnd<T>, deaths: number): ReadEnd<T> | undefined {
  const at = new Date().toISOString();
  if (end.class === 'done') return { status: 'ready', at, result: end.result };
  if (end.class === 'drained' || end.class === 'recycled') return undefined;
  const error = end.class === 'infrastructure' ? reasonToGiveUp(end.error, deaths, MOST_DEATHS) : end.error;
  return error && { status: 'invalid', at, error };
}
