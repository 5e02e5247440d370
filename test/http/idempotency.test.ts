// Idempotency-Key: a request that is sent again does nothing twice and is answered as the first time.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildApp } from '#http/app.js';
import { forgetRequests, nameOf } from '#http/idempotency-records.js';
import type { Rooms } from '#http/rooms.js';
import type { Job } from '#contract/job.js';
import { listJobIds } from '#jobs/query.js';
import { TestApp } from '../support/app.js';
import { fourFiles } from '../support/idx.js';
import { overridden } from '../support/overridden.js';
import { expectProblem, multipart, postJson, pretrain, send, type Answer } from '../support/requests.js';
import { until } from '../support/until.js';

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});
const others: { close(): Promise<unknown> }[] = [];
afterAll(async () => {
  for (const other of others) await other.close();
});

/** Another API process over the same rooms, which remembers nothing of the first. */
async function anotherApi(rooms: Rooms = app.rooms): Promise<string> {
  const other = await buildApp(rooms, { keys: { apiKey: '', readOnlyKey: '' } });
  others.push(other);
  await other.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(other.server.address() as AddressInfo).port}`;
}

let keys = 0;
const freshKey = (): string => `key-${(keys += 1)}`;
const post = (key: string, body: unknown, { url = app.url, path = '/v1/jobs' } = {}): Promise<Answer> =>
  postJson(url, path, body, { 'idempotency-key': key });
const jobCount = async (): Promise<number> => (await listJobIds(app.rooms.store)).length;
const replayed = (answer: Answer): boolean => answer.headers['idempotency-replayed'] === 'true';

describe('a request sent again with its key', () => {
  it('is answered with the first status, body and Location, and makes no second job', async () => {
    const [key, before] = [freshKey(), await jobCount()];
    const first = await post(key, pretrain(dataset));
    expect([first.status, replayed(first)]).toEqual([201, false]);
    await app.post(`/v1/jobs/${first.json<Job>().id}/cancel`, {}); // what became of it meanwhile does not show
    const second = await post(key, pretrain(dataset));
    expect([second.status, second.text, second.headers.location, second.headers['content-type']]).toEqual([
      201, first.text, first.headers.location, first.headers['content-type'],
    ]);
    expect(replayed(second)).toBe(true);
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(await jobCount()).toBe(before + 1);
  });

  it('is answered so by another process over the same store, also after a restart', async () => {
    const key = freshKey();
    const first = await post(key, pretrain(dataset));
    const second = await post(key, pretrain(dataset), { url: await anotherApi() });
    expect([second.status, second.text, replayed(second)]).toEqual([201, first.text, true]);
  });

  it('F35: makes one job of fifty requests at once, over two processes, all answered alike', async () => {
    const [key, before, other] = [freshKey(), await jobCount(), await anotherApi()];
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => post(key, pretrain(dataset), n % 2 === 0 ? {} : { url: other })));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]!.status).toBe(201);
    expect(await jobCount()).toBe(before + 1);
    expect(await app.rooms.events.read(answers[0]!.json<Job>().id)).toHaveLength(1);
  });

  it('finds the job it made where the service died before the answer was kept', async () => {
    const [key, before] = [freshKey(), await jobCount()];
    const dying = overridden(app.rooms.store, {
      putIfAbsent: (name: string, bytes: string) =>
        name.endsWith('answer.json') ? Promise.reject(new Error('gone')) : app.rooms.store.putIfAbsent(name, bytes),
    });
    const first = await post(key, pretrain(dataset), { url: await anotherApi({ ...app.rooms, store: dying }) });
    const second = await post(key, pretrain(dataset));
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json<Job>().id).toBe(first.json<Job>().id);
    expect(await jobCount()).toBe(before + 1);
  });

  it('F35, B48: is refused with another body, and to another address, and nothing is done', async () => {
    const key = freshKey();
    const job = (await post(key, pretrain(dataset))).json<Job>();
    const before = await app.traces();
    expectProblem(await post(key, pretrain(dataset, { priority: 9 })), 422, 'IDEMPOTENCY_MISMATCH', []);
    expectProblem(await post(key, pretrain(dataset), { path: `/v1/jobs/${job.id}/cancel` }), 422, 'IDEMPOTENCY_MISMATCH', []);
    expectProblem(await post(key, { generate: { name: 'glyph_digits' } }, { path: '/v1/datasets' }), 422, 'IDEMPOTENCY_MISMATCH', []);
    expect(await app.traces()).toEqual(before);
  });

  it('gets a refusal again, too; but not what was no request yet', async () => {
    const key = freshKey();
    const refused = await post(key, pretrain('ds_none'));
    expectProblem(refused, 422, 'DATASET_UNKNOWN', ['/dataset']);
    const again = await post(key, pretrain('ds_none'));
    expect([again.status, again.text, replayed(again)]).toEqual([422, refused.text, true]);
    const unread = freshKey();
    expectProblem(await post(unread, {}), 422, 'MISSING_FIELD', ['/type']);
    expect((await post(unread, pretrain(dataset))).status).toBe(201);
  });

  it('is made again after a failure of the service', async () => {
    const [key, before] = [freshKey(), await jobCount()];
    await app.valkey.kill();
    try {
      expectProblem(await post(key, pretrain(dataset)), 503, 'QUEUE_UNAVAILABLE', []);
    } finally {
      await app.valkey.startAgain();
    }
    await until('the queue answers again', () => app.rooms.queue.ready().then(() => true, () => false));
    const answer = await post(key, pretrain(dataset));
    expect([answer.status, replayed(answer)]).toEqual([201, false]);
    expect(await jobCount()).toBe(before + 1);
  });

  it('is the same for actions and generated data sets', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const [cancelKey, retryKey, datasetKey] = [freshKey(), freshKey(), freshKey()];
    const cancel = () => send(app.url, `/v1/jobs/${id}/cancel`, { method: 'POST', headers: { 'idempotency-key': cancelKey } });
    expect([replayed(await cancel()), replayed(await cancel())]).toEqual([false, true]);
    const retry = () => post(retryKey, {}, { path: `/v1/jobs/${id}/retry` });
    const [first, second] = [await retry(), await retry()];
    expect([first.status, second.text]).toEqual([201, first.text]);
    const generate = () => post(datasetKey, { generate: { name: 'glyph_digits', examples: 100 } }, { path: '/v1/datasets' });
    expect((await generate()).text).toBe((await generate()).text);
  });
});

describe('an upload sent again with its key', () => {
  const files = fourFiles([0, 1, 2], [0, 1]);
  const upload = (key: string, sent = files, boundary = 'one', fields: [string, string][] = [['name', 'mine']]): Promise<Answer> => {
    const { headers, body } = multipart(sent, fields);
    const renamed = body.toString('latin1').replaceAll('rootstock-test-boundary', boundary);
    const type = headers['content-type'].replace('rootstock-test-boundary', boundary);
    return send(app.url, '/v1/datasets', { method: 'POST', headers: { 'content-type': type, 'idempotency-key': key }, body: Buffer.from(renamed, 'latin1') });
  };

  it('makes one data set, whatever parts its body', async () => {
    const key = freshKey();
    const first = await upload(key);
    const before = await app.traces();
    const second = await upload(key, files, 'another');
    expect([first.status, second.status, second.text, replayed(second)]).toEqual([201, 201, first.text, true]);
    expect(await app.traces()).toEqual(before);
  });

  it('is refused with other files, other names or other fields', async () => {
    const key = freshKey();
    await upload(key);
    const before = await app.traces();
    expectProblem(await upload(key, fourFiles([0, 1, 1], [0, 1])), 422, 'IDEMPOTENCY_MISMATCH', []);
    expectProblem(await upload(key, files.map((file) => ({ ...file, name: file.name.replace('t10k', 'test') }))), 422, 'IDEMPOTENCY_MISMATCH', []);
    expectProblem(await upload(key, files, 'one', [['name', 'other']]), 422, 'IDEMPOTENCY_MISMATCH', []);
    expect(await app.traces()).toEqual(before);
  });

  it('is received anew where the first one ended early', async () => {
    const key = freshKey();
    const { headers, body } = multipart(files);
    const cut = await send(app.url, '/v1/datasets', { method: 'POST', headers: { ...headers, 'idempotency-key': key }, body: body.subarray(0, body.length - 40) });
    expect(cut.status).toBe(400);
    expect((await upload(key)).status).toBe(201);
  });

  it('waits for the first, and is told to come again where that takes long', async () => {
    const key = freshKey();
    const { headers, body } = multipart(files, [['name', 'mine']]);
    const { hostname, port } = new URL(app.url);
    const answered = new Promise<number>((resolve) => {
      const slow = httpRequest({ hostname, port, path: '/v1/datasets', method: 'POST', headers: { ...headers, 'idempotency-key': key, 'content-length': String(body.length) } });
      slow.on('response', (response) => resolve(response.resume().statusCode!));
      slow.write(body.subarray(0, 200));
      void until('the first is being received', async () => (await app.rooms.store.listStaged()).length > 0)
        .then(() => upload(key))
        .then((second) => {
          expectProblem(second, 409, 'IDEMPOTENCY_IN_PROGRESS', []);
          expect(second.headers['retry-after']).toMatch(/^\d+$/);
          slow.end(body.subarray(200));
        });
    });
    expect(await answered).toBe(201);
    expect(replayed(await upload(key))).toBe(true);
  });
});

describe('an Idempotency-Key', () => {
  it.each([['empty', ''], ['of 256 characters', 'k'.repeat(256)], ['with a space', 'a b'], ['with a letter beyond ASCII', 'caf\u00e9']])('is refused %s', async (_how, key) => {
    expectProblem(await post(key, pretrain(dataset)), 400, 'IDEMPOTENCY_KEY_INVALID', []);
  });

  it('may be 255 visible characters, and means nothing to other methods', async () => {
    expect((await post(`"!${'~'.repeat(252)}"`, pretrain(dataset))).status).toBe(201);
    expect((await app.get('/v1/jobs', { 'idempotency-key': 'a b' })).status).toBe(200);
  });

  it('is one for each API key', () => {
    expect(nameOf('Bearer a', 'key')).not.toBe(nameOf('Bearer b', 'key'));
    expect(nameOf('Bearer a', 'key')).not.toBe(nameOf('Bearer', 'a key'));
  });

  it('is forgotten when it is older than it is kept, and not before', async () => {
    const key = freshKey();
    const first = await post(key, pretrain(dataset));
    const dayMs = 24 * 3_600_000;
    const aDay = { days: 1, count: null, bytes: null };
    expect(await forgetRequests(app.rooms.store, aDay)).toBe(0);
    expect((await post(key, pretrain(dataset))).text).toBe(first.text);
    expect(await forgetRequests(app.rooms.store, aDay, Date.now() + dayMs + 60_000)).toBeGreaterThan(0);
    const anew = await post(key, pretrain(dataset));
    expect(anew.json<Job>().id).not.toBe(first.json<Job>().id);
  });
});
