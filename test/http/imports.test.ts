// POST /v1/models/imports: accepted and read like a data set, then a model among the others; refused at once where the stream shows it.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AnyModel, Model } from '#contract/model.js';
import { loadTensorFlow } from '#engine/native.js';
import { armFaultPoints } from '#faults/armed.js';
import { Reconciler } from '#jobs/reconcile.js';
import { TryAgain } from '#queue/queue.js';
import { attemptImport } from '../../workers/import-attempt.js';
import { TestApp } from '../support/app.js';
import type { NamedBytes } from '../support/idx.js';
import { drawWeights, json, tfjsFiles } from '../support/model-files.js';
import { bytesOf, float32Array, npyBytes, zipOf } from '../support/numpy.js';
import { expectProblem, fineTune, multipart, send as sendRequest, sendModel } from '../support/requests.js';

jest.setTimeout(180_000);

const { tf } = loadTensorFlow();
let app: TestApp;
let files: NamedBytes[];
beforeAll(async () => {
  app = await TestApp.open();
  // A network within a network, over pictures of the size of glyphs, that branches.
  const input = tf.input({ shape: [28, 28, 1] });
  const stem = tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu', name: 'stem' }).apply(input) as typeof input;
  const deeper = tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'deeper' }).apply(stem) as typeof input;
  const sum = tf.layers.add({ name: 'sum' }).apply([stem, tf.layers.batchNormalization({ name: 'bn' }).apply(deeper) as typeof input]) as typeof input;
  const trunk = tf.model({ inputs: input, outputs: sum, name: 'trunk' });
  const model = tf.sequential({
    layers: [trunk, tf.layers.globalAveragePooling2d({ name: 'pool' }), tf.layers.dense({ units: 6, activation: 'relu', name: 'hidden' }), tf.layers.dense({ units: 10, activation: 'softmax', name: 'head' })],
  });
  drawWeights(tf, model);
  files = await tfjsFiles(tf, model);
});

const send = (sent: readonly NamedBytes[], fields: readonly (readonly [string, string])[] = []) => sendModel(app.url, sent, fields);
const leavesNothing = async (work: () => Promise<unknown>): Promise<void> => {
  const before = await app.traces();
  await work();
  expect(await app.traces()).toEqual(before);
};

