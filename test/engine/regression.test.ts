// Runs that learn values: to the solution of least squares, in the unit of the target, the same recorded as plain.
import { describe, expect, it } from '@jest/globals';
import type { DatasetContent } from '#contract/dataset.js';
import type { Activation, LayerSpec } from '#contract/layers.js';
import { epochMetrics } from '#contract/metrics.js';
import type { OptimizerRequest } from '#contract/optimizers.js';
import { evaluate, Evaluation, predict } from '#engine/evaluate.js';
import { floatExamples } from '#engine/examples.js';
import { factorsOf, merged } from '#engine/lora.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import type { Measures } from '#engine/objectives/objective.js';
import { makeObjective } from '#engine/objectives/registry.js';
import { errorsOf } from '#engine/objectives/statistics.js';
import { stream } from '#engine/random.js';
import { inTrainingScale, toOwnScale, toTrainingScale } from '#engine/target-scale.js';
import { valueTargets } from '#engine/targets.js';
import { trainRun } from '#engine/train-run.js';
import { Paused, type RunListener, type RunState } from '#engine/watch-run.js';
import { linearOutput } from '#models/output-layer.js';
import { dataset, dense, everyTestFreesItsTensors, failureOf, fineTune, baseModel, largestDifference, network, pretrain, specOf } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const COUNT = 200;
const draws = stream(5, 'test/regression');
const inputs = Float32Array.from({ length: 2 * COUNT }, () => draws.below(2000) / 1000 - 1);
/** y = 30,000 a − 12,000 b + 250,000, and noise: a price, say. */
const prices = Float32Array.from({ length: COUNT }, (_, at) => 30_000 * inputs[2 * at]! - 12_000 * inputs[2 * at + 1]! + 250_000 + draws.below(2000) - 1000);
const mean = prices.reduce((sum, price) => sum + price, 0) / COUNT;
const deviation = Math.sqrt(prices.reduce((sum, price) => sum + (price - mean) ** 2, 0) / COUNT);

const content: DatasetContent = {
  ...dataset().content,
  input_shape: [2],
  task: 'regression',
  class_names: [],
  target: { names: ['price'], mean: [mean], deviation: [deviation] },
  parts: { train: { examples: COUNT, class_counts: [] }, test: { examples: COUNT, class_counts: [] } },
  preprocessing: { input: { shape: [2], dtype: 'float32' }, steps: [] },
};
const DATA = { id: dataset().id, content };
const LINE = { layers: [dense(1, 'linear')] };
const examples = (scaled: boolean) => floatExamples(inputs, [2], valueTargets(scaled ? inTrainingScale(prices, content.target!) : prices, 1));
const quiet = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };

/** Coefficients of a and b and the constant that make the sum of squares least, by the normal equations. */
function leastSquares(): number[] {
  const rows = Array.from({ length: COUNT }, (_, at) => [inputs[2 * at]!, inputs[2 * at + 1]!, 1]);
  const system = [0, 1, 2].map((i) => [...[0, 1, 2].map((j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)), rows.reduce((sum, row, at) => sum + row[i]! * prices[at]!, 0)]);
  for (let pivot = 0; pivot < 3; pivot += 1) {
    for (let row = 0; row < 3; row += 1) {
      if (row === pivot) continue;
      const factor = system[row]![pivot]! / system[pivot]![pivot]!;
      system[row] = system[row]!.map((value, column) => value - factor * system[pivot]![column]!);
    }
  }
  return system.map((row, at) => row[3]! / row[at]!);
}

