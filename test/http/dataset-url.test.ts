// A data set given by its address: accepted at once, fetched by the worker, tried again where that may help, and all that can be wrong (reliability.md B41 to B45).
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '#contract/dataset.js';
import { restore } from '#jobs/restore.js';
import { TryAgain } from '#queue/queue.js';
import { attemptIngest } from '../../workers/ingest-attempt.js';
import { held, LIMITS, TestApp } from '../support/app.js';
import { descendants } from '../support/processes.js';
import { expectProblem, pretrain } from '../support/requests.js';
import { int64Array, uint8Array, zipOf } from '../support/numpy.js';
import { until } from '../support/until.js';
import { Web } from '../support/web.js';

let app: TestApp;
let web: Web;
beforeAll(async () => {
  app = await TestApp.open({ maxUploadBytes: 100_000 });
  web = await Web.open();
});

const ROWS = 30;
/** Thirty pictures of 2 × 2 in three classes. */
const FILE = zipOf([
  { name: 'x.npy', bytes: uint8Array([ROWS, 2, 2], Array.from({ length: ROWS * 4 }, (_, at) => at % 251)) },
  { name: 'y.npy', bytes: int64Array([ROWS], Array.from({ length: ROWS }, (_, at) => at % 3)) },
]);
const DIGEST = createHash('sha256').update(FILE).digest('hex');
const never = new AbortController().signal;

