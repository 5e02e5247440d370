// Training by each loss: as tfjs would by its own formula of it, recorded and plain.
import { describe, expect, it } from '@jest/globals';
import { resolveLoss, type LossRequest } from '#contract/losses.js';
import { resolveOptimizer } from '#contract/optimizers.js';
import type { Activation, Architecture } from '#contract/layers.js';
import { floatExamples, subset, type Examples } from '#engine/examples.js';
import { Feed } from '#engine/feed.js';
import { fit } from '#engine/fit.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { makeObjective } from '#engine/objectives/registry.js';
import { makeOptimizer } from '#engine/optimizers/registry.js';
import { permutation, stream } from '#engine/random.js';
import { plainSteps, replayedSteps } from '#engine/steps.js';
import { HostTable } from '#engine/table.js';
import { classTargets, valueTargets, type TargetColumns } from '#engine/targets.js';
import type { Augment } from '#engine/train-step.js';
import { outputShape } from '#models/architecture.js';
import { asTrained } from '#models/output-layer.js';
import { dense, everyTestFreesItsTensors, largestDifference, network, recorder } from '../../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const COUNT = 38;
const BATCH = 8;
const EPOCHS = 4; // of four whole steps and a short one: 20
const RATE = 0.1;

const draws = stream(5, 'test/objectives');
const part = (): number => draws.below(1000) / 1000;
const INPUTS = Float32Array.from({ length: COUNT * 6 }, () => 2 * part() - 1);
const WEIGHTS = Float32Array.from({ length: COUNT }, (_, index) => (index % 5 === 0 ? 0 : 2 * part()));
const labels = (classes: number): Int32Array => Int32Array.from({ length: COUNT }, (_, index) => (INPUTS[6 * index]! > 0 ? 1 : draws.below(classes)));
const values = Float32Array.from({ length: COUNT * 2 }, () => 4 * part() - 2);

const ending = (units: number, activation: Activation): Architecture => network([6], [dense(5, 'tanh'), dense(units, activation)]);

/** tfjs's own formula, of outputs before the final activation and dense targets. */
type OfTfjs = (outputs: Tensor, targets: Tensor) => Tensor;
type Scalar = ReturnType<typeof tf.scalar>;
const NONE = tf.Reduction.NONE;

interface Case {
  loss: LossRequest;
  architecture: Architecture;
  classes: number | null;
  targets: TargetColumns;
  /** Of each output, where targets are divided by them. */
  deviations?: number[];
  /** Of each example, float32 [batch], or of each output. */
  ofTfjs: OfTfjs;
}
const softmaxLoss = (smoothing: number): OfTfjs => (outputs, targets) => tf.losses.softmaxCrossEntropy(targets, outputs, undefined, smoothing, NONE);
const sigmoidLoss = (smoothing: number): OfTfjs => (outputs, targets) => tf.losses.sigmoidCrossEntropy(targets as never, outputs as never, undefined, smoothing, NONE);

const CASES: [string, Case][] = [
  ['sparse categorical cross-entropy', { loss: { name: 'sparse_categorical_crossentropy' }, architecture: ending(3, 'softmax'), classes: 3, targets: classTargets(labels(3)), ofTfjs: softmaxLoss(0) }],
  ['the same over seven classes, top 5 beside it', { loss: { name: 'sparse_categorical_crossentropy' }, architecture: ending(7, 'softmax'), classes: 7, targets: classTargets(labels(7)), ofTfjs: softmaxLoss(0) }],
  ['categorical cross-entropy, smoothed', { loss: { name: 'categorical_crossentropy', label_smoothing: 0.1 }, architecture: ending(3, 'softmax'), classes: 3, targets: classTargets(labels(3)), ofTfjs: softmaxLoss(0.1) }],
  ['binary cross-entropy of three classes', { loss: { name: 'binary_crossentropy' }, architecture: ending(3, 'sigmoid'), classes: 3, targets: classTargets(labels(3)), ofTfjs: sigmoidLoss(0) }],
  ['binary cross-entropy of one output, smoothed', { loss: { name: 'binary_crossentropy', label_smoothing: 0.2 }, architecture: ending(1, 'sigmoid'), classes: 2, targets: classTargets(labels(2)), ofTfjs: sigmoidLoss(0.2) }],
  ['squared error of probabilities', { loss: { name: 'mean_squared_error' }, architecture: ending(3, 'softmax'), classes: 3, targets: classTargets(labels(3)), ofTfjs: (outputs, targets) => tf.metrics.meanSquaredError(targets, outputs) }],
  ['squared error of values', { loss: { name: 'mean_squared_error' }, architecture: ending(2, 'linear'), classes: null, targets: valueTargets(values, 2), ofTfjs: (outputs, targets) => tf.metrics.meanSquaredError(targets, outputs) }],
  ['squared error of values in a scale of their own', { loss: { name: 'mean_squared_error' }, architecture: ending(2, 'linear'), classes: null, targets: valueTargets(values, 2), deviations: [3, 0.25], ofTfjs: (outputs, targets) => tf.metrics.meanSquaredError(targets, outputs) }],
  ['absolute error of values', { loss: { name: 'mean_absolute_error' }, architecture: ending(2, 'linear'), classes: null, targets: valueTargets(values, 2), ofTfjs: (outputs, targets) => tf.metrics.meanAbsoluteError(targets, outputs) }],
  ['Huber’s loss of values', { loss: { name: 'huber', delta: 0.75 }, architecture: ending(2, 'linear'), classes: null, targets: valueTargets(values, 2), ofTfjs: (outputs, targets) => tf.losses.huberLoss(targets, outputs, undefined, 0.75, NONE) }],
];

