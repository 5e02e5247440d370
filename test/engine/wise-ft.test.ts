// The interpolation between where a run began and what it came to: where it may start, its ends, which α it takes, and that a run left anywhere ends the same.
import { describe, expect, it } from '@jest/globals';
import type { EventData } from '#contract/event.js';
import type { FineTuneRequest, TransferRequest } from '#contract/job-request.js';
import type { RunResult } from '#contract/run.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { startOfMain } from '#engine/start.js';
import { trainRun } from '#engine/train-run.js';
import type { RunListener, RunState } from '#engine/watch-run.js';
import type { TrainingData } from '#engine/training-data.js';
import { ALPHAS, bestOf, between } from '#engine/wise-ft.js';
import { weightsDigest, type Weights } from '#models/weights.js';
import { baseModel, classNames, dataset, everyTestFreesItsTensors, failureOf, fineTune, mlp, specOf, stripes, stripesData } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const QUIET: RunListener = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };
const TRAINING = { batch_size: 16, optimizer: { name: 'sgd', learning_rate: 0.2 }, seed: 7, epochs: 3 } as const;
const DATA: TrainingData = { ...stripesData(), validation: stripes(12, { seed: 5 }) };
const base = freshWeights(mlp(), 9);
const OTHER = classNames(3, 'other');
const specWith = (transfer: TransferRequest, { labels = classNames(3), ...rest }: Partial<FineTuneRequest> & { labels?: string[] } = {}): ResolvedSpec =>
  specOf(fineTune(transfer, { training: TRAINING, ...rest }), dataset({ validation: [4, 4, 4], labels }), baseModel(mlp()));
const PROBED: TransferRequest = { kind: 'parameter', preset: 'lp_ft', wise_ft: {} };

interface Ran {
  result: RunResult;
  weights: Weights;
  left: RunState[];
  told: EventData<'run.interpolated'>[];
}
async function run(spec: ResolvedSpec, { from, data = DATA, which = 0, listener = {} }: { from?: RunState; data?: TrainingData; which?: number; listener?: Partial<RunListener> } = {}): Promise<Ran> {
  const left: RunState[] = [];
  const told: EventData<'run.interpolated'>[] = [];
  const { result, weights } = await trainRun(tf, spec, spec.runs[which]!, data, base, {
    ...QUIET,
    onEvent: (type, event) => void (type === 'run.interpolated' && told.push(event as EventData<'run.interpolated'>)),
    onCall: async (_run, _at, save) => (left.push(save()), 'go'),
    ...listener,
  }, { from });
  return { result, weights, left, told };
}

describe('the weights between two networks', () => {
  const start = new Map([['w', Float32Array.of(1, -0, 0.1)]]);
  const end = new Map([['w', Float32Array.of(3, 5, 0.7)]]);

  it('are the ends themselves at 0 and 1, and lie evenly between', () => {
    expect(between(start, end, 0)).toBe(start);
    expect(between(start, end, 1)).toBe(end);
    expect(between(start, end, 0.25).get('w')![0]).toBe(1.5);
    expect(ALPHAS).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  });

  it('are chosen by the metric, and of the equally good by how near they are to the end', () => {
    const curve = [0.5, 0.9, 0.9, 0.4].map((value, at) => ({ alpha: at, metrics: { val_accuracy: value, val_loss: value } }));
    expect(bestOf({ metric: 'val_accuracy', after_stages: 0 }, curve).alpha).toBe(2);
    expect(bestOf({ metric: 'val_loss', after_stages: 0 }, curve).alpha).toBe(3);
  });
});

describe('an interpolation', () => {
  it('starts where the run begins where nothing is new, and else behind the stages in which what is new learns alone', () => {
    expect(specWith({ kind: 'parameter', wise_ft: {} }).wise_ft).toEqual({ metric: 'val_loss', after_stages: 0 });
    expect(specWith(PROBED, { labels: OTHER }).wise_ft).toEqual({ metric: 'val_loss', after_stages: 1 });
    const staged: TransferRequest = { kind: 'parameter', wise_ft: { metric: 'val_accuracy' }, stages: [{ trainable: 'head', epochs: 1 }, { trainable: 'head', epochs: 1 }, { trainable: 'all' }] };
    expect(specWith(staged, { labels: OTHER }).wise_ft).toEqual({ metric: 'val_accuracy', after_stages: 2 });
    expect(specWith({ kind: 'parameter' }).wise_ft).toBeUndefined();
  });

  it.each<[string, TransferRequest, string[], string, string, RegExp]>([
    ['a fresh head that learns with the rest', { kind: 'parameter', wise_ft: {} }, OTHER, 'METHOD_NOT_POSSIBLE', '/transfer/wise_ft', /"dense_2" starts fresh/],
    ['a head of which some classes are fresh', { kind: 'parameter', wise_ft: {} }, ['class 0', 'class 1', 'new'], 'METHOD_NOT_POSSIBLE', '/transfer/wise_ft', /"dense_2" starts fresh/],
    ['a probe alone', { kind: 'parameter', preset: 'linear_probe', wise_ft: {} }, OTHER, 'METHOD_NOT_POSSIBLE', '/transfer/wise_ft', /nothing that was carried over learns/],
    ['a structure that inherits nothing', { kind: 'structure', inherit: 'none', wise_ft: {} }, OTHER, 'METHOD_NOT_POSSIBLE', '/transfer/wise_ft', /nothing that was carried over learns/],
    ['a metric of training', { ...PROBED, wise_ft: { metric: 'loss' } }, OTHER, 'METRIC_NOT_MEASURED', '/transfer/wise_ft/metric', /val_loss, val_accuracy/],
  ])('is refused for %s', (_, transfer, labels, code, pointer, message) => {
    expect(failureOf(() => specWith(transfer, { labels }))).toMatchObject({ code, pointer, message: expect.stringMatching(message) as unknown });
  });

  it('is refused without validation', () => {
    expect(failureOf(() => specOf(fineTune({ kind: 'parameter', wise_ft: {} }), dataset(), baseModel(mlp())))).toMatchObject({ code: 'METRIC_NOT_MEASURED', pointer: '/transfer/wise_ft/metric' });
  });
});

