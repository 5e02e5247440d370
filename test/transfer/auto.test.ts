// Values chosen for the caller, each with the rule that chose it.
import { describe, expect, it } from '@jest/globals';
import { resolveOptimizer } from '#contract/optimizers.js';
import type { Training } from '#contract/job-request.js';
import { AutoValues, newOutputLayer, resolveHead, resolveThreads, resolveTraining, threadClasses, type StepWork } from '#transfer/auto.js';
import { failureOf } from '../support/networks.js';

/** SGD with nothing said of it. */
const SGD = resolveOptimizer({ name: 'sgd' });

const resolved = (training: Training | 'auto' | undefined, examples = 1000, validationPart = 0) => {
  const auto = new AutoValues();
  const values = resolveTraining(training, { trainExamples: (split) => examples * (1 - split), validationPart }, auto);
  return { values, chosen: Object.fromEntries(auto.list.map(({ pointer, value }) => [pointer, value])), auto };
};

const CONSTANT = { name: 'constant', warmup: 0 };

describe('training left to the service', () => {
  it.each([['left out', undefined], ['"auto"', 'auto'], ['empty', {}]] as const)('is the article’s when it is %s', (_, training) => {
    const { values, chosen, auto } = resolved(training);
    expect(values).toEqual({ epochs: 5, batchSize: 32, optimizer: SGD, learningRate: 0.01, schedule: CONSTANT, seed: 1, validationSplit: 0, augment: null });
    expect(chosen).toEqual({
      '/training/optimizer': { name: 'sgd' },
      '/training/epochs': 5,
      '/training/batch_size': 32,
      '/training/optimizer/learning_rate': 0.01,
      '/training/schedule': { name: 'constant' },
      '/training/seed': 1,
      '/training/validation_split': 0,
      '/training/augment': null,
    });
    expect(auto.list.every(({ rule }) => rule.length > 10)).toBe(true);
  });

  it('validates with the part that the data set has, and splits off no other', () => {
    expect(resolved({ validation_split: 0 }, 1000, 100).values.validationSplit).toBe(0);
    expect(resolved({}, 1000, 100).auto.list.find(({ pointer }) => pointer === '/training/validation_split')!.rule).toBe('the data set has a validation part');
    expect(failureOf(() => resolved({ validation_split: 0.1 }, 1000, 100))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/training/validation_split' });
  });

  it('chooses nothing where everything is said', () => {
    const { values, auto } = resolved({
      epochs: 2, batch_size: 8, seed: 0, validation_split: 0.25, augment: {}, optimizer: { name: 'sgd', learning_rate: 0.5, momentum: 0.9 }, schedule: { name: 'cosine', final_factor: 0.1 },
    });
    expect(values).toEqual({ epochs: 2, batchSize: 8, optimizer: { ...SGD, momentum: 0.9 }, learningRate: 0.5, schedule: { name: 'cosine', warmup: 0, final_factor: 0.1 }, seed: 0, validationSplit: 0.25, augment: null });
    expect(auto.list).toEqual([]);
  });

  it('takes all examples for a batch where there are fewer than the article’s 32, and says so', () => {
    const { values, auto } = resolved({ validation_split: 0.5 }, 40);
    expect(values.batchSize).toBe(20);
    expect(auto.list.find(({ pointer }) => pointer === '/training/batch_size')?.rule).toContain('all 20 training examples');
    expect(resolved({}, 32).values.batchSize).toBe(32);
  });

  it('chooses the rate by the optimizer', () => {
    expect(resolved({ optimizer: { name: 'adam' } }).values).toMatchObject({ optimizer: { name: 'adam', beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }, learningRate: 0.001 });
    expect(resolved({ optimizer: { name: 'adam' } }).chosen).toMatchObject({ '/training/optimizer/learning_rate': 0.001 });
    expect(resolved({ optimizer: { name: 'sgd' } }).values.learningRate).toBe(0.01);
  });
});

describe('the output layer', () => {
  it.each([
    ['kept where the classes are the same', ['a', 'b'], 'keep', []],
    ['mapped where they are in another order', ['b', 'a'], 'map', [[0, 1], [1, 0]]],
    ['mapped where there are more', ['a', 'b', 'c'], 'map', [[0, 0], [1, 1]]],
    ['mapped where there are fewer', ['b'], 'map', [[0, 1]]],
    ['replaced where all are new', ['c', 'd'], 'replace', []],
  ] as const)('is %s', (_, classes, expected, outputs) => {
    for (const asked of [undefined, 'auto'] as const) {
      const auto = new AutoValues();
      expect(resolveHead(asked, { baseLabels: ['a', 'b'], classNames: classes, fits: true, byClass: () => true }, auto)).toEqual({ head: expected, outputs });
      expect(auto.list).toEqual([{ pointer: '/head', value: expected, rule: expect.stringContaining('the base model') }]);
    }
  });

  it('is replaced where it does not go with the loss, be the classes the same', () => {
    const auto = new AutoValues();
    const facts = { baseLabels: ['a', 'b'], classNames: ['a', 'b'], fits: false, byClass: () => false };
    expect(resolveHead('auto', facts, auto)).toEqual({ head: 'replace', outputs: [] });
    expect(auto.list).toEqual([{ pointer: '/head', value: 'replace', rule: 'the output layer of the base model does not go with the loss' }]);
  });

  it.each(['keep', 'replace'] as const)('is what the caller says: %s', (asked) => {
    const auto = new AutoValues();
    expect(resolveHead(asked, { baseLabels: ['a'], classNames: ['a', 'b'], fits: false, byClass: () => true }, auto)).toEqual({ head: asked, outputs: [] });
    expect(auto.list).toEqual([]);
  });

  it('takes over what the caller maps, one class of the base as often as he says', () => {
    const facts = { baseLabels: ['a', 'b'], classNames: ['x', 'y', 'z'], fits: false, byClass: () => true };
    expect(resolveHead({ map: { z: 'a', x: 'a' } }, facts, new AutoValues())).toEqual({ head: 'map', outputs: [[2, 0], [0, 0]] });
    expect(failureOf(() => resolveHead({ map: { w: 'a' } }, facts, new AutoValues()))).toMatchObject({ code: 'CLASS_UNKNOWN', pointer: '/head/map/w' });
    expect(failureOf(() => resolveHead({ map: { 'x/y': 'a' } }, facts, new AutoValues()))).toMatchObject({ pointer: '/head/map/x~1y' });
    expect(failureOf(() => resolveHead({ map: { x: 'c' } }, facts, new AutoValues()))).toMatchObject({ code: 'BASE_CLASS_UNKNOWN', pointer: '/head/map/x' });
    expect(failureOf(() => resolveHead({ map: { x: 'a' } }, { ...facts, byClass: () => false }, new AutoValues()))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/head' });
  });

  it('is always new in feature transfer, and cannot be kept', () => {
    const auto = new AutoValues();
    expect([newOutputLayer(undefined, auto), newOutputLayer('auto', auto), newOutputLayer('replace', auto)].map(({ head }) => head)).toEqual(['replace', 'replace', 'replace']);
    expect(auto.list).toHaveLength(2);
    for (const asked of ['keep', { map: { a: 'a' } }] as const) expect(failureOf(() => newOutputLayer(asked, auto))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/head' });
  });
});

describe('threads', () => {
  const dense = (flopsPerExample: number, batchSize: number): StepWork => ({ flopsPerExample, batchSize, convolutional: false });
  const threadsOf = (work: StepWork, cores: number) => {
    const auto = new AutoValues();
    return { threads: resolveThreads(work, cores, auto), list: auto.list };
  };

  it.each([
    ['the article’s network, batch 32', dense(203_264, 32), 1],
    ['just under 80 MFLOP a step', dense(79_999, 1_000), 1],
    ['80 MFLOP a step', dense(80_000, 1_000), 2],
    ['the usual CNN, batch 32', { ...dense(5_262_080, 32), convolutional: true }, 2],
    ['small convolutions, batch 32', { ...dense(62_192, 32), convolutional: true }, 1],
    ['small convolutions, batch 128', { ...dense(62_192, 128), convolutional: true }, 2],
  ])('for %s are as measured, and say the rule', (_what, work, threads) => {
    const chosen = threadsOf(work, 2);
    expect(chosen.threads).toBe(threads);
    expect(chosen.list).toMatchObject([{ pointer: '/threads', value: threads, rule: expect.stringMatching(/(one|two) threads? (is|are) faster$/) }]);
    expect(threadClasses(2)).toContain(threads);
  });

  it('are never two on one core, and never more than two on many', () => {
    const large = { ...dense(1e9, 512), convolutional: true };
    expect([1, 2, 64].map((cores) => threadsOf(large, cores).threads)).toEqual([1, 2, 2]);
    expect([1, 2, 64].map(threadClasses)).toEqual([[1], [1, 2], [1, 2]]);
    expect(threadsOf(large, 1).list).toMatchObject([{ rule: 'this machine has one core' }]);
  });
});
