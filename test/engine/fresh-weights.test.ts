// Fresh weights: how they are spread, and what they depend on.
import { describe, expect, it } from '@jest/globals';
import { INITIALIZERS, type InitializerName } from '#contract/layers.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { cnn, dense, mlp, network } from '../support/networks.js';

const [INPUTS, UNITS] = [300, 100];
const drawn = (initializer: InitializerName, seed = 1): Float32Array => {
  const layer = { class_name: 'Dense' as const, config: { units: UNITS, kernel_initializer: initializer } };
  return freshWeights(network([INPUTS], [layer]), seed).get('dense_1/kernel')!;
};
const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: Float32Array): number => mean(values.map((value) => value * value)) - mean(values) ** 2;
const furthest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The variance each is named after: Glorot & Bengio 2010, He et al. 2015, LeCun et al. 1998. */
const VARIANCES: [InitializerName, number][] = [
  ['glorot_uniform', 2 / (INPUTS + UNITS)],
  ['glorot_normal', 2 / (INPUTS + UNITS)],
  ['he_uniform', 2 / INPUTS],
  ['he_normal', 2 / INPUTS],
  ['lecun_uniform', 1 / INPUTS],
  ['lecun_normal', 1 / INPUTS],
  ['random_uniform', 0.05 ** 2 / 3],
];

describe('an initializer', () => {
  it('is tried here, whichever it is', () => {
    expect([...VARIANCES.map(([name]) => name), 'zeros', 'ones', 'orthogonal'].sort()).toEqual([...INITIALIZERS].sort());
  });

  it.each(VARIANCES)('%s is centred and has a variance of %d', (name, expected) => {
    const values = drawn(name);
    const deviation = Math.sqrt(expected);
    expect(Math.abs(mean(values))).toBeLessThan((5 * deviation) / Math.sqrt(values.length));
    expect(variance(values) / expected).toBeGreaterThan(0.95);
    expect(variance(values) / expected).toBeLessThan(1.05);
    // A uniform draw ends at √3 deviations, a normal one cut off at two of its own at 2 / 0.8796.
    const end = name.endsWith('uniform') ? Math.sqrt(3) : 2 / 0.87962566103423978;
    expect(furthest(values)).toBeLessThanOrEqual(end * deviation * (1 + 1e-6));
    expect(furthest(values)).toBeGreaterThan(0.97 * end * deviation);
  });

  it('zeros and ones are what they say', () => {
    expect(drawn('zeros').every((value) => value === 0)).toBe(true);
    expect(drawn('ones').every((value) => value === 1)).toBe(true);
  });

  it.each([[30, 12], [12, 30], [20, 20]])('orthogonal makes a %d × %d kernel whose shorter side is orthonormal', (rows, columns) => {
    const layer = { class_name: 'Dense' as const, config: { units: columns, kernel_initializer: 'orthogonal' as const } };
    const values = freshWeights(network([rows], [layer]), 1).get('dense_1/kernel')!;
    const at = (row: number, column: number): number => values[row * columns + column]!;
    const vector = rows >= columns
      ? (index: number) => Array.from({ length: rows }, (_, row) => at(row, index))
      : (index: number) => Array.from({ length: columns }, (_, column) => at(index, column));
    const count = Math.min(rows, columns);
    for (let one = 0; one < count; one += 1) {
      for (let other = 0; other <= one; other += 1) {
        const product = vector(one).reduce((sum, value, index) => sum + value * vector(other)[index]!, 0);
        expect(Math.abs(product - (one === other ? 1 : 0))).toBeLessThan(1e-6);
      }
    }
  });

  it('draws the recurrent kernel of an LSTM orthogonal, and a bias of 1 for its forget gate alone', () => {
    const weights = freshWeights(network([4, 2], [{ class_name: 'LSTM', config: { units: 3 } }]), 1);
    const rows = [0, 1, 2].map((row) => weights.get('lstm_1/recurrent_kernel')!.slice(row * 12, row * 12 + 12));
    for (const row of rows) expect(Math.abs(row.reduce((sum, value) => sum + value * value, 0) - 1)).toBeLessThan(1e-6);
    expect([...weights.get('lstm_1/bias')!]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    const plain = network([4, 2], [{ class_name: 'LSTM', config: { units: 3, unit_forget_bias: false } }]);
    expect([...freshWeights(plain, 1).get('lstm_1/bias')!]).toEqual(Array<number>(12).fill(0));
  });

  it('starts a batch normalization as doing nothing', () => {
    const weights = freshWeights(network([2], [{ class_name: 'BatchNormalization' }]), 1);
    expect(Object.fromEntries([...weights].map(([path, values]) => [path, [...values]]))).toEqual({
      'batch_normalization_1/gamma': [1, 1],
      'batch_normalization_1/beta': [0, 0],
      'batch_normalization_1/moving_mean': [0, 0],
      'batch_normalization_1/moving_variance': [1, 1],
    });
  });

  it('draws biases as zeros where nothing is said', () => {
    for (const [path, values] of freshWeights(cnn(), 1)) if (path.endsWith('/bias')) expect(furthest(values)).toBe(0);
  });

  it('scales a convolution by its window', () => {
    const wide = network([8, 8, 64], [{ class_name: 'Conv2D', config: { filters: 64, kernel_size: 3, kernel_initializer: 'he_normal' } }]);
    const ratio = variance(freshWeights(wide, 1).get('conv2d_1/kernel')!) / (2 / (3 * 3 * 64));
    expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
  });
});

describe('a fresh weight', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(freshWeights(cnn(), 7)).toEqual(freshWeights(cnn(), 7));
    for (const [path, values] of freshWeights(cnn(), 7)) {
      if (path.endsWith('/kernel')) expect(values).not.toEqual(freshWeights(cnn(), 8).get(path));
    }
  });

  it('does not depend on the layers around it', () => {
    const alone = network([16], [{ ...dense(6), name: 'dense_1' }]);
    expect(freshWeights(alone, 3).get('dense_1/kernel')).toEqual(freshWeights(mlp(), 3).get('dense_1/kernel'));
  });

  it('differs from one of the same shape in another layer', () => {
    const twins = freshWeights(network([6], [dense(6), dense(6)]), 3);
    expect(twins.get('dense_1/kernel')).not.toEqual(twins.get('dense_2/kernel'));
  });
});
