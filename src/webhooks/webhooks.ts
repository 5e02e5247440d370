// Webhooks at work in a process: it hears of events, sends what is due, and looks again at what was missed.
import type { Logger } from 'pino';
import type { Consumer } from '../queue/queue.js';
import { Announcer } from './announce.js';
import type { DeliveryRooms } from './deliveries.js';
import { DeliveryReconciler } from './reconcile.js';
import { Sender, type SenderOptions } from './send.js';

export interface WebhookRooms extends DeliveryRooms, Omit<SenderOptions, 'store'> {
  /** Connects to the queue to take deliveries. */
  openConsumer: () => Promise<Consumer>;
  /** Calls back with the id of each job that has a new event. @returns stops it */
  hear: (news: (jobId: string) => void) => () => void;
  log: Logger;
}

/** How many are sent at a time in this process. Each waits for an answer, and takes no time of the processor. */
const AT_ONCE = 16;

export class Webhooks {
  private readonly announcer: Announcer;
  private readonly reconciler: DeliveryReconciler;
  private readonly sender: Sender;
  private consumer: Consumer | undefined;
  private deaf: () => void = () => undefined;
  private closed = false;

  private constructor(private readonly rooms: WebhookRooms) {
    this.announcer = new Announcer(rooms);
    this.reconciler = new DeliveryReconciler(rooms);
    this.sender = new Sender(rooms);
  }

  static async open(rooms: WebhookRooms): Promise<Webhooks> {
    const webhooks = new Webhooks(rooms);
    await webhooks.take();
    webhooks.deaf = rooms.hear((jobId) => {
      // The next look tells of it.
      webhooks.announcer.tell(jobId).catch((problem: unknown) => rooms.log.warn({ err: problem, job: jobId }, 'an event could not be announced; it is tried again'));
    });
    return webhooks;
  }

  private async take(): Promise<void> {
    const consumer = await this.rooms.openConsumer();
    this.consumer = consumer;
    consumer.consume('deliver', (task, signal, held) => this.sender.send(task, signal, held), AT_ONCE);
    void consumer.stuck.then(() => this.takeAnew(consumer));
  }

  /** A worker process that is stuck ends, and another is started. The API goes on, and only this part of it begins anew. */
  private async takeAnew(stuck: Consumer): Promise<void> {
    const { log } = this.rooms;
    log.error('No deliveries are taken though the queue server is well, also over new connections; taking them begins anew.');
    await stuck.close().catch((problem: unknown) => log.warn({ err: problem }, 'what was stuck did not close'));
    if (!this.closed) await this.take();
  }

  /** Tells of what nobody heard of, and puts back what the queue lost. @throws QUEUE_UNAVAILABLE and its kin */
  async look(): Promise<{ requeued: string[]; failed: { id: string; problem: unknown }[] }> {
    const failed = await this.announcer.look();
    return { requeued: await this.reconciler.look(), failed };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.deaf();
    await this.consumer?.close();
  }
}
