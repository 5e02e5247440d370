// The interface of the queue: ids of tasks, by priority, each taken by one worker at a time.
import { ServiceError } from '../contract/errors.js';
import type { WorkerStatus } from '../contract/system.js';

/** What can be given to do: to a worker, and `deliver` to whoever sends webhooks. */
export const TASKS = ['train', 'ingest', 'import', 'deliver'] as const;
export type Task = (typeof TASKS)[number];

export interface QueueCounts {
  waiting: number;
  active: number;
}

/**
 * The producer's side, used by the API. Calls fail within 2 seconds: with QUEUE_UNAVAILABLE when the server is away, with
 * QUEUE_FULL or QUEUE_READONLY when it is there but writes nothing. They succeed again by themselves when it is well.
 */
export interface Queue {
  /** Adds a task; the same id again while it waits or runs changes nothing. Priority 0..10, 10 first, then oldest first. */
  add(task: Task, id: string, priority: number): Promise<void>;
  /** Takes a waiting task out. False if it is being worked on or not there. */
  remove(task: Task, id: string): Promise<boolean>;
  /** How many tasks go before this one, or undefined if it does not wait. */
  ahead(task: Task, id: string): Promise<number | undefined>;
  /** True while the queue holds the task, waiting, delayed or active. */
  holds(task: Task, id: string): Promise<boolean>;
  /** The ids of all tasks it holds, waiting, delayed or active, as of one moment. */
  held(task: Task): Promise<Set<string>>;
  counts(task: Task): Promise<QueueCounts>;
  /** Clears what damage to the server's data has left of this kind: places in line whose task is gone. */
  clearDamage(task: Task): Promise<void>;
  /** As `add`, for a task that `held` did not name: what damage has left of it goes first, unless a worker has it. */
  addLost(task: Task, id: string, priority: number): Promise<void>;
  /** Tells whichever worker runs the task to end it. Nothing happens where none does. */
  interrupt(id: string): Promise<void>;
  /** Workers seen within the last seconds. */
  workers(): Promise<WorkerStatus[]>;
  /** Forgets everything. Only for a server that no worker is connected to. */
  clear(): Promise<void>;
  /** Fails, as `add` would, unless the server takes tasks at the moment. */
  ready(): Promise<void>;
  /** Name and version of the server, such as "valkey 9.1.2". */
  server(): Promise<string>;
  close(): Promise<void>;
}

const QUEUE_PROBLEMS: readonly string[] = ['QUEUE_UNAVAILABLE', 'QUEUE_FULL', 'QUEUE_READONLY'];

/** True for the failures of a queue that will be well again by itself. */
export const isQueueProblem = (problem: unknown): boolean =>
  problem instanceof ServiceError && QUEUE_PROBLEMS.includes(problem.code);

/** Thrown by a handler: put the task back and try again after `delayMs`. Any other error is logged and put back likewise. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain';
  constructor(readonly delayMs: number) {
    super(`try again in ${delayMs} ms`);
  }
}

/**
 * Whether a task is still this worker's. `signal` tells of a lost lock within seconds; a process that stood still for longer than a
 * lock lasts must ask before it writes anything, since what waits to be done comes before what it is told.
 */
export type Held = () => Promise<boolean>;

/** Works on one task. Resolving takes it off the queue. `signal` aborts when it was interrupted or the lock was lost. */
export type Handler = (id: string, signal: AbortSignal, held: Held) => Promise<void>;

export type InterruptReason = 'interrupted' | 'expired' | 'lock_lost' | 'closing';

/** The consumer's side, used by a worker process. */
export interface Consumer {
  /** Starts to take tasks of one kind. @param atOnce how many are worked on at a time; 1 by default */
  consume(task: Task, handler: Handler, atOnce?: number): void;
  /** Resolves should tasks of a kind not be taken though they wait and the server is well, and nothing here mends it: the process must end. */
  readonly stuck: Promise<Task>;
  /** Announces this worker for `ttlSeconds`; call again to stay announced. Where the server does not answer, nobody could read it. */
  announce(worker: WorkerStatus, ttlSeconds: number): Promise<void>;
  /** Stops taking tasks, aborts running handlers with reason "closing", waits for them, disconnects. */
  close(): Promise<void>;
}