describe('POST /v1/models/imports', () => {
  it('answers with a model that is importing, which is ready once it was read', async () => {
    const answer = await send(files, [['name', 'glyphs'], ['labels', JSON.stringify([...'0123456789'])]]);
    expect(answer.status).toBe(201);
    const importing = answer.json<AnyModel>();
    expect(importing).toMatchObject({ status: 'importing', name: 'glyphs', source: { kind: 'import', format: 'tfjs_layers' }, error: null });
    expect(answer.headers.location).toBe(`/v1/models/${importing.id}`);
    expectProblem(await app.get(`/v1/models/${importing.id}/files/model.json`), 409, 'MODEL_NOT_READY');
    expect((await app.get('/v1/models')).json<{ data: AnyModel[] }>().data[0]).toMatchObject({ id: importing.id, status: 'importing' });
    expect(await app.rooms.queue.holds('import', importing.id)).toBe(true);

    const model = (await app.readModel(importing.id)) as Model;
    expect(model).toMatchObject({ status: 'ready', job: null, dataset: null, labels: [...'0123456789'], source: { kind: 'import', format: 'tfjs_layers' } });
    expect(model.source).toMatchObject({ files: files.map(({ name, bytes }) => ({ name, size_bytes: bytes.length })) });
    expect(model.architecture.layers.map(({ name }) => name)).toEqual(['stem', 'deeper', 'bn', 'sum', 'pool', 'hidden', 'head']);
    expect((await app.get(`/v1/models/${model.id}/files/weights.bin`)).status).toBe(404);
    expect((await app.get(`/v1/models/${model.id}/files/golden.json`)).json<{ outputs: number[][] }>().outputs).toHaveLength(8);
    // What was sent is gone; the bundle is there.
    expect((await app.traces()).paths.filter((path) => path.includes(model.id) && path.includes('source'))).toEqual([]);
    expect((await app.get('/v1/models')).json<{ data: AnyModel[] }>().data.filter(({ id }) => id === model.id)).toHaveLength(1);
  });

  it('gives a base that every kind of transfer takes', async () => {
    const base = (await app.imported(files)) as Model;
    const dataset = await app.generated('glyph_letters', 200);
    for (const transfer of [
      { kind: 'parameter', stages: [{ trainable: 'head', epochs: 1 }, { trainable: 'all', epochs: 1 }] },
      { kind: 'feature', cut: 'pool' },
      { kind: 'structure', edits: [{ resize: 'hidden', units: 8 }] },
    ]) {
      const job = await app.attempt((await app.submit(fineTune(dataset.id, base.id, transfer))).id);
      expect(job).toMatchObject({ status: 'succeeded', error: null });
    }
    const made = (await app.get('/v1/models')).json<{ data: Model[] }>().data[0]!;
    expect(made).toMatchObject({ base_model: base.id, source: { kind: 'job' } });
  });

  it('gives a base from a MobileNet V1 with its head of a convolution, as the public bundles have it', async () => {
    const { conv2d, batchNormalization, reLU, zeroPadding2d, depthwiseConv2d, globalAveragePooling2d, reshape, dropout, activation } = tf.layers;
    const convolution = (name: string, filters: number, strides: number) => [
      zeroPadding2d({ padding: [[0, 1], [0, 1]], name: `${name}_pad` }), conv2d({ filters, kernelSize: 3, strides, useBias: false, name }), batchNormalization({ name: `${name}_bn` }), reLU({ maxValue: 6, name: `${name}_relu` }),
    ];
    const depthwise = (block: number, filters: number) => [
      depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false, name: `conv_dw_${block}` }), batchNormalization({ name: `conv_dw_${block}_bn` }), reLU({ maxValue: 6, name: `conv_dw_${block}_relu` }),
      conv2d({ filters, kernelSize: 1, useBias: false, name: `conv_pw_${block}` }), batchNormalization({ name: `conv_pw_${block}_bn` }), reLU({ maxValue: 6, name: `conv_pw_${block}_relu` }),
    ];
    let x = tf.input({ shape: [28, 28, 1], name: 'input_1' });
    const input = x;
    const head = [globalAveragePooling2d({ name: 'global_average_pooling2d_1' }), reshape({ targetShape: [1, 1, 16], name: 'reshape_1' }), dropout({ rate: 0.001, name: 'dropout' }), conv2d({ filters: 20, kernelSize: 1, name: 'conv_preds' }), activation({ activation: 'softmax', name: 'act_softmax' }), reshape({ targetShape: [20], name: 'reshape_2' })];
    for (const layer of [...convolution('conv1', 8, 2), ...depthwise(1, 16), ...head]) x = layer.apply(x) as typeof input;
    const model = tf.model({ inputs: input, outputs: x });
    drawWeights(tf, model);
    const base = (await app.imported(await tfjsFiles(tf, model))) as Model;
    expect(base).toMatchObject({ status: 'ready', task: 'classification' });

    const dataset = await app.generated('glyph_letters', 200);
    for (const [transfer, from] of [[{ kind: 'feature' }, 'dropout'], [{ kind: 'parameter', stages: [{ trainable: 'head', epochs: 1 }] }, 'reshape_1'], [{ kind: 'parameter' }, undefined]] as const) {
      const job = await app.attempt((await app.submit(fineTune(dataset.id, base.id, transfer))).id);
      expect(job).toMatchObject({ status: 'succeeded', error: null, spec: { ...(from && { features_from: from }) } });
      const { architecture, labels } = (await app.get(`/v1/models/${job.model}`)).json<Model>();
      expect(labels).toHaveLength(10);
      expect(architecture.layers.at(-1)!.name).toBe(transfer.kind === 'feature' ? 'dense_1' : 'reshape_2');
    }
  });

  it('keeps a model that cannot be used as invalid, with the reason, and refuses jobs on it', async () => {
    const dataset = await app.generated();
    const broken = files.map((file) => (file.name === 'weights.bin' ? { ...file, bytes: file.bytes.subarray(8) } : file));
    const model = await app.imported(broken);
    expect(model).toMatchObject({ status: 'invalid', error: { code: 'MODEL_CORRUPT', class: 'user' } });
    expectProblem(await app.post('/v1/jobs', fineTune(dataset.id, model.id, { kind: 'parameter' })), 409, 'MODEL_NOT_READY', ['/base_model']);
    expect((await app.rooms.store.listStaged()).filter((name) => name.startsWith(model.id))).toEqual([]);
    expect((await app.delete(`/v1/models/${model.id}`)).status).toBe(204);
    expect((await app.traces()).paths.filter((path) => path.includes(model.id))).toEqual([]);
  });

  it('gives a base that tells values, which a regression goes on with as they are', async () => {
    // Ten times the sum of two inputs, and three.
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], name: 'out' })] });
    model.setWeights([tf.tensor([[10], [10]]), tf.tensor([3])]);
    const base = (await app.imported(await tfjsFiles(tf, model), [['labels', '["y"]'], ['task', 'regression']])) as Model;
    expect(base).toMatchObject({ status: 'ready', task: 'regression', labels: ['y'] });
    const x = Array.from({ length: 400 }, (_, at) => Math.sin(at));
    const y = Array.from({ length: 200 }, (_, at) => 10 * (x[2 * at]! + x[2 * at + 1]!) + 3);
    const dataset = await app.uploaded([{ name: 'data.npz', bytes: zipOf([{ name: 'x.npy', bytes: float32Array([200, 2], x) }, { name: 'y.npy', bytes: npyBytes('<f4', [200], bytesOf(Float32Array.from(y))) }]) }]);
    expect(dataset).toMatchObject({ status: 'ready', content: { task: 'regression' } });
    const body = fineTune(dataset.id, base.id, { kind: 'parameter' }, { head: 'keep', training: { epochs: 1, optimizer: { name: 'sgd', learning_rate: 1e-8 } } });
    const job = await app.attempt((await app.submit(body)).id);
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    const { metrics } = (await app.get(`/v1/models/${job.model}`)).json<Model>();
    expect(metrics.test_mae).toBeLessThan(1e-3);
  });

  it('holds the network to the pairs that came with it, to the first eight of however many', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], useBias: false, name: 'out' })] });
    model.setWeights([tf.tensor([[2], [1]])]);
    const saved = await tfjsFiles(tf, model);
    const golden = (last: number) => json('golden.json', { inputs: Array.from({ length: 200_000 }, () => [1, 1]), outputs: Array.from({ length: 200_000 }, (_, at) => [at === 7 ? last : 3]), tolerance: 1e-5 });
    expect(await app.imported([...saved, golden(3)])).toMatchObject({ status: 'ready' });
    expect(await app.imported([...saved, golden(4)])).toMatchObject({ status: 'invalid', error: { code: 'MODEL_CORRUPT', message: expect.stringContaining('golden.json') } });
    expect(await app.imported([...saved, json('golden.json', { inputs: [[1]], outputs: [[3]], tolerance: 1 })])).toMatchObject({ status: 'invalid', error: { code: 'MODEL_CORRUPT' } });
    // Finite weights whose outputs are not.
    const endless = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], useBias: false, name: 'a' }), tf.layers.dense({ units: 1, useBias: false, name: 'b' })] });
    endless.setWeights([tf.tensor([[3e38], [3e38]]), tf.tensor([[3e38]])]);
    expect(await app.imported(await tfjsFiles(tf, endless))).toMatchObject({ status: 'invalid', error: { code: 'MODEL_CORRUPT', message: expect.stringContaining('no finite numbers') } });
  });

  it('closes sizes that are left open, and refuses others than the network’s own', async () => {
    const model = tf.sequential({ layers: [tf.layers.globalAveragePooling2d({ batchInputShape: [null, null, null, 3] as never, name: 'pool' })] });
    const saved = await tfjsFiles(tf, model);
    expect(await app.imported(saved, [['input_shape', '[8,8,3]']])).toMatchObject({ status: 'ready', architecture: { input_shape: [8, 8, 3] } });
    expect(await app.imported(saved)).toMatchObject({ status: 'invalid', error: { code: 'MODEL_NOT_SUPPORTED', message: expect.stringContaining('input_shape') } });
    expect(await app.imported(saved, [['input_shape', '[8,8,1]']])).toMatchObject({ status: 'invalid', error: { code: 'INVALID_VALUE', param: '/input_shape' } });
    expect(await app.imported(saved, [['input_shape', '[65536,65536,3]']])).toMatchObject({ status: 'invalid', error: { code: 'MODEL_TOO_LARGE' } });
  });

  it('calls an archive invalid that is torn, or that would hold more than is accepted (B40)', async () => {
    const whole = zipOf(files);
    expect(await app.imported([{ name: 'torn.zip', bytes: whole.subarray(0, -30) }])).toMatchObject({ status: 'invalid', error: { code: 'ARCHIVE_CORRUPT' } });
    const bomb = zipOf(files.map((file) => ({ ...file, method: 8, sizeBytes: 2 ** 31 })));
    expect(await app.imported([{ name: 'bomb.zip', bytes: bomb }])).toMatchObject({ status: 'invalid', error: { code: 'DATASET_TOO_LARGE' } });
    const linked = zipOf([...files.slice(0, 1), { name: 'weights.bin', bytes: Buffer.from('/etc/passwd'), mode: 0o120777 }]);
    expect(await app.imported([{ name: 'linked.zip', bytes: linked }])).toMatchObject({ status: 'invalid', error: { code: 'UNSAFE_PATH' } });
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('keeps a model that a job needs, and gives up one whose reader dies', async () => {
    const dataset = await app.generated();
    const base = (await app.imported(files)) as Model;
    const job = await app.submit(fineTune(dataset.id, base.id, { kind: 'parameter' }));
    expectProblem(await app.delete(`/v1/models/${base.id}`), 409, 'MODEL_IN_USE');
    await app.post(`/v1/jobs/${job.id}/cancel`, {});
    expect((await app.delete(`/v1/models/${base.id}`)).status).toBe(204);

    const { id } = (await send(files)).json<AnyModel>();
    await app.rooms.queue.remove('import', id);
    const rooms = { store: app.rooms.store, limits: { hangSeconds: 120, memoryBytes: 50_000_000 }, maxBytes: 2 ** 24, deaths: new Map<string, number>() };
    const attempt = () => attemptImport(rooms, id, new AbortController().signal, async () => true);
    await expect(attempt()).rejects.toBeInstanceOf(TryAgain);
    await attempt();
    expect((await app.get(`/v1/models/${id}`)).json()).toMatchObject({ status: 'invalid', error: { code: 'OUT_OF_MEMORY' } });
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('calls labels invalid that do not fit the outputs', async () => {
    expect(await app.imported(files, [['labels', '["a","b"]']])).toMatchObject({ status: 'invalid', error: { code: 'INVALID_VALUE', param: '/labels' } });
  });

  const start = (...bytes: number[]): Buffer => Buffer.concat([Buffer.from(bytes), Buffer.alloc(200)]);
  it.each([
    ['model.pkl', start(0x80, 4, 0x95), 'pickle'],
    ['model', start(0x80, 4, 0x95), 'pickle'],
    ['saved_model.pb', start(8, 1, 18, 200), 'SavedModel'],
    ['graph.pb', start(10, 20), 'TensorFlow graph'],
    ['net.onnx', start(8, 9), 'ONNX'],
    ['net', start(8, 9, 18, 7), 'ONNX'],
    ['net.pt', start(0x50, 0x4b, 3, 4), 'PyTorch'],
    ['net', start(28, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33), 'TensorFlow Lite'],
    ['net.bin', start(1, 2, 3), 'is no model'],
    ['empty.json', Buffer.alloc(0), 'is no model'],
  ])('refuses %s by what it is (B40)', async (name, bytes, what) => {
    await leavesNothing(async () => {
      expect(expectProblem(await send([{ name, bytes }]), 415, 'MODEL_FORMAT').detail).toContain(what);
    });
  });

  it('finds the same in an archive when it is read (B40)', async () => {
    const model = await app.imported([{ name: 'saved.zip', bytes: zipOf([{ name: 'saved_model.pb', bytes: start(8, 1) }, { name: 'fingerprint.pb', bytes: start(8, 1) }]) }]);
    expect(model).toMatchObject({ status: 'invalid', error: { code: 'MODEL_FORMAT', message: expect.stringContaining('SavedModel') } });
    const torch = await app.imported([{ name: 'net.zip', bytes: zipOf([{ name: 'net/data.pkl', bytes: start(0x80, 2) }]) }]);
    expect(torch).toMatchObject({ status: 'invalid', error: { code: 'MODEL_FORMAT' } });
    const climbing = await app.imported([{ name: 'up.zip', bytes: zipOf([{ name: '../model.json', bytes: start(0x7b) }]) }]);
    expect(climbing).toMatchObject({ status: 'invalid', error: { code: 'UNSAFE_PATH' } });
  });

  it('refuses an upload without files, with unknown fields, with values that are none, or that is no upload', async () => {
    await leavesNothing(async () => {
      expectProblem(await send([]), 422, 'UPLOAD_EMPTY');
      expectProblem(await send(files, [['color', 'red']]), 422, 'UNKNOWN_FIELD', ['/color']);
      expectProblem(await send(files, [['input_range', '[0]']]), 422, 'INVALID_VALUE', ['/input_range']);
      expectProblem(await send(files, [['input_range', '[1,1]']]), 422, 'INVALID_VALUE', ['/input_range']);
      expectProblem(await send(files, [['input_shape', '[0]']]), 422, 'INVALID_VALUE', ['/input_shape/0']);
      expectProblem(await send(files, [['task', 'clustering']]), 422, 'INVALID_VALUE', ['/task']);
      expectProblem(await send(files, [['labels', '[']]), 422, 'INVALID_VALUE', ['/labels']);
      expectProblem(await send([...files, { name: 'more.bin', bytes: Buffer.alloc(app.rooms.maxUploadBytes) }]), 413, 'UPLOAD_TOO_LARGE');
      const { headers, body } = multipart(files);
      expectProblem(await sendRequest(app.url, '/v1/models/imports', { method: 'POST', headers, body: body.subarray(0, -20) }), 400, 'BAD_REQUEST');
      expectProblem(await sendRequest(app.url, '/v1/models/imports', { method: 'POST', headers: { 'content-type': 'application/zip' }, body: 'PK' }), 415, 'MEDIA_TYPE');
    });
  });

  it('puts a layer in front of a network that takes another range of pixels', async () => {
    const model = (await app.imported(files, [['input_range', '[-1,1]']])) as Model;
    expect(model.architecture.layers[0]).toEqual({ class_name: 'Rescaling', name: 'input_range', config: { scale: 2, offset: -1 } });
    expect(model.preprocessing.steps).toEqual([{ divide_by: 255 }]);
  });

  it('does nothing twice under one Idempotency-Key', async () => {
    const { headers, body } = multipart(files);
    const again = () => sendWithKey(app.url, headers, body);
    const [first, second] = [await again(), await again()];
    expect(second.text).toBe(first.text);
    expect(second.headers['idempotency-replayed']).toBe('true');
    const other = multipart([...files, json('metadata.json', {})]);
    expectProblem(await sendWithKey(app.url, other.headers, other.body), 422, 'IDEMPOTENCY_MISMATCH');
  });

  it('can be taken back while it waits', async () => {
    const { id } = (await send(files)).json<AnyModel>();
    expect((await app.delete(`/v1/models/${id}`)).status).toBe(204);
    expect(await app.rooms.queue.holds('import', id)).toBe(false);
    expect((await app.traces()).paths.filter((path) => path.includes(id))).toEqual([]);
  });

  it('is queued again, and published, where a crash came in between', async () => {
    const { id } = (await send(files)).json<AnyModel>();
    await app.rooms.queue.remove('import', id);
    const reconciler = new Reconciler(app.rooms, 0);
    await reconciler.look();
    expect((await reconciler.look()).requeued).toContain(id);
    expect(await app.rooms.queue.holds('import', id)).toBe(true);

    const disarm = armFaultPoints((name) => {
      if (name === 'import.publish.fail') throw new Error(name);
    });
    await expect(app.readModel(id)).rejects.toThrow('import.publish.fail');
    disarm();
    expect((await app.get(`/v1/models/${id}`)).json()).toMatchObject({ status: 'importing' });
    const after = new Reconciler(app.rooms, 0);
    await after.look();
    expect((await after.look()).concluded).toContain(id);
    expect((await app.get(`/v1/models/${id}`)).json()).toMatchObject({ status: 'ready' });
    expect((await app.rooms.store.listStaged()).filter((name) => name.startsWith(id))).toEqual([]);
  });
});

const sendWithKey = (url: string, headers: Record<string, string>, body: Buffer) =>
  sendRequest(url, '/v1/models/imports', { method: 'POST', headers: { ...headers, 'idempotency-key': 'import-1' }, body });
