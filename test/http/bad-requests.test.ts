// The rows of bad requests that every HTTP service meets, each by its number in the table of the design (reliability, B1 to B20, B47, B48, B51):
// what is sent, what it is answered, and that nothing of it stays. The other tests of this folder go further into each.
import { connect } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/app.js';
import { send, type Answer, type Sent } from '../support/requests.js';

const KEY = 'a-key-that-may-everything';
const READING = 'a-key-that-may-read';
const NO_SUCH = '0'.repeat(32);

let app: TestApp;
let guarded: TestApp;
let dataset: string;
let before: Awaited<ReturnType<TestApp['traces']>>;
beforeAll(async () => {
  app = await TestApp.open();
  guarded = await TestApp.open({ keys: { apiKey: KEY, readOnlyKey: READING } });
  dataset = (await app.generated()).id;
});
beforeEach(async () => {
  before = await app.traces();
});
afterEach(async () => {
  expect(await app.traces()).toEqual(before);
});

const JSON_TYPE = { 'content-type': 'application/json' };
const ask = (path: string, sent: Sent = {}): Promise<Answer> => send(app.url, path, sent);
const submit = (body: string | object, headers: Record<string, string> = JSON_TYPE): Promise<Answer> =>
  send(app.url, '/v1/jobs', { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
const job = (training: object, more: object = {}): object => ({ type: 'pretrain', dataset, model: { architecture: 'mlp' }, training: { epochs: 1, ...training }, ...more });
const answered = async (answer: Promise<Answer>): Promise<string> => {
  const { status, text } = await answer;
  const { code } = text.startsWith('{') ? (JSON.parse(text) as { code?: string }) : {};
  return `${status} ${code ?? ''}`.trim();
};

/** What a server answers to bytes that no client would send; empty where it only closes. */
function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let heard = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (heard += chunk));
    socket.on('error', reject).on('close', () => resolve(heard));
  });
}

