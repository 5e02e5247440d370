// Base models that a job names: brought on first use, once for all who ask, held to a digest; and all that can be wrong.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogueEntry, CatalogueModel } from '#contract/catalogue.js';
import type { AnyModel, Model } from '#contract/model.js';
import type { Problem } from '#contract/problem.js';
import { loadTensorFlow } from '#engine/native.js';
import { restore } from '#jobs/restore.js';
import { catalogueOf } from '#models/catalogue/load.js';
import { TestApp } from '../support/app.js';
import type { NamedBytes } from '../support/idx.js';
import { drawWeights, tfjsFiles } from '../support/model-files.js';
import { int64Array, uint8Array, zipOf } from '../support/numpy.js';
import { expectProblem, fineTune } from '../support/requests.js';
import { Web } from '../support/web.js';

jest.setTimeout(180_000);

const { tf } = loadTensorFlow();
let app: TestApp;
let web: Web;
let files: NamedBytes[];
let dataset: string;
const SIDE = 16;
const ROWS = 30;

const entry = (id: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry => ({
  id, name: `Network ${id}`, url: `${web.url}/${id}/model.json`, sha256: null, origin: 'this test', licence: 'Apache-2.0', input_shape: [SIDE, SIDE, 3], input_range: [-1, 1], cut: 'conv_pw_13_relu', ...more,
});
const serve = (id: string, sent: readonly NamedBytes[] = files): void => {
  for (const { name, bytes } of sent) web.at(`/${id}/${name}`, bytes);
};
const job = (name: string) => fineTune(dataset, name, { kind: 'feature', cut: 'conv_pw_13_relu', head: [{ class_name: 'GlobalAveragePooling2D' }] });
const listed = async (): Promise<Record<string, CatalogueModel>> =>
  Object.fromEntries((await app.get('/v1/models/catalogue')).json<{ data: CatalogueModel[] }>().data.map((one) => [one.id, one]));
const modelOf = (problem: Problem): string => /mdl_[0-9a-f]{32}/.exec(problem.detail)![0];
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** As Keras's MobileNet V1 ends and begins, with one block. */
function mobilenet() {
  const { layers } = tf;
  return tf.sequential({
    layers: [
      layers.conv2d({ inputShape: [SIDE, SIDE, 3], filters: 4, kernelSize: 3, strides: 2, padding: 'same', useBias: false, name: 'conv1' }),
      layers.batchNormalization({ name: 'conv1_bn' }),
      layers.activation({ activation: 'relu6', name: 'conv1_relu' }),
      layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false, name: 'conv_dw_13' }),
      layers.batchNormalization({ name: 'conv_dw_13_bn' }),
      layers.activation({ activation: 'relu6', name: 'conv_dw_13_relu' }),
      layers.conv2d({ filters: 6, kernelSize: 1, padding: 'same', useBias: false, name: 'conv_pw_13' }),
      layers.batchNormalization({ name: 'conv_pw_13_bn' }),
      layers.activation({ activation: 'relu6', name: 'conv_pw_13_relu' }),
      layers.globalAveragePooling2d({ name: 'global_average_pooling2d_1' }),
      layers.reshape({ targetShape: [1, 1, 6], name: 'reshape_1' }),
      layers.dropout({ rate: 1e-3, name: 'dropout' }),
      layers.conv2d({ filters: 5, kernelSize: 1, padding: 'same', name: 'conv_preds' }),
      layers.activation({ activation: 'softmax', name: 'act_softmax' }),
      layers.reshape({ targetShape: [5], name: 'reshape_2' }),
    ],
  });
}

beforeAll(async () => {
  web = await Web.open();
  const network = mobilenet();
  drawWeights(tf, network);
  files = await tfjsFiles(tf, network);
  app = await TestApp.open({ catalogue: catalogueOf([entry('small'), entry('away'), entry('pinned', { sha256: sha256('another') }), entry('outside', { url: 'http://169.254.169.254/model.json' })]) });
  const pixels = uint8Array([ROWS, SIDE, SIDE, 3], Array.from({ length: ROWS * SIDE * SIDE * 3 }, (_, at) => (at * 31) % 251));
  const labels = int64Array([ROWS], Array.from({ length: ROWS }, (_, at) => at % 3));
  dataset = (await app.uploaded([{ name: 'data.npz', bytes: zipOf([{ name: 'x.npy', bytes: pixels }, { name: 'y.npy', bytes: labels }]) }])).id;
});

