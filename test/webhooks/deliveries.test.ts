// Events on their way to receivers that behave as badly as receivers can, with a real store, queue and sender (reliability.md F31).
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { ServiceError } from '#contract/errors.js';
import type { Delivery, Webhook, WebhookEvent, WebhookWithSecret } from '#contract/webhook.js';
import { hearWakeUps } from '#events/wake-ups.js';
import { openConsumer } from '#queue/queues/bullmq.js';
import { POST_TIMES } from '#outbound/guarded-post.js';
import { Announcer } from '#webhooks/announce.js';
import { listDeliveryIds, TOLD } from '#webhooks/records.js';
import { sweepDeliveries } from '#webhooks/retention.js';
import { Webhooks, type WebhookRooms } from '#webhooks/webhooks.js';
import { TestApp } from '../support/app.js';
import { failingAfter } from '../support/failing-store.js';
import { fourFiles } from '../support/idx.js';
import { json } from '../support/model-files.js';
import { overridden } from '../support/overridden.js';
import { answering, Receiver, verified, type Reaction } from '../support/receiver.js';
import { postJson, pretrain, send } from '../support/requests.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

const TIMES = { ...POST_TIMES, wholeMs: 600 };
/** Tries follow each other at once: the longest wait is 3 ms. */
const AT_ONCE = 75 / 3e7;
/** The second try comes after a good second, so that its timestamp, in seconds, is another. */
const SECOND_LATER = 75 / 4;
/** Nothing is tried again while a test lasts. */
const LATER = 75 * 1_000;

let app: TestApp;
let dataset: string;
let logged = '';
const log = pino({ level: 'trace' }, new Writable({ write: (chunk: Buffer, _encoding, done) => { logged += chunk.toString(); done(); } }));
const opened: Webhooks[] = [];

beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
}, 60_000);
afterEach(async () => {
  for (const webhooks of opened.splice(0)) await webhooks.close();
  for (const { id } of (await app.get('/v1/webhooks?limit=100')).json<{ data: Webhook[] }>().data) await app.delete(`/v1/webhooks/${id}`);
  await app.rooms.queue.clear();
});

async function working(overHours: number, more: Partial<WebhookRooms> = {}): Promise<Webhooks> {
  const { store, queue } = app.rooms;
  const { connection } = app.valkey;
  const webhooks = await Webhooks.open({
    store, queue, log, overHours, allowPrivate: true, times: TIMES,
    openConsumer: () => openConsumer(connection, { lockSeconds: 10, stallCheckSeconds: 1, log }),
    hear: (news) => hearWakeUps(connection, news),
    ...more,
  });
  opened.push(webhooks);
  return webhooks;
}

const made = async (url: string, events: (WebhookEvent | '*')[] = ['job.cancelled']): Promise<WebhookWithSecret> => {
  const answer = await app.post('/v1/webhooks', { url, events });
  expect([answer.status, answer.text.includes('whsec_')]).toEqual([201, true]);
  return answer.json<WebhookWithSecret>();
};

/** The quickest end of a job. */
async function cancelled(more: Record<string, unknown> = {}): Promise<string> {
  const { id } = await app.submit(pretrain(dataset, more));
  expect((await app.post(`/v1/jobs/${id}/cancel`, {})).status).toBe(200);
  return id;
}

const webhookOf = async (id: string): Promise<Webhook> => (await app.get(`/v1/webhooks/${id}`)).json<Webhook>();
const deliveries = async (id: string): Promise<Delivery[]> => (await app.get(`/v1/webhooks/${id}/deliveries?limit=100`)).json<{ data: Delivery[] }>().data;
/** The one delivery, once it has ended so. */
const ended = (id: string, status: Delivery['status'] = 'delivered'): Promise<Delivery> =>
  until(`the delivery is ${status}`, async () => (await deliveries(id)).find((each) => each.status === status));

