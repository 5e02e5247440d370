// Stages with nothing left open.
import { describe, expect, it } from '@jest/globals';
import type { StageRequest } from '#contract/job-request.js';
import { UNCHANGED } from '#contract/augment.js';
import { augmentOf, type Stage } from '#contract/training-specs.js';
import { resolveStages } from '#transfer/stages.js';
import { requestedArchitecture } from '#models/requested.js';
import { cnn, dense, failureOf, network, residual, softmaxOver } from '../support/networks.js';

const CONSTANT = { name: 'constant', warmup: 0 } as const;
const resolve = (requests: StageRequest[], newLayers = ['flatten_1', 'dense_2']): Stage[] =>
  resolveStages(requests, cnn(), { epochs: 5, learningRate: 0.01, schedule: CONSTANT, stepsPerEpoch: 4, trainExamples: 40, newLayers });

describe('a resolved stage', () => {
  it('lists all layers that have weights for "all"', () => {
    expect(resolve([{ trainable: 'all' }])).toEqual([
      { trainable: ['conv2d_1', 'conv2d_2', 'dense_1', 'dense_2'], epochs: 5, steps: 20, learning_rate: 0.01, schedule: CONSTANT },
    ]);
  });

  it('lists the new layers that have weights for "head"', () => {
    expect(resolve([{ trainable: 'head' }])[0]!.trainable).toEqual(['dense_2']);
  });

  it('lists named layers in the order of the network, without those that have no weights', () => {
    expect(resolve([{ trainable: ['dense_1', 'flatten_1', 'conv2d_1'] }])[0]!.trainable).toEqual(['conv2d_1', 'dense_1']);
  });

  it('goes by the schedule it names, with what that leaves open, else by that of all stages', () => {
    const stages = resolve([{ trainable: 'head', schedule: { name: 'slanted_triangular', ratio: 16 } }, { trainable: 'all' }]);
    expect(stages.map(({ schedule }) => schedule)).toEqual([{ name: 'slanted_triangular', cut_frac: 0.1, ratio: 16 }, CONSTANT]);
  });

  it('keeps what it says of epochs and rate, and counts its steps', () => {
    expect(resolve([{ trainable: 'head', epochs: 2, learning_rate: 0.5 }, { trainable: 'all', epochs: 3 }])).toMatchObject([
      { epochs: 2, learning_rate: 0.5, steps: 8 },
      { epochs: 3, learning_rate: 0.01, steps: 12 },
    ]);
  });

  it('is refused where none of its layers has weights, by its number and pointer', () => {
    expect(failureOf(() => resolve([{ trainable: 'all' }, { trainable: ['flatten_1', 'max_pooling2d_1'] }]))).toMatchObject({
      code: 'NOTHING_TRAINABLE',
      pointer: '/transfer/stages/1/trainable',
      message: 'Stage 2 would train nothing: none of its layers has weights.',
    });
  });

  it('is refused where "head" means nothing, because nothing is new', () => {
    expect(failureOf(() => resolve([{ trainable: 'head' }], [])).code).toBe('NOTHING_TRAINABLE');
  });

  it('names with a star all layers that begin so, beside others', () => {
    expect(resolve([{ trainable: ['conv2d_*', 'dense_2'] }])[0]!.trainable).toEqual(['conv2d_1', 'conv2d_2', 'dense_2']);
    const mobilenet = requestedArchitecture({ architecture: 'mobilenet_v2', width: 0.35 }, [32, 32, 3], softmaxOver(2));
    const [stage] = resolveStages([{ trainable: ['block_1_*'] }], mobilenet, { epochs: 1, learningRate: 1, schedule: CONSTANT, stepsPerEpoch: 1, trainExamples: 1, newLayers: [] });
    expect(stage!.trainable).toEqual(['expand', 'expand_BN', 'depthwise', 'depthwise_BN', 'project', 'project_BN'].map((part) => `block_1_${part}`));
  });

  it('is refused where no layer begins so, at the pointer of that name', () => {
    expect(failureOf(() => resolve([{ trainable: ['block_1_*'] }]))).toMatchObject({
      code: 'LAYER_UNKNOWN',
      pointer: '/transfer/stages/0/trainable/0',
      message: expect.stringContaining('"block_1_*"') as unknown,
    });
  });

  it('is refused where its layers hold nothing but statistics', () => {
    const still = network([3], [{ class_name: 'BatchNormalization', config: { center: false, scale: false } }, dense(2, 'softmax')]);
    const defaults = { epochs: 1, learningRate: 1, schedule: CONSTANT, stepsPerEpoch: 1, trainExamples: 1, newLayers: [] };
    expect(failureOf(() => resolveStages([{ trainable: ['batch_normalization_1'] }], still, defaults)).code).toBe('NOTHING_TRAINABLE');
    expect(resolveStages([{ trainable: 'all' }], still, defaults)[0]!.trainable).toEqual(['batch_normalization_1', 'dense_1']);
  });

  it('that decays names the rate of every layer that learns, block by block; the last has the rate itself', () => {
    const [stage] = resolve([{ trainable: 'all', learning_rate: 0.5, lr_decay_per_block: 0.5 }]);
    expect(stage).toMatchObject({ trainable: ['conv2d_1', 'conv2d_2', 'dense_1', 'dense_2'], learning_rate: 0.5 });
    expect(stage!.rates).toEqual([
      { layers: ['conv2d_1'], learning_rate: 0.0625 },
      { layers: ['conv2d_2'], learning_rate: 0.125 },
      { layers: ['dense_1'], learning_rate: 0.25 },
      { layers: ['dense_2'], learning_rate: 0.5 },
    ]);
  });

  it('counts blocks among those that learn in it: what is frozen between them takes no share', () => {
    const [stage] = resolve([{ trainable: ['conv2d_1', 'dense_2'], learning_rate: 1, lr_decay_per_block: 0.25 }]);
    expect(stage!.rates).toEqual([{ layers: ['conv2d_1'], learning_rate: 0.25 }, { layers: ['dense_2'], learning_rate: 1 }]);
  });

  it.each<[string, StageRequest]>([
    ['a decay of 1', { trainable: 'all', lr_decay_per_block: 1 }],
    ['a single block that learns', { trainable: 'head', lr_decay_per_block: 0.5 }],
  ])('says one rate under %s', (_, request) => {
    expect(resolve([request])[0]).not.toHaveProperty('rates');
  });

  it('lists the last blocks, and is refused where the network has fewer', () => {
    expect(resolve([{ trainable: { last_n: 2 } }])[0]!.trainable).toEqual(['dense_1', 'dense_2']);
    expect(resolve([{ trainable: { last_n: 4 } }])[0]!.trainable).toEqual(resolve([{ trainable: 'all' }])[0]!.trainable);
    expect(failureOf(() => resolve([{ trainable: { last_n: 5 } }]))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/transfer/stages/0/trainable/last_n' });
  });

  it('leaves batch normalisations out where they are frozen', () => {
    const defaults = { epochs: 1, learningRate: 1, schedule: CONSTANT, stepsPerEpoch: 1, trainExamples: 1, newLayers: [] };
    const [stage] = resolveStages([{ trainable: 'all', freeze_batch_norm: true }], residual(), defaults);
    expect(stage!.trainable).toEqual(['conv2d_1', 'conv2d_2', 'dense_1']);
    const alone = { trainable: ['batch_normalization_1'], freeze_batch_norm: true };
    expect(failureOf(() => resolveStages([alone], residual(), defaults)).code).toBe('NOTHING_TRAINABLE');
  });

  it('takes as many steps as it says, in as many epochs as they need', () => {
    expect(resolve([{ trainable: 'all', steps: 9 }, { trainable: 'all', steps: 8 }])).toMatchObject([{ steps: 9, epochs: 3 }, { steps: 8, epochs: 2 }]);
    expect(failureOf(() => resolve([{ trainable: 'all', steps: 9, epochs: 2 }]))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/transfer/stages/0/steps' });
  });

  it('changes its examples in its own way, or not at all, or as all stages do', () => {
    const stages = resolve([{ trainable: 'all', augment: { noise: 0.1 } }, { trainable: 'all', augment: null }, { trainable: 'all' }]);
    expect(stages.map((stage) => augmentOf(stage, { ...UNCHANGED, mixup: 0.2 }))).toEqual([{ ...UNCHANGED, noise: 0.1 }, null, { ...UNCHANGED, mixup: 0.2 }]);
  });

  it('takes the terms of the loss that it names, or those of the transfer, each once', () => {
    const defaults = { epochs: 1, learningRate: 1, schedule: CONSTANT, stepsPerEpoch: 1, trainExamples: 1, newLayers: ['dense_2'], lossTerms: [{ name: 'l2_sp' as const, alpha: 0.1 }] };
    const stages = resolveStages([{ trainable: 'all' }, { trainable: 'all', loss_terms: [{ name: 'l2_sp', beta: 0 }] }, { trainable: 'all', loss_terms: [] }, { trainable: 'head', solver: { name: 'lbfgs' } }], cnn(), defaults);
    expect(stages.map(({ loss_terms: terms }) => terms)).toEqual([[{ name: 'l2_sp', alpha: 0.1, beta: 0.01 }], [{ name: 'l2_sp', alpha: 0.01, beta: 0 }], undefined, undefined]);
    const twice = [{ name: 'l2_sp' as const }, { name: 'l2_sp' as const }];
    expect(failureOf(() => resolve([{ trainable: 'all', loss_terms: twice }]))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/transfer/stages/0/loss_terms/1' });
    expect(failureOf(() => resolveStages([{ trainable: 'all' }], cnn(), { ...defaults, lossTerms: twice }))).toMatchObject({ pointer: '/transfer/loss_terms/1' });
  });

  it('with a solver penalises by one over the examples, and is refused what belongs to steps', () => {
    expect(resolve([{ trainable: 'head', solver: { name: 'lbfgs', max_iterations: 7 } }])[0]).toMatchObject({
      solver: { name: 'lbfgs', l2: 1 / 40, max_iterations: 7, tolerance: 1e-4 },
      epochs: 5,
      steps: 20,
    });
    for (const [name, value] of Object.entries({ steps: 3, learning_rate: 1, schedule: { name: 'cosine' }, lr_decay_per_block: 0.5, augment: null })) {
      const stage = { trainable: 'head', solver: { name: 'lbfgs' }, [name]: value } as StageRequest;
      expect(failureOf(() => resolve([stage]))).toMatchObject({ code: 'INVALID_VALUE', pointer: `/transfer/stages/0/${name}` });
    }
  });

  it('is refused where it names a layer that is not there, at the pointer of that name', () => {
    expect(failureOf(() => resolve([{ trainable: ['dense_1', 'dense_9'] }]))).toMatchObject({
      code: 'LAYER_UNKNOWN',
      pointer: '/transfer/stages/0/trainable/1',
    });
  });
});
