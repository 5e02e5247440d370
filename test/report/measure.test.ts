// What is measured of a transfer, on networks that train in this process.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FineTuneRequest, TransferRequest } from '#contract/job-request.js';
import { PUBLISHED_RUN, type ResolvedSpec, type RunResult } from '#contract/job.js';
import type { Architecture } from '#contract/layers.js';
import { NAMED_SCHEMAS } from '#contract/named-schemas.js';
import { Curves } from '#engine/curves.js';
import { featuresInMemory } from '#engine/features.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { trainRun } from '#engine/train-run.js';
import type { TrainingData } from '#engine/training-data.js';
import type { Weights } from '#models/weights.js';
import { measureTransfer } from '#report/measure.js';
import { reportPage } from '#report/page.js';
import { baseModel, classNames, cnn, dataset, everyTestFreesItsTensors, fineTune, mlp, residual, specOf, stripes, stripesData } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const ajv = new Ajv2020({ strict: false });
for (const schema of NAMED_SCHEMAS) ajv.addSchema(schema);
const TRAINING = { epochs: 2, batch_size: 16, optimizer: { name: 'sgd', learning_rate: 0.1 }, seed: 7 } as const;
const JOB = { id: `job_${'0'.repeat(32)}`, name: '<b>"mine" & yours</b>', model: `mdl_${'0'.repeat(32)}` };

interface Asked {
  architecture?: Architecture;
  transfer?: TransferRequest;
  labels?: string[];
  rest?: Partial<FineTuneRequest>;
  data?: TrainingData;
}
async function reportOf({ architecture = mlp(), transfer = { kind: 'parameter' }, labels = classNames(3), rest = {}, data = stripesData(architecture.input_shape) }: Asked = {}) {
  const spec = specOf(fineTune(transfer, { training: TRAINING, ...rest }), dataset({ shape: architecture.input_shape, labels, ...(data.validation && { validation: [10, 10, 10] }) }), baseModel(architecture));
  const base = freshWeights(architecture, 1);
  const runs: RunResult[] = [];
  const curves = new Curves();
  let published: { result: RunResult; weights: Weights } | undefined;
  for (const run of spec.runs) {
    const trained = await trainRun(tf, spec, run, data, base, { onEvent: () => undefined, onMetrics: (points) => curves.add(points), onSteps: async () => undefined });
    runs.push(trained.result);
    if (run.run === PUBLISHED_RUN) published = trained;
  }
  const report = await measureTransfer(tf, {
    job: JOB, spec: spec as ResolvedSpec & { base_model: string }, data, base, published: published!.result, weights: published!.weights, runs, curves,
    source: { why: 'nothing is known of it' }, featuresOf: featuresInMemory, onPart: async () => undefined,
  });
  expect(ajv.validate('TransferReport', report) ? [] : ajv.errors).toEqual([]);
  return { report, page: reportPage(report), spec };
}

