// What is stored of webhooks.
//   webhooks/<id>/webhook.json            the endpoint with its secrets, as its owner wants it
//   webhooks/<id>/gone.json               that it answered 410, and when
//   webhooks/<id>/health.json             how sending to it goes
//   webhooks/<id>/deliveries/<id>.json    one event on its way to it: the body, made once, and the tries
//   told/<id>.json                        the last event of a job, data set or model of which the deliveries are stored
import type { Delivery, TEST_EVENT, WebhookEvent, WebhookRequest } from '../contract/webhook.js';
import { isUnreadable, recordKind, type RecordKind } from '../store/records.js';
import type { Store } from '../store/store.js';

export interface StoredWebhook {
  id: string;
  name: string | null;
  url: string;
  events: WebhookRequest['events'];
  enabled: boolean;
  created_at: string;
  /** It is told of what happens from then on. */
  since: string;
  secret: string;
  /** Secrets of before, and until when they sign beside the one in force. */
  retired: { secret: string; until: string }[];
}

/** `body`: what is sent, byte for byte the same by each try. `traceparent`: of the request that what happened goes back to. */
export type StoredDelivery = Omit<Delivery, 'object' | 'type'> & { type: WebhookEvent | typeof TEST_EVENT; body: string; traceparent: string | null };

export interface Health {
  last_delivered_at: string | null;
  failing_since: string | null;
  gave_up_at: string | null;
}
export const UNTRIED: Health = { last_delivered_at: null, failing_since: null, gave_up_at: null };

export const ROOT = 'webhooks';
export const TOLD_ROOT = 'told';
const END = '.json';
export const webhookPrefix = (id: string): string => `${ROOT}/${id}`;
const deliveriesPrefix = (webhook: string): string => `${webhookPrefix(webhook)}/deliveries`;

export const WEBHOOK = recordKind<StoredWebhook>('webhook', 1, (id) => `${webhookPrefix(id)}/webhook.json`);
export const GONE = recordKind<{ at: string }>('webhook_gone', 1, (id) => `${webhookPrefix(id)}/gone.json`);
export const HEALTH = recordKind<Health>('webhook_health', 1, (id) => `${webhookPrefix(id)}/health.json`);
export const TOLD = recordKind<{ event: string }>('told', 1, (id) => `${TOLD_ROOT}/${id}${END}`);
export const deliveryOf = (webhook: string): RecordKind<StoredDelivery> =>
  recordKind<StoredDelivery>('delivery', 2, (id) => `${deliveriesPrefix(webhook)}/${id}${END}`, [
    (delivery) => ({ ...delivery, traceparent: null }), // before traces
  ]);

const namesIn = async (store: Store, prefix: string): Promise<string[]> =>
  (await store.list(prefix)).flatMap((name) => (name.endsWith(END) ? [name.slice(0, -END.length)] : [])).reverse();

/** For those who go through all records: one that cannot be read hides no other. */
export const unlessUnreadable = <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((problem: unknown) => {
    if (!isUnreadable(problem)) throw problem;
    return undefined;
  });

/** Newest first, as the ids of what they name sort by time. */
export const listDeliveryIds = (store: Store, webhook: string): Promise<string[]> => namesIn(store, deliveriesPrefix(webhook));
export const listToldIds = (store: Store): Promise<string[]> => namesIn(store, TOLD_ROOT);
