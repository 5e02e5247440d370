// The queue on BullMQ, the worker's side: takes tasks, keeps their locks, passes on why a task must end.
import { DelayedError, Worker, WaitingError, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { ANSWER_WITHIN_MS, connect, isOutage, logOutages, serverOf, type QueueConnection } from '../connection.js';
import { TryAgain, type Consumer, type Handler, type InterruptReason, type Task, type WorkerInfo } from '../queue.js';
import { INTERRUPTS, interruptKey, lockKey, PREFIX, workerKey, WORKERS } from './names.js';

export interface ConsumerOptions {
  /** How long a task is held without renewing, before another worker may take it. In seconds. */
  lockSeconds: number;
  /** How often to look for tasks whose worker died. In seconds. */
  stallCheckSeconds: number;
  log: Logger;
}

const AFTER_ERROR_MS = 1_000;
const DISCONNECTS_WITHIN_MS = 5_000;

/**
 * Connects a worker; waits for the server as long as it takes.
 * @throws Error if the server is older than 6.2.
 */
export async function openConsumer(connection: QueueConnection, options: ConsumerOptions): Promise<Consumer> {
  const client = connect(connection, 'patient', logOutages(options.log, 'Queue'));
  const subscriber = connect(connection, 'patient');
  try {
    await serverOf(client);
    const consumer = new BullMqConsumer(client, subscriber, options);
    await consumer.listen();
    return consumer;
  } catch (error) {
    client.disconnect();
    subscriber.disconnect();
    throw error;
  }
}

interface Run {
  task: Task;
  id: string;
  /** What the lock holds while it is ours. */
  token: string | undefined;
  controller: AbortController;
  lockLost: boolean;
  /** When the lock was last known to be ours. */
  heldMs: number;
  /** Settles when the handler has ended. */
  handled: Promise<unknown>;
}

class BullMqConsumer implements Consumer {
  private readonly workers: Worker[] = [];
  private readonly runs = new Set<Run>();
  private announced: string | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly client: Redis,
    private readonly subscriber: Redis,
    private readonly options: ConsumerOptions,
  ) {}

  async listen(): Promise<void> {
    this.subscriber.on('message', (_channel: string, id: string) => this.abort('interrupted', (run) => run.id === id));
    await this.subscriber.subscribe(INTERRUPTS);
    // What was published during an outage did not come; subscribing again first leaves no gap.
    this.subscriber.on('ready', () => {
      void (async () => {
        await this.subscriber.subscribe(INTERRUPTS);
        for (const { id } of [...this.runs]) {
          const missed = (await this.client.exists(interruptKey(id))) === 1;
          if (missed) this.abort('interrupted', (run) => run.id === id);
        }
      })().catch((error: unknown) => this.options.log.warn({ err: error }, 'Interrupts could not be read again.'));
    });
  }

  consume(task: Task, handler: Handler): void {
    const { lockSeconds, stallCheckSeconds, log } = this.options;
    const worker: Worker = new Worker(task, (job, token) => this.work(worker, task, handler, job, token), {
      connection: this.client,
      prefix: PREFIX,
      concurrency: 1,
      lockDuration: lockSeconds * 1_000,
      stalledInterval: stallCheckSeconds * 1_000,
      // Worker deaths must not fail a task that takes days; whoever handles it counts attempts without progress.
      maxStalledCount: 1_000_000,
      runRetryDelay: 1_000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    const runsOf = (ids: string[]): Run[] => [...this.runs].filter((run) => run.task === task && ids.includes(run.id));
    worker.on('locksRenewed', ({ jobIds }) => {
      for (const run of runsOf(jobIds)) run.heldMs = performance.now();
    });
    worker.on('lockRenewalFailed', (ids) => {
      for (const run of runsOf(ids)) this.loseLock(run);
    });
    worker.on('stalled', (id) => log.warn({ task, id }, 'A task whose worker died waits again.'));
    worker.on('error', (error) => {
      // Outages are logged once, where the connection is made.
      if (!isOutage(error)) log.warn({ err: error, task }, 'The queue reports an error.');
    });
    this.workers.push(worker);
  }

  /** Ends the task in the queue by returning, or by one of two errors that tell BullMQ that it was put back. */
  private async work(worker: Worker, task: Task, handler: Handler, job: Job, token: string | undefined): Promise<void> {
    if (this.closing) return this.putBackNow(worker, job, token);
    const run = this.begin(task, String(job.id), token, handler);
    try {
      await run.handled;
    } catch (error) {
      if (run.lockLost) throw new WaitingError();
      if (this.closing) return await this.putBackNow(worker, job, token);
      return await this.putBackLater(job, token, error);
    } finally {
      this.runs.delete(run);
    }
    // Without its lock the task is not ours to end: whoever has it now, or the stall check, will.
    if (run.lockLost) throw new WaitingError();
  }

  private begin(task: Task, id: string, token: string | undefined, handler: Handler): Run {
    // Left by an earlier run of the same task; this run has its own way to learn what was asked before it began.
    this.client.del(interruptKey(id)).catch(() => undefined);
    const controller = new AbortController();
    // The run is known before the handler begins, so that no interrupt falls between the two.
    const run: Run = { task, id, token, controller, lockLost: false, heldMs: performance.now(), handled: Promise.resolve() };
    this.runs.add(run);
    run.handled = (async () => handler(id, controller.signal, () => this.holds(run)))();
    return run;
  }

  /** Asks the server where the lock may have run out unnoticed: this process stood still, or the server was away. */
  private async holds(run: Run): Promise<boolean> {
    if (run.lockLost) return false;
    if (performance.now() - run.heldMs < this.options.lockSeconds * 1_000) return true;
    // While the server is away nobody can take the task either.
    if (this.client.status !== 'ready') return true;
    const holder = await this.bounded(this.client.get(lockKey(run.task, run.id))).catch(() => run.token);
    if (holder !== run.token) this.loseLock(run);
    return !run.lockLost;
  }

  private loseLock(run: Run): void {
    run.lockLost = true;
    run.controller.abort('lock_lost' satisfies InterruptReason);
  }

  private async putBackNow(worker: Worker, job: Job, token: string | undefined): Promise<never> {
    const { marker } = worker.keys as Record<'marker', string>;
    const moved = job.moveToWait(token).then(
      // BullMQ 6.7 wakes nobody for a task put back with a priority; an idle worker would notice 5 seconds later.
      () => this.client.zadd(marker, 0, '0'),
    );
    await this.bounded(moved).catch((error: unknown) => this.leftToStallCheck(job, error));
    throw new WaitingError();
  }

  private async putBackLater(job: Job, token: string | undefined, error: unknown): Promise<never> {
    if (!(error instanceof TryAgain)) {
      this.options.log.error({ err: error, id: job.id }, 'A task ended with an error; it is tried again.');
    }
    const delayMs = error instanceof TryAgain ? error.delayMs : AFTER_ERROR_MS;
    try {
      await job.moveToDelayed(Date.now() + delayMs, token);
    } catch (failure) {
      this.leftToStallCheck(job, failure);
      throw new WaitingError();
    }
    throw new DelayedError();
  }

  private leftToStallCheck(job: Job, error: unknown): void {
    this.options.log.warn({ err: error, id: job.id }, 'A task could not be put back; the stall check will do it.');
  }

  private abort(reason: InterruptReason, which: (run: Run) => boolean): void {
    for (const run of this.runs) if (which(run)) run.controller.abort(reason);
  }

  async announce(worker: WorkerInfo, ttlSeconds: number): Promise<void> {
    if (this.client.status !== 'ready') return; // nobody could read it
    this.announced = worker.id;
    await this.client.sadd(WORKERS, worker.id);
    await this.client.set(workerKey(worker.id), JSON.stringify(worker), 'EX', ttlSeconds);
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private async closeOnce(): Promise<void> {
    // From here on nothing new is begun; what was being fetched is put back by `work`.
    await Promise.all(this.workers.map((worker) => worker.pause(true)));
    this.abort('closing', () => true);
    await Promise.allSettled([...this.runs].map((run) => run.handled));
    await Promise.all(this.workers.map((worker) => this.closeWorker(worker)));
    if (this.announced !== undefined && this.client.status === 'ready') {
      await this.bounded(this.client.del(workerKey(this.announced))).catch(() => undefined);
    }
    this.client.disconnect();
    this.subscriber.disconnect();
  }

  private async closeWorker(worker: Worker): Promise<void> {
    const blocking = await this.bounded(worker.getBackend().blockingClient ?? Promise.resolve(undefined)).catch(() => undefined);
    // With the server away BullMQ would wait for it; by force, it drops what it had in flight.
    const away = this.client.status !== 'ready' || blocking?.status !== 'ready';
    await this.bounded(worker.close(away), DISCONNECTS_WITHIN_MS).catch((error: unknown) => {
      this.options.log.warn({ err: error }, 'The connection to the queue did not close in time.');
      blocking?.disconnect();
    });
  }

  private bounded<T>(work: Promise<T>, limitMs = ANSWER_WITHIN_MS): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
    });
    return Promise.race([work, tooLong]).finally(() => clearTimeout(timer));
  }
}
