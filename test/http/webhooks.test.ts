// /v1/webhooks: endpoints and their secrets, as a caller sees them (reliability.md B41, B42, B50).
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ERRORS } from '#contract/errors.js';
import { WEBHOOK_EVENT_TYPES, type Delivery, type Webhook, type WebhookWithSecret } from '#contract/webhook.js';
import type { ListOf } from '#contract/schema.js';
import { TestApp } from '../support/app.js';
import { expectProblem, postJson, send, type Answer } from '../support/requests.js';

const URL_OF = 'https://example.com/rootstock';
const EVENTS = ['job.succeeded', 'job.failed'];
const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

let app: TestApp;
/** One that may not send into private networks, as the service by default. */
let strict: TestApp;
beforeAll(async () => {
  app = await TestApp.open();
  strict = await TestApp.open({ allowPrivate: false });
}, 60_000);

const patch = (path: string, value: unknown): Promise<Answer> =>
  send(app.url, path, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
const made = async (more: Record<string, unknown> = {}): Promise<WebhookWithSecret> => {
  const answer = await app.post('/v1/webhooks', { url: URL_OF, events: EVENTS, ...more });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json<WebhookWithSecret>();
};

describe('POST /v1/webhooks', () => {
  it('makes an endpoint and shows its secret this once', async () => {
    const answer = await app.post('/v1/webhooks', { url: URL_OF, events: EVENTS, name: 'ours' });
    expect(answer.status).toBe(201);
    const { secret, ...webhook } = answer.json<WebhookWithSecret>();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(answer.headers.location).toBe(`/v1/webhooks/${webhook.id}`);
    expect(webhook).toEqual({
      id: expect.stringMatching(/^whk_[0-9a-f]{32}$/), object: 'webhook', name: 'ours', url: URL_OF, events: EVENTS, enabled: true, gone_at: null,
      created_at: expect.any(String), last_delivered_at: null, failing_since: null, gave_up_at: null,
    });
    const looks = [await app.get(`/v1/webhooks/${webhook.id}`), await app.get('/v1/webhooks'), await patch(`/v1/webhooks/${webhook.id}`, { name: 'theirs' }), await app.get(`/v1/webhooks/${webhook.id}/deliveries`)];
    expect(looks[0]!.json()).toEqual(webhook);
    for (const { status, text } of looks) expect([status, text.includes('whsec_'), text.includes(secret.slice(6))]).toEqual([200, false, false]);
  });

  it('takes a secret of 24 to 64 bytes', async () => {
    for (const bytes of [24, 64]) expect((await made({ secret: secretOf(bytes) })).secret).toBe(secretOf(bytes));
  });

  it.each([
    ['a secret of 23 bytes (B50)', { secret: secretOf(23) }, 'WEBHOOK_SECRET_INVALID', '/secret'],
    ['a secret of no base64', { secret: 'correct horse battery staple' }, 'WEBHOOK_SECRET_INVALID', '/secret'],
    ['no event', { events: [] }, 'INVALID_VALUE', '/events'],
    ['an unknown event', { events: ['job.exploded'] }, 'INVALID_VALUE', '/events/0'],
    ['one event twice', { events: ['job.failed', 'job.failed'] }, 'INVALID_VALUE', '/events'],
    ['an unknown field', { colour: 'red' }, 'UNKNOWN_FIELD', '/colour'],
    ['a name of no characters', { name: '' }, 'INVALID_VALUE', '/name'],
    ['an address of none', { url: '' }, 'INVALID_VALUE', '/url'],
    ['an address too long', { url: `https://example.com/${'a'.repeat(2048)}` }, 'INVALID_VALUE', '/url'],
  ])('refuses %s and leaves nothing', async (_what, more, code, pointer) => {
    const before = await app.rooms.store.list('webhooks');
    const problem = expectProblem(await app.post('/v1/webhooks', { url: URL_OF, events: EVENTS, ...more }), 422, code, [pointer]);
    if ('secret' in more) expect(problem.detail).not.toContain(more.secret);
    expect(await app.rooms.store.list('webhooks')).toEqual(before);
  });

  it.each([
    ['plain http (B50)', 'http://example.com/hook'], ['a file (B41)', 'file:///etc/passwd'], ['a user name (B41)', 'https://u:p@example.com/'], ['a fragment (B41)', 'https://example.com/#a'],
    ['another port (B41)', 'https://example.com:6379/'], ['no address', 'example.com'], ['this machine (B42)', 'https://127.0.0.1/'], ['this machine by a number (B42)', 'https://2130706433/'],
    ['this machine by name (B42)', 'https://localhost./'], ['this machine in IPv6 (B42)', 'https://[::1]/'], ['inside of IPv6 (B42)', 'https://[::ffff:7f00:1]/'],
    ['the metadata of a cloud (B42)', 'https://169.254.169.254/'], ['a private network (B42)', 'https://10.0.0.1/'],
  ])('refuses an address with %s', async (_what, url) => {
    expectProblem(await strict.post('/v1/webhooks', { url, events: EVENTS }), 422, 'URL_NOT_ALLOWED', ['/url']);
    expect(await strict.rooms.store.list('webhooks')).toEqual([]);
  });

  it('takes loopback and plain http where ALLOW_PRIVATE_ADDRESSES is set, and nothing else that is not an address (B50)', async () => {
    await made({ url: 'http://127.0.0.1:9/hook' });
    for (const url of ['file:///etc/passwd', 'http://169.254.169.254/']) expectProblem(await app.post('/v1/webhooks', { url, events: EVENTS }), 422, 'URL_NOT_ALLOWED', ['/url']);
  });

  it('takes every event by its name, and all by *', async () => {
    expect((await made({ events: WEBHOOK_EVENT_TYPES })).events).toEqual(WEBHOOK_EVENT_TYPES);
    expect((await made({ events: ['*'] })).events).toEqual(['*']);
  });

  it('sent again with its Idempotency-Key makes nothing more and has the same answer', async () => {
    const ask = (key: string) => postJson(app.url, '/v1/webhooks', { url: URL_OF, events: EVENTS }, { 'idempotency-key': key });
    const [first, again] = [await ask('a'), await ask('a')];
    expect([again.status, again.text, again.headers['idempotency-replayed']]).toEqual([201, first.text, 'true']);
    expect((await ask('b')).json<Webhook>().id).not.toBe(first.json<Webhook>().id);
  });
});

describe('GET /v1/webhooks', () => {
  it('lists them by pages, newest first', async () => {
    const newest = [(await made()).id, (await made()).id, (await made()).id].reverse();
    const first = (await app.get('/v1/webhooks?limit=2')).json<ListOf<Webhook>>();
    const second = (await app.get(`/v1/webhooks?limit=1&after=${first.last_id}`)).json<ListOf<Webhook>>();
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(newest);
    expect(first.has_more).toBe(true);
  });
});

describe('PATCH /v1/webhooks/{id}', () => {
  it('changes what is named and nothing else', async () => {
    const { secret, ...webhook } = await made({ name: 'ours' });
    const url = 'https://example.com/other';
    expect((await patch(`/v1/webhooks/${webhook.id}`, { url, events: ['*'] })).json()).toEqual({ ...webhook, url, events: ['*'] });
    expect((await patch(`/v1/webhooks/${webhook.id}`, { name: null, enabled: false })).json()).toEqual({ ...webhook, url, events: ['*'], name: null, enabled: false });
    expect((await app.get(`/v1/webhooks/${webhook.id}`)).json()).toMatchObject({ enabled: false, gone_at: null });
    expect(secret).toBeDefined();
  });

  it.each([
    ['nothing', {}, 'INVALID_VALUE', ''],
    ['a secret', { secret: secretOf(32) }, 'UNKNOWN_FIELD', '/secret'],
    ['an address that is none', { url: 'ftp://example.com/' }, 'URL_NOT_ALLOWED', '/url'],
    ['no event', { events: [] }, 'INVALID_VALUE', '/events'],
    ['a word for enabled', { enabled: 'yes' }, 'INVALID_VALUE', '/enabled'],
  ])('refuses %s', async (_what, change, code, pointer) => {
    const { id } = await made();
    expectProblem(await patch(`/v1/webhooks/${id}`, change), 422, code, [pointer]);
  });
});

describe('POST /v1/webhooks/{id}/rotate', () => {
  it('gives it another secret, made or sent, and shows it this once', async () => {
    const { id, secret } = await made();
    const rotated = await app.post(`/v1/webhooks/${id}/rotate`, {});
    expect(rotated.status).toBe(200);
    expect(rotated.json<WebhookWithSecret>().secret).toMatch(/^whsec_/);
    expect(rotated.json<WebhookWithSecret>().secret).not.toBe(secret);
    expect((await app.post(`/v1/webhooks/${id}/rotate`, { secret: secretOf(40) })).json<WebhookWithSecret>().secret).toBe(secretOf(40));
    expectProblem(await app.post(`/v1/webhooks/${id}/rotate`, { secret: secretOf(8) }), 422, 'WEBHOOK_SECRET_INVALID', ['/secret']);
    expect((await app.get(`/v1/webhooks/${id}`)).text).not.toContain('whsec_');
  });
});

describe('Deliveries', () => {
  it('are listed by pages and state, and can be replayed while the endpoint is on', async () => {
    const { id } = await made();
    const sent = [];
    for (let n = 0; n < 3; n += 1) sent.unshift((await app.post(`/v1/webhooks/${id}/test`, {})).json<Delivery>());
    expect(sent[0]).toMatchObject({ object: 'delivery', webhook: id, type: 'webhook.test', status: 'pending', tries: [], replay_of: null });
    const list = async (query: string) => (await app.get(`/v1/webhooks/${id}/deliveries${query}`)).json<ListOf<Delivery>>();
    const first = await list('?limit=2');
    expect([...first.data, ...(await list(`?limit=2&after=${first.last_id}`)).data]).toEqual(sent);
    expect((await list('?status=delivered')).data).toEqual([]);
    expect((await list('?status=pending')).data).toHaveLength(3);
    expectProblem(await app.get(`/v1/webhooks/${id}/deliveries?status=lost`), 422, 'INVALID_VALUE');

    const replay = await app.post(`/v1/webhooks/${id}/deliveries/${sent[1]!.id}/replay`, {});
    expect([replay.status, replay.json<Delivery>()]).toMatchObject([202, { event: sent[1]!.event, replay_of: sent[1]!.id, status: 'pending' }]);
    expect(await app.rooms.queue.holds('deliver', `${id}.${replay.json<Delivery>().id}`)).toBe(true);
    await patch(`/v1/webhooks/${id}`, { enabled: false });
    for (const path of ['test', `deliveries/${sent[1]!.id}/replay`]) expectProblem(await app.post(`/v1/webhooks/${id}/${path}`, {}), 409, 'WEBHOOK_DISABLED');
  });

  it('of one request, sent again with its key, are one', async () => {
    const { id } = await made();
    const ask = () => postJson(app.url, `/v1/webhooks/${id}/test`, {}, { 'idempotency-key': 'only-once' });
    expect((await ask()).text).toBe((await ask()).text);
    expect((await app.get(`/v1/webhooks/${id}/deliveries`)).json<ListOf<Delivery>>().data).toHaveLength(1);
  });
});

describe('An endpoint that is not there', () => {
  it('is 404 by every way', async () => {
    const { id } = await made();
    expect((await app.delete(`/v1/webhooks/${id}`)).status).toBe(204);
    for (const one of [id, 'nonsense', `job_${'0'.repeat(32)}`]) {
      const path = `/v1/webhooks/${one}`;
      const asked = [app.get(path), patch(path, { name: 'a' }), app.delete(path), app.post(`${path}/rotate`, {}), app.post(`${path}/test`, {}), app.get(`${path}/deliveries`), app.post(`${path}/deliveries/dlv_1/replay`, {})];
      for (const answer of asked) expectProblem(await answer, 404, 'WEBHOOK_NOT_FOUND');
    }
  });

  it('nor is a delivery that it has not', async () => {
    const { id } = await made();
    for (const delivery of ['nonsense', `dlv_${'0'.repeat(32)}`]) expectProblem(await app.post(`/v1/webhooks/${id}/deliveries/${delivery}/replay`, {}), 404, 'DELIVERY_NOT_FOUND');
  });
});

describe('The key that may only read', () => {
  it('sees endpoints and their log, and changes nothing', async () => {
    const keyed = await TestApp.open({ keys: { apiKey: 'writes', readOnlyKey: 'reads' } });
    const as = (key: string) => ({ authorization: `Bearer ${key}` });
    const { id } = (await postJson(keyed.url, '/v1/webhooks', { url: URL_OF, events: EVENTS }, as('writes'))).json<Webhook>();
    for (const path of ['', `/${id}`, `/${id}/deliveries`]) expect((await keyed.get(`/v1/webhooks${path}`, as('reads'))).status).toBe(200);
    for (const path of ['', `/${id}/test`, `/${id}/rotate`]) expectProblem(await postJson(keyed.url, `/v1/webhooks${path}`, {}, as('reads')), 403, 'KEY_READ_ONLY');
    expect(ERRORS.KEY_READ_ONLY.status).toBe(403);
  });
});
