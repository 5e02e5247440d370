// What a run lowers, chosen or asked for.
import { describe, expect, it } from '@jest/globals';
import type { Training } from '#contract/job-request.js';
import { AutoValues } from '#transfer/auto.js';
import { resolveObjective } from '#transfer/objective.js';
import { dense, failureOf, mlp, network } from '../support/networks.js';

const CLASSES = { names: ['cat', 'dog', 'a/b~c'], counts: [30, 10, 20] };
const resolved = (training: Training | 'auto' | undefined, base = mlp(), classes = CLASSES) => {
  const auto = new AutoValues();
  return { ...resolveObjective(training, classes, base, auto), auto: auto.list };
};

describe('the loss', () => {
  it.each([['left out', undefined], ['"auto"', 'auto'], ['empty', {}]] as const)('is cross-entropy of one class where training is %s', (_, training) => {
    const { loss, auto } = resolved(training);
    expect(loss).toEqual({ name: 'sparse_categorical_crossentropy' });
    expect(auto).toContainEqual({ pointer: '/training/loss', value: loss, rule: 'each example has one class: cross-entropy' });
  });

  it('goes with a base model that ends in a sigmoid', () => {
    const { loss, auto } = resolved({}, network([4], [dense(1, 'sigmoid')]));
    expect(loss).toEqual({ name: 'binary_crossentropy', label_smoothing: 0 });
    expect(auto[0]!.rule).toContain('sigmoid');
  });

  it('asked for has the default of what was not said, and is nothing chosen', () => {
    expect(resolved({ loss: { name: 'categorical_crossentropy' } }).loss).toEqual({ name: 'categorical_crossentropy', label_smoothing: 0 });
    const { loss, auto } = resolved({ loss: { name: 'huber', delta: 2 }, class_weights: {} });
    expect(loss).toEqual({ name: 'huber', delta: 2 });
    expect(auto).toEqual([]);
  });
});

describe('the weights of classes', () => {
  it('are none where nothing is said', () => {
    const { class_weights: weights, auto } = resolved({});
    expect(weights).toBeNull();
    expect(auto).toContainEqual({ pointer: '/training/class_weights', value: null, rule: 'all examples count alike' });
  });

  it('are n / (K n_c) where balanced, so that every class weighs as much and all weights sum to the examples', () => {
    const { class_weights: weights, auto } = resolved({ class_weights: 'balanced' });
    expect(weights).toEqual([60 / 90, 60 / 30, 60 / 60]);
    expect(weights!.map((weight, index) => weight * CLASSES.counts[index]!)).toEqual([20, 20, 20]);
    expect(auto.find(({ pointer }) => pointer === '/training/class_weights')).toMatchObject({ value: weights, rule: expect.stringContaining('balanced') });
  });

  it('balance the classes that have examples', () => {
    expect(resolved({ class_weights: 'balanced' }, mlp(), { ...CLASSES, counts: [30, 0, 10] }).class_weights).toEqual([40 / 60, 0, 2]);
  });

  it('are by name, 1 where none is given', () => {
    expect(resolved({ class_weights: { 'a/b~c': 3, cat: 0 } }).class_weights).toEqual([0, 1, 3]);
  });

  it('of a class that is not there are refused at its name', () => {
    expect(failureOf(() => resolved({ class_weights: { cat: 1, 'x/y~z': 2 } }))).toMatchObject({
      code: 'CLASS_UNKNOWN', pointer: '/training/class_weights/x~1y~0z', message: expect.stringContaining('cat, dog, a/b~c'),
    });
    expect(failureOf(() => resolved({ class_weights: { toString: 2 } as never })).code).toBe('CLASS_UNKNOWN');
  });

  it('that leave no example anything are refused', () => {
    const none = { cat: 0, dog: 0, 'a/b~c': 0 };
    expect(failureOf(() => resolved({ class_weights: none }))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/training/class_weights' });
  });
});
