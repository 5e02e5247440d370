// Where a network can be cut so that only what learns is computed in every step.
import { describe, expect, it } from '@jest/globals';
import type { LayerSpec } from '#contract/layers.js';
import { frozenTrunk } from '#transfer/frozen-trunk.js';
import { cnn, dense, mlp, network, residual } from '../support/networks.js';

const learns = (...trainable: string[]) => [{ trainable }];
const flatten: LayerSpec = { class_name: 'Flatten' };
const dropout: LayerSpec = { class_name: 'Dropout', config: { rate: 0.5 } };

describe('the trunk that no stage trains', () => {
  it('ends before the first layer that learns in any stage', () => {
    const deep = network([4, 4, 1], [flatten, dense(6), dense(5), dense(3, 'softmax')]);
    expect(frozenTrunk(deep, learns('dense_3'))).toBe('dense_2');
    expect(frozenTrunk(deep, learns('dense_2', 'dense_3'))).toBe('dense_1');
    expect(frozenTrunk(deep, [...learns('dense_3'), ...learns('dense_2')])).toBe('dense_1');
    expect(frozenTrunk(cnn(), learns('dense_1'))).toBe('flatten_1');
  });

  it('is none where all learns, or nothing with weights comes before what does', () => {
    expect(frozenTrunk(mlp(), learns('dense_1', 'dense_2'))).toBeNull();
    expect(frozenTrunk(mlp(), learns('dense_1'))).toBeNull();
  });

  it('ends before what draws at random', () => {
    const noisy = network([4, 4, 1], [flatten, dense(6), dropout, dense(5), dense(3, 'softmax')]);
    expect(frozenTrunk(noisy, learns('dense_3'))).toBe('dense_1');
    expect(frozenTrunk(network([4, 4, 1], [flatten, dropout, dense(5), dense(3, 'softmax')]), learns('dense_2'))).toBeNull();
  });

  it('ends where nothing goes past the cut', () => {
    const architecture = residual();
    const last = architecture.layers.at(-1)!.name;
    const cut = frozenTrunk(architecture, learns(last));
    expect(cut).toBe(architecture.layers.at(-2)!.name);
    const merging = architecture.layers.findIndex(({ class_name: name }) => name === 'Add');
    const inner = architecture.layers[merging - 1]!.name;
    expect([null, ...architecture.layers.slice(0, merging - 1).map(({ name }) => name)]).toContain(frozenTrunk(architecture, learns(inner, last)));
  });
});
