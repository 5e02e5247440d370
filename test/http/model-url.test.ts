// A model given by its address: accepted at once, fetched by the worker with all that its model.json names, and all that can be wrong.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceError } from '#contract/errors.js';
import type { AnyModel, Model } from '#contract/model.js';
import { loadTensorFlow } from '#engine/native.js';
import { restore } from '#jobs/restore.js';
import { addressBeside, fetchModel } from '#models/imports/fetch-model.js';
import { readModel } from '#models/imports/read-model.js';
import { TryAgain } from '#queue/queue.js';
import { attemptImport } from '../../workers/import-attempt.js';
import { held, LIMITS, TestApp } from '../support/app.js';
import { changed, drawWeights, json, readFiles, tfjsFiles } from '../support/model-files.js';
import type { NamedBytes } from '../support/idx.js';
import { zipOf } from '../support/numpy.js';
import { descendants } from '../support/processes.js';
import { expectProblem, fineTune } from '../support/requests.js';
import { until } from '../support/until.js';
import { Web, type WebAnswer } from '../support/web.js';

jest.setTimeout(180_000);

const { tf } = loadTensorFlow();
const MOST_BYTES = 100_000;
let app: TestApp;
let web: Web;
let files: NamedBytes[];
beforeAll(async () => {
  app = await TestApp.open({ maxUploadBytes: MOST_BYTES });
  web = await Web.open();
  const model = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [4, 4, 1] }), tf.layers.dense({ units: 6, name: 'hidden' }), tf.layers.dense({ units: 3, activation: 'softmax', name: 'head' })] });
  drawWeights(tf, model);
  files = inShards(await tfjsFiles(tf, model));
});

/** The weights in two shards, one of them in a folder. */
function inShards(saved: readonly NamedBytes[]): NamedBytes[] {
  const weights = Buffer.from(saved[1]!.bytes);
  const [described] = changed(saved, (model: { weightsManifest: { paths: string[] }[] }) => void (model.weightsManifest[0]!.paths = ['group1-shard1of2', './more/group1-shard2of2']));
  return [described!, { name: 'group1-shard1of2', bytes: weights.subarray(0, 40) }, { name: 'more/group1-shard2of2', bytes: weights.subarray(40) }];
}