interface Weighing {
  weights?: Float32Array;
  classWeights?: number[];
}

const objectiveOf = ({ loss, classes, deviations }: Case, classWeights?: number[]) =>
  makeObjective(tf, { loss: resolveLoss(loss), class_weights: classWeights ?? null, deviations: deviations ?? null }, classes);
const examplesOf = ({ targets }: Case, weights?: Float32Array): Examples =>
  floatExamples(INPUTS, [6], weights ? { ...targets, weights: { dtype: 'float32', shape: [], values: weights } } : targets);

async function trained(given: Case, capture: boolean, { weights, classWeights }: Weighing) {
  const architecture = asTrained(given.architecture, given.loss.name);
  const running = await buildNetwork(tf, architecture, freshWeights(architecture, 3));
  const { listener, told } = recorder();
  const stages = [{ trainable: architecture.layers.map(({ name }) => name), epochs: EPOCHS, steps: 20, learning_rate: RATE }];
  const settings = { batch_size: BATCH, optimizer: resolveOptimizer({ name: 'sgd' }), objective: objectiveOf(given, classWeights), stages, seed: 1, capture };
  await fit(tf, running, { train: examplesOf(given, weights) }, settings, listener);
  expect(told.stages).toEqual([capture ? { operations: expect.any(Number) } : { plainly: 'it was asked for' }]);
  const result = running.readWeights();
  running.dispose();
  return { result, told };
}

/** The same steps by tfjs: its loss, its gradients, its update. */
async function byTfjs(given: Case, { weights, classWeights }: Weighing) {
  const architecture = asTrained(given.architecture, given.loss.name);
  const running = await buildNetwork(tf, architecture, freshWeights(architecture, 3));
  const examples = examplesOf(given);
  const table = new HostTable(tf, examples, COUNT);
  await new Feed(examples, table, BATCH).fill();
  const [units] = outputShape(architecture) as [number];
  const weightOf = (index: number): number => (weights?.[index] ?? 1) * (classWeights?.[given.targets.of.values[index]!] ?? 1);
  for (let epoch = 1; epoch <= EPOCHS; epoch += 1) {
    const order = permutation(1, 'shuffle', epoch, COUNT);
    for (let start = 0; start < COUNT; start += BATCH) {
      const batch = order.subarray(start, start + BATCH);
      tf.tidy(() => {
        const targets = tf.tensor2d(Array.from(batch, (index) => denseOf(given, index, units)));
        const { grads } = tf.variableGrads(() => {
          const losses = given.ofTfjs(running.apply(table.inputs(batch), true), targets);
          const ofExample = losses.rank === 1 ? losses : tf.mean(losses, -1);
          return tf.div<Scalar>(tf.sum(tf.mul(ofExample, Array.from(batch, weightOf))), batch.length);
        }, [...running.variables.values()]);
        for (const variable of running.variables.values()) variable.assign(tf.sub(variable, tf.mul(grads[variable.name]!, RATE)));
      });
    }
  }
  const result = running.readWeights();
  running.dispose();
  return result;
}
function denseOf({ targets: { of } }: Case, index: number, units: number): number[] {
  if (of.dtype === 'float32') return Array.from(of.values.subarray(units * index, units * (index + 1)));
  return units === 1 ? [of.values[index]!] : Array.from({ length: units }, (_, unit) => Number(unit === of.values[index]));
}

