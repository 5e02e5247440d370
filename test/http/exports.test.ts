// Exports over HTTP: what is made and verified, what is refused before any work, what is not published.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportFormat } from '#contract/export-format.js';
import type { ExportReport } from '#contract/export-report.js';
import type { JobEstimate } from '#contract/estimate.js';
import type { Job } from '#contract/job.js';
import type { JobSchema } from '#contract/job-schema.js';
import type { Lineage } from '#contract/lineage.js';
import type { BundleFile, Model } from '#contract/model.js';
import { getStoredJob } from '#jobs/query.js';
import { isResultWhole } from '#jobs/result.js';
import { attemptJob } from '../../workers/train-attempt.js';
import { Child } from '../../workers/child-process.js';
import { supervise } from '../../workers/supervisor.js';
import { held, TestApp } from '../support/app.js';
import { expectProblem } from '../support/requests.js';
import { until } from '../support/until.js';

jest.setTimeout(180_000);

let app: TestApp;
let digits: string;
let model: Model;
beforeAll(async () => {
  app = await TestApp.open();
  digits = (await app.generated('glyph_digits', 600)).id;
  const { id } = await app.model(digits, { training: { epochs: 10, optimizer: { name: 'adam', learning_rate: 0.01 } } });
  model = (await app.get(`/v1/models/${id}`)).json<Model>();
});

const exporting = (format: ExportFormat, more: object = {}): object => ({ type: 'export', model: model.id, format, ...more });
async function exported(body: object): Promise<{ job: Job; report: ExportReport }> {
  const job = (await app.attempt((await app.submit(body)).id)) as Job;
  expect(job).toMatchObject({ status: 'succeeded', error: null, model: null, stop_reason: 'completed' });
  return { job, report: (await app.get(`/v1/jobs/${job.id}/report`)).json<ExportReport>() };
}
const artifactsOf = async (id: string): Promise<BundleFile[]> => (await app.get(`/v1/jobs/${id}/artifacts`)).json<{ data: BundleFile[] }>().data;

/** What the first export to each format came to. */
const first = new Map<ExportFormat, ExportReport>();

/** The files that only this format has. */
const FILES: Record<ExportFormat, string[]> = {
  tfjs_layers: ['model.json', 'group1-shard1of1.bin'],
  tfjs_graph: ['model.json', 'group1-shard1of1.bin'],
  saved_model: ['saved_model.pb'],
  onnx: ['model.onnx'],
  keras: ['model.keras'],
  html: ['model.html'],
};

