// Puts right what a crash left: the store says what should be, the queue is filled from it, what is half-made goes away.
import { concludeDataset, findDataset, listDatasetIds } from '../datasets/registry.js';
import { isTerminal } from '../contract/job-states.js';
import type { EventLog } from '../events/event-log.js';
import type { Queue } from '../queue/queue.js';
import type { Store } from '../store/store.js';
import { findReadableJob, listJobIds } from './query.js';
import { jobPrefix } from './records.js';
import { conclude } from './settle.js';

export interface ReconcileRooms {
  store: Store;
  queue: Queue;
  events: EventLog;
  /** True where no other process works on this store and queue, so that whatever looks unfinished was left behind. */
  alone: boolean;
}

/** Ids of what was done. */
export interface Reconciled {
  requeued: string[];
  concluded: string[];
  removed: string[];
  /** Jobs whose record cannot be read; they are left as they are. */
  unreadable: string[];
}

/** Run at the start of the service, before it listens. */
export async function reconcile(rooms: ReconcileRooms): Promise<Reconciled> {
  const done: Reconciled = { requeued: [], concluded: [], removed: [], unreadable: [] };
  // Whoever held these tasks is gone; waiting for their locks to run out would only keep the jobs waiting.
  if (rooms.alone) await rooms.queue.clear();
  // Oldest first, so that what waited longest is first in the queue again.
  for (const id of (await listDatasetIds(rooms.store)).reverse()) await reconcileDataset(rooms, id, done);
  for (const id of (await listJobIds(rooms.store)).reverse()) await reconcileJob(rooms, id, done);
  if (rooms.alone) await removeStaging(rooms.store, done);
  return done;
}

async function reconcileDataset({ store, queue }: ReconcileRooms, id: string, done: Reconciled): Promise<void> {
  const dataset = await findDataset(store, id);
  if (dataset?.status !== 'validating') return;
  if (await concludeDataset(store, id)) {
    done.concluded.push(id);
  } else if (!(await queue.holds('ingest', id))) {
    await queue.add('ingest', id, 5);
    done.requeued.push(id);
  }
}

async function reconcileJob({ store, queue, events, alone }: ReconcileRooms, id: string, done: Reconciled): Promise<void> {
  const stored = await findReadableJob(store, id);
  if (stored === 'unreadable') {
    done.unreadable.push(id);
    return;
  }
  if (!stored) {
    // A log without a record: a submission that was never accepted, or is being accepted elsewhere.
    if (!alone) return;
    await store.delete(jobPrefix(id));
    done.removed.push(id);
    return;
  }
  if (isTerminal(stored.status) || (await queue.holds('train', id))) return;
  if (stored.outcome) {
    await conclude(store, events, id);
    done.concluded.push(id);
    return;
  }
  await queue.add('train', id, stored.job.priority);
  done.requeued.push(id);
}

/** What was being made when the service ended. What an outcome had decided to publish has been moved by now. */
async function removeStaging(store: Store, done: Reconciled): Promise<void> {
  for (const name of await store.listStaged()) {
    const staging = await store.staged(name);
    if (!staging) continue;
    await store.discard(staging);
    done.removed.push(name);
  }
}
