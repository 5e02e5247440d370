// The bound on the memory of a training job.
import { describe, expect, it } from '@jest/globals';
import { trainingMemoryBytes } from '#models/memory.js';
import { ARTICLE, mlp } from '../support/networks.js';

const LOAD = { architecture: ARTICLE, optimizer: 'sgd', batchSize: 32, datasetBytes: 55_000_000, cachedFeatures: 0 } as const;
const BASE = trainingMemoryBytes(LOAD);

describe('the memory a job may take', () => {
  it('is engine, three copies of the data, five of the weights and three of a batch’s values', () => {
    expect(BASE).toBe(400 * 2 ** 20 + 3 * 55_000_000 + 4 * (5 * 101_770 + 3 * 32 * (784 + 784 + 128 + 10)));
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
