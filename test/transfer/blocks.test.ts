// Blocks: which layers learn at one rate where rates differ.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LayerSpec } from '#contract/layers.js';
import { weightsOf } from '#models/architecture.js';
import { requestedArchitecture } from '#models/requested.js';
import { blocksOf } from '#transfer/blocks.js';
import { ratesByBlock } from '#transfer/stages.js';
import { cnn, dense, mlp, network, residual, softmaxOver } from '../support/networks.js';
import { share } from '../support/share.js';

const norm: LayerSpec = { class_name: 'BatchNormalization' };
const conv = (name?: string): LayerSpec => ({ class_name: 'Conv2D', ...(name !== undefined && { name }), config: { filters: 2, kernel_size: 1 } });
const closing: LayerSpec[] = [{ class_name: 'Flatten' }, dense(2, 'softmax')];
const picture = (...layers: LayerSpec[]) => network([4, 4, 1], [...layers, ...closing]);

describe('the blocks of a network', () => {
  it.each([
    ['are its layers with weights', mlp(), [['dense_1'], ['dense_2']]],
    ['leave out layers without weights', cnn(), [['conv2d_1'], ['conv2d_2'], ['dense_1'], ['dense_2']]],
    ['hold a normalisation with the layer before it', picture(conv(), norm, { class_name: 'ReLU' }, conv(), norm), [
      ['conv2d_1', 'batch_normalization_1'], ['conv2d_2', 'batch_normalization_2'], ['dense_1'],
    ]],
    ['hold two normalisations in a row with the layer before them', picture(conv(), norm, { class_name: 'LayerNormalization' }), [
      ['conv2d_1', 'batch_normalization_1', 'layer_normalization_1'], ['dense_1'],
    ]],
    ['hold a normalisation of the input with the first layer after it', picture(norm, conv()), [['batch_normalization_1', 'conv2d_1'], ['dense_1']]],
    ['are those of the names, where layers are named by blocks', picture(conv('stem'), conv('block_1_a'), norm, conv('block_1_b'), conv('block_10_a')), [
      ['stem'], ['block_1_a', 'batch_normalization_1', 'block_1_b'], ['block_10_a'], ['dense_1'],
    ]],
    ['follow the order of the list where it branches', residual(), [
      ['conv2d_1', 'batch_normalization_1'], ['conv2d_2', 'batch_normalization_2'], ['dense_1'],
    ]],
    ['are one where only normalisations have weights', network([4], [norm, norm]), [['batch_normalization_1', 'batch_normalization_2']]],
  ])('%s', (_, architecture, expected) => {
    expect(blocksOf(architecture)).toEqual(expected);
  });

  it('of MobileNetV2 are its stem, its 17 inverted residuals, its last convolution and its head', () => {
    const blocks = blocksOf(requestedArchitecture({ architecture: 'mobilenet_v2', width: 0.35 }, [32, 32, 3], softmaxOver(2)));
    const residuals = ['expanded_conv', ...Array.from({ length: 16 }, (_, index) => `block_${index + 1}`)];
    expect(blocks).toHaveLength(20);
    expect(blocks.slice(1, 18).map(([first]) => first!.replace(/_(expand|depthwise)$/, ''))).toEqual(residuals);
    expect([blocks[0], blocks[18], blocks[19]]).toEqual([['Conv1', 'bn_Conv1'], ['Conv_1', 'Conv_1_bn'], ['predictions']]);
    expect(blocks[5]).toEqual(['expand', 'expand_BN', 'depthwise', 'depthwise_BN', 'project', 'project_BN'].map((part) => `block_4_${part}`));
  });

  it('hold every layer with weights once, in the order of the network, whatever the layers', () => {
    const layer = fc.constantFrom(conv(), norm, conv('block_1_a'), conv('block_2_a'), { class_name: 'ReLU' } as LayerSpec);
    fc.assert(
      fc.property(fc.uniqueArray(layer, { minLength: 1 }), (layers) => {
        const architecture = picture(...layers);
        expect(blocksOf(architecture).flat()).toEqual([...new Set(weightsOf(architecture).map((weight) => weight.layer))]);
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});

describe('rates by block', () => {
  const BLOCKS = [['a', 'a_norm'], ['b'], ['c']];

  it('are one group at a decay of 1', () => {
    expect(ratesByBlock(BLOCKS, ['a', 'b', 'c'], 0.1, 1)).toEqual([{ layers: ['a', 'b', 'c'], learning_rate: 0.1 }]);
  });

  it('fall by the decay from each block to the one before, and cover what learns', () => {
    fc.assert(
      fc.property(fc.subarray(BLOCKS.flat(), { minLength: 1 }), share(0.98).map((part) => part + 0.01), (trainable, decay) => {
        const rates = ratesByBlock(BLOCKS, trainable, 0.3, decay);
        expect(rates.flatMap(({ layers }) => layers)).toEqual(trainable);
        expect(rates.at(-1)!.learning_rate).toBe(0.3);
        rates.slice(1).forEach(({ learning_rate: rate }, at) => expect(rates[at]!.learning_rate / rate).toBeCloseTo(decay, 12));
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});
