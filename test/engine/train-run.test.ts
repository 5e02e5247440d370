// Runs of a job: the identities by which transfer, features and baselines are what they say they are.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Budget } from '#contract/budget.js';
import type { FineTuneRequest, TransferRequest } from '#contract/job-request.js';
import type { LossRequest } from '#contract/losses.js';
import type { Architecture } from '#contract/layers.js';
import { epochMetrics } from '#contract/metrics.js';
import type { MetricPoint, RunPlan } from '#contract/run.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { budgetOf } from '#engine/budget.js';
import { evaluate, predict } from '#engine/evaluate.js';
import type { Examples } from '#engine/examples.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import type { Measures } from '#engine/objectives/objective.js';
import { meanOf } from '#engine/objectives/statistics.js';
import { trainRun, type TrainedRun } from '#engine/train-run.js';
import { Paused, type RunListener, type RunState } from '#engine/watch-run.js';
import type { TrainingData } from '#engine/training-data.js';
import { divide, weightsOf } from '#models/architecture.js';
import { weightsDigest, type Weights } from '#models/weights.js';
import {
  baseModel, classNames, cnn, crossEntropy, dataset, dense, everyTestFreesItsTensors, failureOfPromise, fineTune, labelsOf, largestDifference, largestWeightDifference, logitsOf, mlp, network, pretrain,
  specOf, stripes, stripesData,
} from '../support/networks.js';

const { tf } = loadTensorFlow();

interface Heard {
  events: [string, object][];
  points: MetricPoint[];
  examples: number;
}
function listening(): { listener: RunListener; heard: Heard } {
  const heard: Heard = { events: [], points: [], examples: 0 };
  const listener: RunListener = {
    onEvent: (type, data) => heard.events.push([type, data]),
    onMetrics: (points) => heard.points.push(...points),
    async onSteps(_run, _position, { examples }) {
      heard.examples += examples;
    },
  };
  return { listener, heard };
}

type Outcome = TrainedRun & { heard: Heard };
async function run(spec: ResolvedSpec, data: TrainingData, base: Weights | null = null, role: RunPlan['role'] = 'main'): Promise<Outcome> {
  const { listener, heard } = listening();
  const plan = spec.runs.find((planned) => planned.role === role)!;
  return { ...(await trainRun(tf, spec, plan, data, base, listener)), heard };
}

const QUICK = { epochs: 3, batch_size: 16, optimizer: { name: 'sgd', learning_rate: 0.2 }, seed: 7 } as const;
const OTHERS = classNames(3, 'other');
const pretrainOf = (architecture: Architecture, training: object = QUICK): ResolvedSpec =>
  specOf(pretrain({ model: { layers: architecture.layers }, training }), dataset({ shape: architecture.input_shape }));
const fineTuneOf = (architecture: Architecture, transfer: TransferRequest, labels = classNames(3), rest: Partial<FineTuneRequest> = {}): ResolvedSpec =>
  specOf(fineTune(transfer, { training: QUICK, ...rest }), dataset({ shape: architecture.input_shape, labels }), baseModel(architecture));

/** Loss and accuracy of the published network over examples. */
async function measured(architecture: Architecture, weights: Weights, data: TrainingData): Promise<Measures> {
  const running = await buildNetwork(tf, logitsOf(architecture), weights);
  const { measures } = await evaluate(tf, running, data.test, crossEntropy(tf));
  running.dispose();
  return measures;
}
const argMax = (values: Float32Array): number => values.indexOf(Math.max(...values));
const only = (weights: Weights, paths: string[]): Weights => new Map(paths.map((path) => [path, weights.get(path)!]));
const pathsOf = (architecture: Architecture): string[] => weightsOf(architecture).map(({ path }) => path);

