// Puts right what a crash left: the store says what should be, the queue is filled from it, what is half-made goes away.
import { concludeDataset, findDataset, listDatasetIds } from '../datasets/registry.js';
import { isTerminal } from '../contract/job-states.js';
import type { EventLog } from '../events/event-log.js';
import type { Queue } from '../queue/queue.js';
import type { Store } from '../store/store.js';
import { findJob, listJobIds } from './query.js';
import { jobPrefix } from './records.js';
import { conclude } from './settle.js';

export interface Reconciled {
  requeued: string[];
  concluded: string[];
  removed: string[];
}

/** Run at the start of the service, before it listens. */
export async function reconcile(store: Store, queue: Queue, events: EventLog): Promise<Reconciled> {
  const done: Reconciled = { requeued: [], concluded: [], removed: [] };
  // Oldest first, so that what waited longest is first in the queue again.
  for (const id of (await listDatasetIds(store)).reverse()) await reconcileDataset(store, queue, id, done);
  for (const id of (await listJobIds(store)).reverse()) await reconcileJob(store, queue, events, id, done);
  await removeOrphanedStaging(store, queue, done);
  return done;
}

async function reconcileDataset(store: Store, queue: Queue, id: string, done: Reconciled): Promise<void> {
  const dataset = await findDataset(store, id);
  if (dataset?.status !== 'validating') return;
  if (await concludeDataset(store, id)) done.concluded.push(id);
  else if (!(await queue.holds('ingest', id))) {
    await queue.add('ingest', id, 5);
    done.requeued.push(id);
  }
}

async function reconcileJob(store: Store, queue: Queue, events: EventLog, id: string, done: Reconciled): Promise<void> {
  const stored = await findJob(store, id);
  if (!stored) {
    // A log without a record: the job was never accepted.
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

/** Staging folders start with the id they belong to; those that nobody works on are left-overs. */
async function removeOrphanedStaging(store: Store, queue: Queue, done: Reconciled): Promise<void> {
  for (const name of await store.listStaged()) {
    const owner = name.match(/^[a-z]+_[0-9a-f]{32}/)?.[0] ?? name;
    const task = owner.startsWith('job_') ? 'train' : 'ingest';
    const waitsForARestart = await queue.holds(task, owner);
    const staging = await store.staged(name);
    if (!staging || (waitsForARestart && !done.requeued.includes(owner))) continue;
    await store.discard(staging);
    done.removed.push(name);
  }
}