const never = new AbortController().signal;
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
/** What `sha256sum model.json … | sha256sum` gives. */
const digestOf = (sent: readonly NamedBytes[]): string => sha256(sent.map(({ name, bytes }) => `${sha256(bytes)}  ${name}\n`).join(''));
let folders = 0;
/** Serves the files from a folder of their own. @returns the address of the first */
const served = (sent: readonly NamedBytes[]): string => {
  folders += 1;
  const [url] = sent.map(({ name, bytes }) => web.at(`/${folders}/${name}`, bytes));
  return url!;
};
const accepted = async (body: object): Promise<AnyModel> => {
  const answer = await app.post('/v1/models/imports', body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json<AnyModel>();
};
const fetched = async (body: object): Promise<AnyModel> => app.readModel((await accepted(body)).id);
/** One attempt, as a worker makes it. */
const attempt = (id: string, failures: Map<string, number>, signal = never): Promise<string> =>
  attemptImport({ store: app.rooms.store, limits: LIMITS, maxBytes: MOST_BYTES, deaths: failures, allowPrivate: true }, id, signal, held).then(
    () => 'ended',
    (problem: unknown) => (problem instanceof TryAgain ? 'again' : String(problem)),
  );
const leavesNothingOf = async (id: string): Promise<void> => {
  expect(await app.rooms.store.listStaged()).toEqual([]);
  expect((await app.traces()).paths.filter((path) => path.includes(id) && path.includes('source'))).toEqual([]);
};

/** Fetches and reads as the children of the worker do, in this process. */
async function fetchedHere({ url, sha256: digest = null, maxBytes = MOST_BYTES }: { url: string; sha256?: string | null; maxBytes?: number }) {
  const outFolder = await mkdtemp(join(tmpdir(), 'rootstock-fetch-'));
  try {
    const come = await fetchModel({ url, sha256: digest, outFolder, maxBytes, allowPrivate: true }, () => undefined);
    const model = await readModel(come.files.map(({ name }, number) => ({ name, path: join(outFolder, String(number)) })), {}, maxBytes);
    return { fetched: come, model };
  } finally {
    await rm(outFolder, { recursive: true });
  }
}

/** The code that fetching fails with, and its sentence. */
const failure = async (url: string, digest: string | null = null, maxBytes = MOST_BYTES): Promise<readonly [string, string]> =>
  fetchedHere({ url, sha256: digest, maxBytes }).then(
    () => ['none', ''] as const,
    (problem: unknown) => {
      if (!(problem instanceof ServiceError)) throw problem;
      return [problem.code, problem.message] as const;
    },
  );

describe('POST /v1/models/imports with a URL', () => {
  it('answers at once, and then the worker fetches model.json and what it names beside it, and reads them', async () => {
    const found = served(files);
    const asked = `${web.url}/${folders}/latest?version=2`;
    web.redirect(`/${folders}/latest?version=2`, found);
    for (const { name, bytes } of files.slice(1)) web.at(`/${folders}/${name}?version=2`, bytes);
    const model = await accepted({ name: 'small', url: asked, sha256: digestOf(files), labels: ['a', 'b', 'c'] });
    expect(model).toMatchObject({ status: 'importing', name: 'small', source: { format: null, files: [], url: { asked, found: null, sha256: digestOf(files) } } });
    expect(web.asked).toEqual([]);
    expect(await app.rooms.queue.holds('import', model.id)).toBe(true);

    const ready = (await app.readModel(model.id)) as Model;
    expect(ready).toMatchObject({ status: 'ready', labels: ['a', 'b', 'c'], source: { kind: 'import', format: 'tfjs_layers', url: { asked, found } } });
    expect(ready.source).toMatchObject({ files: files.map(({ name, bytes }) => ({ name, size_bytes: bytes.length, sha256: sha256(bytes) })) });
    expect(web.asked).toEqual([`/${folders}/latest?version=2`, `/${folders}/model.json`, `/${folders}/group1-shard1of2?version=2`, `/${folders}/more/group1-shard2of2?version=2`, `/${folders}/metadata.json?version=2`]);
    await leavesNothingOf(model.id);
  });

  it('is fetched again in a restored copy that lacks files or bundle, and keeps a bundle without its record', async () => {
    const { store, events } = app.rooms;
    const waiting = await accepted({ url: served(files) });
    await app.rooms.queue.remove('import', waiting.id);
    const ready = (await fetched({ url: served(files) })) as Model;
    expect(await restore({ store, events })).toEqual({ again: [waiting.id], lost: [], unreadable: [] });
    await truncate(join(await store.localFolder(`models/${ready.id}`), 'labels.json'), 0);
    expect(await restore({ store, events })).toEqual({ again: [ready.id, waiting.id], lost: [], unreadable: [] });
    expect((await app.get(`/v1/models/${ready.id}`)).json()).toMatchObject({ status: 'importing', source: { files: [] } });
    expect(((await app.readModel(ready.id)) as Model).weights_digest).toBe(ready.weights_digest);
    await rm(join(await store.localFolder(`imports/${ready.id}`), 'outcome.json'));
    expect((await restore({ store, events })).lost).toEqual([]);
    expect(await app.rooms.queue.holds('import', ready.id)).toBe(false);
    expect((await app.get(`/v1/models/${ready.id}`)).json()).toMatchObject({ status: 'ready' });
    await app.delete(`/v1/models/${waiting.id}`);
  });

  it('is invalid where it is not what it was said to be, and leaves nothing', async () => {
    const model = await fetched({ url: served(files), sha256: sha256(files[0]!.bytes) });
    expect(model).toMatchObject({ status: 'invalid', error: { code: 'DIGEST_MISMATCH' }, source: { files: [] } });
    await leavesNothingOf(model.id);
    const unfit = await fetched({ url: served(files), labels: ['a'] });
    expect(unfit).toMatchObject({ status: 'invalid', error: { code: 'INVALID_VALUE' }, source: { format: 'tfjs_layers', files: [{}, {}, {}] } });
    await leavesNothingOf(unfit.id);
  });

  it('reads an archive, and a model.json of another name, to the very same weights', async () => {
    const expected = await readFiles(files);
    for (const sent of [[{ name: 'small.zip', bytes: zipOf(files) }], [{ name: 'net', bytes: files[0]!.bytes }, ...files.slice(1)]]) {
      const { fetched: { format }, model } = await fetchedHere({ url: served(sent) });
      expect([format, model]).toEqual([sent.length === 1 ? null : 'tfjs_layers', expected]);
    }
  });

  it('takes the labels and pixels of Teachable Machine from what lies beside it', async () => {
    const metadata = json('metadata.json', { packageName: '@teachablemachine/image', labels: ['x', 'y', 'z'] });
    const { model } = await fetchedHere({ url: served([...files, metadata]) });
    expect(model.labels).toEqual(['x', 'y', 'z']);
    expect(model.architecture.layers[0]).toMatchObject({ class_name: 'Rescaling', config: { offset: -1 } });
    // A server that answers everything with a page has none.
    const page = { name: 'metadata.json', bytes: Buffer.from('<!doctype html>') };
    const { model: plain, fetched: { files: come } } = await fetchedHere({ url: served([...files, page]) });
    expect([plain.labels, come.map(({ name }) => name)]).toEqual([[], files.map(({ name }) => name)]);
  });

  it.each<[string, () => NamedBytes[], string]>([
    ['a shard that is not there', () => files.slice(0, 2), 'FETCH_FAILED'],
    ['shards that are too large together', () => [...files.slice(0, 2), { name: 'more/group1-shard2of2', bytes: Buffer.alloc(MOST_BYTES) }], 'UPLOAD_TOO_LARGE'],
    ['a page', () => [{ name: 'model.json', bytes: Buffer.from('<!doctype html><p>canary') }], 'MODEL_FORMAT'],
    ['a pickle', () => [{ name: 'net.pkl', bytes: Buffer.from([0x80, 4, 0x95, 0]) }], 'MODEL_FORMAT'],
    ['an empty object', () => [json('model.json', {})], 'MODEL_FORMAT'],
    ['what begins like JSON and is none', () => [{ name: 'model.json', bytes: Buffer.from('{ "modelTopology"') }], 'MODEL_CORRUPT'],
  ])('refuses %s', async (_what, sent, code) => {
    const [found, said] = await failure(served(sent()));
    expect([found, said.includes('canary')]).toEqual([code, false]);
  });

  it('holds the one file, and all files of a model.json, to the digest', async () => {
    const archive = zipOf(files);
    const url = () => served([{ name: 'a.zip', bytes: archive }]);
    expect((await failure(url(), sha256(archive)))[0]).toBe('none');
    expect((await failure(url(), sha256('another')))[0]).toBe('DIGEST_MISMATCH');
    expect((await failure(served(files), digestOf(files)))[0]).toBe('none');
    const other = [...files.slice(0, 2), { name: 'more/group1-shard2of2', bytes: Buffer.from(files[2]!.bytes).fill(1) }];
    expect((await failure(served(other), digestOf(files)))[0]).toBe('DIGEST_MISMATCH');
  });

  it.each<[string, readonly string[], string]>([
    ['leads out of its folder', ['../../etc/passwd'], 'UNSAFE_PATH'],
    ['is absolute', ['/etc/passwd'], 'UNSAFE_PATH'],
    ['is an address', ['http://169.254.169.254/latest'], 'UNSAFE_PATH'],
    ['is an address without a scheme', ['//169.254.169.254/latest'], 'UNSAFE_PATH'],
    ['climbs in the way of Windows', ['a\\..\\b'], 'UNSAFE_PATH'],
    ['is named twice', ['a', 'a'], 'MODEL_CORRUPT'],
    ['is one of ten thousand', Array.from({ length: 10_000 }, (_, at) => `shard${at}`), 'MODEL_CORRUPT'],
  ])('asks for nothing where a shard %s (B36)', async (_what, paths, code) => {
    const [described] = changed(files, (model: { weightsManifest: { paths: readonly string[] }[] }) => void (model.weightsManifest[0]!.paths = paths));
    const url = served([described!]);
    const before = web.asked.length;
    expect((await failure(url, null, 2 ** 24))[0]).toBe(code);
    expect(web.asked.slice(before)).toEqual([new URL(url).pathname]);
  });

  it('asks for no shard through an escape', () => {
    expect(addressBeside('https://example.com/a/b/model.json?key=1', '%2e%2e/c?d#e')).toBe('https://example.com/a/b/%252e%252e/c%3Fd%23e?key=1');
  });

  it('does not follow a shard to where it may not go', async () => {
    const url = served(files.slice(0, 1));
    web.redirect(`/${folders}/group1-shard1of2`, 'http://169.254.169.254/latest');
    expect((await failure(url))[0]).toBe('FETCH_BLOCKED');
  });

  it('tries three times where that may help, and then says what it was', async () => {
    const url = served(files.slice(0, 1));
    web.at(`/${folders}/group1-shard1of2`, (_request, response) => void response.writeHead(503).end());
    const { id } = await accepted({ url });
    const failures = new Map<string, number>();
    expect([await attempt(id, failures), await attempt(id, failures), await attempt(id, failures)]).toEqual(['again', 'again', 'ended']);
    expect((await app.get(`/v1/models/${id}`)).json()).toMatchObject({ status: 'invalid', error: { code: 'FETCH_UNAVAILABLE', retryable: true } });
    await leavesNothingOf(id);
  });

  const once = (bytes: Uint8Array, begun: () => void): WebAnswer => {
    let times = 0;
    return (_request, response) => {
      times += 1;
      if (times > 1) return void response.end(bytes);
      response.writeHead(200).write(bytes.subarray(0, 9));
      begun();
    };
  };

  it('fetches again after a crash, and loses nothing', async () => {
    let begun = false;
    const url = served(files);
    web.at(`/${folders}/group1-shard1of2`, once(files[1]!.bytes, () => (begun = true)));
    const { id } = await accepted({ url });
    const failures = new Map<string, number>();
    const first = attempt(id, failures);
    await until('the shard begins to come', () => begun);
    process.kill((await descendants(process.pid)).find(({ command }) => command.includes('fetch-model.js'))!.pid, 'SIGKILL');
    expect(await first).toBe('again');
    expect((await app.get(`/v1/models/${id}`)).json()).toMatchObject({ status: 'importing', error: null, source: { files: [] } });
    expect(await attempt(id, failures)).toBe('ended');
    expect((await app.get(`/v1/models/${id}`)).json()).toMatchObject({ status: 'ready' });
  });

  it('leaves nothing where it is deleted while it is fetched', async () => {
    let begun = false;
    const url = served(files);
    web.at(`/${folders}/group1-shard1of2`, once(files[1]!.bytes, () => (begun = true)));
    const { id } = await accepted({ url });
    const controller = new AbortController();
    const fetching = attempt(id, new Map(), controller.signal);
    await until('the shard begins to come', () => begun);
    expect((await app.delete(`/v1/models/${id}`)).status).toBe(204);
    controller.abort('interrupted');
    expect(await fetching).toBe('ended');
    expect((await app.traces()).paths.filter((path) => path.includes(id))).toEqual([]);
  });

  it('does nothing twice under one Idempotency-Key, and is no base until it is ready', async () => {
    const body = { url: served(files) };
    const again = () => app.app.inject({ method: 'POST', url: '/v1/models/imports', headers: { 'idempotency-key': 'model-url-1' }, payload: body });
    const [first, second] = [await again(), await again()];
    expect([second.json(), second.headers['idempotency-replayed']]).toEqual([first.json(), 'true']);
    const { id } = first.json<AnyModel>();
    const dataset = await app.generated();
    expectProblem(await app.post('/v1/jobs', fineTune(dataset.id, id, { kind: 'parameter' })), 409, 'MODEL_NOT_READY', ['/base_model']);
    await app.delete(`/v1/models/${id}`);
  });

  it.each([
    ['a file', { url: 'file:///etc/passwd' }, 'URL_NOT_ALLOWED', '/url'],
    ['the metadata of a cloud', { url: 'http://169.254.169.254/' }, 'URL_NOT_ALLOWED', '/url'],
    ['a digest that is none', { url: 'https://example.com/', sha256: 'abc' }, 'INVALID_VALUE', '/sha256'],
    ['an unknown option', { url: 'https://example.com/', colour: 1 }, 'UNKNOWN_FIELD', '/colour'],
    ['no address', { name: 'a' }, 'MISSING_FIELD', '/url'],
  ])('refuses %s', async (_what, body, code, pointer) => {
    const before = await app.traces();
    expectProblem(await app.post('/v1/models/imports', body), 422, code, [pointer]);
    expect(await app.traces()).toEqual(before);
  });
});
