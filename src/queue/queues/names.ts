// Names of the keys and channels that the queue's two sides share.

/** Before every key, so that other users of the same server are left alone. BullMQ adds `:<task>:<what>`. */
export const PREFIX = 'rootstock';

/** The ids of tasks to interrupt are published here. */
export const INTERRUPTS = `${PREFIX}:interrupts`;
/** Says for a while which run of a task was interrupted, by the token of its lock, for a worker that was not connected when it was published. */
export const interruptKey = (id: string): string => `${PREFIX}:interrupt:${id}`;

/** The ids of workers that announced themselves, including some that are gone. */
export const WORKERS = `${PREFIX}:workers`;
/** What a worker says of itself; gone when it was not announced again in time. */
export const workerKey = (id: string): string => `${PREFIX}:worker:${id}`;

/** Written to see whether the server writes. */
export const READY = `${PREFIX}:ready`;

/** BullMQ takes 1 first; ours is 0 to 10, 10 first. Never 0, which in BullMQ is a list of its own before all others. */
export const bullPriority = (priority: number): number => 11 - priority;

/** BullMQ's own keys: of a whole kind of task (with no more to it: what the ids of tasks follow), and of one task's lock, which holds the token of whoever works on it. */
export const bullKey = (task: string, what: 'wait' | 'prioritized' | 'delayed' | 'meta' | 'marker' | 'stalled-check' | ''): string => `${PREFIX}:${task}:${what}`;
export const lockKey = (task: string, id: string): string => `${PREFIX}:${task}:${id}:lock`;