const accepted = async (body: object): Promise<Dataset> => {
  const answer = await app.post('/v1/datasets', body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json<Dataset>();
};
/** One attempt, as a worker makes it. */
const attempt = (id: string, failures: Map<string, number>, signal = never): Promise<string> =>
  attemptIngest({ store: app.rooms.store, limits: LIMITS, maxBytes: 100_000, deaths: failures, allowPrivate: true }, id, signal, held).then(
    () => 'ended',
    (problem: unknown) => (problem instanceof TryAgain ? 'again' : String(problem)),
  );

describe('POST /v1/datasets with a URL', () => {
  it('answers at once, and then the worker fetches and reads it', async () => {
    const url = web.at('/moved/shapes.npz', FILE);
    const asked = web.redirect('/shapes', '/moved/shapes.npz');
    const dataset = await accepted({ name: 'shapes', url: asked, sha256: DIGEST });
    expect(dataset).toMatchObject({ status: 'uploading', format: null, source: { files: [], url: { asked, found: null, sha256: DIGEST } } });
    expect(web.asked).not.toContain('/shapes');
    expect(await app.rooms.queue.holds('ingest', dataset.id)).toBe(true);
    expectProblem(await app.post('/v1/jobs', pretrain(dataset.id)), 409, 'DATASET_NOT_READY', ['/dataset']);

    const ready = await app.read(dataset.id);
    expect(ready).toMatchObject({ status: 'ready', format: 'npy', name: 'shapes', source: { files: [{ name: 'shapes.npz', size_bytes: FILE.length, sha256: DIGEST }], url: { asked, found: url } } });
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('is fetched again in a restored copy that lacks content and file, and keeps content without its file', async () => {
    const ready = await app.read((await accepted({ url: web.at('/kept.npz', FILE) })).id);
    const { store, events } = app.rooms;
    const folder = await store.localFolder(`datasets/${ready.id}`);
    await truncate(join(folder, 'source', '0'), 20);
    await truncate(join(folder, 'packed', 'report.json'), 20);
    expect(await restore({ store, events })).toEqual({ again: [], lost: [], unreadable: [] });
    expect(await app.read(ready.id)).toEqual(ready);
    await rm(join(folder, 'packed', 'packed.json'));
    expect(await restore({ store, events })).toEqual({ again: [ready.id], lost: [], unreadable: [] });
    expect((await app.get(`/v1/datasets/${ready.id}`)).json()).toMatchObject({ status: 'uploading', source: { files: [] } });
    expect((await app.read(ready.id)).content).toEqual(ready.content);
  });

  it.each([
    ['a digest of another file', { sha256: '0'.repeat(64) }, 'DIGEST_MISMATCH'],
    ['another format', { format: 'idx' }, 'INVALID_VALUE'],
    ['what is for tables only', { table: { target: 'y' } }, 'INVALID_VALUE'],
    ['what is for pictures only', { pictures: { height: 8 } }, 'INVALID_VALUE'],
    ['names for other classes', { class_names: ['a', 'b', 'c'] }, null],
  ])('goes by the options: %s', async (_what, options, code) => {
    const dataset = await app.read((await accepted({ url: web.at('/a.npz', FILE), ...options })).id);
    expect(dataset.error?.code ?? null).toBe(code);
    expect(dataset.status).toBe(code === null ? 'ready' : 'invalid');
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it.each<[string, Parameters<Web['at']>[1], string]>([
    ['is not there', (_request, response) => void response.writeHead(404).end('canary'), 'FETCH_FAILED'],
    ['is empty', Buffer.alloc(0), 'FETCH_FAILED'],
    ['is a page', Buffer.from('<!doctype html><p>canary'), 'FORMAT_UNKNOWN'],
    ['is too large', Buffer.concat([FILE, Buffer.alloc(100_000)]), 'UPLOAD_TOO_LARGE'],
    ['is somewhere else', (_request, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(), 'FETCH_BLOCKED'],
  ])('is invalid where the file %s', async (_what, answer, code) => {
    const dataset = await app.read((await accepted({ url: web.at('/bad', answer) })).id);
    expect(dataset).toMatchObject({ status: 'invalid', error: { code } });
    expect(JSON.stringify(dataset)).not.toContain('canary');
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('tries three times where that may help, and then says what it was', async () => {
    const { id } = await accepted({ url: web.at('/busy', (_request, response) => void response.writeHead(503).end()) });
    const failures = new Map<string, number>();
    expect([await attempt(id, failures), await attempt(id, failures), await attempt(id, failures)]).toEqual(['again', 'again', 'ended']);
    expect((await app.get(`/v1/datasets/${id}`)).json()).toMatchObject({ status: 'invalid', error: { code: 'FETCH_UNAVAILABLE', retryable: true } });
  });

  it('fetches again after a crash, and loses nothing', async () => {
    let times = 0;
    const url = web.at('/once', (_request, response) => void (++times === 1 ? response.writeHead(200).write(FILE.subarray(0, 9)) : response.end(FILE)));
    const { id } = await accepted({ url });
    const failures = new Map<string, number>();
    const first = attempt(id, failures);
    await until('the file begins to come', () => times === 1);
    process.kill((await descendants(process.pid)).find(({ command }) => command.includes('fetch.js'))!.pid, 'SIGKILL');
    const ended = await first;
    expect([ended, (await app.get(`/v1/datasets/${id}`)).json<Dataset>().error]).toEqual(['again', null]);
    expect((await app.get(`/v1/datasets/${id}`)).json()).toMatchObject({ status: 'uploading' });
    expect(await attempt(id, failures)).toBe('ended');
    expect((await app.get(`/v1/datasets/${id}`)).json()).toMatchObject({ status: 'ready' });
  });

  it('leaves nothing where it is deleted while it is fetched', async () => {
    let begun = false;
    const { id } = await accepted({ url: web.at('/slow', (_request, response) => void response.writeHead(200).write(FILE.subarray(0, 9), () => (begun = true))) });
    const controller = new AbortController();
    const fetching = attempt(id, new Map(), controller.signal);
    await until('the file begins to come', () => begun);
    expect((await app.delete(`/v1/datasets/${id}`)).status).toBe(204);
    controller.abort('interrupted');
    expect(await fetching).toBe('ended');
    expect((await app.traces()).paths.filter((path) => path.includes(id))).toEqual([]);
  });

  it.each([
    ['no address, and no name', { url: 'Scunthorpe' }, 'URL_NOT_ALLOWED', '/url'],
    ['a file', { url: 'file:///etc/passwd' }, 'URL_NOT_ALLOWED', '/url'],
    ['the metadata of a cloud', { url: 'http://169.254.169.254/' }, 'URL_NOT_ALLOWED', '/url'],
    ['a digest that is none', { url: 'https://example.com/', sha256: 'abc' }, 'INVALID_VALUE', '/sha256'],
    ['an unknown option', { url: 'https://example.com/', colour: 1 }, 'UNKNOWN_FIELD', '/colour'],
  ])('refuses %s', async (_what, body, code, pointer) => {
    const before = await app.traces();
    expectProblem(await app.post('/v1/datasets', body), 422, code, [pointer]);
    expect(await app.traces()).toEqual(before);
  });
});