/** A perceptron and a convolutional network, each pretrained on stripes. */
const BASES = [{ name: 'perceptron', architecture: mlp() }, { name: 'convolutional network', architecture: cnn() }];
const trained = new Map<string, { weights: Weights; data: TrainingData }>();
beforeAll(async () => {
  for (const { name, architecture } of BASES) {
    const data = stripesData(architecture.input_shape);
    trained.set(name, { data, weights: (await run(pretrainOf(architecture), data)).weights });
  }
});
everyTestFreesItsTensors(tf);
const kinds = BASES.map(({ name, architecture }) => [name, architecture] as const);
const given = (name: string) => trained.get(name)!;

describe('a run that is told to end', () => {
  const told = (verdict: 'stop' | 'pause') => {
    const { data } = given('perceptron');
    const { listener, heard } = listening();
    const spec = pretrainOf(mlp());
    return { heard, trained: trainRun(tf, spec, spec.runs[0]!, data, null, { ...listener, onCall: async () => verdict }) };
  };

  it('by "stop" is evaluated with what was learnt by then', async () => {
    const { heard, trained } = told('stop');
    const { result } = await trained;
    expect(heard.events.map(([type]) => type)).toEqual(['run.started', 'run.steps_ready', 'epoch.finished', 'run.stopped', 'run.finished']);
    expect(Object.keys(result.metrics)).toEqual(['loss', 'accuracy', 'test_loss', 'test_accuracy']);
    expect(result).toMatchObject({ steps: 8, stop_reason: 'user_stop', budget_reached: null });
    expect(result.examples_per_second * result.seconds).toBeCloseTo(120);
  });

  it('by "pause" gives no result', async () => {
    const { heard, trained } = told('pause');
    await expect(trained).rejects.toThrow(Paused);
    expect(heard.events.map(([type]) => type)).toEqual(['run.started', 'run.steps_ready', 'epoch.finished']);
  });
});

