// Feature transfer: where the base is cut and what is put on it.
import { describe, expect, it } from '@jest/globals';
import type { LayerSpec } from '#contract/layers.js';
import type { TransferPlan } from '#transfer/plan.js';
import { divide, outputShape, upTo, weightsOf } from '#models/architecture.js';
import { planTransfer } from '#transfer/registry.js';
import { cnn, dense, failureOf, mlp, network, residual } from '../support/networks.js';

const plan = (base = mlp(), cut?: string, head?: LayerSpec[]): TransferPlan =>
  planTransfer(base, { kind: 'feature', ...(cut !== undefined && { cut }), ...(head && { head }) }, { classes: 7, loss: 'sparse_categorical_crossentropy', head: 'replace' });
const namesIn = ({ architecture }: TransferPlan): string[] => architecture.layers.map(({ name }) => name);

describe('feature transfer', () => {
  it.each([
    ['perceptron', mlp(), ['flatten_1', 'dense_1']],
    ['convolutional network', cnn(), ['conv2d_1', 'max_pooling2d_1', 'conv2d_2', 'flatten_1', 'dense_1']],
  ])('cuts a %s before its output layer where nothing is said', (_, base, trunk) => {
    const made = plan(base);
    expect(namesIn(made)).toEqual([...trunk, 'dense_3']);
    expect(made.featuresFrom).toBe('dense_1');
    expect(made.newLayers).toEqual(['dense_3']);
    expect(made.stages).toEqual([{ trainable: ['dense_3'] }]);
    expect(outputShape(made.architecture)).toEqual([7]);
  });

  it.each(cnn().layers.map(({ name }) => name))('inherits every weight up to the cut at %s, and none of the new model', (cut) => {
    const base = cnn();
    const made = plan(base, cut);
    const upToCut = base.layers.slice(0, base.layers.findIndex(({ name }) => name === cut) + 1).map(({ name }) => name);
    expect(made.inherit).toEqual(
      weightsOf(base).filter(({ layer }) => upToCut.includes(layer)).map(({ path }) => ({ to: path, from: path })),
    );
    expect(made.architecture.layers.slice(0, upToCut.length)).toEqual(base.layers.slice(0, upToCut.length));
    expect(made.newLayers).toEqual(namesIn(made).slice(upToCut.length));
    expect(outputShape(made.architecture)).toEqual([7]);
  });

  it.each(['conv2d_1', 'max_pooling2d_1'])('flattens the images that %s gives', (cut) => {
    expect(plan(cnn(), cut).newLayers).toEqual(['flatten_2', 'dense_3']);
  });

  it('does not flatten what is flat', () => {
    expect(plan(cnn(), 'flatten_1').newLayers).toEqual(['dense_3']);
  });

  it('puts the hidden layers asked for before the output layer', () => {
    const made = plan(mlp(), 'flatten_1', [dense(9, 'tanh'), { class_name: 'Dropout', config: { rate: 0.5 } }]);
    expect(namesIn(made)).toEqual(['flatten_1', 'dense_3', 'dropout_1', 'dense_4']);
    expect(made.architecture.layers[1]!.config).toEqual({ units: 9, activation: 'tanh' });
  });

  it('names nothing new as a layer of the base is named, not even one it cut off', () => {
    for (const { name: cut } of cnn().layers) {
      const made = plan(cnn(), cut, [{ class_name: 'Flatten' }, dense(4)].slice(cut.startsWith('conv') || cut.startsWith('max') ? 0 : 1) as LayerSpec[]);
      const names = namesIn(made);
      expect(new Set(names).size).toBe(names.length);
      expect(made.newLayers.filter((name) => cnn().layers.some((layer) => layer.name === name))).toEqual([]);
    }
  });

  it('finds the output layer before a softmax of its own', () => {
    const base = network([2, 2, 1], [{ class_name: 'Flatten' }, dense(5), dense(3, 'linear'), { class_name: 'Activation', config: { activation: 'softmax' } }]);
    expect(plan(base).featuresFrom).toBe('dense_1');
  });

  it('refuses a cut at a layer that is not there, at the pointer of the cut', () => {
    expect(failureOf(() => plan(mlp(), 'dense_9'))).toMatchObject({ code: 'LAYER_UNKNOWN', pointer: '/transfer/cut' });
  });

  it('refuses a base that has nothing before its output layer', () => {
    const bare = network([3], [dense(3, 'softmax')]);
    expect(failureOf(() => plan(bare))).toMatchObject({ code: 'EDIT_NOT_POSSIBLE', pointer: '/transfer/cut' });
  });

  it('refuses a hidden layer named as a layer of the base, at the pointer of its name', () => {
    const failure = failureOf(() => plan(mlp(), 'flatten_1', [dense(4), { ...dense(4), name: 'dense_2' }]));
    expect(failure).toMatchObject({ code: 'LAYER_NAME_TAKEN', pointer: '/transfer/head/1/name' });
  });

  it.each(residual().layers.slice(0, -1).map(({ name }) => name))('cuts a network that branches at %s, and keeps what that comes from', (cut) => {
    const made = plan(residual(), cut);
    const kept = made.architecture.layers.slice(0, namesIn(made).indexOf(cut) + 1);
    expect(kept).toEqual(upTo(residual(), cut).layers);
    expect(made.featuresFrom).toBe(cut);
    expect(() => divide(made.architecture, cut)).not.toThrow();
    expect(outputShape(made.architecture)).toEqual([7]);
  });

  it('drops a way that the cut does not need, with its weights', () => {
    const forked = network([4], [dense(3), { ...dense(3), inputs: ['input'] }, { class_name: 'Add', inputs: ['dense_1', 'dense_2'] }, dense(2, 'softmax')]);
    expect(plan(forked).inherit.map(({ to }) => to)).toEqual(['dense_1/kernel', 'dense_1/bias', 'dense_2/kernel', 'dense_2/bias']);
    expect(plan(forked, 'dense_2').inherit.map(({ to }) => to)).toEqual(['dense_2/kernel', 'dense_2/bias']);
    expect(namesIn(plan(forked, 'dense_2'))).toEqual(['dense_2', 'dense_4']);
  });

  it('puts a head that branches on the cut', () => {
    const head: LayerSpec[] = [{ ...dense(6), name: 'wide' }, { class_name: 'Add', name: 'around', inputs: ['wide', 'dense_1'] }];
    const made = plan(mlp(), 'dense_1', head);
    expect(namesIn(made)).toEqual(['flatten_1', 'dense_1', 'wide', 'around', 'dense_3']);
    expect(divide(made.architecture, 'dense_1').rest.layers[1]!.inputs).toEqual(['wide', 'input']);
  });

  it('refuses a head that reaches across the cut, naming the layer', () => {
    const failure = failureOf(() => plan(mlp(), 'dense_1', [{ ...dense(6), name: 'wide' }, { class_name: 'Concatenate', name: 'both', inputs: ['wide', 'flatten_1'] }]));
    expect(failure).toMatchObject({ code: 'CUT_CROSSED', pointer: '/transfer/head', message: expect.stringContaining('of what follows, both also needs') as unknown });
  });

  it('refuses a head that takes what is not there, at the pointer of that name', () => {
    const failure = failureOf(() => plan(mlp(), 'flatten_1', [dense(4), { class_name: 'Add', inputs: ['dense_3', 'dense_1'] }]));
    expect(failure).toMatchObject({ code: 'LAYER_INPUT_UNKNOWN', pointer: '/transfer/head/1/inputs/1' });
  });
});
