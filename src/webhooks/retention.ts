// Removes deliveries that have ended beyond the rule for each endpoint, and what a removed endpoint, job, data set or model left here.
import type { KeepRule } from '../contract/system.js';
import { surplus } from '../store/retention.js';
import type { Store } from '../store/store.js';
import { findDelivery } from './deliveries.js';
import { listWebhookIds } from './endpoints.js';
import { SOURCES } from './news.js';
import { deliveryOf, listDeliveryIds, listToldIds, TOLD, unlessUnreadable, WEBHOOK, webhookPrefix } from './records.js';

/** @returns how many deliveries went */
export async function sweepDeliveries(store: Store, rule: KeepRule, nowMs = Date.now()): Promise<number> {
  let removed = 0;
  for (const webhook of await listWebhookIds(store)) {
    // A record comes before all else of its endpoint: what has none was written when that was removed.
    if ((await store.sizeOf(WEBHOOK.key(webhook))) === undefined) await store.delete(webhookPrefix(webhook));
    else for (const id of await beyond(store, webhook, rule, nowMs)) if (await store.delete(deliveryOf(webhook).key(id))) removed += 1;
  }
  await forgetTold(store);
  return removed;
}

async function beyond(store: Store, webhook: string, rule: KeepRule, nowMs: number): Promise<string[]> {
  const ended = [];
  for (const id of await listDeliveryIds(store, webhook)) {
    const delivery = await unlessUnreadable(findDelivery(store, webhook, id));
    if (delivery === undefined || delivery.status === 'pending') continue;
    ended.push({ id, sinceMs: Date.parse(delivery.tries.at(-1)?.at ?? delivery.created_at), bytes: 0 });
  }
  return surplus(ended, rule, nowMs).map(({ id }) => id);
}

/** Of what is there no more nothing new will be told. */
async function forgetTold(store: Store): Promise<void> {
  const told = await listToldIds(store);
  if (told.length === 0) return;
  const there = new Set<string>();
  for (const source of Object.values(SOURCES)) for (const id of await source.list(store)) there.add(id);
  for (const id of told) if (!there.has(id)) await store.delete(TOLD.key(id));
}

