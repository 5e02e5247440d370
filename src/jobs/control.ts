// Interfering with jobs: cancel and delete. Each answers at once and is safe to repeat.
import { ServiceError } from '../contract/errors.js';
import { isTerminal } from '../contract/job-states.js';
import type { EventLog } from '../events/event-log.js';
import { isQueueProblem, type Queue } from '../queue/queue.js';
import type { Store } from '../store/store.js';
import { getStoredJob } from './query.js';
import { jobPrefix } from './records.js';
import { conclude, settle } from './settle.js';

export interface ControlRooms {
  store: Store;
  queue: Queue;
  events: EventLog;
}

/**
 * Ends the job without a result. Once this has returned no artifact appears.
 * @throws JOB_NOT_FOUND, ACTION_NOT_ALLOWED when the job ended otherwise, be it in this very moment
 */
export async function cancelJob({ store, queue, events }: ControlRooms, id: string): Promise<void> {
  const { outcome, status, state } = await getStoredJob(store, id);
  if (outcome && outcome.status !== 'cancelled') throw ServiceError.of('ACTION_NOT_ALLOWED', 'cancel', status);

  const stands = await settle(store, id, { status: 'cancelled', at: new Date().toISOString(), attempt: state.attempt });
  if (stands.status !== 'cancelled') throw ServiceError.of('ACTION_NOT_ALLOWED', 'cancel', stands.status);

  await takeOffQueue({ store, queue, events }, id).catch((problem: unknown) => {
    // The cancel stands whether or not the queue answers: the worker, or the reconciler, finds the outcome and ends the job.
    if (!isQueueProblem(problem)) throw problem;
  });
}

/**
 * What follows where an end was decided from outside: taken out of the queue, the job belongs to nobody else, and its end is made
 * true here; else the worker that has it is told to.
 */
export async function takeOffQueue({ store, queue, events }: ControlRooms, id: string): Promise<void> {
  const removed = await queue.remove('train', id);
  // Also where the queue knows of no worker: it may have lost what it knew.
  if (!removed) await queue.interrupt(id);
  if (removed || !(await queue.holds('train', id))) await conclude(store, events, id);
}

/** Removes the record of an ended job. The model it made stays. @throws JOB_NOT_FOUND, ACTION_NOT_ALLOWED */
export async function deleteJob(store: Store, id: string): Promise<void> {
  const { status } = await getStoredJob(store, id);
  if (!isTerminal(status)) throw ServiceError.of('ACTION_NOT_ALLOWED', 'go away; cancel it first', status);
  await store.delete(jobPrefix(id));
}