describe('a run that learns values', () => {
  it('with the usual rate comes to the solution of least squares, in the unit of the target', async () => {
    const spec = specOf(pretrain({ model: LINE, training: { epochs: 300, batch_size: COUNT, optimizer: { name: 'sgd', learning_rate: 0.1 } } }), DATA);
    expect(spec).toMatchObject({ class_names: [], target: { names: ['price'], scale: { mean: [mean], deviation: [deviation] } }, training: { loss: { name: 'mean_squared_error' } } });
    const { result, weights } = await trainRun(tf, spec, spec.runs[0]!, { train: examples(true), validation: undefined, test: examples(true) }, null, quiet);
    const [a, b, constant] = leastSquares() as [number, number, number];
    expect(Math.abs(weights.get('dense_1/kernel')![0]! / a - 1)).toBeLessThan(1e-3);
    expect(Math.abs(weights.get('dense_1/kernel')![1]! / b - 1)).toBeLessThan(1e-3);
    expect(Math.abs(weights.get('dense_1/bias')![0]! / constant - 1)).toBeLessThan(1e-4);
    expect(result).toMatchObject({ confusion_matrix: null });
    expect(Object.keys(result.metrics).sort()).toEqual([...epochMetrics(0, false, 'regression'), 'test_loss', 'test_mae', 'test_rmse', 'test_r2'].sort());

    // The network as it is published gives prices, and is as far off as the run said.
    const running = await buildNetwork(tf, spec.architecture, weights);
    const told = await predict(tf, running, examples(false));
    running.dispose();
    const errors = told.map((price, at) => price - prices[at]!);
    expect(errorsOf([errors], prices, null).rmse / result.metrics.test_rmse!).toBeCloseTo(1, 3);
    expect(result.metrics.test_r2).toBeGreaterThan(0.99);
    // Uniform noise of ±1000 has a deviation of 577.
    expect(result.metrics.test_rmse).toBeGreaterThan(500);
    expect(result.metrics.test_rmse).toBeLessThan(650);
  });

  it('measures after each epoch what a budget may wait for', async () => {
    const spec = specOf(pretrain({ model: LINE, training: { epochs: 1 } }), DATA);
    const { result } = await trainRun(tf, spec, spec.runs[0]!, { train: examples(true), validation: examples(true), test: examples(true) }, null, quiet);
    expect(Object.keys(result.metrics).filter((name) => !name.startsWith('test_')).sort()).toEqual(epochMetrics(0, true, 'regression').sort());
  });
});

describe('the measures of values', () => {
  it('are R² 1 without an error, 0 for the mean, and none where all values are the same', () => {
    const values = [1, 2, 3, 6];
    expect(errorsOf([[0, 0, 0, 0]], values, null)).toEqual({ mae: 0, rmse: 0, r2: 1 });
    expect(errorsOf([values.map((value) => 3 - value)], values, null)).toEqual({ mae: 1.5, rmse: Math.sqrt(3.5), r2: 0 });
    expect(errorsOf([[1, 1]], [4, 4], null)).toEqual({ mae: 1, rmse: 1 });
    // Six sixths do not sum to 1: the mean of six ones is another number.
    for (const value of [1, 4, Math.fround(0.1)]) expect(errorsOf([Array<number>(6).fill(2)], Array<number>(6).fill(value), [3])).toEqual({ mae: 2, rmse: 2 });
    expect(errorsOf([[0, 0, 0], [1, 1, 2]], [1, 7, 2, 7, 3, 7], null)).not.toHaveProperty('r2');
    expect(errorsOf([[2]], [5], null)).toEqual({ mae: 2, rmse: 2 });
    // Of two outputs, the mean of both; of values that were divided, in their own unit.
    expect(errorsOf([[0, 0], [10, -10]], [1, 1, 2, 3], [1, 20]).r2).toBeCloseTo((1 + 0.75) / 2);
  });

  it('of an evaluation are those formulas, in the target’s own unit', async () => {
    const spec = specOf(pretrain({ model: LINE }), DATA);
    const running = await buildNetwork(tf, spec.architecture, new Map([['dense_1/kernel', Float32Array.of(0, 0)], ['dense_1/bias', Float32Array.of(0)]]));
    const { measures } = await evaluate(tf, running, examples(true), makeObjective(tf, { ...spec.training, deviations: [deviation] }, null));
    running.dispose();
    expect(measures.rmse! / deviation).toBeCloseTo(1, 5);
    expect(measures.r2).toBeCloseTo(0, 6);
    expect(measures.mae! / (prices.reduce((sum, price) => sum + Math.abs(price - mean), 0) / COUNT)).toBeCloseTo(1, 5);
  });
});

