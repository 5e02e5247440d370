// A TensorFlow.js Graph model over HTTP: sent, as an archive or by its address, cut at a node, a base of jobs that train a head on it.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Job } from '#contract/job.js';
import type { AnyModel, Model } from '#contract/model.js';
import { loadTensorFlow } from '#engine/native.js';
import { attemptJob } from '../../workers/train-attempt.js';
import { held, TestApp } from '../support/app.js';
import { attr, Graph } from '../support/graph-files.js';
import type { NamedBytes } from '../support/idx.js';
import { largestDifference } from '../support/networks.js';
import { zipOf } from '../support/numpy.js';
import { expectProblem, fineTune, sendModel } from '../support/requests.js';
import { Web } from '../support/web.js';

jest.setTimeout(180_000);

const { tf } = loadTensorFlow();
let app: TestApp;
let files: NamedBytes[];
let dataset: string;
const POOL = 'net/pool';

beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated('glyph_letters', 240)).id;
  const graph = new Graph();
  let x = graph.fusedConvolution('net/stem', graph.input('picture', 28, 28, 1), [3, 3, 1, 8], { stride: 2 });
  x = graph.fusedConvolution('net/deep', x, [3, 3, 8, 2], { depthwise: true, stride: 2 });
  x = graph.node('Mean', POOL, [x, graph.integers('net/axes', [2], [1, 2])]);
  x = graph.node('_FusedMatMul', 'net/logits', [x, graph.drawn('net/kernel', [16, 10]), graph.drawn('net/bias', [10])], { fused_ops: attr.texts('BiasAdd'), num_args: attr.integer(1) });
  graph.node('Identity', 'Identity', [graph.node('Softmax', 'net/probabilities', [x])]);
  graph.node('TopKV2', 'boxes', ['Identity']);
  files = graph.files('Identity');
});

const layersOf = ({ architecture }: Model): string[] => architecture.layers.map(({ name }) => name);
const trained = async (base: string, transfer: object): Promise<Job> => {
  const job = await app.attempt((await app.submit(fineTune(dataset, base, transfer))).id);
  expect(job).toMatchObject({ status: 'succeeded', error: null });
  return job;
};

