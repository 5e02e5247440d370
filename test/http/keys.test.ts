// Who may do what, where keys are set.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Problem } from '#contract/problem.js';
import { TestApp } from '../support/app.js';
import { expectProblem, send, type Answer } from '../support/requests.js';

const KEY = 'rsk-test-key-with-everything';
const READING = 'rsk-test-key-for-reading';
const NO_SUCH = '0'.repeat(32);

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.open({ keys: { apiKey: KEY, readOnlyKey: READING } });
});

const as = (key: string, path: string, method = 'GET', body?: object): Promise<Answer> =>
  send(app.url, path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });

const ROUTES: [method: string, path: string][] = [
  ['GET', '/v1/system'], ['GET', '/metrics'], ['GET', '/v1/jobs'], ['GET', '/v1/datasets'], ['GET', '/v1/models'],
  ['GET', `/v1/jobs/job_${NO_SUCH}`], ['GET', `/v1/jobs/job_${NO_SUCH}/events`], ['GET', `/v1/models/mdl_${NO_SUCH}/files/model.json`],
  ['POST', '/v1/jobs'], ['POST', '/v1/datasets'], ['POST', `/v1/jobs/job_${NO_SUCH}/cancel`],
  ['DELETE', `/v1/jobs/job_${NO_SUCH}`], ['DELETE', `/v1/datasets/ds_${NO_SUCH}`], ['DELETE', `/v1/models/mdl_${NO_SUCH}`],
  ['GET', '/v1/unheard'], ['PUT', '/v1/jobs'], ['HEAD', '/v1/jobs'], ['OPTIONS', '/v1/jobs'],
];

describe('a service with an API_KEY', () => {
  it.each(ROUTES)('asks for it: %s %s', async (method, path) => {
    const answer = await send(app.url, path, { method });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    if (method !== 'HEAD') expectProblem(answer, 401, 'KEY_REQUIRED', []);
  });

  it.each(['/healthz', '/readyz', '/openapi.json', '/errors.md', '/docs/', '/docs/static/swagger-ui.css'])('shows %s to everyone', async (path) => {
    expect((await app.get(path)).status).toBe(200);
  });

  it.each([
    ['v1', '/docs/../v1/jobs'],
    ['v1, escaped', '/docs/%2e%2e/v1/jobs'],
    ['v1, with a slash escaped', '/docs/..%2fv1%2fjobs'],
    ['v1, after what looks public', '/healthz/../v1/jobs'],
    ['v1, with a slash more', '//v1/jobs'],
  ])('shows nothing else by way of a public page: %s', async (_what, path) => {
    const answer = await app.get(path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  it('answers a wrong key, a part of the key, another scheme and no key alike', async () => {
    const headers = [
      {}, { authorization: 'Bearer wrong' }, { authorization: `Bearer ${KEY.slice(0, -1)}` }, { authorization: `Bearer ${KEY}x` }, { authorization: 'Bearer' },
      { authorization: 'Bearer ' }, { authorization: KEY }, { authorization: `Basic ${Buffer.from(`x:${KEY}`).toString('base64')}` }, { 'x-api-key': KEY },
    ] as Record<string, string>[];
    const told = [];
    for (const header of headers) {
      const problem = expectProblem(await app.get('/v1/jobs', header), 401, 'KEY_REQUIRED', []);
      told.push({ ...problem, request_id: '' });
    }
    for (const each of told) expect(each).toEqual(told[0]);
  });

  it('reads no key from the address, and does not repeat it', async () => {
    for (const name of ['key', 'api_key', 'access_token', 'authorization']) {
      const answer = await app.get(`/v1/jobs?${name}=${KEY}`);
      const problem = expectProblem(answer, 401, 'KEY_REQUIRED', []);
      expect(problem.detail).toContain('Authorization: Bearer');
      expect(answer.text).not.toContain(KEY);
    }
  });

  it('asks for it before it looks at the body', async () => {
    const answer = await send(app.url, '/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' });
    expectProblem(answer, 401, 'KEY_REQUIRED', []);
  });

  it('does everything with the key, however "Bearer" is spelt', async () => {
    expect((await as(KEY, '/v1/jobs')).status).toBe(200);
    expect((await as(KEY, '/v1/datasets', 'POST', { generate: { name: 'glyph_digits', examples: 100 } })).status).toBe(201);
    expect((await app.get('/v1/jobs', { authorization: `bearer ${KEY}` })).status).toBe(200);
    expect((await as(KEY, '/v1/system')).json()).toMatchObject({ access: 'key' });
  });
});

describe('a READ_ONLY_KEY', () => {
  it.each(ROUTES.filter(([method]) => method === 'GET' || method === 'HEAD'))('lets in: %s %s', async (method, path) => {
    expect([200, 404]).toContain((await as(READING, path, method)).status);
  });

  it.each(ROUTES.filter(([method]) => method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'))('changes nothing: %s %s', async (method, path) => {
    const before = await app.traces();
    const problem: Problem = expectProblem(await as(READING, path, method, method === 'POST' ? {} : undefined), 403, 'KEY_READ_ONLY', []);
    expect(problem.detail).toContain('API_KEY');
    expect(await app.traces()).toEqual(before);
  });
});