describe('a run with a budget', () => {
  const data = (): TrainingData => ({ ...given('perceptron').data, validation: stripes(12, { seed: 5 }) });
  const specWith = (budget: Budget | null): ResolvedSpec => {
    const spec = pretrainOf(mlp(), { ...QUICK, epochs: 6 });
    return { ...spec, training: { ...spec.training, budget } };
  };
  const budget = (part: Partial<Budget>): Budget => ({ steps: null, until: null, seconds: null, ...part });
  const metricsOf = async () => (await run(specWith(null), data())).heard.points.filter(({ values }) => 'val_loss' in values).map(({ values }) => values);

  it('of steps ends after exactly so many, within an epoch, and says so', async () => {
    const { result, heard } = await run(specWith(budget({ steps: 21 })), data());
    expect(result).toMatchObject({ steps: 21, stop_reason: 'budget', budget_reached: 'steps' });
    expect(heard.events.map(([type]) => type)).toEqual(['run.started', 'run.steps_ready', 'epoch.finished', 'epoch.finished', 'run.stopped', 'epoch.finished', 'run.finished']);
    expect(heard.events[0]![1]).toMatchObject({ steps: 21 });
    for (const type of ['run.stopped', 'run.finished']) {
      expect(heard.events.find(([told]) => told === type)![1]).toMatchObject({ steps: 21, stop_reason: 'budget', budget_reached: 'steps' });
    }
    expect(Object.keys(result.metrics)).toEqual(['loss', 'accuracy', 'val_loss', 'val_accuracy', 'test_loss', 'test_accuracy']);
  });

  it('that it does not use up changes nothing', async () => {
    const [with48, without] = [await run(specWith(budget({ steps: 48, seconds: 10_000, until: { metric: 'loss', at_most: 0 } })), data()), await run(specWith(null), data())];
    expect(with48.result).toMatchObject({ steps: 48, stop_reason: 'completed', budget_reached: null });
    expect(weightsDigest(mlp(), with48.weights)).toBe(weightsDigest(mlp(), without.weights));
  });

  it('of a metric ends after the first epoch in which that is good enough', async () => {
    const measures = await metricsOf();
    const third = measures[2]!.val_loss!;
    expect(Math.min(...measures.slice(0, 2).map(({ val_loss: loss }) => loss!))).toBeGreaterThan(third);
    const { result } = await run(specWith(budget({ until: { metric: 'val_loss', at_most: third } })), data());
    expect(result).toMatchObject({ steps: 24, stop_reason: 'budget', budget_reached: 'until', metrics: { val_loss: third } });

    const accuracy = measures[3]!.epoch_accuracy!;
    const first = measures.findIndex(({ epoch_accuracy: reached }) => reached! >= accuracy);
    const other = await run(specWith(budget({ until: { metric: 'accuracy', at_least: accuracy } })), data());
    expect(other.result).toMatchObject({ steps: 8 * (first + 1), stop_reason: 'budget', budget_reached: 'until' });
  });

  it('of time ends at the next call once that is used up', async () => {
    const spec = specWith(budget({ seconds: 1 }));
    const left: RunState[] = [];
    const { listener } = listening();
    await trainRun(tf, specWith(null), spec.runs[0]!, data(), null, { ...listener, onCall: async (_run, _at, save) => (left.push(save()), 'go') });
    // A call that takes as long as was left.
    const busy = async () => {
      for (const end = performance.now() + 20; performance.now() < end; );
      return 'go' as const;
    };
    const from = { ...left[0]!, seconds: 0.98 };
    const { result } = await trainRun(tf, spec, spec.runs[0]!, data(), null, { ...listener, onCall: busy }, { from });
    expect(result).toMatchObject({ stop_reason: 'budget', budget_reached: 'seconds', steps: 16 });
    expect(result.seconds).toBeGreaterThan(1);
    const used = await trainRun(tf, spec, spec.runs[0]!, data(), null, listener, { from: { ...from, seconds: 1 } });
    expect(used.result).toMatchObject({ stop_reason: 'budget', budget_reached: 'seconds', steps: 8, metrics: { val_loss: from.metrics.val_loss } });
  });

  it.each<[string, Partial<Budget>]>([['steps', { steps: 21 }], ['steps at the end of an epoch', { steps: 24 }], ['a metric', { until: { metric: 'val_accuracy', at_least: 0.5 } }]])(
    'of %s ends in the same place with the same bytes and metrics from wherever it was left', async (_of, part) => {
      const spec = specWith(budget(part));
      const { listener } = listening();
      const left: RunState[] = [];
      const whole = await trainRun(tf, spec, spec.runs[0]!, data(), null, { ...listener, onCall: async (_run, _at, save) => (left.push(save()), 'go') });
      expect(whole.result.stop_reason).toBe('budget');
      // The last place is the one where the budget is used up.
      expect(left.at(-1)!.cursor.step).toBe(whole.result.steps);
      for (const from of left) {
        const rest = await trainRun(tf, spec, spec.runs[0]!, data(), null, listener, { from });
        expect(weightsDigest(mlp(), rest.weights)).toBe(weightsDigest(mlp(), whole.weights));
        expect(rest.result).toEqual({ ...whole.result, seconds: rest.result.seconds, examples_per_second: rest.result.examples_per_second });
      }
    },
  );

  it('has a stop win over it, which leaves no doubt who ended the run', async () => {
    const { listener } = listening();
    const spec = specWith(budget({ steps: 8 }));
    const { result } = await trainRun(tf, spec, spec.runs[0]!, data(), null, { ...listener, onCall: async () => 'stop' });
    expect(result).toMatchObject({ steps: 8, stop_reason: 'user_stop', budget_reached: null });
  });

  it('gives a baseline as many steps as the main run took', async () => {
    const spec = fineTuneOf(mlp(), { kind: 'parameter' }, classNames(3), { baseline: { scratch: true }, training: { ...QUICK, budget: { until: { metric: 'accuracy', at_least: 0.5 } } } });
    const main = (await run(spec, data(), given('perceptron').weights)).result;
    expect(main).toMatchObject({ stop_reason: 'budget', budget_reached: 'until' });
    const [, plan] = spec.runs;
    const { listener } = listening();
    const { result } = await trainRun(tf, spec, plan!, data(), null, listener, { budget: budgetOf(spec, plan!, main) });
    expect(result).toMatchObject({ role: 'baseline', steps: main.steps, stop_reason: 'budget', budget_reached: 'steps' });
  });

  it('ends feature transfer too, of which the trunk keeps its bytes', async () => {
    const { weights: base } = given('perceptron');
    const spec = fineTuneOf(mlp(), { kind: 'feature' }, OTHERS, { training: { ...QUICK, budget: { steps: 5 } } });
    const { result, weights } = await run(spec, data(), base);
    expect(result).toMatchObject({ steps: 5, stop_reason: 'budget', budget_reached: 'steps' });
    expect(weights.get('dense_1/kernel')).toEqual(base.get('dense_1/kernel'));
  });
});

