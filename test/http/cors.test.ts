// What a browser is told when a page of another origin asks.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/app.js';
import { send } from '../support/requests.js';

const KEY = 'rsk-test-key-with-everything';
const WALL = 'https://wall.example.com';
let app: TestApp;
let closed: TestApp;
beforeAll(async () => {
  app = await TestApp.open({ keys: { apiKey: KEY, readOnlyKey: '' }, origins: [WALL, 'http://localhost:3000'] });
  closed = await TestApp.open();
});

const allowed = (headers: Record<string, unknown>) => Object.keys(headers).filter((name) => name.startsWith('access-control-'));
const preflight = (url: string, origin: string, path = '/v1/jobs') =>
  send(url, path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type,idempotency-key' } });

describe('a page of an origin that is named', () => {
  it.each([WALL, 'http://localhost:3000'])('may ask, with a key like anybody: %s', async (origin) => {
    const may = await preflight(app.url, origin);
    expect([may.status, may.headers['access-control-allow-origin'], may.headers['access-control-allow-headers']]).toEqual([204, origin, 'authorization,content-type,idempotency-key']);
    expect(may.headers['access-control-allow-methods']).toContain('POST');
    expect(may.headers).not.toHaveProperty('access-control-allow-credentials');
    const answer = await app.get('/v1/jobs', { origin, authorization: `Bearer ${KEY}` });
    expect([answer.status, answer.headers['access-control-allow-origin'], answer.headers.vary]).toEqual([200, origin, 'Origin']);
    expect(answer.headers['access-control-expose-headers']).toContain('etag');
  });

  it('may read why it is refused', async () => {
    const answer = await app.get('/v1/jobs', { origin: WALL });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([401, WALL]);
  });

  it('may follow events', async () => {
    const answer = await app.get(`/v1/jobs/job_${'0'.repeat(32)}/events`, { origin: WALL, authorization: `Bearer ${KEY}`, accept: 'text/event-stream' });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([404, WALL]);
  });
});

describe('any other page', () => {
  it.each(['https://evil.example.com', 'https://wall.example.com.evil.com', 'http://wall.example.com', 'null'])('may not: %s', async (origin) => {
    for (const answer of [await preflight(app.url, origin), await app.get('/v1/jobs', { origin, authorization: `Bearer ${KEY}` })]) expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('may not anywhere where none is named', async () => {
    for (const answer of [await preflight(closed.url, WALL), await closed.get('/v1/jobs', { origin: WALL })]) expect(allowed(answer.headers)).toEqual([]);
  });
});

describe('OPTIONS that no browser sends', () => {
  it('is as where no origin is named', async () => {
    const answer = await send(app.url, '/v1/jobs', { method: 'OPTIONS', headers: { authorization: `Bearer ${KEY}` } });
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST, GET, HEAD']);
    const tus = await send(app.url, '/v1/uploads', { method: 'OPTIONS', headers: { authorization: `Bearer ${KEY}` } });
    expect([tus.status, tus.headers['tus-version']]).toEqual([204, '1.0.0']);
    expect((await send(app.url, '/v1/uploads', { method: 'OPTIONS' })).status).toBe(401);
  });
});
