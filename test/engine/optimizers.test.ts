// What one gradient does to one variable, against plain arithmetic.
import { describe, expect, it } from '@jest/globals';
import { resolveOptimizer, type OptimizerRequest } from '#contract/optimizers.js';
import { clipByGlobalNorm, makeOptimizer } from '#engine/optimizers/registry.js';
import { loadTensorFlow, type TensorFlow, type Variable } from '#engine/native.js';
import { everyTestFreesItsTensors, largestDifference } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const START = [0.5, -1.25, 3, 0];
const GRADIENTS = [[0.1, -0.2, 0, 4], [0.3, 0.2, -1, 4], [-0.5, 1e-3, 2, -4]];

const variableOf = (values: number[]): Variable => tf.tidy(() => tf.variable(tf.tensor1d(values)));

/** The variable after each of the gradients. */
function follow(asked: OptimizerRequest, learningRate: number, gradients: readonly number[][]): number[][] {
  const optimizer = makeOptimizer(tf, resolveOptimizer(asked));
  const variable = variableOf(START);
  optimizer.prepare(new Map([['a/kernel', variable]]));
  const seen = gradients.map((gradient) => {
    tf.tidy(() => optimizer.update([{ path: 'a/kernel', weight: variable, gradient: tf.tensor1d(gradient), learningRate: tf.scalar(learningRate) }]));
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
    const [after] = follow({ name: 'adam' }, 0.01, [[0.1, -20, 0, 3]]);
    expect(largestDifference(after!, [0.49, -1.24, 3, -0.01])).toBeLessThan(1e-6);
  });

  it('follows the algorithm as published', () => {
    const after = follow({ name: 'adam' }, 0.01, GRADIENTS);
    expect(largestDifference(after.flat(), adamByHand(START, GRADIENTS, 0.01).flat())).toBeLessThan(1e-6);
  });
});

/** A rule for one number, in doubles: what it does to the weight, given its state, which it changes. */
type Rule = (weight: number, gradient: number, state: Record<string, number>) => number;
const byHand = (rule: Rule): number[][] => {
  const states = START.map(() => ({}));
  let values = START;
  return GRADIENTS.map((gradient) => (values = values.map((value, at) => rule(value, gradient[at]!, states[at]!))));
};
const RATE = 0.01;

describe.each<[string, OptimizerRequest, Rule]>([
  ['Nesterov’s momentum', { name: 'sgd', momentum: 0.9, nesterov: true }, (w, g, state) => {
    state.v = 0.9 * (state.v ?? 0) + g;
    return w - RATE * (g + 0.9 * state.v);
  }],
  ['RMSprop', { name: 'rmsprop', rho: 0.8 }, (w, g, state) => {
    state.s = 0.8 * (state.s ?? 0) + 0.2 * g * g;
    return w - (RATE * g) / Math.sqrt(state.s + 1e-7);
  }],
  ['RMSprop with momentum', { name: 'rmsprop', momentum: 0.5 }, (w, g, state) => {
    state.s = 0.9 * (state.s ?? 0) + 0.1 * g * g;
    state.m = 0.5 * (state.m ?? 0) + (RATE * g) / Math.sqrt(state.s + 1e-7);
    return w - state.m;
  }],
  ['Adagrad', { name: 'adagrad' }, (w, g, state) => {
    state.a = (state.a ?? 0.1) + g * g;
    return w - (RATE * g) / Math.sqrt(state.a + 1e-7);
  }],
  ['SGD with weight decay', { name: 'sgd', weight_decay: 0.5 }, (w, g) => w * (1 - RATE * 0.5) - RATE * g],
])('%s', (_, asked, rule) => {
  it('follows its formula', () => {
    expect(largestDifference(follow(asked, RATE, GRADIENTS).flat(), byHand(rule).flat())).toBeLessThan(1e-6);
  });
});

describe('beside the optimizer of tfjs, 20 steps end within 1e-5 of each weight:', () => {
  const steps = Array.from({ length: 20 }, (_, step) => START.map((_value, at) => Math.fround(Math.sin(7 * step + 3 * at) * 10 ** (at - 2))));

  type Optimizer = InstanceType<TensorFlow['Optimizer']>;
  it.each<[string, OptimizerRequest, () => Optimizer]>([
    ['SGD', { name: 'sgd' }, () => tf.train.sgd(RATE)],
    ['momentum', { name: 'sgd', momentum: 0.9 }, () => tf.train.momentum(RATE, 0.9)],
    ['Nesterov’s momentum', { name: 'sgd', momentum: 0.9, nesterov: true }, () => tf.train.momentum(RATE, 0.9, true)],
    ['Adam', { name: 'adam' }, () => tf.train.adam(RATE, 0.9, 0.999, 1e-7)],
    ['RMSprop', { name: 'rmsprop', momentum: 0.5 }, () => tf.train.rmsprop(RATE, 0.9, 0.5, 1e-7)],
    ['Adagrad', { name: 'adagrad' }, () => tf.train.adagrad(RATE, 0.1)],
  ])('%s', (_, asked, theirs) => {
    const ours = follow(asked, RATE, steps).at(-1)!;
    const [variable, optimizer] = [variableOf(START), theirs()];
    for (const gradient of steps) tf.tidy(() => optimizer.applyGradients([{ name: variable.name, tensor: tf.tensor1d(gradient) }]));
    const expected = variable.dataSync();
    ours.forEach((value, at) => expect(Math.abs(value - expected[at]!) / Math.abs(expected[at]!)).toBeLessThan(1e-5));
    variable.dispose();
    optimizer.dispose();
    // Momentum's own forgets the rate that it holds as a gradient descent.
    if (asked.name === 'sgd') tf.SGDOptimizer.prototype.dispose.call(optimizer);
  });
});

