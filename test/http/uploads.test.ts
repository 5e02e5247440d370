// /v1/uploads: files in pieces by the tus protocol, gone on with after breaks of every kind, and data sets made from them.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Dataset } from '#contract/dataset.js';
import { createUpload, removeOldUploads } from '#datasets/uploads.js';
import { newId } from '#contract/ids.js';
import { buildApp } from '#http/app.js';
import { openFolderStore } from '#store/stores/folder.js';
import { TestApp } from '../support/app.js';
import { fourFiles } from '../support/idx.js';
import { expectProblem, send, type Answer } from '../support/requests.js';
import { until } from '../support/until.js';

const MOST_BYTES = 2 ** 22;
const csv = Buffer.from(`size,kind\n${Array.from({ length: 150_000 }, (_, at) => `${at},${at % 2 ? 'ant' : 'bee'}`).join('\n')}\n`);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const VERSION = { 'tus-resumable': '1.0.0' };
const PIECE = { ...VERSION, 'content-type': 'application/offset+octet-stream' };

let app: TestApp;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
beforeAll(async () => {
  app = await TestApp.open({ maxUploadBytes: MOST_BYTES });
});
afterAll(() => agent.destroy());

const metadata = (pairs: Record<string, string>): Record<string, string> => ({
  'upload-metadata': Object.entries(pairs).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(','),
});
const create = (length: number | string, headers: Record<string, string> = {}): Promise<Answer> =>
  send(app.url, '/v1/uploads', { method: 'POST', headers: { ...VERSION, 'upload-length': String(length), ...headers } });
const offsetOf = async (path: string, url = app.url): Promise<number> => Number((await send(url, path, { method: 'HEAD', headers: VERSION })).headers['upload-offset']);
const patch = (path: string, offset: number, body: Uint8Array, headers: Record<string, string> = {}, url = app.url): Promise<Answer> =>
  send(url, path, { method: 'PATCH', headers: { ...PIECE, 'upload-offset': String(offset), ...headers }, body });

/** The address of a fresh upload. */
async function created(length: number, headers: Record<string, string> = {}): Promise<string> {
  const answer = await create(length, headers);
  expect(answer.status).toBe(201);
  return answer.headers.location!;
}
/** The id of an upload of which all has come. */
async function uploaded(bytes: Uint8Array, pairs: Record<string, string> = {}): Promise<string> {
  const path = await created(bytes.length, metadata({ filename: 'insects.csv', ...pairs }));
  expect((await patch(path, 0, bytes)).status).toBe(204);
  return path.split('/').at(-1)!;
}
/** Begins to send a piece, and stops short of its end with the connection open. @returns what ends the connection */
function begun(path: string, offset: number, bytes: Uint8Array, announced: number): () => void {
  const { hostname, port } = new URL(app.url);
  const request = httpRequest({ hostname, port, path, method: 'PATCH', agent: false, headers: { ...PIECE, 'upload-offset': String(offset), 'content-length': String(announced) } });
  request.on('error', () => undefined);
  request.write(bytes);
  return () => request.destroy();
}
const keptOf = (id: string): Promise<number | undefined> => app.rooms.store.sizeOf(`uploads/${id}/data`);