describe('the scale of an output layer', () => {
  it('is changed there and back without changing what it tells', () => {
    const weights = new Map([['dense_1/kernel', Float32Array.of(30_000, -5, 2, 7)], ['dense_1/bias', Float32Array.of(250_000, 1)]]);
    const scale = { mean: [240_000, 2], deviation: [15_000, 0.5] };
    const inTraining = toTrainingScale(weights, 'dense_1', scale);
    expect([...inTraining.get('dense_1/kernel')!].map((value) => Number(value.toFixed(6)))).toEqual([2, -10, 0.000133, 14]);
    const back = toOwnScale(inTraining, 'dense_1', scale);
    for (const [path, values] of weights) values.forEach((value, at) => expect(back.get(path)![at]! / value).toBeCloseTo(1, 5));
  });
});

describe('a run in the scale of training', () => {
  const [RATE, EPOCHS] = [0.05, 3];
  /** Prices, and rents of another size that go down as they go up. */
  const both = Float32Array.from({ length: 2 * COUNT }, (_, at) => (at % 2 === 0 ? prices[at / 2]! : 2 - inputs[at - 1]! / 1000));
  const scaleOf = (output: number): [number, number] => {
    const values = Array.from({ length: COUNT }, (_, at) => both[2 * at + output]!);
    const middle = values.reduce((sum, value) => sum + value, 0) / COUNT;
    return [middle, Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / COUNT)];
  };
  const [[m0, d0], [m1, d1]] = [scaleOf(0), scaleOf(1)];
  const scale = { mean: [m0, m1], deviation: [d0, d1] };
  const target = (of: typeof scale) => ({ ...DATA, content: { ...content, target: { names: ['price', 'rent'], ...of } } });
  const scaled = floatExamples(inputs, [2], valueTargets(inTrainingScale(both, scale), 2));
  const data = { train: scaled, validation: scaled, test: scaled };
  const asked = (optimizer: OptimizerRequest) => pretrain({ model: { layers: [dense(5, 'tanh'), dense(2, 'linear')] }, training: { epochs: EPOCHS, batch_size: 32, optimizer } });
  const SGD: OptimizerRequest = { name: 'sgd', learning_rate: RATE, momentum: 0.9, weight_decay: 0.01 };

  it.each<[string, OptimizerRequest]>([
    ['momentum and weight decay', SGD],
    ['AdamW', { name: 'adamw', learning_rate: RATE, weight_decay: 0.1 }],
    ['a limit on the gradients', { name: 'sgd', learning_rate: RATE, global_clipnorm: 0.1 }],
  ])('is one over values scaled before it, its output layer changed afterwards: %s', async (_, optimizer) => {
    const [own, before] = [specOf(asked(optimizer), target(scale)), specOf(asked(optimizer), target({ mean: [0, 0], deviation: [1, 1] }))];
    expect(own.target!.scale).toEqual(scale);
    const [inOwn, inTraining] = [await trainRun(tf, own, own.runs[0]!, data, null, quiet), await trainRun(tf, before, before.runs[0]!, data, null, quiet)];
    expect(inOwn.weights).toEqual(toOwnScale(inTraining.weights, 'dense_2', scale));
    expect(inOwn.weights).not.toEqual(inTraining.weights);
    for (const name of ['loss', 'val_loss', 'test_loss', 'test_r2']) expect(inOwn.result.metrics[name]).toBeCloseTo(inTraining.result.metrics[name]!, 6);
  });

  it('that is stopped gives what the same run with that many steps gives, in the target’s own unit', async () => {
    const spec = specOf(asked(SGD), target(scale));
    const stopped = await trainRun(tf, spec, spec.runs[0]!, data, null, { ...quiet, onCall: async () => 'stop' });
    const { steps } = stopped.result;
    expect(stopped.result).toMatchObject({ stop_reason: 'user_stop' });
    expect(steps).toBeLessThan(EPOCHS * Math.ceil(COUNT / 32));
    const short = await trainRun(tf, spec, spec.runs[0]!, data, null, quiet, { budget: { steps, until: null, seconds: null } });
    expect(short.weights).toEqual(stopped.weights);
    expect(short.weights.get('dense_2/bias')![0]! / m0).toBeGreaterThan(0.5);
  });

  it('that goes on from a checkpoint ends with the same bytes, from an output layer that was carried over too', async () => {
    const whole = specOf(asked(SGD), target(scale));
    const learnt = await trainRun(tf, whole, whole.runs[0]!, data, null, quiet);
    const base = { ...baseModel(whole.architecture, ['price', 'rent']), task: 'regression' as const, preprocessing: content.preprocessing };
    const spec = specOf(fineTune({ kind: 'parameter' }, { training: { epochs: EPOCHS, batch_size: 32, optimizer: SGD } }), target(scale), base);
    expect(spec).toMatchObject({ head: 'keep', target: { scale } });
    const undisturbed = await trainRun(tf, spec, spec.runs[0]!, data, learnt.weights, quiet);

    const states: RunState[] = [];
    const leaving: RunListener = { ...quiet, onCall: async (_run, _at, save) => (states.push(save()), states.length === 2 ? 'pause' : 'go') };
    await expect(trainRun(tf, spec, spec.runs[0]!, data, learnt.weights, leaving)).rejects.toThrow(Paused);
    const from = states.at(-1)!;
    // Of the size of training, not of prices.
    expect(Math.abs(from.tensors.get('dense_2/bias')![0]!)).toBeLessThan(10);
    const resumed = await trainRun(tf, spec, spec.runs[0]!, data, learnt.weights, quiet, { from });
    expect(resumed.weights).toEqual(undisturbed.weights);
    expect(resumed.result.metrics).toEqual(undisturbed.result.metrics);
  });

  it('is measured recorded as it is plain, each output in its own unit', async () => {
    const architecture = network([2], [dense(2, 'linear')]);
    const running = await buildNetwork(tf, architecture, new Map([['dense_1/kernel', Float32Array.of(1, 0.5, -1, 2)], ['dense_1/bias', Float32Array.of(0.1, -0.2)]]));
    const objective = makeObjective(tf, { loss: { name: 'mean_squared_error' }, class_weights: null, deviations: scale.deviation }, null);
    const measured = [];
    for (const runs of [1, 1000]) {
      const evaluation = new Evaluation(tf, running, scaled, objective, runs);
      measured.push((await evaluation.measure()).measures);
      evaluation.dispose();
    }
    const told = await predict(tf, running, scaled);
    running.dispose();
    const [plain, recorded] = measured as [Measures, Measures];
    expect(Object.keys(recorded)).toEqual(['loss', 'mae', 'rmse', 'r2']);
    for (const [name, value] of Object.entries(recorded)) expect(value / plain[name]!).toBeCloseTo(1, 6);
    const errors = [0, 1].map((output) => Array.from({ length: COUNT }, (_, at) => told[2 * at + output]! * scale.deviation[output]! + scale.mean[output]! - both[2 * at + output]!));
    const expected = errorsOf(errors, both, null);
    for (const [name, value] of Object.entries(expected)) expect(recorded[name]! / value).toBeCloseTo(1, 4);
  });

  it('is there for a Dense layer before an activation that changes nothing, which a replaced softmax leaves', () => {
    const ending = (...layers: LayerSpec[]) => linearOutput(network([2], [dense(3), ...layers]));
    const activation = (name: Activation): LayerSpec => ({ class_name: 'Activation', config: { activation: name } });
    expect(ending(dense(1, 'linear'), activation('linear'))).toBe('dense_2');
    expect(ending(dense(1, 'linear'), activation('relu'))).toBeUndefined();
    expect(ending(dense(1, 'relu'), activation('linear'))).toBeUndefined();
    expect(ending({ class_name: 'Dense', config: { units: 1, use_bias: false } })).toBeUndefined();
    const base = { ...baseModel(network([2], [dense(6), dense(3, 'linear'), activation('softmax')])), preprocessing: content.preprocessing };
    const spec = specOf(fineTune({ kind: 'parameter' }), DATA, base);
    expect(spec.architecture.layers.at(-1)).toMatchObject({ class_name: 'Activation', config: { activation: 'linear' } });
    expect(spec.target!.scale).toEqual({ mean: [mean], deviation: [deviation] });
  });
});

