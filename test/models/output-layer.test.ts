// The output layer of a network, and what a loss asks of it.
import { describe, expect, it } from '@jest/globals';
import type { Architecture, LayerSpec } from '#contract/layers.js';
import { LOSSES, type LossName } from '#contract/losses.js';
import { outputShape, parameterCount } from '#models/architecture.js';
import { asTrained, fittedTo, headOf, outputLayerFor, requireFittingOutput } from '#models/output-layer.js';
import { ARTICLE, dense, failureOf, logitsOf, mlp, network, residual } from '../support/networks.js';

const softmax: LayerSpec = { class_name: 'Activation', config: { activation: 'softmax' } };
const over = (...layers: LayerSpec[]) => network([2, 2, 1], [{ class_name: 'Flatten' }, ...layers]);

const CE = 'sparse_categorical_crossentropy';
const BCE = 'binary_crossentropy';
const MSE = 'mean_squared_error';

describe('the output of a network', () => {
  it.each<[string, Architecture, LossName, number]>([
    ['a dense layer with softmax', over(dense(3, 'softmax')), CE, 3],
    ['a softmax of its own after the dense layer', over(dense(3, 'linear'), softmax), 'categorical_crossentropy', 3],
    ['global pooling and softmax', network([2, 2, 3], [{ class_name: 'GlobalAveragePooling2D' }, softmax]), CE, 3],
    ['a Softmax layer', over(dense(3, 'linear'), { class_name: 'Softmax' }), CE, 3],
    ['a softmax over the sum of two ways', over(dense(3, 'linear'), { ...dense(3, 'linear'), inputs: ['flatten_1'] }, { class_name: 'Add', inputs: ['dense_1', 'dense_2'] }, softmax), CE, 3],
    ['the output of a residual network', residual(), CE, 3],
    ['a sigmoid for each class', over(dense(3, 'sigmoid')), BCE, 3],
    ['one sigmoid for two classes', over(dense(1, 'linear'), { class_name: 'Activation', config: { activation: 'sigmoid' } }), BCE, 2],
    ['anything, for a loss of values', over(dense(3)), MSE, 3],
    ['a pooled convolution, for a loss of values', network([2, 2, 3], [{ class_name: 'GlobalAveragePooling2D' }]), 'huber', 3],
    ['one value for two classes', over(dense(1, 'linear')), 'mean_absolute_error', 2],
  ])('may come from %s', (_, architecture, loss, classes) => {
    expect(() => requireFittingOutput(architecture, classes, loss)).not.toThrow();
  });

  const noSoftmax = 'its activation must be softmax, as the loss sparse_categorical_crossentropy needs it';
  const noSigmoid = 'its activation must be sigmoid, as the loss binary_crossentropy needs it';
  it.each<[string, Architecture, LossName, number, string]>([
    ['other units than classes', over(dense(4, 'softmax')), CE, 3, 'it gives [4] and the data set has 3 classes'],
    ['an image', network([2, 2, 1], [dense(3, 'softmax')]), CE, 3, 'it gives [2, 2, 3] and the data set has 3 classes'],
    ['another activation', over(dense(3, 'relu')), CE, 3, noSoftmax],
    ['an LSTM with a softmax inside', network([4, 2], [{ class_name: 'LSTM', config: { units: 3, activation: 'softmax' } }]), CE, 3, noSoftmax],
    ['no activation', over({ class_name: 'Dense', config: { units: 3 } }), CE, 3, noSoftmax],
    ['a layer after the softmax', over(dense(3, 'softmax'), { class_name: 'Dropout', config: { rate: 0.1 } }), CE, 3, noSoftmax],
    ['a sigmoid, for a categorical loss', over(dense(3, 'sigmoid')), CE, 3, noSoftmax],
    ['a softmax, for a binary loss', over(dense(3, 'softmax')), BCE, 3, noSigmoid],
    ['one sigmoid for three classes', over(dense(1, 'sigmoid')), BCE, 3, 'it gives [1] and the data set has 3 classes'],
    ['one softmax for two classes, which is always 1', over(dense(1, 'softmax')), MSE, 2, 'it gives [1] and the data set has 2 classes'],
    ['one sigmoid, for a categorical loss', over(dense(1, 'sigmoid')), CE, 2, 'it gives [1] and the data set has 2 classes'],
    ['other values than classes', over(dense(4, 'linear')), MSE, 3, 'it gives [4] and the data set has 3 classes'],
  ])('may not come from %s', (_, architecture, loss, classes, why) => {
    const last = architecture.layers.at(-1)!.name;
    expect(failureOf(() => requireFittingOutput(architecture, classes, loss))).toMatchObject({
      code: 'OUTPUT_MISMATCH',
      message: `The output layer "${last}" does not fit: ${why}.`,
    });
  });

  it.each(LOSSES.flatMap((loss) => [2, 3, 10].map((classes) => [loss, classes] as const)))('by %s over %d classes is usual where a service chooses it', (loss, classes) => {
    const usual = over({ class_name: 'Dense', config: outputLayerFor(loss, classes) });
    expect(() => requireFittingOutput(usual, classes, loss)).not.toThrow();
    for (const base of [mlp(), over(dense(5, 'linear'), softmax), over(dense(1, 'sigmoid')), over(dense(4, 'linear'), { class_name: 'Softmax' })]) {
      expect(() => requireFittingOutput(fittedTo(base, classes, loss), classes, loss)).not.toThrow();
    }
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
    const widened = fittedTo(ARTICLE, 26, CE);
    expect(outputShape(widened)).toEqual([26]);
    expect(widened.layers.slice(0, -1)).toEqual(ARTICLE.layers.slice(0, -1));
    expect(parameterCount(widened)).toBe(785 * 128 + 129 * 26);
    expect(widened.layers.at(-1)).toEqual({ class_name: 'Dense', name: 'dense_2', config: { units: 26, activation: 'softmax' } });
    expect(outputShape(ARTICLE)).toEqual([10]);
  });
});

