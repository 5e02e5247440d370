// One try: signs an event, sends it through the guarded fetcher, and writes down how it went.
import type { Logger } from 'pino';
import { ServiceError, type ErrorRecord } from '../contract/errors.js';
import type { DeliveryTry } from '../contract/webhook.js';
import type { Reach } from '../outbound/allowed.js';
import { guardedPost, type PostOptions } from '../outbound/guarded-post.js';
import { TryAgain, type Held } from '../queue/queue.js';
import { readOrRemove, writeRecord, writeVolatileRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { findDelivery, fromTask } from './deliveries.js';
import { findWebhook, isEnabled } from './endpoints.js';
import { deliveryOf, GONE, HEALTH, UNTRIED, type Health, type StoredDelivery, type StoredWebhook } from './records.js';
import { waitMs } from './schedule.js';
import { signedHeaders } from './secret.js';

export interface SenderOptions extends Reach, Pick<PostOptions, 'times' | 'resolve'> {
  store: Store;
  /** What the waits between the tries of one event come to, in hours. */
  overHours: number;
  log: Logger;
}

/** How many may be sent to one endpoint at a time: one that hangs must not keep all others waiting. */
const AT_ONCE_PER_WEBHOOK = 4;
const BUSY_FOR_MS = 1_000;
const GONE_STATUS = 410;
/** How long a receiver may ask to be left alone by Retry-After: as long as the longest wait of the schedule. */
const MOST_RETRY_AFTER_MS = 24 * 3_600_000;
/** Where a try cannot be written down, as on a full disk, the receiver would be sent the same again and again. */
const UNRECORDED_FOR_MS = 60_000;

/** A try, and how long its receiver asks to be left alone. */
interface Made {
  made: DeliveryTry;
  retryAfterMs: number;
}

export class Sender {
  /** How many are being sent to each endpoint. */
  private readonly busy = new Map<string, number>();

  constructor(private readonly options: SenderOptions) {}

  /** Makes the try that is due of a delivery. @throws TryAgain where another must follow, or this one is not due yet */
  async send(task: string, signal: AbortSignal, held: Held): Promise<void> {
    const { store } = this.options;
    const named = fromTask(task);
    const webhook = await findWebhook(store, named.webhook);
    const delivery = webhook && (await findDelivery(store, webhook.id, named.id));
    if (!delivery || delivery.status !== 'pending') return;
    // Lost by the queue and put back, it comes before its time.
    const early = Date.parse(delivery.next_try_at!) - Date.now();
    if (early > 0) throw new TryAgain(early);
    const busy = this.busy.get(webhook.id) ?? 0;
    if (busy >= AT_ONCE_PER_WEBHOOK) throw new TryAgain(BUSY_FOR_MS);
    this.busy.set(webhook.id, busy + 1);
    try {
      await this.tryNow(webhook, delivery, signal, held);
    } finally {
      const left = this.busy.get(webhook.id)! - 1;
      if (left === 0) this.busy.delete(webhook.id);
      else this.busy.set(webhook.id, left);
    }
  }

  private async tryNow(webhook: StoredWebhook, delivery: StoredDelivery, signal: AbortSignal, held: Held): Promise<void> {
    const { store, overHours } = this.options;
    const on = await isEnabled(store, webhook);
    const { made, retryAfterMs } = on ? await this.post(webhook, delivery, signal) : unsent(ServiceError.of('WEBHOOK_DISABLED', webhook.id).toRecord());
    // Whoever has the task by now sends it too, and writes that down.
    if (signal.aborted || !(await held())) throw new TryAgain(0);
    const tries = [...delivery.tries, made];
    const gone = made.status_code === GONE_STATUS;
    const scheduled = made.error === null || gone || !on ? undefined : waitMs(tries.length, overHours, delivery.id);
    const wait = scheduled === undefined ? undefined : Math.max(scheduled, Math.min(retryAfterMs, MOST_RETRY_AFTER_MS));
    const after: StoredDelivery = {
      ...delivery,
      tries,
      status: made.error === null ? 'delivered' : wait === undefined ? 'failed' : 'pending',
      next_try_at: wait === undefined ? null : new Date(Date.now() + wait).toISOString(),
    };
    await this.record(after, made);
    if (after.status === 'failed') this.options.log.warn({ webhook: webhook.id, delivery: delivery.id, type: delivery.type, tries: tries.length, error: made.error }, 'an event is not sent any more');
    if (wait !== undefined) throw new TryAgain(wait);
  }

  /** The delivery last: until it is written the try is made again, and all of this with it. */
  private async record(delivery: StoredDelivery, made: DeliveryTry): Promise<void> {
    const { store, log } = this.options;
    const { webhook } = delivery;
    try {
      if (made.status_code === GONE_STATUS) await writeRecord(store, GONE, webhook, { at: made.at });
      await this.note(delivery, made);
      await writeRecord(store, deliveryOf(webhook), delivery.id, delivery);
    } catch (problem) {
      log.error({ err: problem, delivery: delivery.id }, 'how an event was delivered could not be written down; it is sent again');
      throw new TryAgain(UNRECORDED_FOR_MS);
    }
  }

  private async post(webhook: StoredWebhook, { event, body, traceparent }: StoredDelivery, signal: AbortSignal): Promise<Made> {
    const at = new Date();
    const startedMs = performance.now();
    const made = (status_code: number | null, error: ErrorRecord | null, retryAfterMs = 0): Made =>
      ({ made: { at: at.toISOString(), status_code, error, seconds: Math.round(performance.now() - startedMs) / 1_000 }, retryAfterMs });
    const headers = { 'content-type': 'application/json', ...(traceparent !== null && { traceparent }), ...signedHeaders(webhook, event, body, at) };
    try {
      const { status, retryAfterMs } = await guardedPost(webhook.url, headers, body, { ...this.options, signal });
      return made(status, status >= 200 && status < 300 ? null : ServiceError.of('DELIVERY_REFUSED', status).toRecord(), retryAfterMs);
    } catch (problem) {
      if (signal.aborted) return made(null, null); // not written down
      if (problem instanceof ServiceError) return made(null, problem.toRecord());
      throw problem;
    }
  }

  /** How sending to the endpoint goes, for who looks at it. */
  private async note({ webhook, status }: StoredDelivery, made: DeliveryTry): Promise<void> {
    const { store } = this.options;
    if (made.error?.code === 'WEBHOOK_DISABLED') return; // nothing was sent
    const before = (await readOrRemove(store, HEALTH, webhook)) ?? UNTRIED;
    const after: Health =
      made.error === null
        ? { last_delivered_at: made.at, failing_since: null, gave_up_at: null }
        : { ...before, failing_since: before.failing_since ?? made.at, gave_up_at: status === 'failed' ? made.at : before.gave_up_at };
    await writeVolatileRecord(store, HEALTH, webhook, after);
  }
}

const unsent = (error: ErrorRecord): Made => ({ made: { at: new Date().toISOString(), status_code: null, error, seconds: 0 }, retryAfterMs: 0 });