describe('what belongs to classes', () => {
  it.each([
    ['class weights', { class_weights: 'balanced' as const }, '/training/class_weights'],
    ['cross-entropy, smoothed or not', { loss: { name: 'categorical_crossentropy' as const, label_smoothing: 0.1 } }, '/training/loss/name'],
  ])('is refused where values are learnt: %s', (_, training, pointer) => {
    expect(failureOf(() => specOf(pretrain({ training }), DATA))).toMatchObject({ code: 'TASK_MISMATCH', pointer });
  });

  it('is no output layer for values, and is replaced', () => {
    const base = { ...baseModel(network([2], [dense(6), dense(3, 'softmax')])), preprocessing: content.preprocessing };
    for (const transfer of [{ kind: 'parameter' as const }, { kind: 'structure' as const }, { kind: 'feature' as const }]) {
      const spec = specOf(fineTune(transfer), DATA, base);
      expect(spec).toMatchObject({ head: 'replace', target: { scale: { mean: [mean] } } });
      expect(spec.architecture.layers.at(-1)).toMatchObject({ class_name: 'Dense', config: { units: 1, activation: 'linear' } });
    }
    expect(failureOf(() => specOf(fineTune({ kind: 'parameter' }, { head: 'keep' }), DATA, base))).toMatchObject({ code: 'OUTPUT_MISMATCH' });
  });

  it('is not in the way of keeping an output layer that tells the same values', async () => {
    const base = { ...baseModel(network([2], [dense(4), dense(1, 'linear')]), ['price']), task: 'regression' as const, preprocessing: content.preprocessing };
    expect(specOf(fineTune({ kind: 'parameter' }), DATA, base).head).toBe('keep');
    expect(specOf(fineTune({ kind: 'parameter' }), { ...DATA, content: { ...content, target: { ...content.target!, names: ['rent'] } } }, base).head).toBe('replace');
    // It comes in the target's own unit, learns in that of training and leaves in its own: one step of no length changes nothing.
    const spec = specOf(fineTune({ kind: 'parameter' }, { training: { epochs: 1, batch_size: COUNT, optimizer: { name: 'sgd', learning_rate: 1e-9 } } }), DATA, base);
    const weights = new Map([['dense_1/kernel', new Float32Array(8).fill(0.5)], ['dense_1/bias', new Float32Array(4)], ['dense_2/kernel', new Float32Array(4).fill(10_000)], ['dense_2/bias', Float32Array.of(250_000)]]);
    const { weights: after } = await trainRun(tf, spec, spec.runs[0]!, { train: examples(true), validation: undefined, test: examples(true) }, weights, quiet);
    for (const [path, values] of weights) values.forEach((value, at) => expect(Math.abs(after.get(path)![at]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value))));
  });

  it('changes by low rank in the unit of the target, too: base and change make the model', async () => {
    const base = { ...baseModel(network([2], [dense(4), dense(1, 'linear')]), ['price']), task: 'regression' as const, preprocessing: content.preprocessing };
    const spec = specOf(fineTune({ kind: 'parameter', lora: { rank: 1, alpha: 3 } }, { training: { epochs: 3, batch_size: 20, optimizer: { name: 'sgd', learning_rate: 0.1 } } }), DATA, base);
    expect(spec.lora!.layers).toEqual(['dense_1', 'dense_2']);
    const weights = new Map([['dense_1/kernel', Float32Array.from({ length: 8 }, (_, at) => Math.sin(at + 1))], ['dense_1/bias', new Float32Array(4)], ['dense_2/kernel', Float32Array.of(10_000, -5_000, 2_000, 0)], ['dense_2/bias', Float32Array.of(250_000)]]);
    const { weights: after } = await trainRun(tf, spec, spec.runs[0]!, { train: examples(true), validation: undefined, test: examples(true) }, weights, quiet);
    const again = merged(new Map([...weights, ...factorsOf(after, spec.lora!)]), spec.lora!);
    for (const path of ['dense_1/kernel', 'dense_2/kernel']) {
      const values = after.get(path)!;
      expect(largestDifference(again.get(path)!, values) / Math.max(...values.map(Math.abs))).toBeLessThan(1e-5);
      expect(largestDifference(values, weights.get(path)!) / Math.max(...values.map(Math.abs))).toBeGreaterThan(1e-3);
    }
  });
});
