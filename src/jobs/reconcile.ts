// Puts right what crashes and a lost queue left: the store says what should be, the queue is filled from it, decided ends are made
// true, limits are kept, what is half-made goes away. At the start of the service and every few seconds after it, beside workers
// and other API processes at work. What to do is decided in reconcile-decision.ts.
import { concludeDataset, findDataset, listDatasetIds } from '../datasets/registry.js';
import { concludeImport, findImport, listImportIds } from '../models/imports/registry.js';
import { isId } from '../contract/ids.js';
import { isTerminal } from '../contract/job-states.js';
import type { EventLog } from '../events/event-log.js';
import { isUnreadable } from '../store/records.js';
import { isQueueProblem, TASKS, type Queue, type Task } from '../queue/queue.js';
import { isAlive } from '../store/process-alive.js';
import type { Store } from '../store/store.js';
import { takeOffQueue } from './control.js';
import { expired, waitedTooLong } from './limits.js';
import { findJob, listJobIds, type StoredJob } from './query.js';
import { isStray, LASTING_MS, stepForReading, stepForJob, type ReadingSeen, type Step } from './reconcile-decision.js';
import { jobPrefix } from './records.js';
import { settle } from './settle.js';
import { makerOf } from './staging-names.js';

export interface ReconcileRooms {
  store: Store;
  queue: Queue;
  events: EventLog;
}

/** Ids of what was done in one look. */
export interface Reconciled {
  requeued: string[];
  concluded: string[];
  expired: string[];
  removed: string[];
  /** Jobs, data sets and imports whose record cannot be read, when they are first met; they are left as they are. */
  unreadable: string[];
  /** What could not be done, and why; the next look tries again. */
  failed: { id: string; problem: unknown }[];
}

/** How the reading of what was sent is made true where its end is decided. */
const CONCLUDE = { ingest: concludeDataset, import: concludeImport } as const;

/** What the queue and its workers said as the look began. */
interface Work {
  held: Record<Task, Set<string>>;
  running: Set<string>;
}

export class Reconciler {
  /** Jobs, data sets and imports that have ended, which they do once: they are not read again. */
  private readonly ended = new Set<string>();
  private readonly unreadable = new Set<string>();
  /** What the last look found suspicious, and since when it has been so. */
  private watched = new Map<string, number>();
  private watching = new Map<string, number>();
  /** Kinds of task whose queue has lost something and was cleared of what is left of it, in this look. */
  private readonly cleared = new Set<Task>();
  /** Staging folders, and when each was first seen. */
  private readonly staged = new Map<string, number>();

  /** @param lastingMs how long something must look lost before it counts as lost */
  constructor(
    private readonly rooms: ReconcileRooms,
    private readonly lastingMs = LASTING_MS,
  ) {}

  /**
   * Looks at everything that has not ended.
   * @param alone True where no other process works on this store and queue, so that whatever looks unfinished was left behind.
   * @throws QUEUE_UNAVAILABLE and its kin, where nothing is known of the queue; what was not done is done by the next look
   */
  async look(alone = false): Promise<Reconciled> {
    const { queue, store } = this.rooms;
    const done: Reconciled = { requeued: [], concluded: [], expired: [], removed: [], unreadable: [], failed: [] };
    // Whoever held these tasks is gone; waiting for their locks to run out would only keep the jobs waiting.
    if (alone) await queue.clear();
    const work = await workOf(queue);
    // What a worker that died had announced stays for a while.
    if (alone) work.running.clear();
    this.watching = new Map();
    this.cleared.clear();
    // Oldest first, so that what waited longest is first in the queue again.
    for (const id of (await listDatasetIds(store)).reverse()) await this.each(id, done, () => this.lookAtDataset(id, work, alone, done));
    for (const id of (await listImportIds(store)).reverse()) await this.each(id, done, () => this.lookAtImport(id, work, alone, done));
    for (const id of (await listJobIds(store)).reverse()) await this.each(id, done, () => this.lookAtJob(id, work, alone, done));
    await this.lookAtStaging(alone, done);
    this.watched = this.watching;
    return done;
  }

  /** One look, unless nothing can come of it any more. What fails of one does not keep the others waiting. */
  private async each(id: string, done: Reconciled, look: () => Promise<void>): Promise<void> {
    if (this.ended.has(id) || this.unreadable.has(id)) return;
    try {
      await look();
    } catch (problem) {
      if (isQueueProblem(problem)) throw problem;
      if (isUnreadable(problem)) {
        this.unreadable.add(id);
        done.unreadable.push(id);
      } else {
        done.failed.push({ id, problem });
      }
    }
  }

  private async lookAtDataset(id: string, { held, running }: Work, alone: boolean, done: Reconciled): Promise<void> {
    const dataset = await findDataset(this.rooms.store, id);
    if (!dataset) return;
    const unread = dataset.status === 'validating' || dataset.status === 'uploading';
    await this.lookAtReading('ingest', id, { unread, held: held.ingest.has(id), worked: running.has(id), lasting: alone || this.lasts(id) }, done);
  }