/** 1e-5 of the largest weight of each variable. */
function expectSameWeights(actual: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, Float32Array>): void {
  for (const [path, ofPath] of expected) {
    const largest = Math.max(...ofPath.map(Math.abs));
    expect([path, largestDifference(actual.get(path)!, ofPath) / largest < 1e-5]).toEqual([path, true]);
  }
}

describe.each(CASES)('20 steps by %s', (_, given) => {
  const classWeights = given.classes === null ? undefined : Array.from({ length: given.classes }, (__, label) => 0.25 + label);
  it.each<[string, Weighing]>([
    ['as they are', {}],
    ['with weights', { weights: WEIGHTS, ...(classWeights && { classWeights }) }],
  ])('end where tfjs’s own formula ends, recorded and plain: examples %s', async (__, weighing) => {
    const [recorded, plain, tfjs] = [await trained(given, true, weighing), await trained(given, false, weighing), await byTfjs(given, weighing)];
    expectSameWeights(recorded.result, tfjs);
    expectSameWeights(plain.result, tfjs);
    for (const [at, { mean }] of recorded.told.steps.entries()) {
      for (const [name, value] of Object.entries(mean)) expect(value).toBeCloseTo(plain.told.steps[at]!.mean[name]!, 5);
    }
    expect(tfjs).not.toEqual(freshWeights(asTrained(given.architecture, given.loss.name), 3));
  });
});

describe('a step whose batch was mixed', () => {
  // Every example with the one at the other end of the batch, by a share that the step decides.
  const mixing: Augment = (inputs, targets, step) => {
    const share = tf.mul(tf.ones([inputs.shape[0]]), tf.div(1, tf.add(1, tf.cast(step, 'float32'))));
    const columnShare = tf.expandDims(share, -1);
    const mixed = tf.add(tf.mul(inputs, columnShare), tf.mul(tf.reverse(inputs, 0), tf.sub(1, columnShare)));
    return { inputs: mixed, targets: { ...targets, mixed: { other: tf.reverse(targets.of, 0), share } } };
  };

  it.each(CASES)('trains alike recorded and plainly: %s', async (_, given) => {
    const architecture = asTrained(given.architecture, given.loss.name);
    const runs = [];
    for (const open of [replayedSteps, plainSteps]) {
      const running = await buildNetwork(tf, architecture, freshWeights(architecture, 3));
      const optimizer = makeOptimizer(tf, resolveOptimizer({ name: 'sgd' }));
      const objective = objectiveOf(given, given.classes === null ? undefined : Array.from({ length: given.classes }, (__, label) => 1 + label));
      const examples = examplesOf(given);
      const steps = open(tf, { network: running, objective, groups: [running.variables], optimizer, clipNorm: 0, augment: mixing, examples, batchSize: BATCH });
      await new Feed(examples, steps.table, BATCH).fill();
      const measures = steps.take(permutation(1, 'shuffle', 1, COUNT), 1, [new Float32Array(Math.ceil(COUNT / BATCH)).fill(RATE)]);
      steps.sync();
      runs.push({ measures, weights: running.readWeights() });
      steps.dispose();
      optimizer.dispose();
      running.dispose();
    }
    expectSameWeights(runs[0]!.weights, runs[1]!.weights);
    expect(runs[0]!.measures).toHaveLength(5 * objectiveOf(given).measures.length);
    expect(largestDifference(runs[0]!.measures, runs[1]!.measures)).toBeLessThan(1e-5);
  });
});

describe('values and weights of examples', () => {
  it('stay with their rows where only some of the examples are trained on', async () => {
    const given = CASES.find(([name]) => name === 'squared error of values')![1];
    const chosen = Uint32Array.from({ length: 19 }, (_, at) => 2 * at + 1);
    const rows = <T extends Float32Array>(all: T, width: number): Float32Array => Float32Array.from([...chosen].flatMap((index) => Array.from(all.subarray(width * index, width * (index + 1)))));
    const own = floatExamples(rows(INPUTS, 6), [6], valueTargets(rows(values, 2), 2, rows(WEIGHTS, 1)));
    const results = [];
    for (const train of [subset(examplesOf(given, WEIGHTS), chosen), own]) {
      const running = await buildNetwork(tf, given.architecture, freshWeights(given.architecture, 3));
      const stages = [{ trainable: ['dense_1', 'dense_2'], epochs: 2, steps: 6, learning_rate: RATE }];
      await fit(tf, running, { train }, { batch_size: BATCH, optimizer: resolveOptimizer({ name: 'sgd' }), objective: objectiveOf(given), stages, seed: 1 }, recorder().listener);
      results.push(running.readWeights());
      running.dispose();
    }
    expect(results[0]).toEqual(results[1]);
  });
});
