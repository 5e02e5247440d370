// What is measured of a transfer, on networks that train in this process.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FineTuneRequest, Training, TransferRequest } from '#contract/job-request.js';
import type { Architecture } from '#contract/layers.js';
import { NAMED_SCHEMAS } from '#contract/named-schemas.js';
import { PUBLISHED_RUN, type RunResult } from '#contract/run.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { Curves } from '#engine/curves.js';
import { featuresInMemory } from '#engine/features.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { trainRun } from '#engine/train-run.js';
import type { TrainingData } from '#engine/training-data.js';
import type { Weights } from '#models/weights.js';
import { measureTransfer } from '#report/measure.js';
import { reportPage } from '#report/page.js';
import { planProbe } from '#report/probe-plan.js';
import { ARTICLE, baseModel, classNames, cnn, dataset, everyTestFreesItsTensors, fineTune, mlp, residual, specOf, stripes, stripesData } from '../support/networks.js';

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
    expect(parts).toEqual([...(asked.transfer?.kind === 'structure' ? ['linear_probe'] : []), 'temperature', 'forgetting']);
    expect(report.linear_probe === null).toBe(parts.includes('linear_probe'));
  });
});

describe('the linear probe of a report', () => {
  it('is what the preset linear_probe comes to: the same minimum, on the same features', async () => {
    const { report, page } = await reportOf({ transfer: { kind: 'parameter', preset: 'linear_probe' }, rest: { head: 'replace' } });
    const probe = report.linear_probe!;
    expect(probe).toMatchObject({ layer: 'dense_1', train_examples: 120, converged: true, accuracy: { value: report.runs[0]!.metrics.test_accuracy, examples: 30 } });
    expect(probe.metrics.test_loss).toBeCloseTo(report.runs[0]!.metrics.test_loss!, 3);
    expect(page).toContain('linear probe');
  });

  it('does not depend on what training did', async () => {
    const [full, still] = [await reportOf(), await reportOf({ rest: { training: { ...TRAINING, optimizer: { name: 'sgd', learning_rate: 1e-12 } } } })];
    expect(full.report.linear_probe).toEqual(still.report.linear_probe);
  });

  it('takes no more than a tenth of training, but two thousand examples in any case', () => {
    const many = dataset({ shape: [28, 28, 1], labels: classNames(10), train: Array.from({ length: 10 }, () => 6_000) });
    const planOf = (training: Training) => {
      const plan = planProbe(specOf(fineTune({ kind: 'parameter' }, { training }), many, baseModel(ARTICLE, classNames(10))));
      if ('why' in plan) throw new Error(plan.why);
      return plan;
    };
    const forwards = 2 * (784 * 128 + 128 * 10);
    for (const epochs of [1, 5, 50]) {
      const { flops, examples } = planOf({ epochs });
      if (examples > 2_000) expect(flops).toBeLessThanOrEqual(0.1 * 3 * forwards * 60_000 * epochs);
    }
    expect(planOf({ epochs: 5 }).examples).toBeGreaterThan(2_000);
    expect(planOf({ epochs: 5, budget: { steps: 1 } }).examples).toBe(2_000);
    expect(planOf({ epochs: 1_000 }).examples).toBe(60_000);
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
