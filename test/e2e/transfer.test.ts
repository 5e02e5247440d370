// The whole way with the real service: a model pretrained, carried over in the three kinds, fetched, and loaded elsewhere.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Dataset } from '#contract/dataset.js';
import type { TransferReport } from '#contract/transfer-report.js';
import { mayBecome } from '#contract/job-states.js';
import type { BundleFile, Model } from '#contract/model.js';
import type { MetricPoint } from '#contract/run.js';
import type { ListOf } from '#contract/schema.js';
import type { PlanJob } from '../support/plan-job.js';
import { expectProblem, fineTune, pretrain } from '../support/requests.js';
import { Service } from '../support/service.js';
import { temporaryFolder } from '../support/store.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

const run = promisify(execFile);
const PLAIN = fileURLToPath(new URL('../support/plain-tfjs.mjs', import.meta.url));

let service: Service;
let digits: Dataset;
let letters: Dataset;
let base: PlanJob;
beforeAll(async () => {
  service = await Service.start();
  [digits, letters] = await Promise.all([service.generated('glyph_digits', 600), service.generated('glyph_letters', 300)]);
  base = await service.succeeds(pretrain(digits.id, { name: 'digits', model: { architecture: 'mlp', hidden: [64] }, training: { epochs: 3, optimizer: { name: 'adam' } } }));
}, 90_000);

const tune = (transfer: object, more: object = {}): Record<string, unknown> =>
  fineTune(letters.id, base.model!, transfer, { baseline: { scratch: true }, training: { epochs: 2, optimizer: { name: 'adam' } }, ...more });

/** All that a succeeded job must show, whatever its kind. */
async function expectWholeSuccess(job: PlanJob): Promise<void> {
  expect(job).toMatchObject({ status: 'succeeded', attempt: 1, error: null, queue: null });
  job.status_history.slice(1).forEach(({ status }, at) => expect(mayBecome(job.status_history[at]!.status, status)).toBe(true));
  expect(job.status_history.map(({ status }) => status)).toEqual(['queued', 'preparing', 'running', 'finalizing', 'succeeded']);
  expect([job.created_at, job.started_at!, job.finished_at!]).toEqual([job.created_at, job.started_at!, job.finished_at!].sort());
  expect(job.weights_digest).toMatch(/^[0-9a-f]{64}$/);

  const { data: events } = (await service.get(`/v1/jobs/${job.id}/events`)).json<ListOf<{ id: string; type: string; data: { model?: string; run?: string; epoch?: number } }>>();
  expect(events.map(({ id }) => id)).toEqual(events.map((_, n) => String(n + 1)));
  expect(events.at(-1)).toMatchObject({ type: 'job.succeeded', data: { model: job.model, metrics: job.metrics } });
  const epochs = job.spec.stages.reduce((sum, stage) => sum + stage.epochs, 0);
  for (const { run: name } of job.spec.runs) {
    const told = events.filter(({ type, data }) => type === 'epoch.finished' && data.run === name).map(({ data }) => data.epoch);
    expect({ name, told }).toEqual({ name, told: Array.from({ length: epochs }, (_, n) => n + 1) });
  }

  expect(job.runs.map(({ role }) => role)).toEqual(job.spec.runs.map(({ role }) => role));
  expect(job.runs[0]!.metrics).toEqual(job.metrics);
  for (const { metrics } of job.runs) {
    expect(Object.keys(metrics).sort()).toEqual(['accuracy', 'loss', 'test_accuracy', 'test_loss']);
    for (const value of Object.values(metrics)) expect(Number.isFinite(value)).toBe(true);
  }
  const { data: points } = (await service.get(`/v1/jobs/${job.id}/metrics`)).json<{ data: MetricPoint[] }>();
  for (const { run: name } of job.spec.runs) {
    const steps = points.filter((point) => point.run === name).map(({ step }) => step);
    expect(steps.length).toBeGreaterThan(0);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(job.spec.stages.reduce((sum, stage) => sum + stage.steps, 0));
  }
}

/** What must be the same of two jobs that were the same work. */
const bytesOf = ({ weights_digest: weights, metrics }: PlanJob): object => ({ weights, metrics });

