// POST /v1/datasets with the file itself as the body: options in the query, digests in headers, and all that such an upload can have wrong.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { Dataset } from '#contract/dataset.js';
import { TestApp } from '../support/app.js';
import { expectProblem, multipart, postJson, send, type Answer } from '../support/requests.js';
import { until } from '../support/until.js';

const MOST_BYTES = 20_000;
const csv = Buffer.from(`size,kind\n${Array.from({ length: 40 }, (_, at) => `${at},${at % 2 ? 'ant' : 'bee'}`).join('\n')}\n`);
const digest = (algorithm: string, encoding: 'hex' | 'base64' = 'base64', bytes: Uint8Array = csv): string => createHash(algorithm).update(bytes).digest(encoding);

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.open({ maxUploadBytes: MOST_BYTES });
});

const put = (query = '', headers: Record<string, string> = {}, body: Uint8Array = csv): Promise<Answer> =>
  send(app.url, `/v1/datasets${query}`, { method: 'POST', headers: { 'content-type': 'application/octet-stream', ...headers }, body });

/** The whole answer is a problem, and store and queue are as they were. */
async function refused(answer: () => Promise<Answer>, status: number, code: string, pointers?: string[]): Promise<string> {
  const before = await app.traces();
  const { detail } = expectProblem(await answer(), status, code, pointers);
  expect(await app.traces()).toEqual(before);
  return detail;
}