describe('A Graph model that is sent', () => {
  it('is ready as a feature extractor, cut at the node that was asked for', async () => {
    const accepted = (await sendModel(app.url, files, [['output_node', POOL]])).json<AnyModel>();
    expect(accepted).toMatchObject({ status: 'importing', source: { kind: 'import', format: 'tfjs_graph' } });
    const model = (await app.readModel(accepted.id)) as Model;
    expect(model).toMatchObject({ status: 'ready', source: { format: 'tfjs_graph' }, frozen_layers: ['stem', 'deep'], architecture: { input_shape: [28, 28, 1] } });
    expect(layersOf(model)).toEqual(['stem', 'deep', 'pool']);
    expect((await app.get(`/v1/models/${model.id}`)).json<Model>()).toMatchObject({ frozen_layers: ['stem', 'deep'] });
    expect((await app.get(`/v1/models/${model.id}/files/run.json`)).json<{ import: object; options: object }>()).toMatchObject({ options: { output_node: POOL } });
  });

  it('is a base for features, whose model anyone can load, and which stays frozen in it', async () => {
    const base = (await app.imported(files, [['output_node', POOL]])) as Model;
    const job = await trained(base.id, { kind: 'feature', head: [{ class_name: 'Dense', config: { units: 12, activation: 'relu' } }] });
    expect(job.spec).toMatchObject({ features_from: 'pool', frozen_layers: ['stem', 'deep'] });
    const model = (await app.get(`/v1/models/${job.model}`)).json<Model>();
    expect(model).toMatchObject({ base_model: base.id, frozen_layers: ['stem', 'deep'] });
    expect(layersOf(model)).toEqual(['stem', 'deep', 'pool', 'dense_1', 'dense_2']);

    const file = async (name: string) => (await app.get(`/v1/models/${model.id}/files/${name}`)).json();
    const described = (await file('model.json')) as { modelTopology: object; weightsManifest: { paths: string[]; weights: never[] }[] };
    const [{ paths, weights }] = described.weightsManifest as [{ paths: string[]; weights: never[] }];
    const weightData = await (await fetch(`${app.url}/v1/models/${model.id}/files/${paths[0]}`)).arrayBuffer();
    const loaded = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology: described.modelTopology, weightSpecs: weights, weightData }));
    const { inputs, outputs } = (await file('golden.json')) as { inputs: number[][]; outputs: number[][] };
    const given = (loaded.predict(tf.tensor(inputs.flat(), [inputs.length, 28, 28, 1])) as ReturnType<typeof tf.tensor>).dataSync();
    expect(largestDifference(given, outputs.flat())).toBeLessThanOrEqual(1e-5);
    loaded.dispose();

    // Its own layers go on learning; those of the graph do not.
    expectProblem(await app.post('/v1/jobs', fineTune(dataset, model.id, { kind: 'parameter' })), 422, 'LAYER_FROZEN', ['/transfer']);
    await trained(model.id, { kind: 'parameter', stages: [{ trainable: ['dense_*'] }] });
    const second = (await app.get('/v1/models')).json<{ data: Model[] }>().data[0]!;
    expect(second).toMatchObject({ base_model: model.id, frozen_layers: ['stem', 'deep'] });
  });

  it('may have its head replaced, and is trained by no stage', async () => {
    const base = (await app.imported(files)) as Model;
    expect(layersOf(base)).toEqual(['stem', 'deep', 'pool', 'probabilities']);
    expect(expectProblem(await app.post('/v1/jobs', fineTune(dataset, base.id, { kind: 'parameter' })), 422, 'LAYER_FROZEN', ['/transfer']).detail).toContain('"feature"');
    expectProblem(await app.post('/v1/jobs', fineTune(dataset, base.id, { kind: 'structure', stages: [{ trainable: 'head' }, { trainable: ['deep'] }] })), 422, 'LAYER_FROZEN', ['/transfer/stages/1/trainable']);
    const job = await trained(base.id, { kind: 'parameter', stages: [{ trainable: 'head' }] });
    expect(job.spec).toMatchObject({ features_from: 'pool', frozen_layers: ['stem', 'deep'] });
  });

  it('stays frozen in what begins with a checkpoint of a job on it', async () => {
    const base = (await app.imported(files, [['output_node', POOL]])) as Model;
    const { id } = await app.submit(fineTune(dataset, base.id, { kind: 'feature' }));
    await app.rooms.queue.remove('train', id);
    await attemptJob(app.workerRooms({ checkpointSeconds: 0 }), id, new AbortController().signal, held);
    expect((await app.get(`/v1/jobs/${id}/checkpoints`)).json<{ data: object[] }>().data.length).toBeGreaterThan(0);
    const from = (transfer: object) => ({ ...fineTune(dataset, '', transfer), base_model: { job: id, checkpoint: 'latest' } });
    expectProblem(await app.post('/v1/jobs', from({ kind: 'parameter' })), 422, 'LAYER_FROZEN', ['/transfer']);
    const job = await app.attempt((await app.submit(from({ kind: 'parameter', stages: [{ trainable: 'head' }] }))).id);
    expect(job).toMatchObject({ status: 'succeeded', error: null, spec: { frozen_layers: ['stem', 'deep'], base_model: { job: id } } });
    expect((await app.get(`/v1/models/${job.model}`)).json<Model>()).toMatchObject({ frozen_layers: ['stem', 'deep'] });
  });

  it('is read from an archive, and from its address with its shards', async () => {
    const [first, second] = await Promise.all([app.imported([{ name: 'net.zip', bytes: zipOf(files) }], [['output_node', POOL]]), app.imported(files, [['output_node', POOL]])]);
    expect(first).toMatchObject({ status: 'ready', source: { format: 'tfjs_graph' }, weights_digest: (second as Model).weights_digest });
    const web = await Web.open();
    for (const { name, bytes } of files) web.at(`/net/${name}`, bytes);
    const answer = await app.post('/v1/models/imports', { url: `${web.url}/net/model.json`, output_node: POOL });
    expect(answer.status).toBe(201);
    const fetched = await app.readModel(answer.json<AnyModel>().id);
    expect(fetched).toMatchObject({ status: 'ready', source: { format: 'tfjs_graph', files: [{ name: 'model.json' }, { name: 'group1-shard1of1.bin' }] }, weights_digest: (second as Model).weights_digest });
  });

  it('is invalid, with the reason, for an op that is not read or a node that there is not', async () => {
    expect(await app.imported(files, [['output_node', 'boxes']])).toMatchObject({ status: 'invalid', error: { code: 'OP_NOT_ALLOWED', class: 'user', message: expect.stringContaining('"TopKV2"') } });
    expect(await app.imported(files, [['output_node', 'net/pol']])).toMatchObject({ status: 'invalid', error: { code: 'OUTPUT_NODE_UNKNOWN', param: '/output_node', message: expect.stringContaining(POOL) } });
    expectProblem(await sendModel(app.url, files, [['output_node', '']]), 422, 'INVALID_VALUE', ['/output_node']);
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });
});