  private async lookAtImport(id: string, { held, running }: Work, alone: boolean, done: Reconciled): Promise<void> {
    const imported = await findImport(this.rooms.store, id);
    if (!imported) return;
    const unread = !imported.concluded;
    await this.lookAtReading('import', id, { unread, held: held.import.has(id), worked: running.has(id), lasting: alone || this.lasts(id) }, done);
  }

  private async lookAtReading(task: keyof typeof CONCLUDE, id: string, seen: ReadingSeen, done: Reconciled): Promise<void> {
    if (!seen.unread) this.ended.add(id);
    const step = stepForReading(seen);
    this.note(id, step);
    if (step !== 'requeue') return;
    if (await CONCLUDE[task](this.rooms.store, id)) {
      done.concluded.push(id);
      return;
    }
    await this.requeue(task, id, 5);
    done.requeued.push(id);
  }

  private async lookAtJob(id: string, { held, running }: Work, alone: boolean, done: Reconciled): Promise<void> {
    const stored = await findJob(this.rooms.store, id);
    if (!stored) {
      // A folder without a record is a submission that was not accepted; beside others it may be about to be.
      if (!alone || !isId('job', id)) return;
      await this.rooms.store.delete(jobPrefix(id));
      done.removed.push(id);
      return;
    }
    // Not the status that is shown: an end that was decided shows before all of it is true.
    if (isTerminal(stored.state.status)) this.ended.add(id);
    const step = stepForJob({
      status: stored.state.status,
      decided: stored.outcome !== undefined,
      waitedTooLong: waitedTooLong(stored.job, stored.state, Date.now()),
      pauseAsked: stored.request === 'pause',
      held: held.train.has(id),
      worked: running.has(id),
      lasting: alone || this.lasts(id),
    });
    this.note(id, step);
    await this.take(step, stored, done);
  }

  private async take(step: Step, { job, state }: StoredJob, done: Reconciled): Promise<void> {
    const { store, events } = this.rooms;
    switch (step) {
      case 'conclude':
        await takeOffQueue(this.rooms, job.id);
        done.concluded.push(job.id);
        return;
      case 'expire':
        await settle(store, job.id, expired(job, 'queue', state.attempt));
        await takeOffQueue(this.rooms, job.id);
        done.expired.push(job.id);
        return;
      case 'requeue':
        // Where the service died between the record and the log, the log is begun here.
        await events.begin(job.id, 'job.queued', { reason: null });
        await this.requeue('train', job.id, job.priority);
        done.requeued.push(job.id);
        return;
      case 'leave':
      case 'watch':
    }
  }

  /** Where the queue lost one task, its data may be damaged, and places in line be left that nobody can work on. */
  private async requeue(task: Task, id: string, priority: number): Promise<void> {
    const { queue } = this.rooms;
    if (!this.cleared.has(task)) await queue.clearDamage(task);
    this.cleared.add(task);
    await queue.addLost(task, id, priority);
  }

  private note(id: string, step: Step): void {
    if (step === 'watch') this.watching.set(id, this.watched.get(id) ?? performance.now());
  }

  private lasts(id: string): boolean {
    const sinceMs = this.watched.get(id);
    return sinceMs !== undefined && performance.now() - sinceMs >= this.lastingMs;
  }

  /** Folders in which something was being made. What an outcome had decided to publish has been moved by now. */
  private async lookAtStaging(alone: boolean, done: Reconciled): Promise<void> {
    const { store } = this.rooms;
    const names = await store.listStaged();
    for (const known of this.staged.keys()) if (!names.includes(known)) this.staged.delete(known);
    for (const name of names) {
      const firstSeenMs = this.staged.get(name) ?? performance.now();
      this.staged.set(name, firstSeenMs);
      // With nobody else there, all of it was left behind; but for what could not be published just now.
      const kept = done.failed.some(({ id }) => name.startsWith(id)) || (alone && isBeingMade(name));
      if (kept || (!alone && !isStray({ owner: await this.ownerOf(name), seenForMs: performance.now() - firstSeenMs }))) continue;
      const staging = await store.staged(name);
      if (!staging) continue;
      await store.discard(staging);
      done.removed.push(name);
    }
  }

  /** A staging folder is named after what is made in it: `ds_…-…`, `mdl_…-…`, or `job_….<host>.<process>-…` (staging-names.ts). */
  private async ownerOf(name: string): Promise<'missing' | 'unfinished' | 'ended'> {
    const id = /^[a-z]+_[0-9a-f]+/.exec(name)?.[0] ?? '';
    if (this.ended.has(id)) return 'ended';
    if (this.unreadable.has(id)) return 'unfinished';
    const { store } = this.rooms;
    return (await findDataset(store, id)) ?? (await findImport(store, id)) ?? (await findJob(store, id)) ? 'unfinished' : 'missing';
  }
}

/** By a worker that has outlived its service and finishes what it has begun. */
function isBeingMade(name: string): boolean {
  const maker = makerOf(name);
  return maker !== undefined && isAlive(maker);
}

async function workOf(queue: Queue): Promise<Work> {
  const held = async (task: Task): Promise<[Task, Set<string>]> => [task, await queue.held(task)];
  const [tasks, workers] = await Promise.all([Promise.all(TASKS.map(held)), queue.workers()]);
  return { held: Object.fromEntries(tasks) as Work['held'], running: new Set(workers.flatMap(({ running }) => running)) };
}