describe('a resumable upload', () => {
  it('is created, told of, filled in pieces and removed', async () => {
    const answer = await create(csv.length, metadata({ filename: 'insects.csv', filetype: 'text/csv' }));
    const path = answer.headers.location!;
    expect([answer.status, answer.text, answer.headers['tus-resumable']]).toEqual([201, '', '1.0.0']);
    expect(path).toMatch(/^\/v1\/uploads\/upl_[0-9a-f]{32}$/);
    expect(Date.parse(String(answer.headers['upload-expires'])) - Date.now()).toBeGreaterThan(23 * 3_600_000);

    expect((await patch(path, 0, csv.subarray(0, 100_000))).headers['upload-offset']).toBe('100000');
    const head = await send(app.url, path, { method: 'HEAD', headers: VERSION });
    expect(head.headers).toMatchObject({ 'upload-offset': '100000', 'upload-length': String(csv.length), 'cache-control': 'no-store', ...metadata({ filename: 'insects.csv', filetype: 'text/csv' }) });
    const last = await patch(path, 100_000, csv.subarray(100_000));
    expect([last.status, last.headers['upload-offset']]).toEqual([204, String(csv.length)]);

    expect((await send(app.url, path, { method: 'DELETE', headers: VERSION })).status).toBe(204);
    expectProblem(await send(app.url, path, { method: 'DELETE', headers: VERSION }), 404, 'UPLOAD_NOT_FOUND');
    expect(await app.rooms.store.list('uploads')).not.toContain(path.split('/').at(-1));
  });

  it('is described by OPTIONS, and opens nothing to other origins', async () => {
    const answer = await send(app.url, '/v1/uploads', { method: 'OPTIONS', headers: { origin: 'https://example.com' } });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({ 'tus-version': '1.0.0', 'tus-extension': 'creation,termination,expiration', 'tus-max-size': String(MOST_BYTES) });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('is gone on with after a cut connection, from the last byte that came', async () => {
    const path = await created(csv.length, metadata({ sha256: sha256(csv) }));
    const id = path.split('/').at(-1)!;
    const cut = begun(path, 0, csv.subarray(0, 1_300_000), csv.length);
    await until('bytes have come', async () => (await keptOf(id)) !== undefined);
    cut();
    let offset = await offsetOf(path);
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThanOrEqual(1_300_000);
    // As often as it takes: each connection ends within a piece.
    for (let at = 0; at < 3; at++) {
      begun(path, offset, csv.subarray(offset, offset + 100_000), csv.length - offset)();
      offset = await offsetOf(path);
    }
    expect((await patch(path, offset, csv.subarray(offset))).status).toBe(204);
    const accepted = await app.post('/v1/datasets', { upload: [id] });
    expect([accepted.status, accepted.json<Dataset>().source.files[0]!.sha256]).toEqual([201, sha256(csv)]);
  });

  it('is gone on with while the connection before hangs, which gives way', async () => {
    const path = await created(csv.length);
    const id = path.split('/').at(-1)!;
    const cut = begun(path, 0, csv.subarray(0, 1_300_000), csv.length);
    // Asked by HEAD, the service would end that connection too early.
    await until('bytes have come', async () => (await keptOf(id)) !== undefined);
    const offset = await offsetOf(path);
    expect(offset).toBeGreaterThan(0);
    expect((await patch(path, offset, csv.subarray(offset))).status).toBe(204);
    cut();
    expect(await keptOf(id)).toBe(csv.length);
  });

  it('is gone on with by a service that was started anew over the same store', async () => {
    const path = await created(csv.length);
    await patch(path, 0, csv.subarray(0, 150_000));
    const again = await buildApp({ ...app.rooms, store: await openFolderStore(app.folder) }, { keys: { apiKey: '', readOnlyKey: '' } });
    await again.listen({ host: '127.0.0.1', port: 0 });
    const url = `http://127.0.0.1:${(again.server.address() as AddressInfo).port}`;
    try {
      expect(await offsetOf(path, url)).toBe(150_000);
      expect((await patch(path, 150_000, csv.subarray(150_000), {}, url)).status).toBe(204);
    } finally {
      await again.close();
    }
    const accepted = await app.post('/v1/datasets', { upload: [path.split('/').at(-1)] });
    expect(accepted.json<Dataset>().source.files[0]!.sha256).toBe(sha256(csv));
  });

  it.each([
    ['a gap', 150_000],
    ['an overlap', 50_000],
  ])('refuses %s, and keeps what it has (B49)', async (_what, offset) => {
    const path = await created(csv.length);
    await patch(path, 0, csv.subarray(0, 100_000));
    expectProblem(await patch(path, offset, csv.subarray(offset)), 409, 'UPLOAD_OFFSET');
    expect(await offsetOf(path)).toBe(100_000);
  });

  it.each([
    ['', {}],
    [', their number unsaid', { 'transfer-encoding': 'chunked' }],
  ])('refuses more bytes than were announced%s', async (_how, headers) => {
    const path = await created(1_000);
    expectProblem(await patch(path, 0, csv, headers), 413, 'UPLOAD_OVERLONG');
    expect(await offsetOf(path)).toBeLessThanOrEqual(1_000);
  });

  it('answers a refusal before all was sent, and the connection serves on', async () => {
    const path = await created(csv.length);
    const { hostname, port } = new URL(app.url);
    const over = (method: string, headers: Record<string, string>, body?: Uint8Array): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = httpRequest({ hostname, port, path, method, agent, headers }, (answer) => answer.resume().once('end', () => resolve(answer.statusCode!)));
        request.once('error', reject).end(body);
      });
    expect(await over('PATCH', { ...PIECE, 'upload-offset': '5' }, csv)).toBe(409);
    expect(await over('HEAD', VERSION)).toBe(200);
  });

  it.each([
    ['no version', { 'tus-resumable': '' }, 412, 'UPLOAD_PROTOCOL'],
    ['another version', { 'tus-resumable': '0.2.2' }, 412, 'UPLOAD_PROTOCOL'],
    ['no length', { 'upload-length': '' }, 400, 'BAD_REQUEST'],
    ['a negative length', { 'upload-length': '-1' }, 400, 'BAD_REQUEST'],
    ['more bytes than are accepted', { 'upload-length': String(MOST_BYTES + 1) }, 413, 'UPLOAD_TOO_LARGE'],
    ['a length to be told later', { 'upload-defer-length': '1' }, 400, 'BAD_REQUEST'],
    ['parts of a file', { 'upload-concat': 'partial' }, 400, 'BAD_REQUEST'],
    ['metadata that are not base64', { 'upload-metadata': 'filename ?' }, 400, 'BAD_REQUEST'],
    ['metadata named __proto__', { 'upload-metadata': '__proto__ eA==' }, 400, 'BAD_REQUEST'],
    ['a sha256 that is none', metadata({ sha256: 'abc' }), 422, 'INVALID_VALUE'],
  ] as [string, Record<string, string>, number, string][])('is not created with %s', async (_what, headers, status, code) => {
    const before = await app.rooms.store.list('uploads');
    expectProblem(await create(1_000, headers), status, code);
    expect(await app.rooms.store.list('uploads')).toEqual(before);
  });

  it('is not created with its bytes at once, nor from JSON', async () => {
    expectProblem(await send(app.url, '/v1/uploads', { method: 'POST', headers: { ...PIECE, 'upload-length': '3' }, body: 'abc' }), 400, 'BAD_REQUEST');
    expectProblem(await send(app.url, '/v1/uploads', { method: 'POST', headers: { ...VERSION, 'content-type': 'text/plain', 'upload-length': '3' }, body: 'abc' }), 415, 'MEDIA_TYPE');
  });

  it.each([
    ['no offset', { 'upload-offset': undefined }, 400, 'BAD_REQUEST'],
    ['an offset that is no number', { 'upload-offset': '1e3' }, 400, 'BAD_REQUEST'],
    ['another type', { 'content-type': 'application/octet-stream' }, 415, 'MEDIA_TYPE'],
    ['no type', { 'content-type': undefined }, 415, 'MEDIA_TYPE'],
  ])('takes no bytes with %s', async (_what, headers, status, code) => {
    const path = await created(3);
    const all = Object.entries({ ...PIECE, 'upload-offset': '0', ...headers }).filter((pair): pair is [string, string] => pair[1] !== undefined);
    expectProblem(await send(app.url, path, { method: 'PATCH', headers: Object.fromEntries(all), body: 'abc' }), status, code);
    expect(await offsetOf(path)).toBe(0);
  });

  it.each(['upl_0197a2c4d5e67f8091a2b3c4d5e6f708', 'x', '%2e%2e', 'upl_..%2f..%2fdatasets'])('is not found as %s', async (id) => {
    expectProblem(await patch(`/v1/uploads/${id}`, 0, Buffer.from('abc')), 404, 'UPLOAD_NOT_FOUND');
    expect((await send(app.url, `/v1/uploads/${id}`, { method: 'HEAD', headers: VERSION })).status).toBe(404);
    expectProblem(await send(app.url, `/v1/uploads/${id}`, { method: 'DELETE', headers: VERSION }), 404, 'UPLOAD_NOT_FOUND');
  });

  it('makes one upload of a request that is sent again with its key', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const [first, again] = [await create(1_000, key), await create(1_000, key)];
    expect([again.status, again.headers.location, again.headers['tus-resumable']]).toEqual([201, first.headers.location, '1.0.0']);
    expectProblem(await create(1_001, key), 422, 'IDEMPOTENCY_MISMATCH');
  });
});

