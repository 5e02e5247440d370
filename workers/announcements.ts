// What a worker says of itself to the queue: that it is there, and which tasks it is at.
import type { WorkerStatus } from '#contract/system.js';
import type { Consumer, Handler } from '#queue/queue.js';

export const ANNOUNCE_EVERY_MS = 5_000;
const ANNOUNCED_FOR_SECONDS = 15;

export class Announcements {
  constructor(
    private readonly consumer: Pick<Consumer, 'announce'>,
    private readonly status: WorkerStatus,
  ) {}

  say(): Promise<void> {
    return this.consumer.announce({ ...this.status, seen_at: new Date().toISOString() }, ANNOUNCED_FOR_SECONDS);
  }

  /**
   * The handler, with its task shown as running meanwhile. A queue that takes nothing at the moment keeps no task from being made, nor
   * from being no longer shown; it is told again in a few seconds.
   */
  showing(handler: Handler): Handler {
    const { running } = this.status;
    return async (id, signal, held) => {
      running.push(id);
      await this.say().catch(() => undefined);
      try {
        await handler(id, signal, held);
      } finally {
        running.splice(running.indexOf(id), 1);
        await this.say().catch(() => undefined);
      }
    };
  }
}
