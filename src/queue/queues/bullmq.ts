// The queue on BullMQ, the producer's side; bullmq-consumer.ts is the worker's.
import { Queue as BullQueue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { WorkerStatus } from '../../contract/system.js';
import { ServiceError } from '../../contract/errors.js';
import { connect, orUnavailable, serverOf, type QueueConnection } from '../connection.js';
import { TASKS, type Queue, type QueueCounts, type Task } from '../queue.js';
import { bullKey, bullPriority, INTERRUPTS, interruptKey, lockKey, PREFIX, READY, workerKey, WORKERS } from './names.js';

export { openConsumer, type ConsumerOptions } from './bullmq-consumer.js';

const OPENS_WITHIN_MS = 5_000;
/** Longer than a worker is away from a server that runs. */
const INTERRUPT_SECONDS = 3_600;

/**
 * Connects to the server, which must be up or come up.
 * @param withinMs How long to wait for its answer, 5 seconds by default.
 * @throws QUEUE_UNAVAILABLE if it does not answer in time; Error if it is older than 6.2.
 */
export async function openQueue(connection: QueueConnection, withinMs = OPENS_WITHIN_MS): Promise<Queue> {
  // Outages need no log here: each call that meets one says so.
  const client = connect(connection, 'fail-fast');
  const queues = bullQueues(client);
  try {
    await ready(client, withinMs);
    await orUnavailable(serverOf(client));
    // A service that ended in the middle of `clear` left a queue that hands out nothing.
    for (const task of TASKS) await orUnavailable(queues[task].resume());
  } catch (error) {
    client.disconnect();
    throw error;
  }
  return new BullMqQueue(client, queues);
}

function ready(client: Redis, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(ServiceError.of('QUEUE_UNAVAILABLE')), withinMs);
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** In one step, since a task comes and goes with its place. Names are taken as they are: damage knows of no encoding. */
const CLEAR_EMPTY_PLACES = `
for number, key in ipairs(KEYS) do
  local list = number <= 3
  for _, id in ipairs(list and redis.call('LRANGE', key, 0, -1) or redis.call('ZRANGE', key, 0, -1)) do
    if redis.call('EXISTS', ARGV[1] .. id) == 0 then
      if list then redis.call('LREM', key, 0, id) else redis.call('ZREM', key, id) end
    end
  end
end`;

type BullQueues = Record<Task, BullQueue>;

function bullQueues(client: Redis): BullQueues {
  const queue = (task: Task) => {
    const made = new BullQueue(task, {
      connection: client,
      prefix: PREFIX,
      // The store is the truth: what has ended leaves the queue.
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      streams: { events: { maxLen: 1_000 } },
    });
    return made.on('error', () => undefined);
  };
  return { train: queue('train'), ingest: queue('ingest'), import: queue('import'), deliver: queue('deliver') };
}

class BullMqQueue implements Queue {
  constructor(
    private readonly client: Redis,
    private queues: BullQueues,
  ) {}

  async add(task: Task, id: string, priority: number): Promise<void> {
    await orUnavailable(this.queues[task].add(task, {}, { jobId: id, priority: bullPriority(priority) }));
  }

  async remove(task: Task, id: string): Promise<boolean> {
    const queue = this.queues[task];
    const state = await orUnavailable(queue.getJobState(id));
    if (state === 'active' || state === 'unknown') return false;
    // Taken by a worker just now: it has a lock, and the removal is refused.
    return (await orUnavailable(queue.remove(id))) === 1;
  }

  async ahead(task: Task, id: string): Promise<number | undefined> {
    // First the list `wait`, from its end, where tasks lie whose worker died; then the sorted set `prioritized`.
    const { wait, prioritized, delayed } = this.queues[task].keys as Record<'wait' | 'prioritized' | 'delayed', string>;
    const [length, position, rank, due, priority] = await orUnavailable(
      Promise.all([
        this.client.llen(wait),
        this.client.lpos(wait, id),
        this.client.zrank(prioritized, id),
        this.client.zscore(delayed, id),
        this.client.hget(this.queues[task].toKey(id), 'priority'),
      ]),
    );
    if (position !== null) return length - 1 - position;
    if (rank !== null) return length + rank;
    if (due === null) return undefined;
    // A task that is to be tried again goes behind those of its priority: the score is priority · 2³² + a running number.
    return length + (await orUnavailable(this.client.zcount(prioritized, '-inf', `(${(Number(priority) + 1) * 2 ** 32}`)));
  }

  async holds(task: Task, id: string): Promise<boolean> {
    return (await orUnavailable(this.queues[task].getJobState(id))) !== 'unknown';
  }

  async held(task: Task): Promise<Set<string>> {
    const { wait, paused, prioritized, delayed, active } = this.queues[task].keys as Record<string, string>;
    // One transaction: a task that moves from one to the other meanwhile must not be missed in both.
    const read = this.client.multi();
    for (const list of [wait, paused, active]) read.lrange(list!, 0, -1);
    for (const sorted of [prioritized, delayed]) read.zrange(sorted!, '0', '-1');
    const answers = (await orUnavailable(read.exec())) ?? [];
    return new Set(answers.flatMap(([error, ids]) => {
      if (error) throw error;
      return ids as string[];
    }));
  }

  async counts(task: Task): Promise<QueueCounts> {
    const states = await orUnavailable(this.queues[task].getJobCounts('wait', 'prioritized', 'delayed', 'active'));
    const { wait = 0, prioritized = 0, delayed = 0, active = 0 } = states;
    return { waiting: wait + prioritized + delayed, active };
  }

  async clearDamage(task: Task): Promise<void> {
    const { wait, paused, active, prioritized, delayed } = this.queues[task].keys as Record<string, string>;
    await orUnavailable(this.client.eval(CLEAR_EMPTY_PLACES, 5, wait!, paused!, active!, prioritized!, delayed!, bullKey(task, '')));
  }

  async addLost(task: Task, id: string, priority: number): Promise<void> {
    // Without a place in line it would wait for ever, and BullMQ adds no other of its name.
    await orUnavailable(this.queues[task].remove(id));
    await this.add(task, id, priority);
  }

  async interrupt(id: string): Promise<void> {
    const locks = await orUnavailable(this.client.mget(TASKS.map((task) => lockKey(task, id))));
    const run = locks.find((token) => token !== null);
    await orUnavailable(
      Promise.all([
        // Not of the id alone, which could be mistaken for one of a later run of the task.
        run && this.client.set(interruptKey(id), run, 'EX', INTERRUPT_SECONDS),
        this.client.publish(INTERRUPTS, id),
      ]),
    );
  }

  async workers(): Promise<WorkerStatus[]> {
    const ids = (await orUnavailable(this.client.smembers(WORKERS))).sort();
    if (ids.length === 0) return [];
    const found = await orUnavailable(this.client.mget(ids.map(workerKey)));
    const gone = ids.filter((_, i) => found[i] === null);
    if (gone.length > 0) await orUnavailable(this.client.srem(WORKERS, gone));
    return found.flatMap((text) => (typeof text === 'string' ? [JSON.parse(text) as WorkerStatus] : []));
  }

  async clear(): Promise<void> {
    for (const task of TASKS) await orUnavailable(this.queues[task].obliterate({ force: true }));
    // The settings of a queue are kept beside its tasks, and went with them; a new one writes them again.
    this.queues = bullQueues(this.client);
    for (const task of TASKS) await orUnavailable(this.queues[task].waitUntilReady());
  }

  async ready(): Promise<void> {
    // Only a write shows that the disk or the memory of the server is full.
    await orUnavailable(this.client.set(READY, '1'));
  }

  server(): Promise<string> {
    return orUnavailable(serverOf(this.client));
  }

  async close(): Promise<void> {
    for (const task of TASKS) await this.queues[task].close();
    this.client.disconnect();
  }
}