describe('A base model by name', () => {
  it('is brought by the first jobs that want it, once for all, and is a model like any other then', async () => {
    serve('small');
    const before = await app.traces();
    expectProblem(await app.post('/v1/jobs?dry_run=true', job('small')), 409, 'BASE_ABSENT', ['/base_model']);
    expect(await app.traces()).toEqual(before);
    expect((await listed()).small).toMatchObject({ object: 'catalogue_model', status: 'absent', model: null, sha256: null, licence: 'Apache-2.0', cut: 'conv_pw_13_relu' });

    const answers = await Promise.all([app.post('/v1/jobs', job('small')), app.post('/v1/jobs', job('small')), app.post('/v1/models/imports', { catalogue: 'small' })]);
    const coming = (answer: (typeof answers)[number]): string => modelOf(expectProblem(answer, 503, 'BASE_COMING', ['/base_model']));
    expect(Number(answers[0].headers['retry-after'])).toBeGreaterThan(0);
    const id = coming(answers[0]);
    expect([coming(answers[1]), answers[2].json<AnyModel>().id]).toEqual([id, id]);
    expect((await app.traces()).import).toBe(1);
    expect((await app.get('/v1/models')).json<{ data: AnyModel[] }>().data).toHaveLength(1);

    const model = (await app.readModel(id)) as Model;
    expect(model).toMatchObject({ status: 'ready', name: 'Network small', source: { catalogue: 'small', format: 'tfjs_layers' } });
    expect(model.architecture.layers[0]).toEqual({ class_name: 'Rescaling', name: 'input_range', config: { scale: 2, offset: -1 } });
    expect(web.asked.filter((path) => path === '/small/model.json')).toHaveLength(1);
    const listing = files.map(({ name, bytes }) => `${sha256(bytes)}  ${name}\n`).join('');
    expect((await listed()).small).toMatchObject({ status: 'ready', model: id, sha256: sha256(listing) });

    const submitted = await app.submit(job('small'));
    expect(submitted.spec).toMatchObject({ base_model: id, features_from: 'conv_pw_13_relu', base_weights_digest: model.weights_digest });
    expect(await app.attempt(submitted.id)).toMatchObject({ status: 'succeeded', error: null });
  });

  it('is held to the digest that it first came with, and fetched anew under the same id once it was deleted', async () => {
    const { model, sha256: recorded } = (await listed()).small!;
    expect((await app.delete(`/v1/models/${model}?descendants=keep`)).status).toBe(204);
    expect((await listed()).small).toMatchObject({ status: 'absent', model: null, sha256: recorded });
    serve('small', files.map((file) => (file.name === 'weights.bin' ? { ...file, bytes: Buffer.from(file.bytes).fill(1, 0, 4) } : file)));
    expect(modelOf(expectProblem(await app.post('/v1/jobs', job('small')), 503, 'BASE_COMING'))).toBe(model);
    expect(await app.readModel(model!)).toMatchObject({ status: 'invalid', error: { code: 'DIGEST_MISMATCH' } });
    expect(expectProblem(await app.post('/v1/jobs', job('small')), 409, 'BASE_FAILED', ['/base_model']).detail).toContain('digest');
  });

  it.each([
    ['away', 'cannot be fetched'],
    ['pinned', 'digest'],
  ])('says what to do where it cannot be had: %s', async (name, why) => {
    if (name === 'pinned') serve(name);
    const id = modelOf(expectProblem(await app.post('/v1/jobs', job(name)), 503, 'BASE_COMING'));
    expect(await app.readModel(id)).toMatchObject({ status: 'invalid' });
    const problem = expectProblem(await app.post('/v1/jobs', job(name)), 409, 'BASE_FAILED', ['/base_model']);
    expect([problem.detail.includes(why), problem.detail.includes(`DELETE /v1/models/${id}`)]).toEqual([true, true]);
    expect((await listed())[name]).toMatchObject({ status: 'invalid', model: id });
    await app.delete(`/v1/models/${id}`);
    expect(modelOf(expectProblem(await app.post('/v1/jobs', job(name)), 503, 'BASE_COMING'))).toBe(id);
    await app.delete(`/v1/models/${id}`);
    expect((await app.traces()).paths.filter((path) => path.includes(id) && !path.startsWith('catalogue'))).toEqual([]);
  });

  it('survives a copy of the store that has torn its records', async () => {
    const { store, events } = app.rooms;
    const { model } = (await listed()).small!;
    const folder = await store.localFolder('catalogue/small');
    for (const name of ['model.json', 'digest.json']) await truncate(join(folder, name), 9);
    expect(await restore({ store, events })).toEqual({ again: [], lost: [], unreadable: [] });
    expect((await listed()).small).toMatchObject({ status: 'absent', model: null, sha256: null });
    expect((await app.get(`/v1/models/${model}`)).status).toBe(200);
  });

  it('refuses a name that it does not know, and an address where it may not go', async () => {
    expectProblem(await app.post('/v1/jobs', job('mobilenet_v9')), 422, 'MODEL_UNKNOWN', ['/base_model']);
    expectProblem(await app.post('/v1/models/imports', { catalogue: 'mobilenet_v9' }), 422, 'MODEL_UNKNOWN', ['/catalogue']);
    expectProblem(await app.post('/v1/models/imports', { catalogue: 'small', name: 'mine' }), 422, 'UNKNOWN_FIELD');
    expectProblem(await app.post('/v1/jobs', job('outside')), 422, 'URL_NOT_ALLOWED');
    expect((await app.traces()).paths.filter((path) => path.startsWith('imports/') && path.endsWith('import.json'))).toHaveLength(1);
  });
});
