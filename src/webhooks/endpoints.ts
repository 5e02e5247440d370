// Which endpoints there are: made, shown without their secrets, changed, removed.
import { ServiceError } from '../contract/errors.js';
import { isId, newId } from '../contract/ids.js';
import { EVERY_EVENT, type Webhook, type WebhookChange, type WebhookEvent, type WebhookRequest } from '../contract/webhook.js';
import type { Reach } from '../outbound/allowed.js';
import { checkPostUrl } from '../outbound/guarded-post.js';
import { readOrRemove, readRecord, writeRecord, writeRecordOnce } from '../store/records.js';
import type { Store } from '../store/store.js';
import { GONE, HEALTH, ROOT, UNTRIED, unlessUnreadable, WEBHOOK, webhookPrefix, type StoredWebhook } from './records.js';
import { checkSecret, newSecret } from './secret.js';

/** How long a secret signs on after another has taken its place, in milliseconds: time to bring the new one to every receiver. */
export const RETIRED_FOR_MS = 24 * 3_600_000;

/** Newest first: ids sort by time of creation. */
export const listWebhookIds = async (store: Store): Promise<string[]> => (await store.list(ROOT)).reverse();

export const findWebhook = async (store: Store, id: string): Promise<StoredWebhook | undefined> =>
  isId('webhook', id) ? readRecord(store, WEBHOOK, id) : undefined;

/** @throws WEBHOOK_NOT_FOUND */
export async function getWebhook(store: Store, id: string): Promise<StoredWebhook> {
  const webhook = await findWebhook(store, id);
  if (!webhook) throw ServiceError.of('WEBHOOK_NOT_FOUND', id);
  return webhook;
}

/** When it said that it is gone and was not switched on again since; null where it did not. */
async function goneAt(store: Store, { id, since }: StoredWebhook): Promise<string | null> {
  const gone = await readRecord(store, GONE, id);
  return gone && gone.at >= since ? gone.at : null;
}

export const isEnabled = async (store: Store, webhook: StoredWebhook): Promise<boolean> => webhook.enabled && (await goneAt(store, webhook)) === null;

/** Whether it is to be told of an event, where it is enabled. */
export const wants = ({ events, since }: StoredWebhook, type: WebhookEvent, at: string): boolean =>
  at >= since && (events.includes(EVERY_EVENT) || events.includes(type));

/** All that are told anything. */
export async function enabledWebhooks(store: Store): Promise<StoredWebhook[]> {
  const enabled: StoredWebhook[] = [];
  for (const id of await listWebhookIds(store)) {
    const webhook = await unlessUnreadable(findWebhook(store, id));
    if (webhook && (await isEnabled(store, webhook))) enabled.push(webhook);
  }
  return enabled;
}

export async function webhookView(store: Store, webhook: StoredWebhook): Promise<Webhook> {
  const { id, name, url, events, created_at } = webhook;
  const [gone, health = UNTRIED] = await Promise.all([goneAt(store, webhook), readOrRemove(store, HEALTH, id)]);
  return { id, object: 'webhook', name, url, events, enabled: webhook.enabled && gone === null, gone_at: gone, created_at, ...health };
}

/**
 * Makes an endpoint, or finds the one that was made under this id before.
 * @throws URL_NOT_ALLOWED, WEBHOOK_SECRET_INVALID
 */
export async function createWebhook(store: Store, reach: Reach, asked: WebhookRequest, id = newId('webhook')): Promise<StoredWebhook> {
  checkPostUrl(asked.url, reach);
  if (asked.secret !== undefined) checkSecret(asked.secret);
  const now = new Date().toISOString();
  const { url, events, name = null, secret = newSecret() } = asked;
  await writeRecordOnce(store, WEBHOOK, id, { id, name, url, events, enabled: true, created_at: now, since: now, secret, retired: [] });
  return getWebhook(store, id);
}

/** @throws WEBHOOK_NOT_FOUND, URL_NOT_ALLOWED */
export async function changeWebhook(store: Store, reach: Reach, id: string, change: WebhookChange): Promise<StoredWebhook> {
  if (change.url !== undefined) checkPostUrl(change.url, reach);
  const before = await getWebhook(store, id);
  const switchedOn = change.enabled === true && !(await isEnabled(store, before));
  const after = { ...before, ...change, ...(switchedOn && { since: new Date().toISOString() }) };
  await writeRecord(store, WEBHOOK, id, after);
  return after;
}

/**
 * Gives an endpoint another secret. The one before signs beside it for a day, so that receivers can be moved on without a gap.
 * @throws WEBHOOK_NOT_FOUND, WEBHOOK_SECRET_INVALID
 */
export async function rotateSecret(store: Store, id: string, secret = newSecret()): Promise<StoredWebhook> {
  checkSecret(secret);
  const before = await getWebhook(store, id);
  if (secret === before.secret) return before;
  const until = new Date(Date.now() + RETIRED_FOR_MS).toISOString();
  const retired = [{ secret: before.secret, until }, ...before.retired.filter((each) => Date.parse(each.until) > Date.now())];
  const after = { ...before, secret, retired };
  await writeRecord(store, WEBHOOK, id, after);
  return after;
}

/** Removes an endpoint with the log of its deliveries; what was on its way is not sent any more. @throws WEBHOOK_NOT_FOUND */
export async function deleteWebhook(store: Store, id: string): Promise<void> {
  await getWebhook(store, id);
  await store.delete(webhookPrefix(id));
}
