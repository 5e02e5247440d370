// What is stored of a request with an Idempotency-Key, under a digest of API key and key:
//   idempotency/<digest>/request.json   the ids the request may give away, reserved before anything is done
//   idempotency/<digest>/body.json      what an upload turned out to be, once all of it was received
//   idempotency/<digest>/answer.json    what was answered
// Each is written once, so that several API processes over one store agree.
import { createHash } from 'node:crypto';
import { ID_PREFIXES, isId, newId } from '../contract/ids.js';
import type { KeepRule } from '../contract/system.js';
import { ACCEPTED_DATASET } from '../datasets/registry.js';
import { ACCEPTED_JOB } from '../jobs/records.js';
import { ACCEPTED_IMPORT } from '../models/imports/registry.js';
import { readOrRemove, readRecord, recordKind, writeRecordOnce, type RecordKind } from '../store/records.js';
import { surplus } from '../store/retention.js';
import type { Store } from '../store/store.js';
import { WEBHOOK } from '../webhooks/records.js';

export interface ReservedRequest {
  at: string;
  ids: { dataset: string; job: string; model: string; webhook: string; delivery: string };
  /** What tells this request from others; null for an upload, which is told by its body. */
  fingerprint: string | null;
}

export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const ROOT = 'idempotency';
const prefix = (name: string): string => `${ROOT}/${name}`;
const REQUEST = recordKind<ReservedRequest>('idempotent_request', 2, (name) => `${prefix(name)}/request.json`, [
  (request) => ({ ...request, ids: withWebhooks(request.ids as Pick<ReservedRequest['ids'], 'dataset' | 'job' | 'model'>) }), // before there were webhooks
]);
const BODY = recordKind<{ fingerprint: string }>('idempotent_body', 1, (name) => `${prefix(name)}/body.json`);
const ANSWER = recordKind<StoredAnswer>('idempotent_answer', 1, (name) => `${prefix(name)}/answer.json`);

/** The same whenever they are read. */
function withWebhooks(ids: Pick<ReservedRequest['ids'], 'dataset' | 'job' | 'model'>): ReservedRequest['ids'] {
  const digits = ids.job.slice(ID_PREFIXES.job.length);
  return { ...ids, webhook: ID_PREFIXES.webhook + digits, delivery: ID_PREFIXES.delivery + digits };
}

/** Under which name a key is kept: each API key has its own. */
export const nameOf = (apiKey: string, key: string): string =>
  createHash('sha256').update(JSON.stringify([apiKey, key])).digest('hex');

/** The value that stands: this one, or what was there. */
async function once<T>(store: Store, kind: RecordKind<T>, name: string, value: T): Promise<T> {
  const found = await readRecord(store, kind, name);
  if (found) return found;
  if (await writeRecordOnce(store, kind, name, value)) return value;
  return (await readRecord(store, kind, name)) ?? value;
}

export const reserve = (store: Store, name: string, fingerprint: string | null): Promise<ReservedRequest> =>
  once(store, REQUEST, name, {
    at: new Date().toISOString(),
    ids: { dataset: newId('dataset'), job: newId('job'), model: newId('model'), webhook: newId('webhook'), delivery: newId('delivery') },
    fingerprint,
  });

/** The fingerprint of the upload that was received first under this name. */
export const receivedFirst = async (store: Store, name: string, fingerprint: string): Promise<string> =>
  (await once(store, BODY, name, { fingerprint })).fingerprint;

export const findAnswer = (store: Store, name: string): Promise<StoredAnswer | undefined> => readRecord(store, ANSWER, name);
export const keepAnswer = (store: Store, name: string, answer: StoredAnswer): Promise<StoredAnswer> => once(store, ANSWER, name, answer);

/**
 * Forgets answers that tell of a job, data set or model that is not there, as in a copy of the store that was made while it was accepted: sent
 * again, the request makes it, under the same id. @returns how many
 */
export async function forgetLostAnswers(store: Store): Promise<number> {
  let forgotten = 0;
  for (const name of await store.list(ROOT)) {
    await readOrRemove(store, REQUEST, name);
    await readOrRemove(store, BODY, name);
    const answer = await readOrRemove(store, ANSWER, name);
    if (!answer || (await isThere(store, answer))) continue;
    await store.delete(ANSWER.key(name));
    forgotten += 1;
  }
  return forgotten;
}

async function isThere(store: Store, { body }: StoredAnswer): Promise<boolean> {
  const { id = '' } = JSON.parse(body || '{}') as { id?: string };
  if (isId('job', id)) return (await store.sizeOf(ACCEPTED_JOB.key(id))) !== undefined;
  if (isId('model', id)) return (await store.sizeOf(ACCEPTED_IMPORT.key(id))) !== undefined;
  if (isId('webhook', id)) return (await store.sizeOf(WEBHOOK.key(id))) !== undefined;
  if (isId('dataset', id)) return (await store.sizeOf(ACCEPTED_DATASET.key(id))) !== undefined;
  return true;
}

/** Forgets the requests that are beyond the rule; a record that cannot be read counts as the oldest. @returns how many */
export async function forgetRequests(store: Store, rule: KeepRule, nowMs = Date.now()): Promise<number> {
  const kept = [];
  for (const name of await store.list(ROOT)) {
    const request = await readRecord(store, REQUEST, name).catch(() => undefined);
    kept.push({ name, sinceMs: request ? Date.parse(request.at) : 0, bytes: 0 });
  }
  let forgotten = 0;
  for (const { name } of surplus(kept, rule, nowMs)) if (await store.delete(prefix(name))) forgotten += 1;
  return forgotten;
}
