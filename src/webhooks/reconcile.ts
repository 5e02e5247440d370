// Puts deliveries back that the queue has lost: all that is stored as pending is in the queue.
import type { Queue } from '../queue/queue.js';
import type { Store } from '../store/store.js';
import { deliverAgain, findDelivery, taskOf, type DeliveryRooms } from './deliveries.js';
import { findWebhook, listWebhookIds } from './endpoints.js';
import { listDeliveryIds, unlessUnreadable } from './records.js';

export class DeliveryReconciler {
  /** Deliveries that have ended, which they do once, or cannot be read: they are not looked at again. */
  private ended = new Set<string>();

  constructor(private readonly rooms: DeliveryRooms) {}

  /** @returns what was put back @throws QUEUE_UNAVAILABLE and its kin */
  async look(): Promise<string[]> {
    const { store, queue } = this.rooms;
    const requeued: string[] = [];
    const ended = new Set<string>();
    // Before the records: what is added meanwhile is added once in any case.
    const held = await queue.held('deliver');
    for (const webhook of await listWebhookIds(store)) {
      // What was written of a removed endpoint as it went is nobody's.
      if (!(await unlessUnreadable(findWebhook(store, webhook)))) continue;
      for (const id of (await listDeliveryIds(store, webhook)).reverse()) {
        const task = taskOf({ webhook, id });
        if (this.ended.has(task) || (!held.has(task) && !(await this.putBack(queue, store, webhook, id, requeued)))) ended.add(task);
      }
    }
    this.ended = ended;
    return requeued;
  }

  /** False where it is not pending. */
  private async putBack(queue: Queue, store: Store, webhook: string, id: string, requeued: string[]): Promise<boolean> {
    const delivery = await unlessUnreadable(findDelivery(store, webhook, id));
    if (delivery?.status !== 'pending') return false;
    if (requeued.length === 0) await queue.clearDamage('deliver');
    await deliverAgain(queue, delivery);
    requeued.push(id);
    return true;
  }
}
