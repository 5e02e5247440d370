// The bound on the memory of a training job.
import { describe, expect, it } from '@jest/globals';
import type { LayerSpec } from '#contract/layers.js';
import { trainingMemoryBytes, type Load } from '#models/memory.js';
import { ARTICLE, mlp, network } from '../support/networks.js';

const LOAD: Load = { architecture: ARTICLE, optimizer: 'sgd', batchSize: 32, examples: 1_200_000, trainExamples: 1_000_000, rowBytes: 784, featureBytes: 0, augmented: false };
const ENGINE = 400 * 2 ** 20;
const WINDOW = 2 ** 26;
const BASE = trainingMemoryBytes(LOAD, 'in_memory');

describe('the memory a job may take', () => {
  const network32 = 4 * (5 * 101_770 + 3 * 32 * (784 + 784 + 128 + 10));

  it('is engine, what is trained on, five windows, 32 bytes an example, five copies of the weights and three of a batch’s values', () => {
    expect(BASE).toBe(ENGINE + 784_000_000 + 5 * WINDOW + 32 * 1_200_000 + network32);
  });

  it('has a window in the place of what is trained on where it is streamed, so that it hardly grows with the data', () => {
    expect(trainingMemoryBytes(LOAD, 'streamed')).toBe(ENGINE + 6 * WINDOW + 32 * 1_200_000 + network32);
    const tenfold = { ...LOAD, examples: 12_000_000, trainExamples: 10_000_000 };
    expect(trainingMemoryBytes(tenfold, 'streamed') - trainingMemoryBytes(LOAD, 'streamed')).toBe(32 * 10_800_000);
  });

  it('has no window larger than the data', () => {
    const few = { ...LOAD, examples: 1200, trainExamples: 1000 };
    expect(trainingMemoryBytes(few, 'in_memory')).toBe(ENGINE + 784_000 + 5 * 1200 * 784 + 32 * 1200 + network32);
    expect(trainingMemoryBytes(few, 'streamed')).toBe(trainingMemoryBytes(few, 'in_memory'));
  });

  it('counts what normalizations, compound activations and every step of a recurrence keep', () => {
    const floats = (layer: LayerSpec, shape: number[]): number =>
      (trainingMemoryBytes({ ...LOAD, architecture: network(shape, [layer]), examples: 0, trainExamples: 0, batchSize: 1 }, 'in_memory') - ENGINE) / 4;
    expect(floats({ class_name: 'ReLU' }, [5, 6])).toBe(3 * (30 + 30));
    expect(floats({ class_name: 'BatchNormalization' }, [5, 6])).toBe(5 * 24 + 3 * (30 + 3 * 30));
    expect(floats({ class_name: 'ReLU', config: { max_value: 6 } }, [5, 6])).toBe(3 * (30 + 2 * 30));
    expect(floats({ class_name: 'Dense', config: { units: 2, activation: 'gelu' } }, [6])).toBe(5 * 14 + 3 * (6 + 6 * 2));
    expect(floats({ class_name: 'LSTM', config: { units: 2 } }, [5, 6])).toBe(5 * (6 * 8 + 2 * 8 + 8) + 3 * (30 + 5 * 2 * 14));
    expect(floats({ class_name: 'SeparableConv2D', config: { filters: 2, kernel_size: 1, use_bias: false } }, [5, 6, 3])).toBe(5 * (3 + 6) + 3 * (90 + 30 * (2 + 3)));
  });

  it('counts what changing a batch’s pictures leaves behind', () => {
    expect(trainingMemoryBytes({ ...LOAD, augmented: true }, 'in_memory') - BASE).toBe(4 * 32 * 18 * 784);
  });

  it.each<[string, Load]>([
    ['batch', { ...LOAD, batchSize: 33 }],
    ['network', { ...LOAD, architecture: mlp(129, 10, [28, 28, 1]) }],
    ['optimizer', { ...LOAD, optimizer: 'adam' }],
    ['data set', { ...LOAD, examples: 1_200_001 }],
    ['part that is trained on', { ...LOAD, trainExamples: 1_000_001 }],
    ['cache of features', { ...LOAD, featureBytes: 785 }],
  ])('grows with the %s', (_, load) => {
    expect(trainingMemoryBytes(load, 'in_memory')).toBeGreaterThan(BASE);
  });
});