describe('An event', () => {
  it('arrives once, signed by Standard Webhooks, and is in the log', async () => {
    await working(LATER);
    const receiver = await Receiver.open();
    const { id, secret } = await made(receiver.url);
    const job = await cancelled({ name: 'Grüße ✓', metadata: { team: 'a' } });

    const delivery = await ended(id);
    expect(receiver.payloads(secret)).toEqual([
      { type: 'job.cancelled', timestamp: expect.any(String), data: { job: { id: job, type: 'pretrain', name: 'Grüße ✓', created_at: expect.any(String), retry_of: null, metadata: { team: 'a' } } } },
    ]);
    const [{ headers, body }] = receiver.received as [(typeof receiver.received)[0]];
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'rootstock', 'webhook-id': delivery.event });
    expect(delivery.event).toMatch(/^evt_[0-9a-f]{32}$/);
    expect(body.length).toBeLessThan(20_000);
    expect(delivery).toMatchObject({ webhook: id, type: 'job.cancelled', next_try_at: null, replay_of: null, tries: [{ status_code: 204, error: null }] });
    expect(await webhookOf(id)).toMatchObject({ last_delivered_at: delivery.tries[0]!.at, failing_since: null, gave_up_at: null });
  });

  it('of a job carries the traceparent of the request that submitted it, by each try and each replay; any other carries none', async () => {
    await working(AT_ONCE);
    const receiver = (await Receiver.open()).reacts(answering(500));
    const { id } = await made(receiver.url);
    const traceparent = `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`;
    const answer = await postJson(app.url, '/v1/jobs', pretrain(dataset), { traceparent });
    // Whose request it is that cancels it is another matter.
    await send(app.url, `/v1/jobs/${answer.json<{ id: string }>().id}/cancel`, { method: 'POST', headers: { traceparent: `00-${'c3'.repeat(16)}-${'d4'.repeat(8)}-01` } });
    const delivery = await ended(id);
    await app.post(`/v1/webhooks/${id}/deliveries/${delivery.id}/replay`, {});
    await until('it came three times', () => receiver.received.length === 3);
    expect(receiver.received.map(({ headers }) => headers.traceparent)).toEqual([traceparent, traceparent, traceparent]);
    await cancelled();
    await until('another came', () => receiver.received.length === 4);
    expect(receiver.received[3]!.headers).not.toHaveProperty('traceparent');
  });

  it('that nobody asked for, or that happened before, is not sent', async () => {
    const webhooks = await working(LATER);
    const receiver = await Receiver.open();
    await cancelled();
    const { id, secret } = await made(receiver.url, ['job.succeeded', 'job.failed']);
    const all = await made(receiver.url, ['*']);
    const job = await cancelled();
    await ended(all.id);
    await webhooks.look();
    expect(await deliveries(id)).toEqual([]);
    expect(receiver.payloads(all.secret).map(({ type, data }) => [type, (data.job as { id: string }).id])).toEqual([['job.cancelled', job]]);
    expect(secret).not.toBe(all.secret);
  });

  it('comes again after an answer of 500, with the same id and body, and a new timestamp and signature (F31)', async () => {
    await working(SECOND_LATER);
    const receiver = (await Receiver.open()).reacts(answering(500));
    const { id, secret } = await made(receiver.url);
    await cancelled();
    const failing = await until('the first try is in the log', async () => (await deliveries(id)).find(({ tries }) => tries.length === 1));
    expect(failing).toMatchObject({ status: 'pending', next_try_at: expect.any(String), tries: [{ status_code: 500, error: { code: 'DELIVERY_REFUSED' } }] });
    expect((await webhookOf(id)).failing_since).toBe(failing.tries[0]!.at);

    const { tries } = await ended(id);
    expect(tries.map(({ status_code }) => status_code)).toEqual([500, 204]);
    const [first, second] = receiver.received as [(typeof receiver.received)[0], (typeof receiver.received)[0]];
    expect(receiver.received).toHaveLength(2);
    expect([second.headers['webhook-id'], second.body]).toEqual([first.headers['webhook-id'], first.body]);
    expect(Number(second.headers['webhook-timestamp'])).toBeGreaterThan(Number(first.headers['webhook-timestamp']));
    expect(second.headers['webhook-signature']).not.toBe(first.headers['webhook-signature']);
    expect(verified(secret, second)).toEqual(verified(secret, first));
    expect((await webhookOf(id)).failing_since).toBeNull();
  });

  const endless: Reaction = (response) => {
    response.writeHead(500);
    const more = (): void => void (!response.destroyed && response.write(Buffer.alloc(65_536), more));
    more();
  };
  it.each<[string, Reaction, number | null, string]>([
    ['hangs', () => undefined, null, 'FETCH_FAILED'],
    ['resets the connection', (_response, request) => void request.socket.resetAndDestroy(), null, 'FETCH_UNAVAILABLE'],
    ['answers without end', endless, 500, 'DELIVERY_REFUSED'],
    ['answers with something that is no HTTP', (_response, request) => void request.socket.end('SSH-2.0\r\n'), null, 'FETCH_FAILED'],
    ['is not found', answering(404), 404, 'DELIVERY_REFUSED'],
    ['is busy', answering(429), 429, 'DELIVERY_REFUSED'],
  ])('is tried again where its receiver %s (F31)', async (_what, reaction, status, code) => {
    await working(AT_ONCE);
    const receiver = (await Receiver.open()).reacts(reaction);
    const { id, secret } = await made(receiver.url);
    await cancelled();
    const { tries } = await ended(id);
    expect(tries).toMatchObject([{ status_code: status, error: { code } }, { status_code: 204, error: null }]);
    expect(new Set(receiver.ids).size).toBe(1);
    expect(receiver.payloads(secret)).toHaveLength(2);
  });

  it.each([301, 302, 303, 307, 308])('is not carried on by a redirect of status %d, which is a failure (F31, B44)', async (status) => {
    await working(LATER);
    const elsewhere = await Receiver.open();
    const receiver = (await Receiver.open()).reacts(answering(status, { location: elsewhere.url }));
    const { id } = await made(receiver.url);
    await cancelled();
    const { tries } = await until('it was tried', async () => (await deliveries(id)).find((each) => each.tries.length > 0));
    expect(tries).toMatchObject([{ status_code: status, error: { code: 'DELIVERY_REFUSED' } }]);
    expect(elsewhere.received).toEqual([]);
  });

  it('is delivered by an answer of 200, whatever its body does then (F31)', async () => {
    await working(AT_ONCE);
    const stalling: Reaction = (response) => void response.writeHead(200).write('a');
    const huge: Reaction = (response) => void response.writeHead(200).end(Buffer.alloc(50_000_000));
    const receiver = (await Receiver.open()).reacts(stalling, huge);
    const { id } = await made(receiver.url);
    await cancelled();
    await cancelled();
    await until('both are delivered', async () => (await deliveries(id)).filter(({ status }) => status === 'delivered').length === 2);
    expect(receiver.received).toHaveLength(2);
  });

  it('waits for as long as Retry-After asks', async () => {
    await working(AT_ONCE);
    const receiver = (await Receiver.open()).reacts(answering(503, { 'retry-after': '3600' }));
    const { id } = await made(receiver.url);
    await cancelled();
    const { tries, next_try_at } = await until('it was tried', async () => (await deliveries(id)).find((each) => each.tries.length > 0));
    expect(Date.parse(next_try_at!) - Date.parse(tries[0]!.at)).toBeGreaterThanOrEqual(3_600_000);
  });

  it('is given up after ten tries, which the endpoint shows and the log says, and can be replayed', async () => {
    await working(AT_ONCE);
    const receiver = await Receiver.open(answering(500));
    const { id, secret } = await made(receiver.url);
    await cancelled();
    const failed = await ended(id, 'failed');
    expect(failed.tries).toHaveLength(10);
    expect(failed.next_try_at).toBeNull();
    expect(await webhookOf(id)).toMatchObject({ enabled: true, last_delivered_at: null, failing_since: failed.tries[0]!.at, gave_up_at: failed.tries[9]!.at });
    expect(logged).toContain(failed.id);

    receiver.usually = answering(200);
    const replayed = await app.post(`/v1/webhooks/${id}/deliveries/${failed.id}/replay`, {});
    expect([replayed.status, replayed.json<Delivery>()]).toMatchObject([202, { status: 'pending', event: failed.event, replay_of: failed.id, tries: [] }]);
    expect(await ended(id)).toMatchObject({ id: replayed.json<Delivery>().id, event: failed.event });
    expect(new Set(receiver.ids).size).toBe(1);
    expect(receiver.payloads(secret)).toHaveLength(11);
    expect(await webhookOf(id)).toMatchObject({ failing_since: null, gave_up_at: null });
    expect((await deliveries(id)).map((each) => each.replay_of)).toEqual([failed.id, null]);
  });
});

