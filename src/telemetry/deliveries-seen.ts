// All endpoints of webhooks and what was sent to them, as the log keeps it. A delivery that is over does not change: it is read once.
import type { DeliveryStatus } from '../contract/webhook.js';
import type { Store } from '../store/store.js';
import { findDelivery } from '../webhooks/deliveries.js';
import { findWebhook, listWebhookIds, webhookView } from '../webhooks/endpoints.js';
import { listDeliveryIds, unlessUnreadable } from '../webhooks/records.js';

export const ENDPOINT_STATES = ['well', 'failing', 'off'] as const;
export type EndpointState = (typeof ENDPOINT_STATES)[number];

export interface DeliveriesSeen {
  endpoints: Record<EndpointState, number>;
  deliveries: Record<DeliveryStatus, number>;
  tries: Record<'taken' | 'failed', number>;
}

interface Seen {
  status: DeliveryStatus;
  taken: number;
  failed: number;
}

export class DeliveriesWatch {
  private over = new Map<string, Seen>();

  constructor(private readonly store: Store) {}

  async look(): Promise<DeliveriesSeen> {
    const known = this.over;
    this.over = new Map();
    const seen: DeliveriesSeen = { endpoints: { well: 0, failing: 0, off: 0 }, deliveries: { pending: 0, delivered: 0, failed: 0 }, tries: { taken: 0, failed: 0 } };
    for (const id of await listWebhookIds(this.store)) {
      const webhook = await unlessUnreadable(findWebhook(this.store, id));
      if (!webhook) continue;
      const { enabled, failing_since } = await webhookView(this.store, webhook);
      seen.endpoints[!enabled ? 'off' : failing_since === null ? 'well' : 'failing'] += 1;
      for (const delivery of await listDeliveryIds(this.store, id)) {
        const one = known.get(delivery) ?? (await this.read(id, delivery));
        if (!one) continue;
        if (one.status !== 'pending') this.over.set(delivery, one);
        seen.deliveries[one.status] += 1;
        seen.tries.taken += one.taken;
        seen.tries.failed += one.failed;
      }
    }
    return seen;
  }

  private async read(webhook: string, id: string): Promise<Seen | undefined> {
    const delivery = await unlessUnreadable(findDelivery(this.store, webhook, id));
    if (!delivery) return undefined;
    const taken = delivery.tries.filter(({ error }) => error === null).length;
    return { status: delivery.status, taken, failed: delivery.tries.length - taken };
  }
}