describe('a transfer report', () => {
  let whole: Awaited<ReturnType<typeof reportOf>>;
  beforeAll(async () => {
    whole = await reportOf({ rest: { baseline: { scratch: true, seeds: 3 } }, data: { ...stripesData(), validation: stripes(30, { seed: 3 }) } });
  });

  it('has the verdict over three seeds, and every run with its interval', () => {
    const { report } = whole;
    expect(report.comparison).toMatchObject({ seeds: 3, metric: 'test_accuracy', interval: [expect.any(Number), expect.any(Number)] });
    expect(report.runs.map(({ run, accuracy }) => [run, accuracy!.examples])).toEqual(['main', 'baseline', 'main_2', 'baseline_2', 'main_3', 'baseline_3'].map((run) => [run, 30]));
    for (const { metrics, accuracy } of report.runs) expect(accuracy!.value).toBe(metrics.test_accuracy);
  });

  it('measures the network before training: what was carried over, as it was', async () => {
    const { report } = whole;
    expect(report.before.metrics.test_accuracy).toBe(report.before.accuracy!.value);
    // Trained by a rate of next to nothing, it ends where it began.
    const still = await reportOf({ rest: { training: { ...TRAINING, optimizer: { name: 'sgd', learning_rate: 1e-12 } } } });
    expect(still.report.runs[0]!.metrics.test_loss).toBeCloseTo(still.report.before.metrics.test_loss!, 6);
    expect(still.report.layers.every(({ l2, cka }) => l2 < 1e-6 && Math.abs(cka!.linear! - 1) < 1e-4 && Math.abs(cka!.debiased! - 1) < 1e-4)).toBe(true);
  });

  it('has a curve for each run, classes that fit the confusion matrix, and calibration with a temperature', () => {
    const { report } = whole;
    expect(report.curves.map(({ points }) => points.map(({ epoch }) => epoch))).toEqual(Array.from({ length: 6 }, () => [1, 2]));
    expect(report.classes!.map(({ examples }) => examples)).toEqual([10, 10, 10]);
    expect(report.classes!.reduce((sum, { recall }) => sum + recall!.value, 0) / 3).toBeCloseTo(report.runs[0]!.metrics.test_accuracy!, 12);
    const { bins, examples, ece, temperature } = report.calibration!;
    expect([bins.length, examples, bins.reduce((sum, bin) => sum + bin.examples, 0), temperature!.validation_examples]).toEqual([15, 30, 30, 30]);
    expect(ece).toBeGreaterThanOrEqual(0);
    expect(temperature!.value).toBeGreaterThan(0);
  });

  it('says what it did not measure, and why', () => {
    expect(whole.report.not_measured).toEqual([{ part: 'forgetting', why: 'nothing is known of it' }]);
  });

  it.each<[string, Asked]>([
    ['a convolutional network', { architecture: cnn() }],
    ['a network that branches', { architecture: residual() }],
    ['features', { transfer: { kind: 'feature' } }],
    ['features of a convolutional network', { architecture: cnn(), transfer: { kind: 'feature' }, labels: classNames(3, 'other') }],
    ['an edited structure', { transfer: { kind: 'structure', edits: [{ insert_after: 'dense_1', layer: { class_name: 'Dense', config: { units: 5 } } }] } }],
    ['a structure that inherits nothing', { transfer: { kind: 'structure', inherit: 'none' } }],
  ])('is whole for %s', async (_, asked) => {
    const { report, page, spec } = await reportOf(asked);
    const inherited = [...new Set(spec.inherit.map(({ to }) => to.split('/')[0]!))];
    expect(report.layers.map(({ layer }) => layer)).toEqual(inherited);
    for (const { cka } of report.layers) expect(cka!.linear === null || (cka!.linear >= -1e-6 && cka!.linear <= 1 + 1e-6)).toBe(true);
    if (spec.features_from !== null) for (const layer of report.layers) expect(layer).toMatchObject({ l2: 0, cka: { linear: 1, debiased: 1 } });
    expect(report).toMatchObject({ verdict: 'cannot_tell', comparison: null });
    expect(page).toContain('Nothing to compare with');
    const parts = report.not_measured.map(({ part }) => part);
    expect(parts).toEqual(['temperature', 'forgetting']);
  });
});

describe('the page of a report', () => {
  it('is the same each time, escapes what users wrote, and has no scripts, addresses or style attributes', async () => {
    const { page, report } = await reportOf({ rest: { baseline: { scratch: true } }, labels: ['<script>', '"b"', "c'&"] });
    expect(reportPage(report)).toBe(page);
    expect(page).not.toMatch(/<script|<b>|javascript:|https?:|style=|\son\w+=/);
    expect(page).toContain('&lt;b&gt;&quot;mine&quot; &amp; yours&lt;/b&gt;');
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toMatch(/undefined|NaN|Infinity|\[object/);
  });

  it.each([1, 2])('draws a curve of %d epochs', async (epochs) => {
    const { page } = await reportOf({ rest: { training: { ...TRAINING, epochs } } });
    expect(page.includes('<g class="main"><title>main</title><circle')).toBe(epochs === 1);
  });
});
