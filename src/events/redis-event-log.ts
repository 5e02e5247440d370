// The event log with its live tail through Redis: the store is what is written and read, Redis only wakes those who wait.
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { EventData, EventType, JobEvent } from '../contract/event.js';
import { connect, logOutages, type QueueConnection } from '../queue/connection.js';
import { SharedReads } from '../store/shared-reads.js';
import type { Store } from '../store/store.js';
import type { EventLog, EventWriter } from './event-log.js';
import { isLast, readLog, type Lines } from './lines.js';
import { WAKE_UPS } from './wake-ups.js';
import { beginLog, endLog, openStoreWriter } from './writer.js';

/** How often a follower looks into the store by itself: while Redis is away, and should a wake-up get lost. */
const POLL_MS = 1_000;

/** Opens the log. Redis may be away, now or later: appending never fails for it, followers then notice within a second. */
export function openEventLog(store: Store, connection: QueueConnection, log: Logger): EventLog {
  return new RedisEventLog(store, connection, log);
}

class RedisEventLog implements EventLog {
  private readonly publisher: Redis;
  private subscriber: Redis | undefined;
  private readonly waiting = new Map<string, Set<() => void>>();
  /** Those who are woken together read once. */
  private readonly reads = new SharedReads<Lines | undefined>();
  private closed = false;

  constructor(
    private readonly store: Store,
    private readonly connection: QueueConnection,
    log: Logger,
  ) {
    this.publisher = connect(connection, 'brief', logOutages(log, 'Events'));
  }

  async begin<T extends EventType>(jobId: string, type: T, data: EventData<T>): Promise<void> {
    await beginLog(this.store, jobId, type, data);
    this.wake(jobId);
  }

  async end<T extends EventType>(jobId: string, type: T, data: EventData<T>): Promise<void> {
    await endLog(this.store, jobId, type, data);
    this.wake(jobId);
  }

  openWriter(jobId: string): Promise<EventWriter> {
    return openStoreWriter(this.store, jobId, () => this.wake(jobId));
  }

  private wake(jobId: string): void {
    // An outage is in the log already, once; the event itself is safe in the store.
    this.publisher.publish(WAKE_UPS, jobId).catch(() => undefined);
  }

  async read(jobId: string, after = 0, limit = Number.POSITIVE_INFINITY): Promise<JobEvent[]> {
    const lines = await readLog(this.store, jobId);
    return (lines?.events ?? []).filter(({ id }) => Number(id) > after).slice(0, limit);
  }

  async *follow(jobId: string, after: number, signal: AbortSignal): AsyncIterable<JobEvent> {
    this.listen();
    const ended = (): boolean => signal.aborted || this.closed;
    let last = after;
    let offset = 0;
    let started = false;
    while (!ended()) {
      // Waiting begins before reading: an event written in between wakes at once.
      const wake = this.nextWake(jobId, signal);
      try {
        const lines = await this.reads.read(`${jobId} ${offset}`, () => readLog(this.store, jobId, offset));
        if (lines === undefined && started) return; // the job was removed
        started ||= lines !== undefined;
        for (const event of lines?.events ?? []) {
          // The last event is told also to who has read lines that a lost worker wrote behind it.
          if (Number(event.id) > (isLast(event) ? after : last)) {
            last = Number(event.id);
            yield event;
          }
          if (ended() || isLast(event)) return;
        }
        offset = lines?.end ?? 0;
        await wake.comes;
      } finally {
        wake.forget();
      }
    }
  }

  async changed(jobId: string, signal: AbortSignal): Promise<void> {
    this.listen();
    if (this.closed || signal.aborted) return;
    const wake = this.nextWake(jobId, signal);
    await wake.comes;
    wake.forget();
  }

  /** The next wake-up for a job: from Redis, after the poll time, by the signal or by `close`. */
  private nextWake(jobId: string, signal: AbortSignal): { comes: Promise<void>; forget: () => void } {
    const those = this.waiting.get(jobId) ?? new Set();
    this.waiting.set(jobId, those);
    let wake = (): void => undefined;
    const comes = new Promise<void>((resolve) => (wake = resolve));
    const timer = setTimeout(wake, POLL_MS);
    those.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    return {
      comes,
      forget: () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        those.delete(wake);
        if (those.size === 0 && this.waiting.get(jobId) === those) this.waiting.delete(jobId);
      },
    };
  }

  private listen(): void {
    if (this.subscriber || this.closed) return;
    this.subscriber = connect(this.connection, 'patient');
    this.subscriber.on('message', (_channel: string, jobId: string) => {
      for (const wake of [...(this.waiting.get(jobId) ?? [])]) wake();
    });
    this.subscriber.subscribe(WAKE_UPS).catch(() => undefined); // closed before Redis came
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const wakes of this.waiting.values()) for (const wake of wakes) wake();
    this.publisher.disconnect();
    this.subscriber?.disconnect();
  }
}
