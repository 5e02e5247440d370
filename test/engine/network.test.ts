// Networks that run: each weight in its place, each activation the formula it is named after.
import { describe, expect, it } from '@jest/globals';
import { ACTIVATIONS, type Activation } from '#contract/layers.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { weightsOf } from '#models/architecture.js';
import { volume } from '#contract/shape.js';
import { cnn, dense, everyTestFreesItsTensors, largestDifference, mlp, network } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

describe('a network', () => {
  it('computes what its weights say', async () => {
    const architecture = network([2], [dense(2, 'relu'), dense(1, 'linear')]);
    const weights = new Map([
      ['dense_1/kernel', Float32Array.of(1, -1, 2, 3)],
      ['dense_1/bias', Float32Array.of(0.5, -8)],
      ['dense_2/kernel', Float32Array.of(10, 100)],
      ['dense_2/bias', Float32Array.of(-7)],
    ]);
    const running = await buildNetwork(tf, architecture, weights);
    // [1, 2] → [1 + 4 + 0.5, max(0, −1 + 6 − 8)] = [5.5, 0] → 55 − 7
    expect(tf.tidy(() => running.apply(tf.tensor2d([[1, 2]]), false).dataSync()[0])).toBe(48);
    running.dispose();
  });

  it.each([['perceptron', mlp()], ['convolutional network', cnn()]])('gives back the weights a %s was built with, to the byte', async (_, architecture) => {
    const weights = new Map(weightsOf(architecture).map(({ path, shape }, at) => [path, new Float32Array(volume(shape)).map((_value, index) => at + index / 1000)]));
    const running = await buildNetwork(tf, architecture, weights);
    expect(running.readWeights()).toEqual(weights);
    expect([...running.variables].map(([path, { shape }]) => [path, shape])).toEqual(weightsOf(architecture).map(({ path, shape }) => [path, shape]));
    running.dispose();
  });

  it('has variables of its own: neither another network nor the weights it came from change with it', async () => {
    const weights = freshWeights(mlp(), 1);
    const before = Float32Array.from(weights.get('dense_1/bias')!);
    const [one, other] = [await buildNetwork(tf, mlp(), weights), await buildNetwork(tf, mlp(), weights)];
    const read = one.readWeights();
    tf.tidy(() => one.variables.get('dense_1/bias')!.assign(tf.ones([6])));
    expect(one.readWeights().get('dense_1/bias')).toEqual(new Float32Array(6).fill(1));
    for (const kept of [other.readWeights(), read, weights]) expect(kept.get('dense_1/bias')).toEqual(before);
    one.dispose();
    other.dispose();
  });
});

/** The error function by the series without alternating signs, exact to rounding: 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!! */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
const each = (formula: (x: number) => number) => (row: number[]) => row.map(formula);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const FORMULAS: Record<Activation, (row: number[]) => number[]> = {
  linear: each((x) => x),
  relu: each((x) => Math.max(0, x)),
  relu6: each((x) => Math.min(6, Math.max(0, x))),
  elu: each((x) => (x > 0 ? x : Math.expm1(x))),
  selu: each((x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))), // Klambauer et al. 2017
  sigmoid: each(sigmoid),
  tanh: each(Math.tanh),
  softmax: (row) => row.map((x) => Math.exp(x) / row.reduce((sum, value) => sum + Math.exp(value), 0)),
  softplus: each((x) => Math.log1p(Math.exp(x))),
  swish: each((x) => x * sigmoid(x)),
  gelu: each((x) => 0.5 * x * (1 + erf(x / Math.SQRT2))),
};

describe('an activation', () => {
  const ROWS = [[-3, -1, 0.25], [1.5, 2.5, -0.4], [3, 7, -2.2]];
  const WEIGHTING = [1, -2, 0.5];

  it.each(ACTIVATIONS)('%s is its formula, and its gradient that of the formula', async (activation) => {
    const formula = FORMULAS[activation];
    const running = await buildNetwork(tf, network([3], [{ class_name: 'Activation', config: { activation } }]), new Map());
    const [values, gradient] = tf.tidy(() => {
      const inputs = tf.tensor2d(ROWS);
      const weighted = tf.grad((x) => tf.sum(tf.mul(running.apply(x, true), WEIGHTING)));
      return [running.apply(inputs, false).dataSync(), weighted(inputs).dataSync()];
    });
    running.dispose();

    expect(largestDifference(values, ROWS.flatMap(formula))).toBeLessThan(2e-6);
    const total = (row: number[]): number => formula(row).reduce((sum, value, at) => sum + value * WEIGHTING[at]!, 0);
    const step = 1e-5;
    const differences = ROWS.flatMap((row) => row.map((value, at) => (total(row.with(at, value + step)) - total(row.with(at, value - step))) / (2 * step)));
    expect(largestDifference(gradient, differences)).toBeLessThan(1e-5);
  });
});
