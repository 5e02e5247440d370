// What holds for every route: the shape of failures, addresses, methods, media types, bodies that cannot be read.
import { beforeAll, describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import { TestApp } from '../support/app.js';
import { expectProblem, send, type Answer } from '../support/requests.js';
import { until } from '../support/until.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.open();
});

const JSON_TYPE = { 'content-type': 'application/json' };
const NO_SUCH = '0'.repeat(32);
const postBody = (body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE): Promise<Answer> =>
  send(app.url, '/v1/jobs', { method: 'POST', headers, body });

describe('every answer', () => {
  it('carries a request id of its own, a success as well as a failure', async () => {
    const agent = supertest(app.url);
    const answers = [await agent.get('/healthz').expect(200), await agent.get('/v1/jobs').expect(200), await agent.get('/nowhere').expect(404)];
    const ids = answers.map(({ headers }) => (headers as Record<string, string>)['x-request-id']);
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('takes no request id from outside', async () => {
    const answer = await app.get('/healthz', { 'x-request-id': 'mine', 'request-id': 'mine' });
    expect(answer.headers['x-request-id']).not.toBe('mine');
  });
});

describe('an address that is none', () => {
  it('is answered 404 with the method and the path, without its query', async () => {
    const problem = expectProblem(await app.get('/v1/unheard?secret=1'), 404, 'ROUTE_NOT_FOUND', []);
    expect(problem).toMatchObject({ title: 'Route not found', instance: '/v1/unheard' });
    expect(problem.detail).toContain('GET /v1/unheard');
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it.each([
    ['PUT', '/v1/jobs', ['GET', 'HEAD', 'POST']],
    ['DELETE', '/v1/jobs', ['GET', 'HEAD', 'POST']],
    ['POST', `/v1/jobs/job_${NO_SUCH}`, ['DELETE', 'GET', 'HEAD']],
    ['PUT', `/v1/models/mdl_${NO_SUCH}`, ['DELETE', 'GET', 'HEAD', 'PATCH']],
    ['GET', `/v1/jobs/job_${NO_SUCH}/cancel`, ['POST']],
    ['OPTIONS', '/v1/system', ['GET', 'HEAD']],
    ['TRACE', '/healthz', ['GET', 'HEAD']],
  ])('is told from a method that is not possible: %s %s is 405 with Allow', async (method, path, allowed) => {
    const answer = await send(app.url, path, { method });
    expectProblem(answer, 405, 'METHOD_NOT_ALLOWED', []);
    expect(answer.headers.allow?.split(', ').sort()).toEqual(allowed);
  });
});

const STRANGE_IDS = [
  '..', '../x', '..%2fx', '%2e%2e', '%2e%2e%2fx', '%252e%252e', '..\\', ';/../', '%00', '.', '%2fetc%2fpasswd', 'job_', `job_${'A'.repeat(32)}`,
  `job_${NO_SUCH}%00`, `job_${NO_SUCH}%0a`, `job_${NO_SUCH}`, 'x'.repeat(200), 'x'.repeat(10_000), '%F0%9F%8C%B1', '__proto__', 'constructor',
];

describe('an id that names nothing', () => {
  it.each(STRANGE_IDS.map((id) => [id.slice(0, 48), id]))('is answered 404 wherever it stands: %s', async (_shown, id) => {
    const paths = [
      `/v1/jobs/${id}`, `/v1/jobs/${id}/events`, `/v1/jobs/${id}/metrics`, `/v1/jobs/${id}/predictions`, `/v1/jobs/${id}/artifacts`, `/v1/jobs/${id}/artifacts/model.json`,
      `/v1/datasets/${id}`, `/v1/models/${id}`, `/v1/models/${id}/files/model.json`,
    ];
    for (const path of paths) {
      const answer = await app.get(path);
      expect({ path, status: answer.status }).toEqual({ path, status: 404 });
      expect(answer.json()).toMatchObject({ status: 404, code: expect.stringMatching(/_NOT_FOUND$/) });
    }
    for (const path of [`/v1/jobs/${id}`, `/v1/datasets/${id}`, `/v1/models/${id}`]) {
      expect({ path, status: (await app.delete(path)).status }).toEqual({ path, status: 404 });
    }
    expect((await send(app.url, `/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(404);
  });

  it('may be badly escaped, which is a request that cannot be read', async () => {
    expectProblem(await app.get('/v1/jobs/%zz'), 400, 'BAD_REQUEST', []);
  });
});

describe('a body that cannot be read', () => {
  it.each([
    ['malformed', '{"type":'],
    ['empty', ''],
    ['null', 'null'],
    ['an array', '[]'],
    ['a number', '42'],
    ['a text', '"pretrain"'],
    ['true', 'true'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['NaN', '{"type": NaN}'],
    ['with something behind it', '{} {}'],
    ['with a __proto__ key', '{"type":"pretrain","__proto__":{"polluted":true}}'],
    ['with a nested __proto__ key', '{"type":"pretrain","training":{"__proto__":{"epochs":1}}}'],
    ['with a constructor.prototype key', '{"constructor":{"prototype":{"polluted":true}}}'],
    ['nested 10,000 deep and cut off', '[{"a":'.repeat(10_000)],
  ])('is 400 where it is %s', async (_what, body) => {
    for (const path of ['/v1/jobs', '/v1/datasets']) {
      expectProblem(await send(app.url, path, { method: 'POST', headers: JSON_TYPE, body }), 400, 'INVALID_JSON', []);
    }
    expect('polluted' in {}).toBe(false);
  });

  it('is refused when it is nested 10,000 deep, without taking long', async () => {
    const startedAt = performance.now();
    const answer = await postBody(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`);
    expect([400, 422]).toContain(answer.status);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('is 413 where it is larger than 1 MiB, and one byte less is read', async () => {
    const filled = (size: number): string => `{"name":"${'x'.repeat(size - 11)}"}`;
    expectProblem(await postBody(filled(2 ** 20 + 1)), 413, 'BODY_TOO_LARGE', []);
    expect((await postBody(filled(2 ** 20))).status).toBe(422);
  });

  it.each([
    ['text/plain', '{}'],
    ['application/x-www-form-urlencoded', 'type=pretrain'],
    ['application/jsonx', '{}'],
    ['application/xml', '<job/>'],
  ])('is 415 where it is sent as %s', async (type, body) => {
    expectProblem(await postBody(body, { 'content-type': type }), 415, 'MEDIA_TYPE', []);
  });

  it('is 415 where it has no type at all', async () => {
    expectProblem(await postBody('{"type":"pretrain"}', {}), 415, 'MEDIA_TYPE', []);
  });

  it('is 415 where files are sent to a route that takes none', async () => {
    const answer = await postBody('--x--\r\n', { 'content-type': 'multipart/form-data; boundary=x' });
    expectProblem(answer, 415, 'MEDIA_TYPE', []);
  });

  it('is read as JSON where its type has a parameter, or is spelt in capitals', async () => {
    for (const type of ['application/json; charset=utf-8', 'Application/JSON']) {
      expectProblem(await postBody('{}', { 'content-type': type }), 422, 'MISSING_FIELD', ['/type']);
    }
  });
});

describe('the pages about the service', () => {
  it('describe it in OpenAPI 3.1, with an operation id for every operation', async () => {
    const document = (await supertest(app.url).get('/openapi.json').expect(200)).body as {
      openapi: string;
      paths: Record<string, Record<string, { operationId?: string }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('show the same as a page for people', async () => {
    const answer = await supertest(app.url).get('/docs/').redirects(1).expect(200);
    expect(answer.text).toContain('swagger-ui');
  });

  it('say that the process answers, and that jobs can be accepted', async () => {
    expect((await supertest(app.url).get('/healthz').expect(200)).body).toEqual({ status: 'ok', checks: {} });
    expect((await supertest(app.url).get('/readyz').expect(200)).body).toEqual({ status: 'ok', checks: { queue: 'ok', store: 'ok' } });
  });
});

describe('a queue server that is away', () => {
  it('makes the service not ready and submissions 503, and keeps what was stored in sight', async () => {
    const dataset = await app.generated();
    const before = await app.traces();
    await app.valkey.kill();
    try {
      expect((await app.get('/healthz')).status).toBe(200);
      const ready = await app.get('/readyz');
      expect(ready.status).toBe(503);
      expect(ready.json()).toEqual({ status: 'unavailable', checks: { queue: 'unavailable', store: 'ok' } });

      const job = await app.post('/v1/jobs', { type: 'pretrain', dataset: dataset.id, model: { architecture: 'mlp' } });
      expectProblem(job, 503, 'QUEUE_UNAVAILABLE', []);
      expect(job.headers['retry-after']).toMatch(/^\d+$/);
      expectProblem(await app.post('/v1/datasets', { generate: { name: 'glyph_digits' } }), 503, 'QUEUE_UNAVAILABLE', []);
      expect((await app.get(`/v1/datasets/${dataset.id}`)).status).toBe(200);
    } finally {
      await app.valkey.startAgain();
    }
    await until('the queue answers again', () => app.rooms.queue.ready().then(() => true, () => false));
    expect((await app.traces()).paths).toEqual(before.paths);
  });
});