describe('the metrics that a budget may wait for', () => {
  it.each([[2, true], [3, true], [11, true], [3, false]])('are those that a run over %i classes measures after an epoch (validating: %s)', async (classes, validates) => {
    const architecture = mlp(6, classes);
    const labels = classNames(classes);
    const spec = specOf(pretrain({ model: { layers: architecture.layers }, training: { ...QUICK, epochs: 1 } }), dataset({ labels }));
    const part = (seed: number) => stripes(10 * classes, { classes, seed });
    const { result } = await run(spec, { train: part(1), validation: validates ? part(2) : undefined, test: part(3) });
    const measured = Object.keys(result.metrics).filter((name) => !name.startsWith('test_'));
    expect(epochMetrics(classes, validates).sort()).toEqual(measured.sort());
  });
});

describe('a pretrain', () => {
  it('learns to tell a separable set apart', async () => {
    const { result, weights } = await run(pretrainOf(mlp(), { ...QUICK, epochs: 20 }), given('perceptron').data);
    expect(result.metrics.test_accuracy).toBeGreaterThan(0.95);
    expect(await measured(mlp(), weights, given('perceptron').data)).toEqual({ loss: result.metrics.test_loss, accuracy: result.metrics.test_accuracy });
  });

  it('is a function of its seed: the same bytes and metrics again, others for another', async () => {
    const { data } = given('perceptron');
    const digestOf = async (seed: number) => {
      const { weights, result, heard } = await run(pretrainOf(mlp(), { ...QUICK, seed }), data);
      return { digest: weightsDigest(mlp(), weights), metrics: result.metrics, points: heard.points };
    };
    const [one, again, other] = [await digestOf(7), await digestOf(7), await digestOf(8)];
    expect(again).toEqual(one);
    expect(other.digest).not.toBe(one.digest);
  });

  it('tells what happens, in order, and each step and epoch as a point', async () => {
    const data = { ...given('perceptron').data, validation: stripes(12, { seed: 5 }) };
    const { heard, result } = await run(pretrainOf(mlp()), data);
    expect(heard.events.map(([type]) => type)).toEqual(['run.started', 'run.steps_ready', 'epoch.finished', 'epoch.finished', 'epoch.finished', 'run.finished']);
    expect(heard.events[0]![1]).toEqual({ run: 'main', role: 'main', seed: 7, steps: 24 });
    expect(heard.events.at(-1)![1]).toMatchObject({ run: 'main', metrics: result.metrics });
    expect(heard.examples).toBe(3 * 120);
    expect(heard.points.map(({ epoch, step, values }) => [epoch, step, Object.keys(values)])).toEqual(
      [1, 2, 3].flatMap((epoch) => [
        [epoch, 8 * epoch, ['loss', 'accuracy']],
        [epoch, 8 * epoch, ['epoch_loss', 'epoch_accuracy', 'val_loss', 'val_accuracy']],
      ]),
    );
    const last = heard.points.at(-1)!.values;
    expect(result.metrics).toEqual({
      loss: last.epoch_loss, accuracy: last.epoch_accuracy, val_loss: last.val_loss, val_accuracy: last.val_accuracy,
      test_loss: result.metrics.test_loss, test_accuracy: result.metrics.test_accuracy,
    });
    expect(result.examples_per_second).toBeCloseTo((3 * 120) / result.seconds, 6);
  });

  it('that fails leaves no network behind', async () => {
    const wild = pretrainOf(mlp(), { ...QUICK, optimizer: { name: 'sgd', learning_rate: 100 } });
    const spec = { ...wild, stages: wild.stages.map((stage) => ({ ...stage, learning_rate: 1e38 })) };
    expect((await failureOfPromise(run(spec, given('perceptron').data))).code).toBe('NAN_LOSS');
  });
});

