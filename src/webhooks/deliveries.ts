// The log of what is sent: one record for each event and endpoint, from where it is sent. What is stored as pending is sent, whatever the queue knows of it.
import { ServiceError } from '../contract/errors.js';
import { isId, newId } from '../contract/ids.js';
import { TEST_EVENT, type Delivery, type WebhookEvent } from '../contract/webhook.js';
import { isQueueProblem, type Queue } from '../queue/queue.js';
import { readRecord, writeRecordOnce } from '../store/records.js';
import type { Store } from '../store/store.js';
import { getWebhook, isEnabled } from './endpoints.js';
import { deliveryId } from './event-id.js';
import { deliveryOf, type StoredDelivery, type StoredWebhook } from './records.js';

export interface DeliveryRooms {
  store: Store;
  queue: Queue;
}

/** Something that an endpoint may be told of. */
export interface Happening {
  /** Its own id, `evt_…`. */
  id: string;
  type: WebhookEvent;
  at: string;
  data: object;
  /** Of the caller's trace that it belongs to. */
  traceparent: string | null;
}

/** All deliveries are alike to the queue. */
const PRIORITY = 5;

/** What the queue calls a delivery. */
export const taskOf = ({ webhook, id }: Pick<StoredDelivery, 'webhook' | 'id'>): string => `${webhook}.${id}`;
export function fromTask(task: string): { webhook: string; id: string } {
  const [webhook = '', id = ''] = task.split('.');
  return { webhook, id };
}

/** The body that is sent, as Standard Webhooks 1.0.0 recommends it ("Payload structure"). */
const bodyOf = (type: StoredDelivery['type'], timestamp: string, data: object): string => JSON.stringify({ type, timestamp, data });

type New = Pick<StoredDelivery, 'id' | 'event' | 'type' | 'body' | 'traceparent' | 'replay_of'>;

/** Stores a delivery and has it sent. Where it is stored already nothing is done. */
async function begin({ store, queue }: DeliveryRooms, { id: webhook }: StoredWebhook, delivery: New): Promise<StoredDelivery> {
  const now = new Date().toISOString();
  const record: StoredDelivery = { ...delivery, webhook, status: 'pending', created_at: now, next_try_at: now, tries: [] };
  if (await writeRecordOnce(store, deliveryOf(webhook), record.id, record)) {
    await queue.add('deliver', taskOf(record), PRIORITY).catch((problem: unknown) => {
      if (!isQueueProblem(problem)) throw problem; // else webhooks/reconcile.ts adds it later
    });
    return record;
  }
  return getDelivery(store, webhook, record.id);
}

/** Sends an event to an endpoint: once, however often it is asked to. */
export async function deliver(rooms: DeliveryRooms, webhook: StoredWebhook, { id: event, type, at, data, traceparent }: Happening): Promise<void> {
  await begin(rooms, webhook, { id: deliveryId(webhook.id, event, at), event, type, body: bodyOf(type, at, data), traceparent, replay_of: null });
}

/** Puts a pending delivery that the queue has lost back. */
export const deliverAgain = (queue: Queue, delivery: StoredDelivery): Promise<void> => queue.addLost('deliver', taskOf(delivery), PRIORITY);

/** Sends an event that says nothing but that sending works. @throws WEBHOOK_NOT_FOUND, WEBHOOK_DISABLED */
export async function sendTest(rooms: DeliveryRooms, id: string, delivery = newId('delivery')): Promise<StoredDelivery> {
  const webhook = await getEnabled(rooms.store, id);
  const body = bodyOf(TEST_EVENT, new Date().toISOString(), { webhook: id });
  return begin(rooms, webhook, { id: delivery, event: newId('event'), type: TEST_EVENT, body, traceparent: null, replay_of: null });
}

/**
 * Sends an event once more, as a delivery of its own with the id and the body of the first. One that is still pending goes on as well:
 * who receives an event twice knows it by its id.
 * @throws WEBHOOK_NOT_FOUND, DELIVERY_NOT_FOUND, WEBHOOK_DISABLED
 */
export async function replay(rooms: DeliveryRooms, id: string, of: string, delivery = newId('delivery')): Promise<StoredDelivery> {
  const webhook = await getEnabled(rooms.store, id);
  const { event, type, body, traceparent } = await getDelivery(rooms.store, id, of);
  return begin(rooms, webhook, { id: delivery, event, type, body, traceparent, replay_of: of });
}

async function getEnabled(store: Store, id: string): Promise<StoredWebhook> {
  const webhook = await getWebhook(store, id);
  if (!(await isEnabled(store, webhook))) throw ServiceError.of('WEBHOOK_DISABLED', id);
  return webhook;
}

export const findDelivery = async (store: Store, webhook: string, id: string): Promise<StoredDelivery | undefined> =>
  isId('webhook', webhook) && isId('delivery', id) ? readRecord(store, deliveryOf(webhook), id) : undefined;

/** @throws DELIVERY_NOT_FOUND */
async function getDelivery(store: Store, webhook: string, id: string): Promise<StoredDelivery> {
  const delivery = await findDelivery(store, webhook, id);
  if (!delivery) throw ServiceError.of('DELIVERY_NOT_FOUND', id);
  return delivery;
}

export function deliveryView({ id, webhook, event, type, status, created_at, next_try_at, replay_of, tries }: StoredDelivery): Delivery {
  return { id, object: 'delivery', webhook, event, type, status, created_at, next_try_at, replay_of, tries };
}
