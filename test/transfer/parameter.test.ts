// Parameter transfer: what is carried over and what starts fresh.
import { describe, expect, it } from '@jest/globals';
import { weightsOf } from '#models/architecture.js';
import { fittedTo } from '#models/output-layer.js';
import { planTransfer } from '#transfer/registry.js';
import { cnn, mlp } from '../support/networks.js';

const paths = (architecture: ReturnType<typeof mlp>): string[] => weightsOf(architecture).map(({ path }) => path);

describe('parameter transfer', () => {
  it.each([['perceptron', mlp()], ['convolutional network', cnn()]])('keeps every weight of a %s whose classes stay', (_, base) => {
    const plan = planTransfer(base, { kind: 'parameter' }, { classes: 3, loss: 'sparse_categorical_crossentropy', head: 'keep' });
    expect(plan.architecture).toEqual(base);
    expect(plan.inherit).toEqual(paths(base).map((path) => ({ to: path, from: path })));
    expect(plan).toMatchObject({ newLayers: ['dense_2'], featuresFrom: null, stages: undefined });
  });

  it.each([['perceptron', mlp()], ['convolutional network', cnn()]])('replaces the output layer of a %s and nothing else', (_, base) => {
    const plan = planTransfer(base, { kind: 'parameter' }, { classes: 7, loss: 'sparse_categorical_crossentropy', head: 'replace' });
    expect(plan.architecture).toEqual(fittedTo(base, 7, 'sparse_categorical_crossentropy'));
    expect(plan.inherit.map(({ to }) => to)).toEqual(paths(base).filter((path) => !path.startsWith('dense_2/')));
    expect(plan.newLayers).toEqual(['dense_2']);
  });

  it('starts the output layer fresh where it is replaced, even over as many classes', () => {
    const plan = planTransfer(mlp(), { kind: 'parameter' }, { classes: 3, loss: 'sparse_categorical_crossentropy', head: 'replace' });
    expect(plan.architecture).toEqual(mlp());
    expect(plan.inherit.map(({ to }) => to)).toEqual(['dense_1/kernel', 'dense_1/bias']);
  });

  it('hands the stages on as asked', () => {
    const stages = [{ trainable: 'head' as const, epochs: 2 }, { trainable: 'all' as const }];
    expect(planTransfer(mlp(), { kind: 'parameter', stages }, { classes: 3, loss: 'sparse_categorical_crossentropy', head: 'keep' }).stages).toEqual(stages);
  });
});