describe('parameter transfer', () => {
  it.each(kinds)('of a %s to the same classes starts where the base ended', async (name, architecture) => {
    const { weights: base, data } = given(name);
    const spec = fineTuneOf(architecture, { kind: 'parameter' });
    const still = { ...spec, stages: spec.stages.map((stage) => ({ ...stage, learning_rate: 0 })) };
    const { weights, result } = await run(still, data, base);
    expect(weightsDigest(architecture, weights)).toBe(weightsDigest(architecture, base));
    const { loss, accuracy } = await measured(architecture, base, data);
    expect(result.metrics).toMatchObject({ test_loss: loss, test_accuracy: accuracy });
  });

  it.each(kinds)('of a %s to other classes starts from the base, under an output layer drawn by the seed', async (name, architecture) => {
    const { weights: base, data } = given(name);
    const spec = fineTuneOf(architecture, { kind: 'parameter' }, OTHERS);
    const still = { ...spec, stages: spec.stages.map((stage) => ({ ...stage, learning_rate: 0 })) };
    const { weights } = await run(still, data, base);
    const fresh = freshWeights(architecture, 7);
    for (const path of pathsOf(architecture)) expect(weights.get(path)).toEqual((path.startsWith('dense_2/') ? fresh : base).get(path));
  });

  it.each(kinds)('of a %s freezes what a stage does not name, to the byte', async (name, architecture) => {
    const { weights: base, data } = given(name);
    const { weights } = await run(fineTuneOf(architecture, { kind: 'parameter', stages: [{ trainable: 'head' }] }, OTHERS), data, base);
    const frozen = pathsOf(architecture).filter((path) => !path.startsWith('dense_2/'));
    expect(only(weights, frozen)).toEqual(only(base, frozen));
    expect(weights.get('dense_2/kernel')).not.toEqual(freshWeights(architecture, 7).get('dense_2/kernel'));
  });

  it('starts ahead of the same network from fresh weights', async () => {
    const { weights: base, data } = given('perceptron');
    const spec = fineTuneOf(mlp(), { kind: 'parameter' }, classNames(3), { training: { ...QUICK, epochs: 1 }, baseline: { scratch: true } });
    const [main, baseline] = [await run(spec, data, base), await run(spec, data, base, 'baseline')];
    expect(main.result.metrics.loss).toBeLessThan(baseline.result.metrics.loss!);
  });
});

