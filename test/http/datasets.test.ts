// POST /v1/datasets and what becomes of it: generated, uploaded, and everything an upload can have wrong.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Dataset } from '#contract/dataset.js';
import { buildApp } from '#http/app.js';
import type { Staging } from '#store/store.js';
import { TestApp } from '../support/app.js';
import { fourFiles, idxBytes, imagesOf, labelsOf, replaced, twoFiles, zipped, type NamedBytes } from '../support/idx.js';
import { overridden } from '../support/overridden.js';
import { pngs, zipFile } from '../support/pictures.js';
import { expectProblem, multipart, pretrain, send, upload } from '../support/requests.js';
import { until } from '../support/until.js';

const MOST_BYTES = 20_000;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.open({ maxUploadBytes: MOST_BYTES });
});

const labels = (count: number, classes = 3): number[] => Array.from({ length: count }, (_, at) => at % classes);
const train = labels(30);
const test = labels(12);

/** Refused in the answer itself, leaving store and queue as they were. */
async function expectRefusal(answer: ReturnType<typeof send>, status: number, code: string, pointers: string[] = []): Promise<string> {
  return expectProblem(await answer, status, code, pointers).detail;
}

describe('POST /v1/datasets with a generator', () => {
  it('answers 201 with the address of a data set that is being read, and then it is ready', async () => {
    const answer = await app.post('/v1/datasets', { name: 'zahlen', generate: { name: 'glyph_digits', examples: 120, seed: 5 } });
    const accepted = answer.json<Dataset>();
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/datasets/${accepted.id}`);
    expect(accepted).toMatchObject({ object: 'dataset', name: 'zahlen', status: 'validating', format: 'generated', content: null, ready_at: null });
    expect(await app.rooms.queue.holds('ingest', accepted.id)).toBe(true);

    const ready = await app.read(accepted.id);
    expect(ready).toMatchObject({ status: 'ready', error: null, source: { generate: { name: 'glyph_digits', examples: 120, seed: 5 } } });
    expect(ready.content).toMatchObject({ input_shape: [28, 28, 1], parts: { train: { examples: 100 }, test: { examples: 20 } }, split: null });
    expect(ready.ready_at).not.toBeNull();
  });

  it('gives the same content for the same seed and other content for another', async () => {
    const digest = async (seed: number) => (await app.generated('glyph_letters', 100, seed)).content!.digest;
    const first = await digest(1);
    expect(await digest(1)).toBe(first);
    expect(await digest(2)).not.toBe(first);
  });

  it.each([
    ['nothing', {}, 'MISSING_FIELD', '/generate'],
    ['an unknown generator', { generate: { name: 'mnist' } }, 'INVALID_VALUE', '/generate/name'],
    ['no generator', { generate: {} }, 'MISSING_FIELD', '/generate/name'],
    ['99 examples', { generate: { name: 'glyph_digits', examples: 99 } }, 'INVALID_VALUE', '/generate/examples'],
    ['a million examples', { generate: { name: 'glyph_digits', examples: 1e6 } }, 'INVALID_VALUE', '/generate/examples'],
    ['"100" examples', { generate: { name: 'glyph_digits', examples: '100' } }, 'INVALID_VALUE', '/generate/examples'],
    ['half a seed', { generate: { name: 'glyph_digits', seed: 0.5 } }, 'INVALID_VALUE', '/generate/seed'],
    ['an unknown field', { generate: { name: 'glyph_digits' }, format: 'idx' }, 'UNKNOWN_FIELD', '/format'],
    ['an unknown field of the generator', { generate: { name: 'glyph_digits', classes: 3 } }, 'UNKNOWN_FIELD', '/generate/classes'],
    ['an invisible name', { name: '\u200B', generate: { name: 'glyph_digits' } }, 'INVALID_VALUE', '/name'],
  ])('refuses %s', async (_what, body, code, pointer) => {
    const before = await app.traces();
    await expectRefusal(app.post('/v1/datasets', body), 422, code, [pointer]);
    expect(await app.traces()).toEqual(before);
  });
});

describe('POST /v1/datasets with IDX files', () => {
  it.each([
    ['as they are', (files: NamedBytes[]) => files],
    ['each in gzip', zipped],
    ['in another order', (files: NamedBytes[]) => [...files].reverse()],
  ])('takes train and test: %s', async (_how, sent) => {
    const files = sent(fourFiles(train, test));
    const dataset = await app.uploaded(files);
    expect(dataset).toMatchObject({ status: 'ready', format: 'idx', name: files[0]!.name });
    expect(dataset.content).toMatchObject({ input_shape: [2, 3, 1], class_names: ['0', '1', '2'], split: null });
    expect(dataset.content!.parts).toEqual({ train: { examples: 30, class_counts: [10, 10, 10] }, test: { examples: 12, class_counts: [4, 4, 4] } });
    expect(dataset.source.files).toEqual(
      files.map(({ name, bytes }) => ({ name, size_bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })),
    );
  });

  it('reads the same from plain files and from gzip', async () => {
    const [plain, packed] = [await app.uploaded(fourFiles(train, test)), await app.uploaded(zipped(fourFiles(train, test)))];
    expect(packed.content!.digest).toBe(plain.content!.digest);
  });

  it('splits a single part, and says how', async () => {
    const dataset = await app.uploaded(twoFiles(labels(50, 2)));
    expect(dataset.content!.split).toEqual({ from: 'images', test_fraction: 0.2, seed: 1 });
    expect(dataset.content!.parts).toEqual({ train: { examples: 40, class_counts: [20, 20] }, test: { examples: 10, class_counts: [5, 5] } });
  });

  it.each([
    ['one JSON array', [['class_names', '["ant","bee","cat"]']]],
    ['a field each', [['class_names', 'ant'], ['class_names', 'bee'], ['class_names', 'cat']]],
  ] as const)('takes the names of the classes as %s', async (_how, fields) => {
    const dataset = await app.uploaded(fourFiles(train, test), [['name', 'tiere'], ['format', 'idx'], ...fields]);
    expect(dataset).toMatchObject({ status: 'ready', name: 'tiere', content: { class_names: ['ant', 'bee', 'cat'] } });
  });

  it('keeps a file name to be shown and never as a path', async () => {
    const [images, names] = twoFiles(labels(50, 2)) as [NamedBytes, NamedBytes];
    const dataset = await app.uploaded([{ ...images, name: '../../etc/images\u0001' }, { ...names, name: '..' }]);
    expect(dataset.status).toBe('ready');
    expect(dataset.source.files.map(({ name }) => name).join()).not.toMatch(/[/\\\u0001]/);
    expect((await app.traces()).paths.filter((path) => /etc|passwd/.test(path))).toEqual([]);
  });
});

describe('POST /v1/datasets with pictures', () => {
  it('takes a zip of class folders in the size that is asked for, and keeps what was asked', async () => {
    const files = [zipFile(await pngs('ants/1.png', 'ants/2.png', 'bees/1.png', 'bees/2.png'))];
    const dataset = await app.uploaded(files, [['pictures', '{"height":4,"channels":3,"fit":"contain"}']]);
    expect(dataset).toMatchObject({
      status: 'ready', format: 'images', source: { pictures: { height: 4, channels: 3, fit: 'contain' } },
      content: { input_shape: [4, 4, 3], class_names: ['ants', 'bees'], preprocessing: { pictures: { fit: 'contain', background: '#ffffff' } } },
    });
  });
});

const plain = fourFiles(train, test);
const gzip = zipped(plain);
const cutShort = (bytes: Uint8Array, left = bytes.length - 5): Uint8Array => bytes.slice(0, left);

describe('POST /v1/datasets with files that are wrong inside', () => {
  it.each([
    ['images cut short', () => replaced(plain, 0, cutShort(plain[0]!.bytes)), 'IDX_CORRUPT'],
    ['labels cut short', () => replaced(plain, 1, cutShort(plain[1]!.bytes)), 'IDX_CORRUPT'],
    ['a header cut short', () => replaced(plain, 0, cutShort(plain[0]!.bytes, 9)), 'IDX_CORRUPT'],
    ['three bytes', () => replaced(plain, 0, cutShort(plain[0]!.bytes, 3)), 'IDX_CORRUPT'],
    ['gzip cut short', () => replaced(gzip, 0, cutShort(gzip[0]!.bytes)), 'IDX_CORRUPT'],
    ['gzip that is damaged', () => replaced(gzip, 0, gzip[0]!.bytes.map((byte, at) => (at === gzip[0]!.bytes.length - 6 ? byte ^ 0xff : byte))), 'IDX_CORRUPT'],
    ['gzip with something behind it', () => replaced(gzip, 0, Buffer.concat([gzip[0]!.bytes, Buffer.from('more')])), 'IDX_CORRUPT'],
    ['gzip of a picture', () => replaced(gzip, 0, gzipSync('\x89PNG and so on')), 'FORMAT_UNKNOWN'],
    ['bytes too many', () => replaced(plain, 0, Buffer.concat([plain[0]!.bytes, Buffer.from([1])])), 'IDX_CORRUPT'],
    ['a header of 2^32 - 1 images', () => replaced(plain, 0, idxBytes([2 ** 32 - 1, 2, 3], [1, 2, 3])), 'IDX_CORRUPT'],
    ['floats', () => replaced(plain, 0, idxBytes([30, 2, 3], new Uint8Array(30 * 6 * 4), 0x0d)), 'IDX_CORRUPT'],
    ['two dimensions', () => replaced(plain, 0, idxBytes([30, 6], new Uint8Array(180))), 'IDX_CORRUPT'],
    ['fewer labels than images', () => replaced(plain, 1, labelsOf(labels(29))), 'IDX_PARTS'],
    ['images of two sizes', () => replaced(plain, 2, imagesOf(test, [3, 3])), 'IDX_PARTS'],
    ['no labels', () => plain.slice(0, 1), 'IDX_PARTS'],
    ['three files', () => plain.slice(0, 3), 'IDX_PARTS'],
    ['two trainings', () => [...plain.slice(0, 2), ...plain.slice(0, 2)], 'IDX_PARTS'],
    ['no images at all', () => [{ name: 'images', bytes: imagesOf([]) }, { name: 'labels', bytes: labelsOf([]) }], 'IDX_PARTS'],
    ['one class', () => fourFiles(train.map(() => 0), test.map(() => 0)), 'CLASSES_TOO_FEW'],
    ['a class of one example, to be split', () => twoFiles([...labels(20, 2), 2]), 'CLASS_TOO_SMALL'],
    ['more than is accepted once unpacked', () => zipped(fourFiles(labels(3_500), test)), 'DATASET_TOO_LARGE'],
  ])('takes %s in, and finds the data set invalid', async (_what, files, code) => {
    const dataset = await app.uploaded(files());
    expect(dataset).toMatchObject({ status: 'invalid', content: null, ready_at: null, error: { code, class: 'user', retryable: false } });
    expect(dataset.error!.message).not.toContain(app.folder);
    expect(await app.rooms.store.listStaged()).toEqual([]);
    expectProblem(await app.post('/v1/jobs', pretrain(dataset.id)), 409, 'DATASET_NOT_READY', ['/dataset']);
  });

  it('finds a label beyond the class names, and says where', async () => {
    const dataset = await app.uploaded(plain, [['class_names', '["ant","bee"]']]);
    expect(dataset.error).toMatchObject({ code: 'LABEL_OUT_OF_RANGE' });
    expect(dataset.error!.message).toContain('"train-labels-idx1-ubyte" gives example 2 the label 2');
  });

  it('knows of no truncation that it would take for whole, whatever the length', async () => {
    for (let length = 0; length < plain[1]!.bytes.length; length += 6) {
      const answer = await upload(app.url, replaced(plain, 1, cutShort(plain[1]!.bytes, length)));
      const code = answer.status === 201 ? (await app.read(answer.json<Dataset>().id)).error?.code : answer.json<{ code: string }>().code;
      expect({ length, code }).toEqual({ length, code: length === 0 ? 'FORMAT_UNKNOWN' : 'IDX_CORRUPT' });
    }
  });
});

describe('POST /v1/datasets with an upload that its answer refuses', () => {
  it.each([
    ['no file', [], [], 422, 'UPLOAD_EMPTY', []],
    ['an empty file', [{ name: 'train-images', bytes: Buffer.alloc(0) }], [], 422, 'FORMAT_UNKNOWN', []],
    ['a picture', [{ name: 'cat.png', bytes: Buffer.from('\x89PNG') }], [], 422, 'FORMAT_UNKNOWN', []],
    ['a picture after sound files', [...plain, { name: 'cat.png', bytes: Buffer.from('\x89PNG') }], [], 422, 'FORMAT_UNKNOWN', []],
    ['an unknown field', plain, [['colour', 'red']], 422, 'UNKNOWN_FIELD', ['/colour']],
    ['a file under another name', [{ ...plain[0]!, part: 'images' }], [], 422, 'UNKNOWN_FIELD', ['/images']],
    ['an unknown format', plain, [['format', 'csv']], 422, 'INVALID_VALUE', ['/format']],
    ['one class name', plain, [['class_names', '["ant"]']], 422, 'INVALID_VALUE', ['/class_names']],
    ['a class name twice', plain, [['class_names', '["ant","ant"]']], 422, 'INVALID_VALUE', ['/class_names']],
    ['class names that are no list', plain, [['class_names', '["ant"']], 422, 'INVALID_VALUE', ['/class_names']],
    ['a class name that is a number', plain, [['class_names', '["ant", 5]']], 422, 'INVALID_VALUE', ['/class_names/1']],
    ['wishes for pictures that are no JSON', plain, [['pictures', 'small']], 422, 'INVALID_VALUE', ['/pictures']],
    ['a picture side of 513', plain, [['pictures', '{"height":513}']], 422, 'INVALID_VALUE', ['/pictures/height']],
    ['an unknown wish for pictures', plain, [['pictures', '{"depth":3}']], 422, 'UNKNOWN_FIELD', ['/pictures/depth']],
    ['wishes for pictures beside IDX files', plain, [['pictures', '{"height":32}']], 422, 'INVALID_VALUE', ['/pictures']],
    ['a name with a line break', plain, [['name', 'a\u2028b']], 422, 'INVALID_VALUE', ['/name']],
    ['a __proto__ field', plain, [['__proto__', 'x']], 400, 'BAD_REQUEST', []],
    ['a file larger than is accepted', [{ name: 'images', bytes: idxBytes([4_000, 2, 3], new Uint8Array(24_000)) }], [], 413, 'UPLOAD_TOO_LARGE', []],
    ['files that are larger together', [1, 2, 3].map((n) => ({ name: `images${n}`, bytes: idxBytes([1_500, 2, 3], new Uint8Array(9_000)) })), [], 413, 'UPLOAD_TOO_LARGE', []],
    ['more files than make sense', Array.from({ length: 20 }, () => plain[1]!), [], 422, 'IDX_PARTS', []],
  ] as [string, (NamedBytes & { part?: string })[], [string, string][], number, string, string[]][])('refuses %s', async (_what, files, fields, status, code, pointers) => {
    const before = await app.traces();
    await expectRefusal(upload(app.url, files, fields), status, code, pointers);
    expect(await app.traces()).toEqual(before);
  });

  it('says how large an upload may be', async () => {
    const { bytes } = { bytes: idxBytes([4_000, 2, 3], new Uint8Array(24_000)) };
    expect(await expectRefusal(upload(app.url, [{ name: 'images', bytes }]), 413, 'UPLOAD_TOO_LARGE')).toContain('20');
  });

  it.each([
    ['ends in the middle', (body: Buffer) => body.subarray(0, body.length - 40), undefined],
    ['has no parts', () => Buffer.from('nothing here'), undefined],
    ['names no boundary', (body: Buffer) => body, 'multipart/form-data'],
    ['names another boundary', (body: Buffer) => body, 'multipart/form-data; boundary=other'],
  ])('refuses a multipart body that %s', async (_how, change, type) => {
    const before = await app.traces();
    const { headers, body } = multipart(plain);
    const answer = await send(app.url, '/v1/datasets', { method: 'POST', headers: type === undefined ? headers : { 'content-type': type }, body: change(body) });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expectProblem(answer, answer.status, answer.json<{ code: string }>().code, []);
    expect(await app.traces()).toEqual(before);
  });

  it('F20: keeps nothing of an upload whose sender goes away before a byte of it was looked at', async () => {
    const before = await app.traces();
    let letGo = (): void => undefined;
    const gone = new Promise<void>((resolve) => (letGo = resolve));
    const seen: string[] = [];
    const slow = overridden(app.rooms.store, {
      stage: async (owner: string) => {
        seen.push('taken up');
        await gone;
        return app.rooms.store.stage(owner);
      },
      discard: async (staging: Staging) => {
        await app.rooms.store.discard(staging);
        seen.push('given up');
      },
    });
    const api = await buildApp({ ...app.rooms, store: slow }, { keys: { apiKey: '', readOnlyKey: '' } });
    try {
      await api.listen({ host: '127.0.0.1', port: 0 });
      const { headers, body } = multipart(plain);
      const request = httpRequest({ port: (api.server.address() as AddressInfo).port, path: '/v1/datasets', method: 'POST', headers: { ...headers, 'content-length': String(body.length) } });
      request.on('error', () => undefined);
      request.write(body.subarray(0, body.length / 2));
      await until('it is taken up', () => seen.includes('taken up'));
      request.destroy();
      await until('the service knows', async () => (await promisify(api.server.getConnections.bind(api.server))()) === 0);
      letGo();
      await until('it is given up', () => seen.includes('given up'));
      expect(await app.traces()).toEqual(before);
    } finally {
      await api.close();
    }
  });

  it('F20: keeps nothing of an upload whose sender goes away', async () => {
    const before = await app.traces();
    const { headers, body } = multipart(plain);
    const { hostname, port } = new URL(app.url);
    const request = httpRequest({ hostname, port, path: '/v1/datasets', method: 'POST', headers: { ...headers, 'content-length': String(body.length) } });
    request.on('error', () => undefined);
    request.write(body.subarray(0, body.length / 2));
    await until('the upload is being received', async () => (await app.rooms.store.listStaged()).length > 0);
    request.destroy();
    await until('what was received is gone', async () => (await app.rooms.store.listStaged()).length === 0);
    expect(await app.traces()).toEqual(before);
  });
});

describe('DELETE /v1/datasets/{id}', () => {
  it('removes a data set with its files, once', async () => {
    const { id } = await app.generated('glyph_digits', 100);
    const answer = await app.delete(`/v1/datasets/${id}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expectProblem(await app.get(`/v1/datasets/${id}`), 404, 'DATASET_NOT_FOUND', []);
    expectProblem(await app.delete(`/v1/datasets/${id}`), 404, 'DATASET_NOT_FOUND', []);
    expect((await app.traces()).paths.filter((path) => path.includes(id))).toEqual([]);
  });

  it('removes one that still waits to be read, and nobody reads it', async () => {
    const { id } = (await app.post('/v1/datasets', { generate: { name: 'glyph_digits' } })).json<Dataset>();
    expect((await app.delete(`/v1/datasets/${id}`)).status).toBe(204);
    expect(await app.rooms.queue.holds('ingest', id)).toBe(false);
  });

  it('is 409 while a job needs it, naming the job, and possible once the job has ended', async () => {
    const { id } = await app.generated('glyph_digits', 100);
    const job = await app.submit(pretrain(id));
    expect(await expectRefusal(app.delete(`/v1/datasets/${id}`), 409, 'DATASET_IN_USE')).toContain(job.id);
    await app.post(`/v1/jobs/${job.id}/cancel`, {});
    expect((await app.delete(`/v1/datasets/${id}`)).status).toBe(204);
  });
});
