// Takes the tasks of one kind off the queue and puts them back: a worker of BullMQ over connections of its own, which can be given
// up and made anew.
import { DelayedError, WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { answers, bounded, connect, isOutage, type QueueConnection } from '../connection.js';
import { TryAgain, type Task } from '../queue.js';
import { bullKey, PREFIX } from './names.js';

export interface TakerOptions {
  /** How long a task is held without renewing, before another worker may take it. In seconds. */
  lockSeconds: number;
  /** How often to look for tasks whose worker died. In seconds. */
  stallCheckSeconds: number;
  log: Logger;
}

/** Who works on what is taken. */
export interface TakerListener {
  /** Takes the task off the queue by returning, or fails with what `putBackNow` and `putBackLater` throw. */
  work(taker: Taker, job: Job, token: string | undefined): Promise<void>;
  /** The locks of these tasks are good for another while from the moment at which that was asked for. */
  renewed(ids: string[], askedMs: number): void;
  /** The locks of these tasks are gone. */
  lost(ids: string[]): void;
}

/** In parts of a lock's time: the rest of it, 32 seconds by default, is what an outage of the server may last without costing an attempt. */
const RENEWED_EVERY = 0.2;
const AFTER_ERROR_MS = 1_000;
const DISCONNECTS_WITHIN_MS = 5_000;

/** Tells when it asked for the locks that it got: the answer may have waited for a process that stood still, while they ran out. */
class TellingWorker extends Worker {
  onRenewed: TakerListener['renewed'] = () => undefined;

  override async extendJobLocks(ids: string[], tokens: string[], durationMs: number): Promise<string[]> {
    const askedMs = performance.now();
    const lost = await super.extendJobLocks(ids, tokens, durationMs);
    this.onRenewed(ids.filter((id) => !lost.includes(id)), askedMs);
    return lost;
  }
}

export class Taker {
  /** How many tasks it has taken so far. */
  taken = 0;
  private client!: Redis;
  private worker!: Worker;

  constructor(
    private readonly connection: QueueConnection,
    readonly task: Task,
    private readonly listener: TakerListener,
    private readonly options: TakerOptions & { atOnce: number },
  ) {
    this.begin();
  }

  private begin(): void {
    const { task, listener } = this;
    const { lockSeconds, stallCheckSeconds, atOnce, log } = this.options;
    // Not shared with other kinds of task: what is at work there must not be touched when these are made anew.
    this.client = connect(this.connection, 'patient');
    const worker: TellingWorker = new TellingWorker(task, (job, token) => this.take(worker, job, token), {
      connection: this.client,
      prefix: PREFIX,
      concurrency: atOnce,
      lockDuration: lockSeconds * 1_000,
      lockRenewTime: lockSeconds * 1_000 * RENEWED_EVERY,
      stalledInterval: stallCheckSeconds * 1_000,
      // Worker deaths must not fail a task that takes days; whoever handles it counts attempts without progress.
      maxStalledCount: 1_000_000,
      runRetryDelay: 1_000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.onRenewed = (ids, askedMs) => listener.renewed(ids, askedMs);
    worker.on('lockRenewalFailed', (ids) => listener.lost(ids));
    worker.on('stalled', (id) => log.warn({ task, id }, 'A task whose worker died waits again.'));
    worker.on('error', (error) => {
      // Outages are logged once, by the consumer's own connection.
      if (!isOutage(error)) log.warn({ err: error, task }, 'The queue reports an error.');
    });
    this.worker = worker;
  }

  private async take(worker: Worker, job: Job, token: string | undefined): Promise<void> {
    // Fetched before that one was given up.
    if (worker !== this.worker) return this.putBackNow(job, token);
    this.taken += 1;
    await this.listener.work(this, job, token);
  }

  /** True where its connections are made, and one that can be asked answers. */
  async isConnected(): Promise<boolean> {
    const blocking = await this.blocking(this.worker);
    return blocking?.status === 'ready' && (await answers(this.client));
  }

  /** The connection on which BullMQ waits for a task; undefined while it has never been made. */
  private blocking(worker: Worker): Promise<Redis | undefined> {
    const client = worker.getBackend().blockingClient as Promise<Redis> | undefined;
    return bounded(client ?? Promise.resolve(undefined)).catch(() => undefined);
  }

  /**
   * BullMQ leaves a mark in the server for as long as the next stall check is not due. A clock that was ahead and is set back leaves one that
   * lasts as long as it was ahead: nobody would look for tasks whose worker died.
   */
  async shortenStallMark(): Promise<void> {
    const key = bullKey(this.task, 'stalled-check');
    const dueMs = this.options.stallCheckSeconds * 1_000;
    const shorten = async (): Promise<void> => {
      if ((await this.client.pttl(key)) > 2 * dueMs) await this.client.pexpire(key, dueMs);
    };
    await bounded(shorten()).catch(() => undefined); // at the next look
  }

  /** @throws what tells BullMQ that the task was put back */
  async putBackNow(job: Job, token: string | undefined): Promise<never> {
    const moved = job.moveToWait(token).then(
      // BullMQ 6.7 wakes nobody for a task put back with a priority; an idle worker would notice 5 seconds later.
      () => this.client.zadd(bullKey(this.task, 'marker'), 0, '0'),
    );
    await bounded(moved).catch((error: unknown) => this.leftToStallCheck(job, error));
    throw new WaitingError();
  }

  /** @throws what tells BullMQ that the task was put back */
  async putBackLater(job: Job, token: string | undefined, error: unknown): Promise<never> {
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

  /** Makes all of it anew and drops the old by force. Only while nothing is at work. */
  async beginAnew(): Promise<void> {
    const { worker, client } = this;
    this.begin();
    await this.end(worker, client, true);
  }

  /** Takes no more. */
  async pause(): Promise<void> {
    await this.worker.pause(true);
  }

  /** Ends after what is at work, or at once where the server is away and BullMQ would wait for it. */
  async close(): Promise<void> {
    const { worker, client } = this;
    const away = client.status !== 'ready' || (await this.blocking(worker))?.status !== 'ready';
    await this.end(worker, client, away);
  }

  private async end(worker: Worker, client: Redis, force: boolean): Promise<void> {
    const blocking = await this.blocking(worker);
    await bounded(worker.close(force), DISCONNECTS_WITHIN_MS).catch((error: unknown) => {
      this.options.log.warn({ err: error }, 'The connection to the queue did not close in time.');
    });
    // BullMQ 6.7 connects it again where it was closed in the middle of a reset.
    blocking?.on('connecting', () => blocking.disconnect());
    blocking?.disconnect();
    client.disconnect();
  }
}
