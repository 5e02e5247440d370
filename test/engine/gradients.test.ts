// The gradients that TensorFlow computes in one operation, against finite differences and against tfjs's own.
import { describe, expect, it } from '@jest/globals';
import { useNativeGradients } from '#engine/gradients.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { everyTestFreesItsTensors, largestDifference } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

// Away from the kinks at 0 and 6, where a finite difference has no answer.
const VALUES = [-7, -2.5, -1, -0.125, 0.125, 0.75, 2, 5.5, 6.5, 9];
const UPSTREAM = VALUES.map((_, at) => 1 + at / 3);

const FUNCTIONS: [string, (x: Tensor) => Tensor][] = [
  ['relu', (x) => tf.relu(x)],
  ['relu6', (x) => tf.relu6(x)],
  ['leaky relu', (x) => tf.leakyRelu(x, 0.3)],
  ['elu', (x) => tf.elu(x)],
  ['selu', (x) => tf.selu(x)],
  ['softplus', (x) => tf.softplus(x)],
  ['sigmoid', (x) => tf.sigmoid(x)],
  ['tanh', (x) => tf.tanh(x)],
];

const valueAt = (run: (x: Tensor) => Tensor, values: number[]): number[] => Array.from(tf.tidy(() => run(tf.tensor1d(values)).dataSync()));
const gradientOf = (run: (x: Tensor) => Tensor): number[] =>
  Array.from(tf.tidy(() => tf.grad(run)(tf.tensor1d(VALUES), tf.tensor1d(UPSTREAM)).dataSync()));

/** As tfjs computes them: to be taken before its own are replaced. */
const ofTfjs = new Map(FUNCTIONS.map(([name, run]) => [name, gradientOf(run)]));
useNativeGradients(tf);

describe.each(FUNCTIONS)('the gradient of %s', (name, run) => {
  it('is what finite differences give', () => {
    const step = 1e-2;
    const moved = (by: number): number[] => valueAt(run, VALUES.map((value) => value + by));
    const [above, below] = [moved(step), moved(-step)];
    const differences = VALUES.map((_, at) => ((above[at]! - below[at]!) / (2 * step)) * UPSTREAM[at]!);
    expect(largestDifference(gradientOf(run), differences)).toBeLessThan(2e-3);
  });

  it('is what tfjs composes', () => {
    expect(largestDifference(gradientOf(run), ofTfjs.get(name)!)).toBeLessThan(1e-5);
  });

  it('keeps its shape in a picture', () => {
    const gradient = tf.tidy(() => tf.grad(run)(tf.ones([2, 3, 3, 4]), tf.ones([2, 3, 3, 4])).shape);
    expect(gradient).toEqual([2, 3, 3, 4]);
  });
});

it('replacing them twice changes nothing', () => {
  expect(() => useNativeGradients(tf)).not.toThrow();
});