describe('POST /v1/datasets with a file as its body', () => {
  it('makes the data set that the same file makes as a part of a form', async () => {
    const answer = await put('?name=insects&format=csv&class_names=bee&class_names=ant&table=%7B%22target%22:%22kind%22%7D');
    const accepted = answer.json<Dataset>();
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/datasets/${accepted.id}`);
    expect(accepted).toMatchObject({ name: 'insects', format: 'csv', status: 'validating', source: { files: [{ name: 'insects', size_bytes: csv.length, sha256: digest('sha256', 'hex') }] } });
    const whole = await app.read(accepted.id);
    expect(whole).toMatchObject({ status: 'ready', content: { class_names: ['bee', 'ant'] } });
    const inForm = await app.uploaded([{ name: 'insects', bytes: csv }], [['class_names', '["bee","ant"]'], ['table', '{"target":"kind"}']]);
    expect(inForm.content).toEqual(whole.content);
  });

  it.each(['application/x-www-form-urlencoded', 'text/csv; charset=utf-8', 'Application/Octet-Stream', 'application/gzip'])('is taken as %s, and its content decides', async (type) => {
    const answer = await put('', { 'content-type': type });
    expect([answer.status, answer.json<Dataset>().name, answer.json<Dataset>().format]).toEqual([201, 'file', 'csv']);
  });

  it('is taken without its length being said', async () => {
    const answer = await send(app.url, '/v1/datasets', { method: 'POST', headers: { 'content-type': 'text/csv', 'transfer-encoding': 'chunked' }, body: csv });
    expect(answer.status).toBe(201);
  });

  it.each([
    ['an unknown option', '?colour=red', {}, csv, 422, 'UNKNOWN_FIELD', ['/colour']],
    ['an unknown format', '?format=xls', {}, csv, 422, 'INVALID_VALUE', ['/format']],
    ['wishes for tables that are no JSON', '?table=kind', {}, csv, 422, 'INVALID_VALUE', ['/table']],
    ['another format than was said', '?format=npy', {}, csv, 422, 'INVALID_VALUE', ['/format']],
    ['a sha256 that is none', '?sha256=abc', {}, csv, 422, 'INVALID_VALUE', ['/sha256']],
    ['a picture', '', {}, Buffer.from('\x89PNG and so on'), 422, 'FORMAT_UNKNOWN', []],
    ['nothing', '', {}, Buffer.alloc(0), 422, 'FORMAT_UNKNOWN', []],
    ['a coding of the content', '', { 'content-encoding': 'gzip' }, csv, 415, 'MEDIA_TYPE', []],
    ['text of no known kind', '', { 'content-type': 'text/plain' }, csv, 415, 'MEDIA_TYPE', []],
    ['more than is accepted', '', {}, Buffer.concat([csv, Buffer.alloc(MOST_BYTES, '1,ant\n')]), 413, 'UPLOAD_TOO_LARGE', []],
    ['more than is accepted, its length unsaid', '', { 'transfer-encoding': 'chunked' }, Buffer.concat([csv, Buffer.alloc(MOST_BYTES, '1,ant\n')]), 413, 'UPLOAD_TOO_LARGE', []],
    ['eight megabytes, and the sender hears it', '', {}, Buffer.alloc(2 ** 23, '1,ant\n'), 413, 'UPLOAD_TOO_LARGE', []],
    ['eight megabytes, their length unsaid, and the sender hears it', '', { 'transfer-encoding': 'chunked' }, Buffer.alloc(2 ** 23, '1,ant\n'), 413, 'UPLOAD_TOO_LARGE', []],
  ] as [string, string, Record<string, string>, Buffer, number, string, string[]][])('refuses %s', async (_what, query, headers, body, status, code, pointers) => {
    await refused(() => put(query, headers, body), status, code, pointers);
  });

  it('keeps nothing of a body that breaks off', async () => {
    const before = await app.traces();
    const { hostname, port } = new URL(app.url);
    const request = httpRequest({ hostname, port, path: '/v1/datasets', method: 'POST', headers: { 'content-type': 'text/csv', 'content-length': String(csv.length) } });
    request.on('error', () => undefined);
    request.write(csv.subarray(0, 100));
    await until('the file is being received', async () => (await app.rooms.store.listStaged()).length > 0);
    request.destroy();
    await until('what was received is gone', async () => (await app.rooms.store.listStaged()).length === 0);
    expect(await app.traces()).toEqual(before);
  });

  it('has a query for files as bodies only, and says so', async () => {
    await refused(() => postJson(app.url, '/v1/datasets?name=mine', { generate: { name: 'glyph_digits' } }), 422, 'UNKNOWN_FIELD', ['/name']);
    await refused(() => send(app.url, '/v1/datasets?name=mine', { method: 'POST', ...multipart([{ name: 'a.csv', bytes: csv }]) }), 422, 'UNKNOWN_FIELD', ['/name']);
  });
});

describe('a digest that is sent with a file (B49)', () => {
  const other = Buffer.from('another file');
  const headersOf = (bytes: Buffer): [string, Record<string, string>][] => [
    ['Content-Digest', { 'content-digest': `sha-256=:${digest('sha256', 'base64', bytes)}:` }],
    ['Repr-Digest with SHA-512', { 'repr-digest': `sha-512=:${digest('sha512', 'base64', bytes)}:` }],
    ['Repr-Digest among others', { 'repr-digest': `unixsum=:AAAA:, sha-256=:${digest('sha256', 'base64', bytes)}:;q=1` }],
    ['Content-MD5', { 'content-md5': digest('md5', 'base64', bytes) }],
  ];

  it.each(headersOf(csv))('is held to: %s', async (_how, headers) => {
    expect((await put('', headers)).status).toBe(201);
  });

  it.each(headersOf(other))('of another file is refused: %s', async (_how, headers) => {
    await refused(() => put('', headers), 422, 'DIGEST_MISMATCH');
  });

  it('may be sha256 in the query', async () => {
    expect((await put(`?sha256=${digest('sha256', 'hex')}`)).status).toBe(201);
    await refused(() => put(`?name=mine&sha256=${digest('sha256', 'hex', other)}`), 422, 'DIGEST_MISMATCH');
  });

  it('is refused where one of several is wrong', async () => {
    const right = digest('sha256');
    await refused(() => put('', { 'content-digest': `sha-256=:${right}:`, 'content-md5': digest('md5', 'base64', other) }), 422, 'DIGEST_MISMATCH');
  });

  it.each([
    ['Content-Digest', { 'content-digest': digest('sha256') }],
    ['Content-Digest', { 'content-digest': 'sha-256=:AAAA:' }],
    ['Repr-Digest', { 'repr-digest': 'crc32c=:AAAAAA==:' }],
    ['Content-MD5', { 'content-md5': 'not base64 of 16 bytes' }],
  ])('that cannot be read is refused: %s %p', async (_header, headers) => {
    await refused(() => put('', headers), 400, 'BAD_REQUEST', []);
  });
});

describe('a file as the body, sent again with its key', () => {
  it('makes one data set, and is refused with another file or other options', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const first = await put('?name=mine', key);
    const again = await put('?name=mine', key);
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    expect(again.headers['idempotency-replayed']).toBe('true');
    await refused(() => put('?name=mine', key, Buffer.concat([csv, csv])), 422, 'IDEMPOTENCY_MISMATCH');
    await refused(() => put('?name=other', key), 422, 'IDEMPOTENCY_MISMATCH');
  });

  it('is received anew where the first one ended with a wrong digest', async () => {
    const key = { 'idempotency-key': randomUUID() };
    await refused(() => put('', { ...key, 'content-md5': digest('md5', 'base64', Buffer.from('x')) }), 422, 'DIGEST_MISMATCH');
    expect((await put('', key)).status).toBe(201);
  });
});
