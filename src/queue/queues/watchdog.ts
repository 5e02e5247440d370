// Sees to it that waiting tasks are taken. BullMQ and ioredis wait as long as it takes for a server that is away, and can come to wait for
// ever where one is not: for an answer on a connection that is dead and does not know it, or by a defect of theirs.
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { answers, bounded, connect, type QueueConnection } from '../connection.js';
import { TASKS, type Task } from '../queue.js';
import type { Taker } from './bullmq-taker.js';
import { bullKey, READY } from './names.js';

export interface WatchTimes {
  /** From one look to the next. */
  everyMs: number;
  /** What has been wrong at so many looks in a row is not passing by. */
  looks: number;
  /** What goes wrong again within this time is not mended by making connections anew. */
  againWithinMs: number;
}

/** A task that waits is taken within 30 seconds: BullMQ and ioredis need up to 8 to recover by themselves, and 20 tell that they have not. */
export const WATCH_TIMES: WatchTimes = { everyMs: 5_000, looks: 4, againWithinMs: 600_000 };

/** What a look shows of one kind of task. */
export interface Seen {
  /** The server answers a client that has just come, and writes: else nothing can be told, and nothing mended. */
  serverWell: boolean;
  /** Nothing of this kind is at work here. */
  free: boolean;
  /** The connections are made and answer. */
  connected: boolean;
  /** Tasks wait, and none was taken here since the last look. */
  ignored: boolean;
}

/** What follows from the looks at one kind of task. Counted in looks and not in time, of which a process that stands still does not know. */
export class Verdicts {
  private wrong = 0;
  private anewMs = -Infinity;

  constructor(private readonly times: WatchTimes) {}

  next({ serverWell, free, connected, ignored }: Seen, nowMs: number): 'leave' | 'begin_anew' | 'give_up' {
    this.wrong = serverWell && free && (ignored || !connected) ? this.wrong + 1 : 0;
    if (this.wrong < this.times.looks) return 'leave';
    this.wrong = 0;
    const again = nowMs - this.anewMs < this.times.againWithinMs;
    this.anewMs = nowMs;
    return again ? 'give_up' : 'begin_anew';
  }
}

interface Watched {
  taker: Taker;
  isFree: () => boolean;
  verdicts: Verdicts;
  takenBefore: number;
}

export class Watchdog {
  private readonly watched: Watched[] = [];
  /** Connections, and at how many looks in a row each gave no answer. */
  private readonly silent = new Map<Redis, number>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  /** Resolves with the kind of task that is not taken though it was begun anew. */
  readonly givenUp: Promise<Task>;
  private giveUp!: (task: Task) => void;

  constructor(
    private readonly connection: QueueConnection,
    private readonly times: WatchTimes,
    private readonly log: Logger,
  ) {
    this.givenUp = new Promise((resolve) => (this.giveUp = resolve));
    this.lookLater();
  }

  watch(taker: Taker, isFree: () => boolean): void {
    this.watched.push({ taker, isFree, verdicts: new Verdicts(this.times), takenBefore: 0 });
  }

  /** A connection that can be asked at any time: one that does not answer is made again by ioredis, with all that it had to say. */
  watchConnection(client: Redis): void {
    this.silent.set(client, 0);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private lookLater(): void {
    if (!this.stopped) this.timer = setTimeout(() => void this.lookNow(), this.times.everyMs);
  }

  private async lookNow(): Promise<void> {
    const waiting = await waitingTasks(this.connection);
    // Not one after the other: each that is dead takes its time.
    await Promise.all([
      ...this.watched.map((one) => this.lookAt(one, waiting)),
      ...[...this.silent.keys()].map((client) => this.lookAtConnection(client, waiting !== undefined)),
    ]);
    this.lookLater();
  }

  private async lookAtConnection(client: Redis, serverWell: boolean): Promise<void> {
    const silent = serverWell && !(await answers(client));
    const looks = silent ? this.silent.get(client)! + 1 : 0;
    this.silent.set(client, looks % this.times.looks);
    // One that is not ready is being made already.
    if (looks === this.times.looks && client.status === 'ready') client.disconnect(true);
  }

  private async lookAt(one: Watched, waiting: ReadonlySet<Task> | undefined): Promise<void> {
    const { taker, isFree, verdicts, takenBefore } = one;
    const { task } = taker;
    if (waiting) await taker.shortenStallMark();
    const seen: Seen = {
      serverWell: waiting !== undefined,
      connected: waiting === undefined || !isFree() || (await taker.isConnected()),
      ignored: waiting?.has(task) === true && taker.taken === takenBefore,
      free: isFree(),
    };
    one.takenBefore = taker.taken;
    const verdict = this.stopped ? 'leave' : verdicts.next(seen, performance.now());
    if (verdict === 'leave') return;
    const { connected, ignored } = seen;
    if (verdict === 'give_up') {
      this.stop();
      return this.giveUp(task);
    }
    this.log.error({ task, connected, ignored }, 'No tasks are taken though the queue server is well; the connections to it are made anew.');
    await taker.beginAnew();
  }
}

/** The kinds of task of which some wait, as a client sees it that has just come; undefined where the server does not answer it or writes nothing. */
async function waitingTasks(connection: QueueConnection): Promise<ReadonlySet<Task> | undefined> {
  const client = connect(connection, 'brief');
  const waits = async (task: Task): Promise<Task[]> => {
    // Those that are to be tried again lie by time, in BullMQ's own unit.
    const due = (Date.now() + 1) * 0x1000;
    const [paused, ...counts] = await Promise.all([
      client.hexists(bullKey(task, 'meta'), 'paused'),
      client.llen(bullKey(task, 'wait')),
      client.zcard(bullKey(task, 'prioritized')),
      client.zcount(bullKey(task, 'delayed'), '-inf', due),
    ]);
    return paused === 0 && counts.some((count) => count > 0) ? [task] : [];
  };
  try {
    // A server without room for a byte lets nobody take anything.
    const [, ...waiting] = await bounded(Promise.all([client.set(READY, '1'), ...TASKS.map(waits)]));
    return new Set(waiting.flat());
  } catch {
    return undefined;
  } finally {
    client.disconnect();
  }
}