describe('B1 to B4: bodies that are no JSON object', () => {
  it.each(['{"type":', '', 'null', '[]', '{} {}'])('B1: 400 for %s', async (body) => expect(await answered(submit(body))).toBe('400 INVALID_JSON'));
  it('B2: 413 for a byte more than 1 MiB', async () => expect(await answered(submit(`{"name":"${'x'.repeat(2 ** 20 - 10)}"}`))).toBe('413 BODY_TOO_LARGE'));
  it.each([
    ['10,000 levels deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['of a hundred thousand keys', `{${Array.from({ length: 100_000 }, (_, at) => `"k${at}":1`).join()}}`],
  ])('B3: a refusal for one %s, soon', async (_what, body) => {
    const begun = process.cpuUsage();
    expect((await submit(body)).status).toBeGreaterThanOrEqual(400);
    const { user, system } = process.cpuUsage(begun);
    // The test's own work is in it, and the machine may be slow: quadratic work would take many seconds.
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });
  it.each(['{"__proto__":{"x":1}}', '{"constructor":{"prototype":{"x":1}}}'])('B4: 400 for %s', async (body) => {
    expect(await answered(submit(body))).toBe('400 INVALID_JSON');
    expect('x' in {}).toBe(false);
  });
});

describe('B5 to B11: values that cannot be', () => {
  it('B5: 422 for an unknown field, by its pointer', async () => {
    const answer = await submit(job({}, { epochz: 1 }));
    expect(answer.json()).toMatchObject({ status: 422, errors: [{ pointer: '/epochz', code: 'UNKNOWN_FIELD' }] });
  });
  it.each([[{ epochs: '10' }], [{ epochs: true }], [{ batch_size: [32] }], [{ optimizer: 'sgd' }]])('B6: 422 for another type: %j', async (training) => {
    expect((await submit(job(training))).status).toBe(422);
  });
  it.each(['0', '-1', '1.5', '1000000000', '1e400', '"NaN"'])('B7: 422 with the limits for %s epochs', async (epochs) => {
    const answer = await submit(JSON.stringify(job({ epochs: 7_777 })).replace('"epochs":7777', `"epochs":${epochs}`));
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('/training/epochs');
  });
  it.each([0, 2 ** 31])('B8: 422 for batches of %d', async (size) => expect((await submit(job({ batch_size: size }))).status).toBe(422));
  it.each([0, -1, 1e6, 1e-320])('B9: 422 for a learning rate of %d', async (rate) => {
    expect((await submit(job({ optimizer: { name: 'sgd', learning_rate: rate } }))).status).toBe(422);
  });
  it('B10: 422 for more units than memory has room for', async () => {
    expect((await submit(job({}, { model: { architecture: 'mlp', hidden: [1e9] } }))).status).toBe(422);
    expect(await answered(submit(job({}, { model: { layers: [{ class_name: 'Flatten' }, ...Array.from({ length: 4 }, () => ({ class_name: 'Dense', config: { units: 60_000 } })), { class_name: 'Dense', config: { units: 10, activation: 'softmax' } }] } })))).toBe('422 MODEL_TOO_LARGE');
  });
  it.each([['NUL', 'a\u0000b'], ['a lone surrogate', 'a\ud800b'], ['right-to-left', 'a\u202eb'], ['zero width', 'a\u200bb'], ['129 characters', 'x'.repeat(129)]])('B11: 422 for a name with %s', async (_what, name) => {
    expect((await submit(job({}, { name }))).status).toBe(422);
  });
});

describe('B12 and B13: paths that climb', () => {
  const CLIMBING = ['../x', '..%2fx', '%252e%252e', '..\\', ';/../', '%2fetc%2fpasswd', '%00', 'x'.repeat(10_000)];
  it.each(CLIMBING.map((id) => [id.slice(0, 40), id]))('B12: 404 for the id %s', async (_shown, id) => {
    for (const path of [`/v1/jobs/${id}`, `/v1/datasets/${id}`, `/v1/models/${id}`]) expect((await ask(path)).status).toBe(404);
  });
  it.each(CLIMBING.map((name) => [name.slice(0, 40), name]))('B13: 404 for the file %s', async (_shown, name) => {
    for (const path of [`/v1/models/mdl_${NO_SUCH}/files/${name}`, `/v1/jobs/job_${NO_SUCH}/artifacts/${name}`]) expect((await ask(path)).status).toBe(404);
    expect((await ask(`/v1/models/mdl_${NO_SUCH}/files/${name}`, { method: 'DELETE' })).status).toBeGreaterThanOrEqual(404);
  });
});

describe('B14 to B17: HTTP as it should not be', () => {
  it.each(['application/json\ta', 'Application/JSON ;x', 'application/json garbage', 'text/plain', ''])('B14: 415, or checked as JSON, for the type "%s"', async (type) => {
    const answer = await submit('{"unheard":1}', type ? { 'content-type': type } : {});
    expect([400, 415, 422]).toContain(answer.status);
  });
  it.each([
    ['two lengths', 'content-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    ['a length and chunks', 'content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a chunk of a size beyond numbers', 'transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n'],
  ])('B15: 400 and no connection for %s', async (_what, rest) => {
    expect(await raw(`POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${rest}`)).toMatch(/^(HTTP\/1\.1 400 |$)/);
  });
  it('B16: 431 for headers of more than 16 KiB, 414 or 431 for an address of 100 kB', async () => {
    expect(await raw(`GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(17_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await raw(`GET /v1/jobs?name=${'y'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 (414|431) /);
  });
  it.each(['PUT', 'TRACE', 'OPTIONS', 'PATCH', 'QUERY'])('B17: 405 with Allow for %s', async (method) => {
    const answer = await ask('/v1/jobs', { method });
    expect([answer.status, answer.headers.allow]).toEqual([405, expect.stringContaining('GET')]);
  });
  it('B17: 405 with Allow for a method that Node.js does not know, and 404 where there is no route', async () => {
    const answer = await raw('FROB /v1/jobs?x=1 HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 405 [^]*content-type: application\/problem\+json\r\n[^]*allow: [^\r]*GET[^]*"code":"METHOD_NOT_ALLOWED"[^]*"request_id":"req_[0-9a-f]{32}"/);
    expect(await raw('FROB /nowhere HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 404 [^]*"code":"ROUTE_NOT_FOUND"/);
    expect(await raw('\u0001\u0002\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*"code":"BAD_REQUEST"/);
  });
});

describe('B18 to B20: keys', () => {
  it('B18: 401, the same for no key, a wrong one and another scheme', async () => {
    const told: [number, string][] = [];
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Basic ${KEY}` }] as Record<string, string>[]) {
      const { status, text } = await send(guarded.url, '/v1/jobs', { headers });
      told.push([status, text.replace(/req_\w+/, '')]);
    }
    expect(told).toEqual(Array.from({ length: 3 }, () => told[0]));
    expect(told[0]![0]).toBe(401);
  });
  it('B19: 403 for what a key may not, 404 for what is not there', async () => {
    const reading = { authorization: `Bearer ${READING}`, 'content-type': 'application/json' };
    expect(await answered(send(guarded.url, '/v1/jobs', { method: 'POST', headers: reading, body: JSON.stringify(job({})) }))).toBe('403 KEY_READ_ONLY');
    expect((await send(guarded.url, `/v1/jobs/job_${NO_SUCH}`, { headers: reading })).status).toBe(404);
  });
  it('B20: 401 for a key in the address, which is in no answer', async () => {
    const answer = await send(guarded.url, `/v1/jobs?api_key=${KEY}`);
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain(KEY);
    expect(answer.text).toContain('never read');
  });
});

describe('B47, B48 and B51: what is asked in a form that cannot be', () => {
  it.each(['limit=-1', 'limit=1000000000', 'limit=x', 'after=../../x', `after=ds_${NO_SUCH}`])('B47: 422 for a page by %s', async (query) => {
    expect((await ask(`/v1/jobs?${query}`)).status).toBe(422);
  });
  it.each([['of 1 kB', 'k'.repeat(1_024)], ['that is empty', '']])('B48: 400 for an Idempotency-Key %s', async (_what, key) => {
    expect(await answered(submit(job({}), { ...JSON_TYPE, 'idempotency-key': key }))).toBe('400 IDEMPOTENCY_KEY_INVALID');
  });
  it('B51: 422 for a data set that is not there, or not any more; 409 for one that is not read yet', async () => {
    expect(await answered(submit(job({}, { dataset: `ds_${NO_SUCH}` })))).toBe('422 DATASET_UNKNOWN');
    const { id } = (await app.post('/v1/datasets', { generate: { name: 'glyph_digits', examples: 100 } })).json<{ id: string }>();
    expect(await answered(submit(job({}, { dataset: id })))).toBe('409 DATASET_NOT_READY');
    expect((await app.delete(`/v1/datasets/${id}`)).status).toBe(204);
    expect(await answered(submit(job({}, { dataset: id })))).toBe('422 DATASET_UNKNOWN');
  });
});