describe('feature transfer', () => {
  const cuts: [string, string, Architecture, string | undefined][] = [
    ['a perceptron, cut before its output layer', 'perceptron', mlp(), undefined],
    ['a perceptron, cut at the pixels', 'perceptron', mlp(), 'flatten_1'],
    ['a convolutional network, cut before its output layer', 'convolutional network', cnn(), undefined],
    ['a convolutional network, cut at images', 'convolutional network', cnn(), 'max_pooling2d_1'],
  ];

  it.each(cuts)('of %s trains on cached features as the whole network with a frozen trunk would', async (_, name, architecture, cut) => {
    const { weights: base, data } = given(name);
    const onFeatures = fineTuneOf(architecture, { kind: 'feature', ...(cut && { cut }) }, OTHERS);
    const whole = { ...onFeatures, features_from: null };
    const [cached, composed] = [await run(onFeatures, data, base), await run(whole, data, base)];

    expect(largestWeightDifference(only(cached.weights, pathsOf(onFeatures.architecture)), composed.weights)).toBeLessThan(1e-6);
    expect(cached.result.metrics.test_loss).toBeCloseTo(composed.result.metrics.test_loss!, 5);
    expect(cached.result.metrics.test_accuracy).toBe(composed.result.metrics.test_accuracy);
    // It did learn: the identity is not that of two networks that stood still.
    const { rest } = divide(onFeatures.architecture, onFeatures.features_from!);
    for (const { path } of weightsOf(rest)) expect(cached.weights.get(path)).not.toEqual(freshWeights(rest, 7).get(path));
  });

  it.each(cuts)('of %s publishes the trunk of the base, to the byte, under what was trained', async (_, name, architecture, cut) => {
    const { weights: base, data } = given(name);
    const spec = fineTuneOf(architecture, { kind: 'feature', ...(cut && { cut }) }, OTHERS);
    const { weights, result } = await run(spec, data, base);
    const inherited = spec.inherit.map(({ to }) => to);
    expect(only(weights, inherited)).toEqual(only(base, inherited));
    expect(await measured(spec.architecture, weights, data)).toMatchObject({ accuracy: result.metrics.test_accuracy });
  });

  it('holds with hidden layers, momentum, a short last batch and validation', async () => {
    const { weights: base, data } = given('perceptron');
    const training = { ...QUICK, batch_size: 50, optimizer: { name: 'sgd', learning_rate: 0.05, momentum: 0.9 } } as const;
    const onFeatures = fineTuneOf(mlp(), { kind: 'feature', head: [dense(5, 'tanh')] }, OTHERS, { training });
    const withValidation = { ...data, validation: stripes(20, { seed: 4 }) };
    const [cached, composed] = [await run(onFeatures, withValidation, base), await run({ ...onFeatures, features_from: null }, withValidation, base)];
    expect(largestWeightDifference(only(cached.weights, pathsOf(onFeatures.architecture)), composed.weights)).toBeLessThan(1e-6);
    expect(cached.result.metrics.val_loss).toBeCloseTo(composed.result.metrics.val_loss!, 5);
  });

  it('tells when the features are ready, and how many numbers each example has become', async () => {
    const { weights: base, data } = given('convolutional network');
    const { heard } = await run(fineTuneOf(cnn(), { kind: 'feature', cut: 'max_pooling2d_1' }, OTHERS), data, base);
    expect(heard.events.map(([type]) => type).slice(0, 3)).toEqual(['run.started', 'run.features_ready', 'run.steps_ready']);
    expect(heard.events[1]![1]).toEqual({ run: 'main', role: 'main', layer: 'max_pooling2d_1', examples: 120, width: 3 * 3 * 4, cache: { hit: false, bytes: 0, saved_seconds: 0 } });
  });
});

describe('structure transfer', () => {
  it('inherits what still matches and draws the rest by the seed', async () => {
    const { weights: base, data } = given('convolutional network');
    const spec = fineTuneOf(cnn(), { kind: 'structure', edits: [{ resize: 'dense_1', units: 4 }, { insert_after: 'dense_1', layer: { class_name: 'Dropout', config: { rate: 0.2 } } }] });
    const still = { ...spec, stages: spec.stages.map((stage) => ({ ...stage, learning_rate: 0 })) };
    const { weights } = await run(still, data, base);
    const fresh = freshWeights(spec.architecture, 7);
    for (const path of pathsOf(spec.architecture)) expect(weights.get(path)).toEqual((path.startsWith('conv2d') ? base : fresh).get(path));
  });

  it('without inheritance is a pretrain of the same network, byte for byte', async () => {
    const { weights: base, data } = given('perceptron');
    const alone = await run(fineTuneOf(mlp(), { kind: 'structure', inherit: 'none' }), data, base);
    expect(weightsDigest(mlp(), alone.weights)).toBe(weightsDigest(mlp(), base));
  });
});

