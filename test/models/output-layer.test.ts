// The output layer of a classifier.
import { describe, expect, it } from '@jest/globals';
import type { LayerSpec } from '#contract/layers.js';
import { outputShape, parameterCount } from '#models/architecture.js';
import { headOf, requireClassifier, withClasses, withoutSoftmax } from '#models/output-layer.js';
import { ARTICLE, dense, failureOf, mlp, network, residual } from '../support/networks.js';

const softmax: LayerSpec = { class_name: 'Activation', config: { activation: 'softmax' } };
const over = (...layers: LayerSpec[]) => network([2, 2, 1], [{ class_name: 'Flatten' }, ...layers]);

describe('a classifier', () => {
  it.each([
    ['a dense layer with softmax', over(dense(3, 'softmax'))],
    ['a softmax of its own after the dense layer', over(dense(3, 'linear'), softmax)],
    ['global pooling and softmax', network([2, 2, 3], [{ class_name: 'GlobalAveragePooling2D' }, softmax])],
    ['a Softmax layer', over(dense(3, 'linear'), { class_name: 'Softmax' })],
    ['a softmax over the sum of two ways', over(dense(3, 'linear'), { ...dense(3, 'linear'), inputs: ['flatten_1'] }, { class_name: 'Add', inputs: ['dense_1', 'dense_2'] }, softmax)],
    ['the output of a residual network', residual()],
  ])('may end in %s', (_, architecture) => {
    expect(() => requireClassifier(architecture, 3)).not.toThrow();
  });

  it.each([
    ['other units than classes', over(dense(4, 'softmax')), 'it gives [4] and the data set has 3 classes'],
    ['an image', network([2, 2, 1], [dense(3, 'softmax')]), 'it gives [2, 2, 3] and the data set has 3 classes'],
    ['another activation', over(dense(3, 'relu')), 'its activation must be softmax, so that it gives probabilities'],
    ['an LSTM with a softmax inside', network([4, 2], [{ class_name: 'LSTM', config: { units: 3, activation: 'softmax' } }]), 'its activation must be softmax, so that it gives probabilities'],
    ['no activation', over({ class_name: 'Dense', config: { units: 3 } }), 'its activation must be softmax, so that it gives probabilities'],
    ['a layer after the softmax', over(dense(3, 'softmax'), { class_name: 'Dropout', config: { rate: 0.1 } }), 'its activation must be softmax, so that it gives probabilities'],
  ])('does not end in %s', (_, architecture, why) => {
    const last = architecture.layers.at(-1)!.name;
    expect(failureOf(() => requireClassifier(architecture, 3))).toMatchObject({
      code: 'OUTPUT_MISMATCH',
      message: `The output layer "${last}" does not fit the data set: ${why}.`,
    });
  });
});

describe('the head', () => {
  it('is the last layer with weights', () => {
    expect(headOf(mlp())).toBe('dense_2');
    expect(headOf(over(dense(5), dense(3, 'linear'), softmax))).toBe('dense_2');
  });

  it('is found behind layers without weights, in a network that branches too', () => {
    expect(headOf(residual())).toBe('dense_1');
    expect(headOf(over(dense(3, 'linear'), { class_name: 'Dropout', config: { rate: 0.1 } }, { class_name: 'Softmax' }))).toBe('dense_1');
  });

  it.each<[string, LayerSpec[]]>([
    ['two dense layers are added', [{ ...dense(3, 'linear'), inputs: ['flatten_1'] }, { class_name: 'Add', inputs: ['dense_1', 'dense_2'] }, softmax]],
    ['the dense layer is normalized', [{ class_name: 'BatchNormalization' }, softmax]],
  ])('is refused where %s: its units alone could not follow the classes', (_, layers) => {
    expect(failureOf(() => headOf(over(dense(3, 'linear'), ...layers))).code).toBe('EDIT_NOT_POSSIBLE');
  });

  it('is refused where it is not dense', () => {
    const convolutional = network([2, 2, 1], [{ class_name: 'Conv2D', config: { filters: 3, kernel_size: 1 } }, { class_name: 'GlobalMaxPooling2D' }, softmax]);
    expect(failureOf(() => headOf(convolutional)).code).toBe('EDIT_NOT_POSSIBLE');
  });

  it('takes another number of classes and nothing else changes', () => {
    const widened = withClasses(ARTICLE, 26);
    expect(outputShape(widened)).toEqual([26]);
    expect(widened.layers.slice(0, -1)).toEqual(ARTICLE.layers.slice(0, -1));
    expect(parameterCount(widened)).toBe(785 * 128 + 129 * 26);
    expect(widened.layers.at(-1)).toEqual({ class_name: 'Dense', name: 'dense_2', config: { units: 26, activation: 'softmax' } });
    expect(outputShape(ARTICLE)).toEqual([10]);
  });
});

describe('leaving the softmax out', () => {
  it('makes a dense output linear', () => {
    expect(withoutSoftmax(mlp()).layers.at(-1)).toEqual({ class_name: 'Dense', name: 'dense_2', config: { units: 3, activation: 'linear' } });
    expect(mlp().layers.at(-1)!.config).toMatchObject({ activation: 'softmax' });
  });

  it('leaves a residual network as it is but for its last layer', () => {
    expect(withoutSoftmax(residual()).layers).toEqual([...residual().layers.slice(0, -1), { ...residual().layers.at(-1)!, config: { units: 3, activation: 'linear' } }]);
  });

  it('takes a softmax layer away', () => {
    expect(withoutSoftmax(over(dense(3, 'linear'), { class_name: 'Softmax' })).layers.map(({ name }) => name)).toEqual(['flatten_1', 'dense_1']);
    expect(withoutSoftmax(over(dense(3, 'linear'), softmax)).layers.map(({ name }) => name)).toEqual(['flatten_1', 'dense_1']);
  });
});
