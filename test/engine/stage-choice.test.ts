// Stages among which validation chooses: one that is not begun, the best of those that were, and a probe behind features that are computed once.
import { describe, expect, it } from '@jest/globals';
import type { StageRequest, Training } from '#contract/job-request.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { budgetOf } from '#engine/budget.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { trainRun } from '#engine/train-run.js';
import type { RunListener, RunState } from '#engine/watch-run.js';
import type { TrainingData } from '#engine/training-data.js';
import { weightsDigest } from '#models/weights.js';
import { baseModel, classNames, cnn, dataset, everyTestFreesItsTensors, failureOf, fineTune, largestWeightDifference, specOf, stripes, stripesData } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const NETWORK = cnn();
const BASE = freshWeights(NETWORK, 9);
const DATA: TrainingData = { ...stripesData(NETWORK.input_shape), validation: stripes(30, { shape: NETWORK.input_shape, seed: 5 }) };
const FACTS = dataset({ shape: NETWORK.input_shape, labels: classNames(3, 'other'), validation: [10, 10, 10] });
const QUIET: RunListener = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };
const PROBE: StageRequest = { trainable: 'head', solver: { name: 'lbfgs' } };
const TRAINING: Training = { epochs: 2, batch_size: 16, seed: 7, early_stopping: { patience: 5 } };

const specWith = (stages: StageRequest[], training: Training = TRAINING): ResolvedSpec =>
  specOf(fineTune({ kind: 'parameter', stages }, { training, baseline: { scratch: true } }), FACTS, baseModel(NETWORK));
async function run(spec: ResolvedSpec, listener: Partial<RunListener> = {}, from?: RunState) {
  const { result, weights } = await trainRun(tf, spec, spec.runs[0]!, DATA, BASE, { ...QUIET, ...listener }, { from });
  return { result, weights, digest: weightsDigest(spec.architecture, weights) };
}
const further = (at: number): StageRequest => ({ trainable: 'all', learning_rate: 0.1, unless: { metric: 'val_accuracy', at_least: at } });

describe('a stage that is not begun unless it is needed', () => {
  it('leaves the run as the one without it, which ends early', async () => {
    const { result, digest } = await run(specWith([PROBE, further(0)]));
    const alone = await run(specWith([PROBE]));
    expect(result).toMatchObject({ stop_reason: 'early_stopped', steps: alone.result.steps, choice: { metric: 'val_loss', stages: [{ stage: 0, epoch: 2 }], stage: 0 } });
    expect(result.metrics.val_loss).toBeCloseTo(alone.result.metrics.val_loss!, 5);
    expect(digest).toHaveLength(64);
    expect(alone.result.choice).toBeUndefined();
  });

  it('is begun where it is, and validation says which stage the weights are from', async () => {
    const { result } = await run(specWith([PROBE, further(1)], { ...TRAINING, epochs: 4 }));
    const { metric, stages, stage } = result.choice!;
    expect(stages.map((each) => each.stage)).toEqual([0, 1]);
    const best = stages.reduce((one, other) => (other.value < one.value ? other : one));
    expect([stage, result.best_epoch, result.metrics[metric]]).toEqual([best.stage, best.epoch, best.value]);
  });

  it('that made it worse is not what is published', async () => {
    const spoilt: StageRequest = { ...further(1), learning_rate: 50 };
    const { result, digest } = await run(specWith([PROBE, spoilt]));
    expect(result).toMatchObject({ choice: { stage: 0 }, best_epoch: 2 });
    expect(digest).toBe((await run(specWith([PROBE, further(0)]))).digest);
  });

  it('is decided the same from wherever the run was left', async () => {
    for (const at of [0, 1]) {
      const spec = specWith([PROBE, further(at)]);
      const left: RunState[] = [];
      const whole = await run(spec, { onCall: async (_run, _at, save) => (left.push(save()), 'go') });
      for (const from of left) {
        const stored = { ...(JSON.parse(JSON.stringify({ ...from, tensors: undefined })) as Omit<RunState, 'tensors'>), tensors: from.tensors };
        const rest = await run(spec, {}, stored);
        expect(rest.digest).toBe(whole.digest);
        expect(rest.result.choice).toEqual(whole.result.choice);
      }
    }
  });

  it('leaves a baseline with as many steps as the main run took', async () => {
    const spec = specWith([PROBE, further(0)]);
    const main = (await run(spec)).result;
    const plan = spec.runs.find(({ role }) => role === 'baseline')!;
    const { result } = await trainRun(tf, spec, plan, DATA, null, QUIET, { budget: budgetOf(spec, plan, main) });
    expect(result.steps).toBe(main.steps);
  });

  it('must come after another, and go by what is measured', () => {
    expect(failureOf(() => specWith([{ ...further(1) }]))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/transfer/stages/0/unless' });
    expect(failureOf(() => specWith([PROBE, { trainable: 'all', unless: { metric: 'test_accuracy', at_least: 1 } }]))).toMatchObject({ code: 'METRIC_NOT_MEASURED', pointer: '/transfer/stages/1/unless/metric' });
    expect(failureOf(() => specWith([PROBE, { trainable: 'all', unless: { metric: 'val_loss', at_least: 1 } }]))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/transfer/stages/1/unless/at_least' });
  });
});

describe('a stage that is solved before others train everything', () => {
  it('has its features computed once, and ends where the whole network would', async () => {
    const spec = specWith([PROBE, further(0)]);
    expect([spec.features_from, spec.stages.map(({ features_from: from }) => from)]).toEqual([null, ['dense_1', undefined]]);
    const told: { layer: string; width: number }[] = [];
    const once = await run(spec, { onEvent: (type, data) => void (type === 'run.features_ready' && told.push(data as { layer: string; width: number })) });
    expect(told).toMatchObject([{ layer: 'dense_1', width: 6 }]);
    const stages = spec.stages.map((stage) => {
      const plain = { ...stage };
      delete plain.features_from;
      return plain;
    });
    const everyTime = await run({ ...spec, stages });
    expect(largestWeightDifference(once.weights, everyTime.weights)).toBeLessThan(1e-3);
    expect(once.result.metrics.test_loss).toBeCloseTo(everyTime.result.metrics.test_loss!, 5);
  });
});