describe('in the limit', () => {
  it.each<[string, OptimizerRequest, OptimizerRequest]>([
    ['Nesterov’s without momentum is SGD', { name: 'sgd', nesterov: true }, { name: 'sgd' }],
    ['AdamW without decay is Adam', { name: 'adamw', weight_decay: 0 }, { name: 'adam' }],
    ['a decay of 0 is none', { name: 'rmsprop', weight_decay: 0 }, { name: 'rmsprop' }],
  ])('%s', (_, one, other) => {
    expect(follow(one, RATE, GRADIENTS)).toEqual(follow(other, RATE, GRADIENTS));
  });

  it('AdamW takes its part of each weight beside what Adam does', () => {
    const [decayed] = follow({ name: 'adamw', weight_decay: 0.1 }, RATE, GRADIENTS);
    const [plain] = follow({ name: 'adam' }, RATE, GRADIENTS);
    expect(largestDifference(decayed!, plain!.map((value, at) => value - RATE * 0.1 * START[at]!))).toBeLessThan(1e-6);
  });
});

describe('gradients clipped by their norm', () => {
  const gradients = () => ({ a: tf.tensor1d([3, 0]), b: tf.tensor2d([[4], [12]]) });
  const clipped = (norm: number): number[] =>
    Array.from(tf.tidy(() => tf.concat(Object.values(clipByGlobalNorm(tf, gradients(), norm)).map((one) => tf.reshape(one, [-1]))).dataSync()));

  it('keep their direction, and all together have that norm', () => {
    expect(largestDifference(clipped(6.5), [1.5, 0, 2, 6])).toBeLessThan(1e-6);
  });
  it.each([0, 13, 1e6])('stay as they are under a limit of %d', (norm) => {
    expect(largestDifference(clipped(norm), [3, 0, 4, 12])).toBeLessThan(1e-6);
  });
});

describe('the state of an optimizer', () => {
  it('follows a variable by its path when what is trainable changes', () => {
    const optimizer = makeOptimizer(tf, resolveOptimizer({ name: 'adam' }));
    const [a, b] = [variableOf(START), variableOf(START)];
    const step = (...moves: [path: string, weight: Variable, gradient: number[]][]) =>
      tf.tidy(() => optimizer.update(moves.map(([path, weight, gradient]) => ({ path, weight, gradient: tf.tensor1d(gradient), learningRate: tf.scalar(0.01) }))));
    optimizer.prepare(new Map([['b/kernel', b]]));
    step(['b/kernel', b, GRADIENTS[0]!]);
    step(['b/kernel', b, GRADIENTS[1]!]);
    // "a" learns from here on and comes first in every list; its count of steps starts now, that of "b" goes on.
    optimizer.prepare(new Map([['a/kernel', a], ['b/kernel', b]]));
    step(['a/kernel', a, GRADIENTS[0]!], ['b/kernel', b, GRADIENTS[2]!]);
    expect(largestDifference(b.dataSync(), adamByHand(START, GRADIENTS, 0.01)[2]!)).toBeLessThan(1e-6);
    expect(largestDifference(a.dataSync(), adamByHand(START, GRADIENTS, 0.01)[0]!)).toBeLessThan(1e-6);
    tf.dispose([a, b]);
    optimizer.dispose();
  });

  it('counts the steps of a variable that rested apart from those of one that went on', () => {
    const optimizer = makeOptimizer(tf, resolveOptimizer({ name: 'adam' }));
    const [a, b] = [variableOf(START), variableOf(START)];
    const step = (moving: Record<string, Variable>, gradient: number[]) => {
      optimizer.prepare(new Map(Object.entries(moving)));
      tf.tidy(() => optimizer.update(Object.entries(moving).map(([path, weight]) => ({ path, weight, gradient: tf.tensor1d(gradient), learningRate: tf.scalar(0.01) }))));
    };
    step({ a, b }, GRADIENTS[0]!);
    step({ b }, GRADIENTS[1]!);
    step({ a, b }, GRADIENTS[2]!);
    expect(largestDifference(a.dataSync(), adamByHand(START, [GRADIENTS[0]!, GRADIENTS[2]!], 0.01)[1]!)).toBeLessThan(1e-6);
    expect(largestDifference(b.dataSync(), adamByHand(START, GRADIENTS, 0.01)[2]!)).toBeLessThan(1e-6);
    tf.dispose([a, b]);
    optimizer.dispose();
  });
});