/** Fetches every file of a job's model into a folder, holding each to its digest. */
async function fetched(job: PlanJob): Promise<string> {
  const folder = await temporaryFolder();
  const { data: files } = (await service.get(`/v1/jobs/${job.id}/artifacts`)).json<{ data: BundleFile[] }>();
  for (const { name, sha256, size_bytes: size } of files) {
    const answer = await service.get(`/v1/jobs/${job.id}/artifacts/${name}`);
    const digest = createHash('sha256').update(answer.bytes);
    expect(answer.headers['repr-digest']).toBe(`sha-256=:${digest.copy().digest('base64')}:`);
    expect({ name, size: answer.bytes.length, digest: digest.digest('hex') }).toEqual({ name, size, digest: sha256 });
    await writeFile(join(folder, name), answer.bytes);
  }
  const manifest = (await service.get(`/v1/jobs/${job.id}/artifacts/manifest.json`)).json<Model>();
  expect(manifest).toMatchObject({ id: job.model, job: job.id, weights_digest: job.weights_digest, metrics: job.metrics });
  expect([...manifest.files.map(({ name }) => name), 'manifest.json']).toEqual(files.map(({ name }) => name));
  return folder;
}

async function expectGoldenElsewhere(job: PlanJob): Promise<void> {
  const { stdout } = await run(process.execPath, [PLAIN, await fetched(job)], { env: { PATH: process.env.PATH, TF_CPP_MIN_LOG_LEVEL: '2' } });
  const { examples, classes, largest, tolerance } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number>;
  expect({ examples, classes }).toEqual({ examples: 8, classes: 10 });
  expect(tolerance!).toBeGreaterThan(0);
  expect(tolerance!).toBeLessThanOrEqual(1e-3);
  expect(largest!).toBeLessThanOrEqual(tolerance!);
}

describe('a pretraining', () => {
  it('ends in a model that has learned something, and that TensorFlow.js loads without Rootstock', async () => {
    await expectWholeSuccess(base);
    expect(base.metrics.test_accuracy).toBeGreaterThan(0.3); // one class of ten by chance
    await expectGoldenElsewhere(base);
  });

  it('shows its model, which names the job, the data and the network', async () => {
    const model = (await service.get(`/v1/models/${base.model}`)).json<Model>();
    expect(model).toMatchObject({ object: 'model', name: 'digits', job: base.id, dataset: digits.id, base_model: null, labels: digits.content!.class_names });
    expect(model.architecture).toEqual(base.spec.architecture);
    expect(model.parameters).toBe(784 * 64 + 64 + 64 * 10 + 10);
    expect((await service.get('/v1/models')).json<ListOf<Model>>().data.map(({ id }) => id)).toContain(base.model);
  });

  it('gives the same weights for the same request, and others for another seed', async () => {
    const body = (seed: number) => pretrain(digits.id, { training: { epochs: 1, seed } });
    const [first, again, other] = [await service.succeeds(body(1)), await service.succeeds(body(1)), await service.succeeds(body(2))];
    expect(again).toMatchObject({ weights_digest: first.weights_digest, spec_digest: first.spec_digest, metrics: first.metrics });
    expect(again.model).not.toBe(first.model);
    expect(other.weights_digest).not.toBe(first.weights_digest);
  });
});