describe('each loss', () => {
  const LOSSES_HERE: LossRequest[] = [
    { name: 'categorical_crossentropy', label_smoothing: 0.1 }, { name: 'binary_crossentropy' }, { name: 'mean_squared_error' }, { name: 'mean_absolute_error' }, { name: 'huber', delta: 0.5 },
  ];
  const training = (loss: LossRequest) => ({ ...QUICK, epochs: 12, optimizer: { name: 'adam', learning_rate: 0.02 }, loss }) as const;
  const published = async (architecture: Architecture, weights: Weights, examples: Examples): Promise<Float32Array> => {
    const running = await buildNetwork(tf, architecture, weights);
    const outputs = await predict(tf, running, examples);
    running.dispose();
    return outputs;
  };

  it.each(LOSSES_HERE)('$name learns by pretraining, by every transfer and from scratch; the published network finds what was found', async (loss) => {
    const { data } = given('perceptron');
    const pretrained = specOf(pretrain({ model: { architecture: 'mlp', hidden: [6] }, training: training(loss) }));
    const base = await run(pretrained, data);
    const transfers: TransferRequest[] = [{ kind: 'parameter' }, { kind: 'feature' }, { kind: 'structure', edits: [{ resize: 'dense_1', units: 9 }] }];
    const target = dataset({ labels: OTHERS });
    const specs = transfers.map((transfer) => specOf(fineTune(transfer, { training: training(loss), baseline: { scratch: true } }), target, baseModel(pretrained.architecture)));
    const runs = [{ spec: pretrained, ...base }];
    for (const spec of specs) runs.push({ spec, ...(await run(spec, data, base.weights)) });
    runs.push({ spec: specs[0]!, ...(await run(specs[0]!, data, base.weights, 'baseline')) });

    for (const { spec, weights, result, said } of runs) {
      expect(Object.keys(result.metrics)).toEqual(['loss', 'accuracy', 'test_loss', 'test_accuracy']);
      expect(result.metrics.test_accuracy).toBeGreaterThan(0.9);
      expect(result.confusion_matrix!.map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual([10, 10, 10]);
      const outputs = await published(spec.architecture, weights, data.test);
      const found = labelsOf(data.test).filter((label, index) => argMax(outputs.subarray(3 * index, 3 * index + 3)) === label).length;
      expect(found / 30).toBe(result.metrics.test_accuracy);
      // Of the run that is published alone it is kept what was said of each example.
      if (result.role === 'baseline') expect(said).toBeUndefined();
      else {
        expect([...said!.keys()].sort()).toEqual(['loss', 'predicted', 'probability']);
        expect(meanOf(said!.get('loss')!)).toBe(result.metrics.test_loss);
        const named = Float32Array.from({ length: 30 }, (_, index) => argMax(outputs.subarray(3 * index, 3 * index + 3)));
        expect(said!.get('predicted')).toEqual(named);
        expect(largestDifference(said!.get('probability')!, named.map((label, index) => outputs[3 * index + label]!))).toBeLessThan(1e-5);
      }
    }
  });

  it('of two classes by one sigmoid publishes the probability of the second, and tells the area under the curve', async () => {
    const two = (seed: number): Examples => stripes(40, { classes: 2, seed });
    const spec = specOf(pretrain({ model: { architecture: 'mlp', hidden: [6] }, training: training({ name: 'binary_crossentropy' }) }), dataset({ labels: classNames(2) }));
    const { weights, result } = await run(spec, { train: two(1), validation: two(2), test: two(3) });
    expect(spec.architecture.layers.at(-1)!.config).toEqual({ units: 1, activation: 'sigmoid' });
    expect(Object.keys(result.metrics)).toEqual(['loss', 'accuracy', 'val_loss', 'val_accuracy', 'val_auc', 'test_loss', 'test_accuracy', 'test_auc']);
    const outputs = await published(spec.architecture, weights, two(3));
    expect(labelsOf(two(3)).filter((label, index) => Number(outputs[index]! > 0.5) === label).length / 40).toBe(result.metrics.test_accuracy);
    expect(result.metrics.test_auc).toBeGreaterThan(0.95);
  });

  it('weighs classes: one of weight 0 is never learned', async () => {
    const { data } = given('perceptron');
    const spec = specOf(pretrain({ model: { architecture: 'mlp', hidden: [6] }, training: { ...training({ name: 'categorical_crossentropy' }), class_weights: { 'class 1': 0 } } }));
    const { result } = await run(spec, data);
    expect(result.confusion_matrix!.map((row) => row[1])).toEqual([0, 0, 0]);
    expect(result.metrics.test_accuracy).toBeGreaterThan(0.6);
  });
});

describe('the baseline', () => {
  it('learns at the rate of the stage throughout, where the rates of the main run fall from block to block', async () => {
    const { weights: base, data } = given('perceptron');
    const stages = (rest: object): TransferRequest => ({ kind: 'parameter', stages: [{ trainable: 'all', epochs: 1, ...rest }] });
    const specs = [stages({ lr_decay_per_block: 0.1 }), stages({})].map((transfer) => fineTuneOf(mlp(), transfer, OTHERS, { baseline: { scratch: true } }));
    expect(specs.map((spec) => spec.stages[0]!.rates?.map(({ learning_rate: rate }) => rate))).toEqual([[expect.closeTo(0.02, 9), 0.2], undefined]);
    const [decayed, plain] = [await run(specs[0]!, data, base, 'baseline'), await run(specs[1]!, data, base, 'baseline')];
    expect(decayed.weights).toEqual(plain.weights);
    const [slower, usual] = [await run(specs[0]!, data, base), await run(specs[1]!, data, base)];
    const moved = ({ weights }: Outcome) => largestDifference(weights.get('dense_1/kernel')!, base.get('dense_1/kernel')!);
    expect(moved(slower)).toBeLessThan(0.5 * moved(usual));
  });

  it.each<[string, TransferRequest]>([
    ['parameter', { kind: 'parameter', stages: [{ trainable: 'head' }] }],
    ['feature', { kind: 'feature', head: [dense(5)] }],
    ['structure', { kind: 'structure', edits: [{ resize: 'dense_1', units: 9 }] }],
  ])('of %s transfer is a pretrain of the target network with the same seed, byte for byte', async (_, transfer) => {
    const { weights: base, data } = given('perceptron');
    const spec = fineTuneOf(mlp(), transfer, OTHERS, { baseline: { scratch: true } });
    const [baseline, scratch] = [await run(spec, data, base, 'baseline'), await run(pretrainOf(spec.architecture), data)];
    expect(weightsDigest(spec.architecture, baseline.weights)).toBe(weightsDigest(spec.architecture, scratch.weights));
    expect(baseline.result.metrics).toEqual(scratch.result.metrics);
    expect(baseline.result).toMatchObject({ run: 'baseline', role: 'baseline', seed: 7 });
    expect(baseline.heard.events.map(([type]) => type)).not.toContain('run.features_ready');
  });

  it.each([['as they are', undefined], ['with the same changes', { shift: 0.2, noise: 0.1, mixup: 0.5 }]])('takes as many steps, over the same order of examples %s, as the run it is compared with', async (_, augment) => {
    const { weights: base, data } = given('perceptron');
    const bare = network([4, 4, 1], [{ class_name: 'Flatten' }, dense(3, 'softmax')]);
    // Without anything to inherit or freeze both runs are one and the same.
    const spec = specOf(fineTune({ kind: 'structure', inherit: 'none' }, { training: { ...QUICK, ...(augment && { augment }) }, baseline: { scratch: true } }), dataset(), baseModel(bare));
    const [main, baseline] = [await run(spec, data, base), await run(spec, data, base, 'baseline')];
    expect(baseline.weights).toEqual(main.weights);
    const curve = ({ heard }: Outcome) => heard.points.map(({ step, epoch, values }) => [step, epoch, values]);
    expect(curve(baseline)).toEqual(curve(main));
  });
});
