// The queue on BullMQ, the worker's side: runs handlers for the tasks it takes and passes on why a task must end.
import { WaitingError, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { WorkerStatus } from '../../contract/system.js';
import { bounded, connect, logOutages, serverOf, type QueueConnection } from '../connection.js';
import type { Consumer, Handler, InterruptReason, Task } from '../queue.js';
import { Taker, type TakerOptions } from './bullmq-taker.js';
import { INTERRUPTS, interruptKey, lockKey, workerKey, WORKERS } from './names.js';
import { WATCH_TIMES, Watchdog, type WatchTimes } from './watchdog.js';

export interface ConsumerOptions extends TakerOptions {
  /** When it is seen that tasks are not taken. For tests. */
  watch?: WatchTimes;
}

/**
 * Connects a worker; waits for the server as long as it takes.
 * @throws Error if the server is older than 6.2.
 */
export async function openConsumer(connection: QueueConnection, options: ConsumerOptions): Promise<Consumer> {
  const client = connect(connection, 'patient', logOutages(options.log, 'Queue'));
  const subscriber = connect(connection, 'patient');
  try {
    await serverOf(client);
    const consumer = new BullMqConsumer(connection, client, subscriber, options);
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
  readonly stuck: Promise<Task>;
  private readonly takers: Taker[] = [];
  private readonly watchdog: Watchdog;
  private readonly runs = new Set<Run>();
  private announced: string | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly connection: QueueConnection,
    private readonly client: Redis,
    private readonly subscriber: Redis,
    private readonly options: ConsumerOptions,
  ) {
    this.watchdog = new Watchdog(connection, options.watch ?? WATCH_TIMES, options.log);
    this.stuck = this.watchdog.givenUp;
    for (const each of [client, subscriber]) this.watchdog.watchConnection(each);
  }

  async listen(): Promise<void> {
    this.subscriber.on('message', (_channel: string, id: string) => this.abort('interrupted', (run) => run.id === id));
    await this.subscriber.subscribe(INTERRUPTS);
    const again = (work: () => Promise<void>) => (): void =>
      void work().catch((error: unknown) => this.options.log.warn({ err: error }, 'Interrupts could not be read again.'));
    // What was published during an outage did not come; subscribing again first leaves no gap.
    this.subscriber.on('ready', again(async () => {
      await this.subscriber.subscribe(INTERRUPTS);
      await this.heedMissed();
    }));
    // The subscriber may have been made anew first, when this connection gave no answer yet.
    this.client.on('ready', again(() => this.heedMissed()));
  }

  private async heedMissed(): Promise<void> {
    for (const run of [...this.runs]) {
      const meant = await this.client.get(interruptKey(run.id));
      if (meant === run.token) run.controller.abort('interrupted' satisfies InterruptReason);
    }
  }

  consume(task: Task, handler: Handler, atOnce = 1): void {
    const runsOf = (ids: string[]): Run[] => [...this.runs].filter((run) => run.task === task && ids.includes(run.id));
    const taker = new Taker(this.connection, task, {
      work: (by, job, token) => this.work(by, handler, job, token),
      renewed: (ids, askedMs) => runsOf(ids).forEach((run) => (run.heldMs = askedMs)),
      lost: (ids) => runsOf(ids).forEach((run) => this.loseLock(run)),
    }, { ...this.options, atOnce });
    this.takers.push(taker);
    this.watchdog.watch(taker, () => ![...this.runs].some((run) => run.task === task));
  }

  /** Ends the task in the queue by returning, or by an error that tells BullMQ that it was put back. */
  private async work(taker: Taker, handler: Handler, job: Job, token: string | undefined): Promise<void> {
    if (this.closing) return taker.putBackNow(job, token);
    const run = this.begin(taker.task, String(job.id), token, handler);
    try {
      await run.handled;
    } catch (error) {
      if (run.lockLost) throw new WaitingError();
      return this.closing ? await taker.putBackNow(job, token) : await taker.putBackLater(job, token, error);
    } finally {
      this.runs.delete(run);
    }
    // Without its lock the task is not ours to end: whoever has it now, or the stall check, will.
    if (run.lockLost) throw new WaitingError();
  }

  private begin(task: Task, id: string, token: string | undefined, handler: Handler): Run {
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
    const holder = await bounded(this.client.get(lockKey(run.task, run.id))).catch(() => run.token);
    if (holder !== run.token) this.loseLock(run);
    return !run.lockLost;
  }

  private loseLock(run: Run): void {
    run.lockLost = true;
    run.controller.abort('lock_lost' satisfies InterruptReason);
  }

  private abort(reason: InterruptReason, which: (run: Run) => boolean): void {
    for (const run of this.runs) if (which(run)) run.controller.abort(reason);
  }

  async announce(worker: WorkerStatus, ttlSeconds: number): Promise<void> {
    if (this.client.status !== 'ready') return; // nobody could read it
    this.announced = worker.id;
    const said = Promise.all([
      this.client.sadd(WORKERS, worker.id),
      this.client.set(workerKey(worker.id), JSON.stringify(worker), 'EX', ttlSeconds),
    ]);
    // What is at work must not wait for a server that does not answer, nor fail with it.
    await bounded(said).catch(() => undefined);
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private async closeOnce(): Promise<void> {
    this.watchdog.stop();
    // From here on nothing new is begun; what was being fetched is put back by `work`.
    await Promise.all(this.takers.map((taker) => taker.pause()));
    this.abort('closing', () => true);
    await Promise.allSettled([...this.runs].map((run) => run.handled));
    await Promise.all(this.takers.map((taker) => taker.close()));
    if (this.announced !== undefined && this.client.status === 'ready') {
      await bounded(this.client.del(workerKey(this.announced))).catch(() => undefined);
    }
    this.client.disconnect();
    this.subscriber.disconnect();
  }
}