describe('an upload that has expired', () => {
  it('is not found, and is removed by the sweep, and not before', async () => {
    const rule = { days: 1, count: null, bytes: null };
    const { store } = app.rooms;
    const [old, young] = [newId('upload'), newId('upload')];
    const created = (hoursAgo: number) => ({ size_bytes: 3, metadata: {}, created_at: new Date(Date.now() - hoursAgo * 3_600_000).toISOString() });
    await createUpload(store, old, created(24.01));
    await createUpload(store, young, created(23.99));
    expectProblem(await patch(`/v1/uploads/${old}`, 0, Buffer.from('abc')), 404, 'UPLOAD_NOT_FOUND');
    expect((await patch(`/v1/uploads/${young}`, 0, Buffer.from('abc'))).status).toBe(204);
    const others = (await store.list('uploads')).length - 2;
    expect(await removeOldUploads(store, rule)).toBe(1);
    expect(await store.list('uploads')).toHaveLength(others + 1);
    expect(await removeOldUploads(store, rule, Date.now() + 25 * 3_600_000)).toBe(others + 1);
    expect(await store.list('uploads')).toEqual([]);
  });
});

describe('POST /v1/datasets with uploads', () => {
  it('makes a data set of several files, with the options of a form, and leaves the uploads there', async () => {
    const labels = Array.from({ length: 30 }, (_, at) => at % 3);
    const files = fourFiles(labels, labels);
    const ids: string[] = [];
    for (const { name, bytes } of files) ids.push(await uploaded(bytes, { filename: name, sha256: sha256(bytes) }));
    const accepted = await app.post('/v1/datasets', { upload: ids, name: 'mine', format: 'idx', class_names: ['a', 'b', 'c'] });
    expect(accepted.status).toBe(201);
    const dataset = await app.read(accepted.json<Dataset>().id);
    expect(dataset).toMatchObject({ status: 'ready', name: 'mine', content: { class_names: ['a', 'b', 'c'], parts: { train: { examples: 30 } } } });
    expect(dataset.source.files).toEqual(files.map(({ name, bytes }) => ({ name, size_bytes: bytes.length, sha256: sha256(bytes) })));
    expect((await app.uploaded(files, [['class_names', '["a","b","c"]']])).content).toEqual(dataset.content);
    for (const id of ids) expect(await keptOf(id)).toBeGreaterThan(0);
  });

  it.each([
    ['one that is not there', async () => ['upl_0197a2c4d5e67f8091a2b3c4d5e6f708'], {}, 422, 'UPLOAD_UNKNOWN', '/upload/0'],
    ['one that is no id', async () => ['../datasets'], {}, 422, 'UPLOAD_UNKNOWN', '/upload/0'],
    ['one that is unfinished', async () => [(await created(3)).split('/').at(-1)!], {}, 409, 'UPLOAD_UNFINISHED', '/upload/0'],
    ['one of other bytes than its sha256', async () => [await uploaded(csv), await uploaded(csv, { sha256: sha256(Buffer.from('x')) })], {}, 422, 'DIGEST_MISMATCH', '/upload/1'],
    ['an empty one', async () => [(await created(0)).split('/').at(-1)!], {}, 422, 'FORMAT_UNKNOWN', undefined],
    ['a picture', async () => [await uploaded(Buffer.from('\x89PNG and so on'))], {}, 422, 'FORMAT_UNKNOWN', undefined],
    ['more together than is accepted', async () => [await uploaded(Buffer.alloc(3_000_000, '1,ant\n')), await uploaded(Buffer.alloc(3_000_000, '1,ant\n'))], {}, 413, 'UPLOAD_TOO_LARGE', undefined],
    ['none', async () => [], {}, 422, 'INVALID_VALUE', '/upload'],
    ['another format than was said', async () => [await uploaded(csv)], { format: 'npy' }, 422, 'INVALID_VALUE', '/format'],
    ['an unknown option', async () => [await uploaded(csv)], { colour: 'red' }, 422, 'UNKNOWN_FIELD', '/colour'],
  ] as [string, () => Promise<string[]>, object, number, string, string | undefined][])('refuses %s', async (_what, ids, options, status, code, pointer) => {
    const upload = await ids();
    const before = await app.traces();
    expectProblem(await app.post('/v1/datasets', { upload, ...options }), status, code, pointer === undefined ? [] : [pointer]);
    expect(await app.traces()).toEqual(before);
  });
});