describe('a fine-tuning, each beside the same network from fresh weights', () => {
  it.each([
    ['parameter', { kind: 'parameter', stages: [{ trainable: 'head', epochs: 1 }, { trainable: 'all', epochs: 1, learning_rate: 0.0005 }] }],
    ['feature', { kind: 'feature', cut: 'penultimate', head: [{ class_name: 'Dense', config: { units: 24, activation: 'relu' } }] }],
    ['structure', { kind: 'structure', edits: [{ insert_after: 'dense_1', layer: { class_name: 'Dense', config: { units: 32, activation: 'relu' } } }], inherit: 'matching' }],
  ])('works by %s transfer', async (kind, transfer) => {
    const job = await service.succeeds(tune(transfer));
    await expectWholeSuccess(job);
    expect(job.spec).toMatchObject({ type: 'fine_tune', base_model: base.model, base_weights_digest: base.weights_digest, transfer: { kind } });
    expect(job.runs.map(({ role }) => role)).toEqual(['main', 'baseline']);
    expect((await service.get(`/v1/models/${job.model}`)).json()).toMatchObject({ base_model: base.model, labels: letters.content!.class_names });
    const report = (await service.get(`/v1/jobs/${job.id}/artifacts/report.json`)).json<TransferReport>();
    expect(report).toMatchObject({ verdict: 'cannot_tell' });
    expect(report.comparison!.difference).toBeCloseTo(job.runs[0]!.metrics.test_accuracy! - job.runs[1]!.metrics.test_accuracy!);
    await expectGoldenElsewhere(job);
  });

  it('starts from the weights of its base where it inherits them: training nothing else keeps them as they were', async () => {
    const job = await service.succeeds(tune({ kind: 'parameter', stages: [{ trainable: 'head', epochs: 1 }] }, { baseline: { scratch: false } }));
    const weights = async (id: string) => (await service.get(`/v1/jobs/${id}/artifacts/group1-shard1of1.bin`)).bytes;
    const [before, after] = [await weights(base.id), await weights(job.id)];
    const trunk = 4 * (784 * 64 + 64);
    expect(after.length).toBe(before.length);
    expect(after.subarray(0, trunk).equals(before.subarray(0, trunk))).toBe(true);
    expect(after.subarray(trunk).equals(before.subarray(trunk))).toBe(false);
  });
});

describe('features that a job computed', () => {
  it('are found by the jobs after it, which give the same bytes, whatever else they train on them', async () => {
    const transfer = { kind: 'parameter', stages: [{ trainable: 'head' }] };
    const first = await service.succeeds(tune(transfer, { baseline: undefined, head: 'replace', training: { epochs: 2, seed: 3 } }));
    expect(first.spec.features_from).toBe('dense_1');
    expect(first.spec.auto.map(({ pointer }) => pointer)).toContain('/features_from');
    const second = await service.succeeds(tune(transfer, { baseline: undefined, head: 'replace', training: { epochs: 2, seed: 3 } }));
    expect([first.cache?.hit, second.cache]).toEqual([expect.any(Boolean), { hit: true, bytes: 300 * 64 * 4, saved_seconds: expect.any(Number) }]);
    expect(bytesOf(second)).toEqual(bytesOf(first));
    const probe = await service.succeeds(tune({ kind: 'feature', head: [] }, { baseline: undefined, training: { epochs: 1, validation_split: 0.2 } }));
    expect(probe.cache).toMatchObject({ hit: true });
    expect(base.cache).toBeNull();
  });
});

describe('what a job has made', () => {
  it('stays when the job is deleted, is needed while a job starts from it, and goes when it is deleted', async () => {
    const job = await service.succeeds(pretrain(digits.id));
    const long = await service.submit(fineTune(letters.id, job.model!, { kind: 'parameter' }, { training: { epochs: 10_000 } }));
    expectProblem(await service.delete(`/v1/models/${job.model}`), 409, 'MODEL_IN_USE', []);
    expectProblem(await service.delete(`/v1/datasets/${letters.id}`), 409, 'DATASET_IN_USE', []);
    expectProblem(await service.delete(`/v1/jobs/${long.id}`), 409, 'ACTION_NOT_ALLOWED', []);
    await service.post(`/v1/jobs/${long.id}/cancel`);
    await service.ended(long.id);

    expect((await service.delete(`/v1/jobs/${job.id}`)).status).toBe(204);
    expect((await service.get(`/v1/jobs/${job.id}/artifacts/model.json`)).status).toBe(404);
    expect((await service.get(`/v1/models/${job.model}/files/model.json`)).status).toBe(200);
    expect((await service.delete(`/v1/models/${job.model}`)).status).toBe(204);
    expect((await service.get(`/v1/models/${job.model}`)).status).toBe(404);
    expectProblem(await service.post('/v1/jobs', fineTune(letters.id, job.model!, { kind: 'parameter' })), 422, 'MODEL_UNKNOWN', ['/base_model']);
  });
});
