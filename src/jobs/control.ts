// Interfering with jobs: cancel, stop, pause, resume, delete. Each answers at once and is safe to repeat.
// What is asked of a job at work is a record in its folder, which its worker looks at: it outlives whoever should hear of it.
import { ServiceError } from '../contract/errors.js';
import type { EventData, EventType } from '../contract/event.js';
import { isTerminal, type JobStatus } from '../contract/job-states.js';
import type { EventLog } from '../events/event-log.js';
import { isQueueProblem, type Queue } from '../queue/queue.js';
import type { Store } from '../store/store.js';
import { writeRecord } from '../store/records.js';
import { getStoredJob } from './query.js';
import { JOB_REQUEST, JOB_STATE, jobPrefix, type JobRequestRecord } from './records.js';
import { conclude, settle } from './settle.js';
import { moved } from './state.js';

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

const ask = (store: Store, id: string, wanted: JobRequestRecord['wanted']): Promise<void> =>
  writeRecord(store, JOB_REQUEST, id, { wanted, at: new Date().toISOString() });

/**
 * Ends training at the next call and makes the model of what was learnt by then.
 * @throws JOB_NOT_FOUND, ACTION_NOT_ALLOWED for a job that has learnt nothing yet, is paused, or has ended
 */
export async function stopJob({ store }: ControlRooms, id: string): Promise<void> {
  const { outcome, status, state } = await getStoredJob(store, id);
  const hasBegun = status === 'preparing' || status === 'running' || (status === 'queued' && state.attempt > 0);
  if (status === 'stopping' || (status === 'finalizing' && !outcome)) return;
  if (outcome || !hasBegun) throw ServiceError.of('ACTION_NOT_ALLOWED', 'stop', status);
  await ask(store, id, 'stop');
}

/**
 * Leaves the job off, to be gone on with later to the same bytes. One that waits is taken off the queue; one at work first leaves a
 * checkpoint.
 * @throws JOB_NOT_FOUND, ACTION_NOT_ALLOWED for a job that is stopping or has ended
 */
export async function pauseJob({ store, queue, events }: ControlRooms, id: string): Promise<void> {
  const { outcome, status } = await getStoredJob(store, id);
  if (status === 'paused' || status === 'pausing') return;
  if (outcome || !['queued', 'preparing', 'running'].includes(status)) throw ServiceError.of('ACTION_NOT_ALLOWED', 'pause', status);
  await ask(store, id, 'pause');
  // Taken out of the queue, the job belongs to nobody else; a worker that has taken it meanwhile finds the request.
  if (status === 'queued' && (await queue.remove('train', id))) await park(store, events, id);
}

/** Puts a job that nobody works on aside. */
export async function park(store: Store, events: EventLog, id: string): Promise<void> {
  await tell(events, id, 'job.paused', {});
  await move(store, id, 'paused', null);
}

/** Of a job that nobody works on there is no other writer. */
async function tell<T extends EventType>(events: EventLog, id: string, type: T, data: EventData<T>): Promise<void> {
  const writer = await events.openWriter(id);
  await writer.append(type, data);
  await writer.sync();
}

async function move(store: Store, id: string, to: JobStatus, reason: string | null): Promise<void> {
  const { state } = await getStoredJob(store, id);
  if (state.status === to) return; // another caller, who asked for the same at the same time
  await writeRecord(store, JOB_STATE, id, moved(state, to, new Date().toISOString(), reason));
}

/**
 * Lets a paused job go on, as the same job.
 * @throws JOB_NOT_FOUND, ACTION_NOT_ALLOWED for a job that is stopping or has ended
 */
export async function resumeJob({ store, queue, events }: ControlRooms, id: string): Promise<void> {
  const { job, outcome, status, request } = await getStoredJob(store, id);
  if (outcome || status === 'stopping' || status === 'finalizing') throw ServiceError.of('ACTION_NOT_ALLOWED', 'resume', status);
  if (request !== 'pause') return;
  await ask(store, id, 'run');
  if (status !== 'paused') return; // its worker finds that it need not leave off, or puts it back
  await tell(events, id, 'job.queued', { reason: 'resumed' });
  await move(store, id, 'queued', 'resumed');
  await queue.add('train', id, job.priority);
}

/** Removes the record of an ended job. The model it made stays. @throws JOB_NOT_FOUND, ACTION_NOT_ALLOWED */
export async function deleteJob(store: Store, id: string): Promise<void> {
  const { status } = await getStoredJob(store, id);
  if (!isTerminal(status)) throw ServiceError.of('ACTION_NOT_ALLOWED', 'go away; cancel it first', status);
  await store.delete(jobPrefix(id));
}
