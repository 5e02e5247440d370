// Row B21 of the design's table: how many jobs may wait, and how often one may ask.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { listJobIds } from '#jobs/query.js';
import { TestApp } from '../support/app.js';
import { expectProblem, postJson, pretrain, send, type Answer } from '../support/requests.js';
import { until } from '../support/until.js';

const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status).sort();

describe('B21: a queue that may hold three jobs', () => {
  let app: TestApp;
  let dataset: string;
  const submit = (key?: string): Promise<Answer> => postJson(app.url, '/v1/jobs', pretrain(dataset), key === undefined ? {} : { 'idempotency-key': key });
  beforeAll(async () => {
    app = await TestApp.open({ maxQueuedJobs: 3 });
    dataset = (await app.generated()).id;
  });

  it('takes three of ten that come at once; the others are 429 with Retry-After, and nothing of them stays', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => submit()));
    expect(statuses(answers)).toEqual([...Array<number>(3).fill(201), ...Array<number>(7).fill(429)]);
    for (const answer of answers.filter(({ status }) => status === 429)) {
      expect(expectProblem(answer, 429, 'QUOTA', []).detail).toContain('3 (MAX_QUEUED_JOBS)');
      expect(answer.headers['retry-after']).toBe('5');
    }
    expect(await listJobIds(app.rooms.store)).toHaveLength(3);
    expect(await app.rooms.queue.counts('train')).toEqual({ waiting: 3, active: 0 });
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('still reads, and tries what a job would take', async () => {
    expect((await app.get('/v1/jobs')).status).toBe(200);
    expect((await app.post('/v1/jobs?dry_run=true', pretrain(dataset))).status).toBe(200);
    expect((await submit()).status).toBe(429);
  });

  it('takes the next when one has left, also under the key that was refused; an ended job made once more counts', async () => {
    expectProblem(await submit('once'), 429, 'QUOTA', []);
    const [first] = await listJobIds(app.rooms.store);
    expect((await app.post(`/v1/jobs/${first!}/cancel`, {})).status).toBe(200);
    expect((await submit('once')).status).toBe(201);
    const before = await app.traces();
    expectProblem(await app.post(`/v1/jobs/${first!}/retry`, {}), 429, 'QUOTA', []);
    expect(await app.traces()).toEqual(before);
    const [next] = (await listJobIds(app.rooms.store)).filter((id) => id !== first);
    await app.post(`/v1/jobs/${next!}/cancel`, {});
    expect((await app.post(`/v1/jobs/${first!}/retry`, {})).status).toBe(201);
  });
});

describe('B21: a service that lets each ask five times a second', () => {
  const [KEY, READING] = ['a-key-that-may-everything', 'a-key-that-may-read'];
  const LIMIT = 5;
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open({ requestsPerSecond: LIMIT, keys: { apiKey: KEY, readOnlyKey: READING } });
  });
  const as = (key: string, path = '/v1/jobs'): Promise<Answer> => send(app.url, path, { headers: { authorization: `Bearer ${key}` } });
  const times = (count: number, ask: () => Promise<Answer>): Promise<Answer[]> => Promise.all(Array.from({ length: count }, ask));
  const limited = (answers: readonly Answer[]): Answer[] => answers.filter(({ status }) => status === 429);

  it('answers the others 429 with Retry-After, each key by itself, and goes on within a second', async () => {
    const answers = await times(20, () => as(KEY));
    // Twice as many where they fell into two seconds.
    expect(answers.length - limited(answers).length).toBeGreaterThanOrEqual(LIMIT);
    expect(answers.length - limited(answers).length).toBeLessThanOrEqual(2 * LIMIT);
    for (const answer of limited(answers)) {
      expectProblem(answer, 429, 'RATE_LIMITED', []);
      expect(answer.headers).toMatchObject({ 'retry-after': '1', 'ratelimit-limit': String(LIMIT), 'ratelimit-remaining': '0' });
    }
    const other = await as(READING);
    expect([other.status, other.headers['ratelimit-remaining']]).toEqual([200, String(LIMIT - 1)]);
    await until('the key may ask again', async () => (await as(KEY)).status === 200, 3_000);
  });

  it('counts whoever has no key, or guesses one, by address; and addresses that are none', async () => {
    let guess = 0;
    const answers = await times(20, () => as(`guess-${(guess += 1)}`, guess % 2 ? '/v1/jobs' : '/v1/nothing'));
    expect(limited(answers).length).toBeGreaterThanOrEqual(20 - 2 * LIMIT);
    expect(statuses(answers)[0]).toBe(401);
    const from = (remoteAddress: string) => app.app.inject({ url: '/v1/jobs', remoteAddress });
    for (let at = 0; at < 4 * LIMIT; at++) await from('2001:db8::1');
    // One host may have all addresses of its network.
    expect((await from('2001:db8::2')).statusCode).toBe(429);
    expect((await from('2001:db8:0:1::1')).statusCode).toBe(401);
    expect((await app.app.inject({ url: '/v1/jobs', remoteAddress: '192.0.2.1', headers: { 'x-forwarded-for': '2001:db8::2' } })).statusCode).toBe(401);
  });

  it.each(['/healthz', '/readyz', '/metrics'])('does not limit %s', async (path) => {
    expect(new Set(statuses(await times(4 * LIMIT, () => as(KEY, path))))).toEqual(new Set([200]));
  });

  it('says so of every operation but these three', async () => {
    const answer = await until('the description may be asked for', async () => {
      const asked = await as(READING, '/openapi.json');
      return asked.status === 200 ? asked : undefined;
    });
    const { paths } = answer.json<{ paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>> }>();
    const silent = Object.values(paths).flatMap((path) => Object.values(path)).flatMap(({ operationId, responses }) => (429 in responses ? [] : [operationId]));
    expect(silent.sort()).toEqual(['getHealth', 'getPrometheusMetrics', 'getReadiness']);
  });
});