describe('an export', () => {
  it.each(Object.entries(FILES) as [ExportFormat, string[]][])('to %s is verified and has its files, with labels, preprocessing and golden pairs', async (format, names) => {
    const { job, report } = await exported(exporting(format));
    first.set(format, report);
    const { verification, files } = report;
    expect(report).toMatchObject({ object: 'export_report', job: job.id, model: model.id, weights_digest: model.weights_digest, format, quantize: null, accuracy: null });
    expect(verification).toMatchObject({ inputs: format === 'html' ? 8 : 100, inputs_from: 'golden_pairs' });
    expect(verification.largest_difference).toBeLessThanOrEqual(verification.accepted);
    expect(files.map(({ name }) => name)).toEqual([...names, 'labels.json', 'preprocessing.json', 'golden.json']);
    const artifacts = await artifactsOf(job.id);
    expect(artifacts.map(({ name }) => name)).toEqual([...files.map(({ name }) => name), 'report.json']);
    for (const { name, size_bytes: size, sha256 } of artifacts) {
      const { bytes } = await app.get(`/v1/jobs/${job.id}/artifacts/${name}`);
      expect({ size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }).toEqual({ size, sha256 });
    }
  });

  it('is verified on the test part of a data set that is named', async () => {
    const { report } = await exported(exporting('onnx', { dataset: digits }));
    expect(report).toMatchObject({ dataset: digits, verification: { inputs: 100, inputs_from: 'dataset' }, accuracy: null });
  });

  it('is the same bytes again', async () => {
    for (const format of ['tfjs_graph', 'saved_model', 'onnx', 'keras', 'html'] as const) {
      const { files } = first.get(format) ?? (await exported(exporting(format))).report;
      expect((await exported(exporting(format))).report.files).toEqual(files);
    }
  });

  it('is whole as long as each of its files is what the report says', async () => {
    const { job } = await exported(exporting('tfjs_graph'));
    const { store } = app.rooms;
    const accepted = (await getStoredJob(store, job.id)).job;
    expect(await isResultWhole(store, accepted)).toBe(true);
    await appendFile(join(app.folder, 'jobs', job.id, 'result', 'group1-shard1of1.bin'), 'x');
    expect(await isResultWhole(store, accepted)).toBe(false);
  });

  it('shows in the lineage of the model', async () => {
    const { job } = await exported(exporting('saved_model', { dataset: digits }));
    const { edges } = (await app.get(`/v1/models/${model.id}/lineage`)).json<Lineage>();
    expect(edges).toContainEqual({ from: model.id, to: job.id, relation: 'exported' });
  });

  it('can be dry-run, and says what it would take', async () => {
    const answer = await app.post('/v1/jobs?dry_run=true', exporting('keras'));
    expect(answer.status).toBe(200);
    expect(answer.json<JobEstimate>()).toMatchObject({ object: 'job_estimate', steps: 0, runs: [], spec: { type: 'export', format: 'keras', dataset: null, quantize: null } });
  });

  it('has a schema with a request that can be sent', async () => {
    const { template, missing } = (await app.get('/v1/jobs/schema?type=export')).json<JobSchema>();
    expect({ template, missing }).toEqual({ template: { type: 'export', format: 'saved_model', model: model.id }, missing: [] });
  });
});

describe('a quantised export', () => {
  it.each(['float16', 'uint16', 'uint8'] as const)('to %s is smaller, and measured on the test part', async (dtype) => {
    const { report, job } = await exported(exporting('tfjs_layers', { quantize: { dtype }, dataset: digits, max_drop: 0.05 }));
    const { accuracy } = report;
    expect(accuracy).toMatchObject({ measured_on: 'test_part', examples: 100, metric: 'accuracy' });
    expect(accuracy!.before).toBeCloseTo(model.metrics.test_accuracy!, 10);
    expect(accuracy!.drop).toBeLessThanOrEqual(0.05);
    expect(job.metrics).toEqual({ accuracy: accuracy!.after });
    const whole = model.files.find(({ name }) => name === 'group1-shard1of1.bin')!.size_bytes;
    const shard = report.files.find(({ name }) => name === 'group1-shard1of1.bin')!.size_bytes;
    expect(shard / whole).toBeCloseTo(dtype === 'uint8' ? 1 / 4 : 1 / 2, 1);
  });

  it('by channel comes with the module that loads it', async () => {
    const { report } = await exported(exporting('tfjs_layers', { quantize: { dtype: 'uint8', by: 'channel' } }));
    expect(report.files.map(({ name }) => name)).toEqual(['model-by-channel.json', 'group1-shard1of1.bin', 'load.mjs', 'labels.json', 'preprocessing.json', 'golden.json']);
    expect(report.accuracy).toMatchObject({ measured_on: 'verified_inputs', examples: 100, before: 1 });
  });
});