describe('An endpoint', () => {
  it('that answers 410 is switched off, and told again only of what happens after it is switched on (F31)', async () => {
    const webhooks = await working(AT_ONCE);
    const receiver = (await Receiver.open()).reacts(answering(410));
    const { id } = await made(receiver.url);
    await cancelled();
    expect((await ended(id, 'failed')).tries).toMatchObject([{ status_code: 410 }]);
    const gone = await webhookOf(id);
    expect(gone).toMatchObject({ enabled: false, gone_at: expect.any(String) });

    await cancelled();
    await webhooks.look();
    expect(receiver.received).toHaveLength(1);
    expect((await app.post(`/v1/webhooks/${id}/test`, {})).status).toBe(409);
    expect((await send(app.url, `/v1/webhooks/${id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"enabled":true}' })).json()).toMatchObject({ enabled: true, gone_at: null });
    await cancelled();
    await ended(id);
    await webhooks.look();
    expect(receiver.received).toHaveLength(2);
  });

  it('that is switched off while an event is on its way gets it no more', async () => {
    const webhooks = await working(SECOND_LATER);
    const receiver = (await Receiver.open()).reacts(answering(500));
    const { id } = await made(receiver.url);
    await cancelled();
    await until('it was tried', async () => (await deliveries(id)).find((each) => each.tries.length > 0));
    await send(app.url, `/v1/webhooks/${id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"enabled":false}' });
    expect((await ended(id, 'failed')).tries).toMatchObject([{ status_code: 500 }, { status_code: null, error: { code: 'WEBHOOK_DISABLED' } }]);
    await webhooks.look();
    expect(receiver.received).toHaveLength(1);
  });

  it('that hangs keeps no other waiting (F31)', async () => {
    await working(LATER, { times: { connectMs: 2_000, firstByteMs: 60_000, stallMs: 60_000, wholeMs: 60_000 } });
    const hanging = await Receiver.open(() => undefined);
    const receiver = await Receiver.open();
    await made(hanging.url);
    const { id } = await made(receiver.url, ['job.expired']);
    await Promise.all(Array.from({ length: 20 }, () => cancelled()));
    await until('the hanging one has all it may', () => hanging.received.length === 4);
    await app.post(`/v1/webhooks/${id}/test`, {});
    expect(await ended(id)).toMatchObject({ type: 'webhook.test' });
    expect(hanging.received).toHaveLength(4);
  });

  it('that was removed is sent nothing more, and leaves nothing', async () => {
    const webhooks = await working(SECOND_LATER);
    const receiver = await Receiver.open(answering(500));
    const { id } = await made(receiver.url);
    await cancelled();
    await until('it was tried', () => receiver.received.length === 1);
    expect((await app.delete(`/v1/webhooks/${id}`)).status).toBe(204);
    await until('the queue has let go of it', async () => (await app.rooms.queue.held('deliver')).size === 0);
    await webhooks.look();
    await sweepDeliveries(app.rooms.store, { days: null, count: null, bytes: null });
    expect(receiver.received).toHaveLength(1);
    expect(await app.rooms.store.list(`webhooks/${id}`)).toEqual([]);
  });
});

describe('What was lost', () => {
  it('with all of Redis, between two tries, is sent all the same (F31)', async () => {
    const webhooks = await working(SECOND_LATER);
    const receiver = (await Receiver.open()).reacts(answering(500));
    const { id } = await made(receiver.url);
    await cancelled();
    const { event } = await until('it was tried', async () => (await deliveries(id)).find((each) => each.tries.length > 0));
    await app.valkey.redis.flushall();
    expect(await app.rooms.queue.held('deliver')).toEqual(new Set());
    expect((await webhooks.look()).requeued).toHaveLength(1);
    expect((await ended(id)).event).toBe(event);
    expect(receiver.ids).toEqual([event, event]);
    // Not before its time.
    const [first, second] = (await deliveries(id))[0]!.tries;
    expect(Date.parse(second!.at) - Date.parse(first!.at)).toBeGreaterThan(1_000);
  });

  it('where nobody heard of the end of a job is found by the next look', async () => {
    const receiver = await Receiver.open();
    const { id } = await made(receiver.url);
    const job = await cancelled();
    const webhooks = await working(LATER, { hear: () => () => undefined });
    expect(await deliveries(id)).toEqual([]);
    expect(await webhooks.look()).toMatchObject({ failed: [] });
    await ended(id);
    await webhooks.look();
    await (await working(LATER)).look();
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]!.body).toContain(job);
  });

  it('between the record of a delivery and its place in the queue is put back', async () => {
    const receiver = await Receiver.open();
    const { id } = await made(receiver.url);
    const job = await cancelled();
    const away = overridden(app.rooms.queue, { add: () => Promise.reject(ServiceError.of('QUEUE_UNAVAILABLE')) });
    await new Announcer({ store: app.rooms.store, queue: away }).tell(job);
    expect((await app.rooms.queue.held('deliver')).size).toBe(0);
    expect(await deliveries(id)).toMatchObject([{ status: 'pending', tries: [] }]);
    await (await working(LATER)).look();
    await ended(id);
    expect(receiver.received).toHaveLength(1);
  });

  it.each([0, 1, 2])('at a crash after %d changes of the store, while an event is announced to two, comes once to each', async (changes) => {
    const receivers = [await Receiver.open(), await Receiver.open()];
    const ids = [(await made(receivers[0]!.url)).id, (await made(receivers[1]!.url)).id];
    const job = await cancelled();
    const { store, queue } = app.rooms;
    await expect(new Announcer({ store: failingAfter(store, changes), queue }).tell(job)).rejects.toThrow();
    expect(await store.get(TOLD.key(job))).toBeUndefined();
    const webhooks = await working(LATER);
    await webhooks.look();
    for (const id of ids) await ended(id);
    await webhooks.look();
    expect(receivers.map(({ received }) => received.length)).toEqual([1, 1]);
    expect(receivers[0]!.ids).toEqual(receivers[1]!.ids);
    expect(await store.get(TOLD.key(job))).toBeDefined();
  });

  it('is sent once where several processes hear and look', async () => {
    const both = [await working(LATER), await working(LATER)];
    const receiver = await Receiver.open();
    const { id } = await made(receiver.url);
    await Promise.all(Array.from({ length: 10 }, () => cancelled()));
    await Promise.all(both.map((webhooks) => webhooks.look()));
    await until('all are delivered', async () => (await deliveries(id)).filter(({ status }) => status === 'delivered').length === 10);
    expect(new Set(receiver.ids).size).toBe(10);
    expect(receiver.received).toHaveLength(10);
  });

  it('was not lost with a job that is removed as soon as it has ended', async () => {
    const receiver = await Receiver.open();
    const { id } = await made(receiver.url);
    const job = await cancelled();
    expect((await app.delete(`/v1/jobs/${job}`)).status).toBe(204);
    await working(LATER);
    await ended(id);
    expect(receiver.received[0]!.body).toContain(job);
    await sweepDeliveries(app.rooms.store, { days: null, count: null, bytes: null });
    expect(await app.rooms.store.get(TOLD.key(job))).toBeUndefined();
  });
});

describe('Data sets and models', () => {
  it('are told of when they can be used, or never', async () => {
    const webhooks = await working(LATER);
    const receiver = await Receiver.open();
    const { secret } = await made(receiver.url, ['dataset.ready', 'dataset.invalid', 'model.ready', 'model.invalid']);
    const ready = await app.generated('glyph_letters', 240);
    const invalid = await app.uploaded(fourFiles([0, 0], [0, 0]));
    const unusable = await app.imported([json('model.json', { modelTopology: {}, weightsManifest: [] })]);
    await webhooks.look();
    await webhooks.look();
    await until('all are told', () => receiver.received.length >= 3);
    const told = receiver.payloads(secret).map(({ type, data }) => [type, Object.values(data)[0], (data.error as { code: string } | undefined)?.code]);
    expect(told.sort()).toMatchObject([
      ['dataset.invalid', { id: invalid.id }, invalid.error!.code],
      ['dataset.ready', { id: ready.id, name: ready.name }, undefined],
      ['model.invalid', { id: unusable.id }, 'MODEL_CORRUPT'],
    ]);
  });
});

describe('The log of deliveries', () => {
  it('is pruned by count and age, and never of what is still to be sent', async () => {
    await working(LATER);
    const receiver = await Receiver.open();
    const { id } = await made(receiver.url, ['job.expired']);
    for (let n = 0; n < 4; n += 1) {
      await app.post(`/v1/webhooks/${id}/test`, {});
      await until(`${n + 1} are delivered`, async () => (await deliveries(id)).filter(({ status }) => status === 'delivered').length === n + 1);
    }
    receiver.usually = answering(500);
    await app.post(`/v1/webhooks/${id}/test`, {});
    await until('one waits', async () => (await deliveries(id)).some(({ status, tries }) => status === 'pending' && tries.length === 1));
    const { store } = app.rooms;
    const inAnHour = Date.now() + 3_600_000;
    expect(await sweepDeliveries(store, { days: null, count: 3, bytes: null }, inAnHour)).toBe(1);
    expect((await deliveries(id)).map(({ status }) => status)).toEqual(['pending', 'delivered', 'delivered', 'delivered']);
    expect(await sweepDeliveries(store, { days: 1, count: null, bytes: null }, inAnHour + 24 * 3_600_000)).toBe(3);
    expect(await listDeliveryIds(store, id)).toHaveLength(1);
  });
});

describe('The log of the service', () => {
  it('has no secret, no signature and no body of all that was sent', () => {
    expect(logged.length).toBeGreaterThan(0);
    expect(logged).not.toMatch(/whsec_|v1,[A-Za-z0-9+/]{20}/);
    expect(logged).not.toContain('Grüße');
  });
});