describe('a head fitted to another loss', () => {
  it('changes the activation of a dense output, and its units', () => {
    expect(fittedTo(mlp(), 5, BCE).layers.at(-1)).toEqual({ class_name: 'Dense', name: 'dense_2', config: { units: 5, activation: 'sigmoid' } });
    expect(fittedTo(mlp(), 2, BCE).layers.at(-1)!.config).toEqual({ units: 1, activation: 'sigmoid' });
  });

  it('changes an activation of its own, under the same name', () => {
    const names = (last: LayerSpec): object[] => fittedTo(over(dense(3, 'linear'), last), 4, BCE).layers.slice(1);
    const made = { class_name: 'Activation', config: { activation: 'sigmoid' } };
    expect(names(softmax)).toEqual([{ ...dense(4, 'linear'), name: 'dense_1' }, { ...made, name: 'activation_1' }]);
    expect(names({ class_name: 'Softmax' })).toEqual([{ ...dense(4, 'linear'), name: 'dense_1' }, { ...made, name: 'softmax_1' }]);
  });

  it('keeps what it ends in where any output will do', () => {
    expect(fittedTo(over(dense(3, 'tanh')), 4, MSE).layers.at(-1)!.config).toEqual({ units: 4, activation: 'tanh' });
  });
});

describe('the network as it is trained', () => {
  it('gives logits where the loss is binary, too', () => {
    expect(asTrained(over(dense(3, 'sigmoid')), BCE).layers.at(-1)!.config).toEqual({ units: 3, activation: 'linear' });
    expect(asTrained(over(dense(1, 'linear'), { class_name: 'Activation', config: { activation: 'sigmoid' } }), BCE).layers.map(({ name }) => name)).toEqual(['flatten_1', 'dense_1']);
  });

  it('stays as it is for a loss of values', () => {
    const whole = mlp();
    expect(asTrained(whole, MSE)).toBe(whole);
  });

  it('makes a dense output linear', () => {
    expect(logitsOf(mlp()).layers.at(-1)).toEqual({ class_name: 'Dense', name: 'dense_2', config: { units: 3, activation: 'linear' } });
    expect(mlp().layers.at(-1)!.config).toMatchObject({ activation: 'softmax' });
  });

  it('leaves a residual network as it is but for its last layer', () => {
    expect(logitsOf(residual()).layers).toEqual([...residual().layers.slice(0, -1), { ...residual().layers.at(-1)!, config: { units: 3, activation: 'linear' } }]);
  });

  it('takes a softmax layer away', () => {
    expect(logitsOf(over(dense(3, 'linear'), { class_name: 'Softmax' })).layers.map(({ name }) => name)).toEqual(['flatten_1', 'dense_1']);
    expect(logitsOf(over(dense(3, 'linear'), softmax)).layers.map(({ name }) => name)).toEqual(['flatten_1', 'dense_1']);
  });
});