describe('what is refused before any work', () => {
  const refused = async (body: object, status: number, code: string, pointer: string): Promise<void> => {
    const before = await app.traces();
    expectProblem(await app.post('/v1/jobs', body), status, code, [pointer]);
    expect(await app.traces()).toEqual(before);
  };

  it.each<[string, object, string, string]>([
    ['an unknown model', { format: 'onnx', model: 'mdl_0197a2c4d5e67f8091a2b3c4d5e6f708' }, 'MODEL_UNKNOWN', '/model'],
    ['an unknown data set', { format: 'onnx', dataset: 'ds_0197a2c4d5e67f8091a2b3c4d5e6f708' }, 'DATASET_UNKNOWN', '/dataset'],
    ['fewer bits in a format without them', { format: 'onnx', quantize: { dtype: 'uint8' } }, 'INVALID_VALUE', '/quantize'],
    ['half floats by channel', { format: 'tfjs_layers', quantize: { dtype: 'float16', by: 'channel' } }, 'INVALID_VALUE', '/quantize/by'],
    ['a drop of what stays as it is', { format: 'tfjs_layers', max_drop: 0.1 }, 'INVALID_VALUE', '/max_drop'],
  ])('%s', async (_name, body, code, pointer) => {
    await refused({ type: 'export', model: model.id, ...body }, 422, code, pointer);
  });

  it('a layer that the format cannot carry, by its name', async () => {
    const { id } = await app.model(digits, { model: { layers: [{ class_name: 'UpSampling2D', name: 'grow', config: { interpolation: 'bilinear' } }, { class_name: 'Flatten' }, { class_name: 'Dense', config: { units: 10, activation: 'softmax' } }] } });
    const asked = { type: 'export', model: id, format: 'keras' };
    await refused(asked, 422, 'EXPORT_UNSUPPORTED', '/format');
    expect((await app.post('/v1/jobs', asked)).json<{ detail: string }>().detail).toContain('layer "grow" (UpSampling2D)');
    await exported({ ...asked, format: 'onnx' });
  });

  it('a data set of another shape', async () => {
    const other = (await app.uploaded([{ name: 'rows.csv', bytes: Buffer.from(`a,b,label\n${Array.from({ length: 40 }, (_, row) => `${row},${row % 7},${row % 2 ? 'yes' : 'no'}`).join('\n')}\n`) }])).id;
    await refused({ type: 'export', model: model.id, format: 'onnx', dataset: other }, 422, 'INPUT_MISMATCH', '/dataset');
  });
});