describe('a run that is interpolated', () => {
  it('measures both ends as they are: where it began, and the run without interpolation', async () => {
    const spec = specWith({ kind: 'parameter', wise_ft: {} });
    const { result, told } = await run(spec);
    const plain = await run(specWith({ kind: 'parameter' }));
    const { curve, alpha, metric } = result.interpolation!;
    expect(told).toEqual([{ run: 'main', role: 'main', metric, alpha, curve }]);
    expect(curve.map((point) => point.alpha)).toEqual([...ALPHAS]);
    expect(curve.at(-1)!.metrics).toEqual({ val_loss: plain.result.metrics.val_loss, val_accuracy: plain.result.metrics.val_accuracy });
    // With next to no rate, the run ends where it began.
    const still = await run(specWith({ kind: 'parameter' }, { training: { ...TRAINING, optimizer: { name: 'sgd', learning_rate: 1e-8 } } }));
    expect(curve[0]!.metrics.val_loss).toBeCloseTo(still.result.metrics.val_loss!, 5);
    expect(plain.result.interpolation).toBeUndefined();
  });

  it('takes the weights of the best α, with their metrics', async () => {
    // Validation by data in which each class passes for the next: the less was learnt, the better.
    const wrong = stripes(12, { seed: 5 });
    const labels = (wrong.targets.of.values as Int32Array).map((label) => (label + 1) % 3);
    const data = { ...DATA, validation: { ...wrong, targets: { of: { ...wrong.targets.of, values: labels } } } } as TrainingData;
    const spec = specWith({ kind: 'parameter', wise_ft: {} });
    const { result, weights } = await run(spec, { data });
    expect(result.interpolation!.alpha).toBeLessThan(1);
    const end = (await run(specWith({ kind: 'parameter' }), { data })).weights;
    const expected = between(startOfMain(spec, 7, base), end, result.interpolation!.alpha);
    for (const [path, values] of weights) expect(values).toEqual(expected.get(path));
    const point = result.interpolation!.curve.find(({ alpha }) => alpha === result.interpolation!.alpha)!;
    expect(result.metrics).toMatchObject(point.metrics);
  });

  it('starts at the end of the probe where the head is new, and ends the same wherever it was left', async () => {
    const spec = specWith(PROBED, { labels: OTHER });
    const whole = await run(spec);
    const probe = await run(specWith({ kind: 'parameter', preset: 'linear_probe' }, { labels: OTHER }));
    expect(whole.result.interpolation!.curve[0]!.metrics.val_loss).toBeCloseTo(probe.result.metrics.val_loss!, 6);
    for (const from of whole.left) {
      const stored = { ...(JSON.parse(JSON.stringify({ ...from, tensors: undefined })) as Omit<RunState, 'tensors'>), tensors: from.tensors };
      const rest = await run(spec, { from: stored });
      expect(weightsDigest(spec.architecture, rest.weights)).toBe(weightsDigest(spec.architecture, whole.weights));
      expect(rest.result.interpolation).toEqual(whole.result.interpolation);
    }
    // Only what the probe changed is kept for it.
    expect([...whole.left.at(-1)!.tensors.keys()].filter((name) => name.startsWith('probe:'))).toEqual(['probe:dense_2/kernel', 'probe:dense_2/bias']);
  });

  it('that is stopped before the start keeps what it has, and a baseline has no start', async () => {
    const spec = specWith({ ...PROBED }, { labels: OTHER, baseline: { scratch: true } });
    const stopped = await run(spec, { listener: { onCall: async () => 'stop' } });
    expect(stopped.result).toMatchObject({ stop_reason: 'user_stop', interpolation: null });
    expect((await run(spec, { which: 1 })).result.interpolation).toBeUndefined();
  });

  it('leaves off between two measurements where it is asked to', async () => {
    let measured = 0;
    const paused = run(specWith({ kind: 'parameter', wise_ft: {} }), { listener: { onMeasured: async () => ((measured += 1) === 3 ? 'pause' : 'go') } });
    await expect(paused).rejects.toThrow('while it was interpolated');
    expect(measured).toBe(3);
  });
});
