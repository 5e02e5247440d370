// What one gradient does to one variable, against plain arithmetic.
import { describe, expect, it } from '@jest/globals';
import { makeOptimizer } from '#engine/optimizers.js';
import { loadTensorFlow, type Variable } from '#engine/native.js';
import { everyTestFreesItsTensors, largestDifference } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const START = [0.5, -1.25, 3, 0];
const GRADIENTS = [[0.1, -0.2, 0, 4], [0.3, 0.2, -1, 4], [-0.5, 1e-3, 2, -4]];
type Name = 'sgd' | 'adam';

const variableOf = (values: number[]): Variable => tf.tidy(() => tf.variable(tf.tensor1d(values)));

/** The variable after each of the gradients. */
function follow(settings: { name: Name; momentum: number }, learningRate: number, gradients: readonly number[][]): number[][] {
  const optimizer = makeOptimizer(tf, settings);
  const variable = variableOf(START);
  optimizer.prepare(new Map([['a/kernel', variable]]));
  const seen = gradients.map((gradient) => {
    tf.tidy(() => optimizer.update('a/kernel', variable, tf.tensor1d(gradient), tf.scalar(learningRate)));
    return Array.from(variable.dataSync());
  });
  variable.dispose();
  optimizer.dispose();
  return seen;
}

/** Kingma & Ba 2015, algorithm 1, in doubles. */
function adamByHand(start: readonly number[], gradients: readonly number[][], rate: number): number[][] {
  const [means, squares, values] = [start.map(() => 0), start.map(() => 0), [...start]];
  return gradients.map((gradient, at) => {
    gradient.forEach((g, index) => {
      means[index] = 0.9 * means[index]! + 0.1 * g;
      squares[index] = 0.999 * squares[index]! + 0.001 * g * g;
      const mean = means[index] / (1 - 0.9 ** (at + 1));
      const square = squares[index] / (1 - 0.999 ** (at + 1));
      values[index] = values[index]! - (rate * mean) / (Math.sqrt(square) + 1e-7);
    });
    return [...values];
  });
}

describe('SGD', () => {
  it('moves a weight by the rate times its gradient', () => {
    const [after] = follow({ name: 'sgd', momentum: 0 }, 0.1, GRADIENTS.slice(0, 1));
    expect(largestDifference(after!, [0.49, -1.23, 3, -0.4])).toBeLessThan(1e-6);
  });

  it('with momentum moves by the velocity, which keeps part of itself', () => {
    const after = follow({ name: 'sgd', momentum: 0.9 }, 0.1, GRADIENTS.slice(0, 2));
    // The first step is plain; the second moves by 0.9 times the first gradient and the second.
    expect(largestDifference(after[0]!, [0.49, -1.23, 3, -0.4])).toBeLessThan(1e-6);
    expect(largestDifference(after[1]!, [0.49 - 0.1 * 0.39, -1.23 - 0.1 * 0.02, 3.1, -0.4 - 0.1 * 7.6])).toBeLessThan(1e-6);
  });

  it('with a momentum that is next to nothing is SGD without', () => {
    const [plain, nearly] = [0, 1e-12].map((momentum) => follow({ name: 'sgd', momentum }, 0.1, GRADIENTS));
    expect(nearly).toEqual(plain);
  });

  it('stands still at a rate of 0', () => {
    expect(follow({ name: 'sgd', momentum: 0.9 }, 0, GRADIENTS)).toEqual(GRADIENTS.map(() => START));
  });
});

describe('Adam', () => {
  it('first moves each weight by the rate, against the sign of its gradient, whatever its size', () => {
    const [after] = follow({ name: 'adam', momentum: 0 }, 0.01, [[0.1, -20, 0, 3]]);
    expect(largestDifference(after!, [0.49, -1.24, 3, -0.01])).toBeLessThan(1e-6);
  });

  it('follows the algorithm as published', () => {
    const after = follow({ name: 'adam', momentum: 0 }, 0.01, GRADIENTS);
    expect(largestDifference(after.flat(), adamByHand(START, GRADIENTS, 0.01).flat())).toBeLessThan(1e-6);
  });
});

describe('the state of an optimizer', () => {
  it('follows a variable by its path when what is trainable changes', () => {
    const optimizer = makeOptimizer(tf, { name: 'adam', momentum: 0 });
    const [a, b] = [variableOf(START), variableOf(START)];
    const step = (path: string, variable: Variable, gradient: number[]) =>
      tf.tidy(() => optimizer.update(path, variable, tf.tensor1d(gradient), tf.scalar(0.01)));
    optimizer.prepare(new Map([['b/kernel', b]]));
    step('b/kernel', b, GRADIENTS[0]!);
    step('b/kernel', b, GRADIENTS[1]!);
    // "a" learns from here on and comes first in every list; its count of steps starts now, that of "b" goes on.
    optimizer.prepare(new Map([['a/kernel', a], ['b/kernel', b]]));
    step('a/kernel', a, GRADIENTS[0]!);
    step('b/kernel', b, GRADIENTS[2]!);
    expect(largestDifference(b.dataSync(), adamByHand(START, GRADIENTS, 0.01)[2]!)).toBeLessThan(1e-6);
    expect(largestDifference(a.dataSync(), adamByHand(START, GRADIENTS, 0.01)[0]!)).toBeLessThan(1e-6);
    tf.dispose([a, b]);
    optimizer.dispose();
  });
});
