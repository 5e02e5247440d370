// LeNet-5: layers and parameters as everyone counts them, a base for transfer.
import { describe, expect, it } from '@jest/globals';
import { parameterCount, trace } from '#models/architecture.js';
import { requestedArchitecture } from '#models/requested.js';
import { featureTransfer } from '#transfer/kinds/feature.js';
import { failureOf, softmaxOver } from '../support/networks.js';

const lenet5 = (side: number, channels = 1, classes = 10) => requestedArchitecture({ architecture: 'lenet5' }, [side, side, channels], softmaxOver(classes));

describe('LeNet-5', () => {
  it.each([28, 32])('has 61,706 parameters over %d pixels and ten classes', (side) => {
    expect(parameterCount(lenet5(side))).toBe(61_706);
  });

  it('has the maps of the paper', () => {
    expect(trace(lenet5(32)).map(({ layer, output }) => [layer.name, output])).toEqual([
      ['c1', [28, 28, 6]], ['s2', [14, 14, 6]], ['c3', [10, 10, 16]], ['s4', [5, 5, 16]], ['flatten', [400]], ['c5', [120]], ['f6', [84]], ['output', [10]],
    ]);
  });

  it.each([[[11, 32, 1]], [[784]]])('does not take %j', (shape) => {
    expect(failureOf(() => requestedArchitecture({ architecture: 'lenet5' }, shape, softmaxOver(2))).code).toBe('SHAPE_MISMATCH');
  });

  it('gives the features that f6 makes, for any classes', () => {
    const { architecture, featuresFrom } = featureTransfer(lenet5(28), { kind: 'feature' }, { classes: 3, loss: 'sparse_categorical_crossentropy', task: 'classification', head: 'replace' });
    expect([featuresFrom, architecture.layers.at(-1)!.config]).toEqual(['f6', { units: 3, activation: 'softmax' }]);
  });
});