describe('an export that cannot be published', () => {
  /** The model with a hidden unit that nothing listens to, and into it a weight so large that levels between it and the others leave those one. */
  const withOutlier = async (): Promise<string> => {
    const bytesOf = async (name: string): Promise<Buffer> => (await app.get(`/v1/models/${model.id}/files/${name}`)).bytes;
    const shard = await bytesOf('group1-shard1of1.bin');
    const [pixels, units, classes] = [28 * 28, 32, 10];
    shard.writeFloatLE(1e4, 0);
    for (let label = 0; label < classes; label += 1) shard.writeFloatLE(0, 4 * (pixels * units + units + label));
    const files = [{ name: 'model.json', bytes: await bytesOf('model.json') }, { name: 'group1-shard1of1.bin', bytes: shard }, { name: 'labels.json', bytes: await bytesOf('labels.json') }];
    const imported = await app.imported(files);
    expect(imported.status).toBe('ready');
    return imported.id;
  };

  it('ends with EXPORT_INACCURATE where more is lost than is accepted, and leaves nothing', async () => {
    const outlying = await withOutlier();
    const coarse = exporting('tfjs_layers', { model: outlying, quantize: { dtype: 'uint8' }, dataset: digits, max_drop: 0.05 });
    const job = await app.attempt((await app.submit(coarse)).id);
    expect(job).toMatchObject({ status: 'failed', error: { code: 'EXPORT_INACCURATE', class: 'user', retryable: false } });
    expectProblem(await app.get(`/v1/jobs/${job.id}/artifacts`), 409, 'NO_ARTIFACTS_YET');
    expect((await app.traces()).paths.filter((path) => path.startsWith(`jobs/${job.id}/result`) || path.startsWith('staging/'))).toEqual([]);
    // Of the levels of each channel only those of that unit are so far apart.
    const { report } = await exported({ ...coarse, quantize: { dtype: 'uint8', by: 'channel' } });
    expect(report.accuracy!.before).toBeGreaterThan(0.3);
    expect(report.accuracy!.drop).toBeLessThanOrEqual(0.05);
  });

  /** All that a job has left is what was accepted and told of it. */
  const expectNothingOf = async (id: string): Promise<void> => {
    for (const path of ['artifacts', 'report']) expectProblem(await app.get(`/v1/jobs/${id}/${path}`), 409, 'NO_ARTIFACTS_YET');
    expect((await app.traces()).paths.filter((path) => path.startsWith(`jobs/${id}/result`) || path.startsWith('staging/'))).toEqual([]);
    expect(await app.rooms.store.listStaged()).toEqual([]);
  };

  it.each(['tfjs_layers', 'tfjs_graph', 'saved_model', 'onnx'] as const)('ends with EXPORT_MISMATCH where %s gives other numbers in its runtime, and leaves nothing', async (format) => {
    // So many of the weights of the hidden layer that some of them tell: those of the pixels in the middle.
    const shard = (await app.get(`/v1/models/${model.id}/files/group1-shard1of1.bin`)).bytes;
    const [units, floatBytes] = [32, 4];
    const weights = shard.subarray(14 * 28 * units * floatBytes, 15 * 28 * units * floatBytes).subarray(0, 2_048);
    const spoiling = new URL('../support/spoiling.mjs', import.meta.url);
    spoiling.search = String(new URLSearchParams({ folder: join(app.folder, 'staging'), weights: weights.toString('base64url') }));
    const { id } = await app.submit(exporting(format, { dataset: digits }));
    await app.rooms.queue.remove('train', id);
    const children: ReturnType<typeof app.workerRooms>['children'] = {
      train: (task, supervision) => supervise<'train'>(Child.start('train', { threads: 1, nodeArguments: ['--conditions=fault-points', '--import', spoiling.href] }), task, supervision),
    };
    await attemptJob(app.workerRooms({ children }), id, new AbortController().signal, held);
    const job = await app.job(id);
    expect(job).toMatchObject({ status: 'failed', attempt: 1, metrics: {}, error: { code: 'EXPORT_MISMATCH', class: 'system', retryable: false } });
    expect(job.error!.message).toMatch(/the largest difference is [\d.]+e[+-]\d, accepted are \d\.\de-\d; it was not published/);
    await expectNothingOf(id);
    // It was the files alone.
    expect((await app.attempt((await app.submit(exporting(format, { dataset: digits }))).id)).status).toBe('succeeded');
  });

  it('is cancelled amid its work, and leaves nothing', async () => {
    const { id: slow } = await app.model(digits, { model: { architecture: 'resnet', depth: 8 } });
    const { id } = await app.submit(exporting('html', { model: slow }));
    const worker = await app.work();
    const { progress } = await until('the page is being run', async () => [await app.job(id)].find((job) => (job.progress?.step ?? 0) > 0), 60_000);
    // The network, the same shaken, the page: of each eight inputs.
    expect(progress).toMatchObject({ run: null, stage: null, epoch: null, epochs: null, steps: 24 });
    expect((await app.post(`/v1/jobs/${id}/cancel`, {})).json<Job>().status).toBe('cancelling');
    expect((await until('it is cancelled', async () => [await app.job(id)].find(({ status }) => status === 'cancelled'), 30_000)).error).toBeNull();
    await worker.close();
    await expectNothingOf(id);
  });

  it('is cancelled, and can be made once more', async () => {
    const waiting = await app.submit(exporting('keras'));
    expect((await app.post(`/v1/jobs/${waiting.id}/cancel`, {})).json<Job>().status).toBe('cancelled');
    const again = (await app.post(`/v1/jobs/${waiting.id}/retry`, {})).json<Job>();
    expect(again).toMatchObject({ type: 'export', retry_of: waiting.id, spec: waiting.spec });
    expect((await app.attempt(again.id)).status).toBe('succeeded');
  });

  it('is of a model that is not deleted meanwhile', async () => {
    const { id } = await app.model(digits);
    const waiting = await app.submit(exporting('onnx', { model: id }));
    expectProblem(await app.delete(`/v1/models/${id}`), 409, 'MODEL_IN_USE');
    expect((await app.attempt(waiting.id)).status).toBe('succeeded');
    expect((await app.delete(`/v1/models/${id}`)).status).toBe(204);
    // What was made stays.
    expect((await app.get(`/v1/jobs/${waiting.id}/artifacts/model.onnx`)).status).toBe(200);
  });
});
