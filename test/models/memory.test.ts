// The bound on the memory of a training job.
import { describe, expect, it } from '@jest/globals';
import type { LayerSpec } from '#contract/layers.js';
import { trainingMemoryBytes } from '#models/memory.js';
import { ARTICLE, mlp, network } from '../support/networks.js';

const LOAD = { architecture: ARTICLE, optimizer: 'sgd', batchSize: 32, datasetBytes: 55_000_000, cachedFeatures: 0, augmented: false } as const;
const BASE = trainingMemoryBytes(LOAD);

describe('the memory a job may take', () => {
  it('is engine, three copies of the data, five of the weights and three of a batch’s values', () => {
    expect(BASE).toBe(400 * 2 ** 20 + 3 * 55_000_000 + 4 * (5 * 101_770 + 3 * 32 * (784 + 784 + 128 + 10)));
  });

  it('counts what normalizations, compound activations and every step of a recurrence keep', () => {
    const floats = (layer: LayerSpec, shape: number[]): number =>
      (trainingMemoryBytes({ ...LOAD, architecture: network(shape, [layer]), datasetBytes: 0, batchSize: 1 }) - 400 * 2 ** 20) / 4;
    expect(floats({ class_name: 'ReLU' }, [5, 6])).toBe(3 * (30 + 30));
    expect(floats({ class_name: 'BatchNormalization' }, [5, 6])).toBe(5 * 24 + 3 * (30 + 3 * 30));
    expect(floats({ class_name: 'ReLU', config: { max_value: 6 } }, [5, 6])).toBe(3 * (30 + 2 * 30));
    expect(floats({ class_name: 'Dense', config: { units: 2, activation: 'gelu' } }, [6])).toBe(5 * 14 + 3 * (6 + 6 * 2));
    expect(floats({ class_name: 'LSTM', config: { units: 2 } }, [5, 6])).toBe(5 * (6 * 8 + 2 * 8 + 8) + 3 * (30 + 5 * 2 * 14));
    expect(floats({ class_name: 'SeparableConv2D', config: { filters: 2, kernel_size: 1, use_bias: false } }, [5, 6, 3])).toBe(5 * (3 + 6) + 3 * (90 + 30 * (2 + 3)));
  });

  it('counts what changing a batch’s pictures leaves behind', () => {
    expect(trainingMemoryBytes({ ...LOAD, augmented: true }) - BASE).toBe(4 * 32 * 18 * 784);
  });

  it.each([
    ['batch', { ...LOAD, batchSize: 33 }],
    ['network', { ...LOAD, architecture: mlp(129, 10, [28, 28, 1]) }],
    ['optimizer', { ...LOAD, optimizer: 'adam' } as const],
    ['data set', { ...LOAD, datasetBytes: 55_000_001 }],
    ['cache of features', { ...LOAD, cachedFeatures: 1 }],
  ])('grows with the %s', (_, load) => {
    expect(trainingMemoryBytes(load)).toBeGreaterThan(BASE);
  });
});
