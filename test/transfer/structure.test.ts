// Structure transfer: edits, and what still matches after them.
import { describe, expect, it } from '@jest/globals';
import type { Edit } from '#contract/job-request.js';
import type { TransferPlan, TransferTarget } from '#transfer/plan.js';
import type { LayerSpec } from '#contract/layers.js';
import { trace, weightsOf } from '#models/architecture.js';
import { inputsOf } from '#models/connections.js';
import { planTransfer } from '#transfer/registry.js';
import { cnn, dense, failureOf, mlp, network, residual } from '../support/networks.js';

const KEEP: TransferTarget = { classes: 3, loss: 'sparse_categorical_crossentropy', head: 'keep' };
const plan = (edits: Edit[], base = mlp(), target = KEEP): TransferPlan => planTransfer(base, { kind: 'structure', edits }, target);
const namesIn = ({ architecture }: TransferPlan): string[] => architecture.layers.map(({ name }) => name);
/** Layers that inherit, each once. */
const inheriting = ({ inherit }: TransferPlan): string[] => [...new Set(inherit.map(({ to }) => to.split('/')[0]!))];

describe('structure transfer', () => {
  it('without edits carries everything over', () => {
    const made = plan([], cnn());
    expect(made.architecture).toEqual(cnn());
    expect(made.inherit).toEqual(weightsOf(cnn()).map(({ path }) => ({ to: path, from: path })));
    expect(made).toMatchObject({ newLayers: [], featuresFrom: null, stages: undefined });
  });

  it('starts a resized layer and the one after it fresh, and carries the others over', () => {
    const made = plan([{ resize: 'conv2d_1', units: 9 }], cnn());
    expect(made.architecture.layers[0]!.config).toMatchObject({ filters: 9 });
    expect(inheriting(made)).toEqual(['dense_1', 'dense_2']);
    expect(made.newLayers).toEqual(['conv2d_1', 'conv2d_2']);
  });

  it('inherits a layer whole or not at all: a bias does not come without its kernel', () => {
    const made = plan([{ resize: 'dense_1', units: 9 }]);
    expect(made.inherit).toEqual([]);
    expect(made.newLayers).toEqual(['dense_1', 'dense_2']);
  });

  it('carries everything over where a layer is resized to the size it has', () => {
    expect(plan([{ resize: 'dense_1', units: 6 }]).newLayers).toEqual([]);
  });

  it('inserts a layer, fresh, and carries the others over while their shapes hold', () => {
    const made = plan([{ insert_after: 'dense_1', layer: dense(6) }]);
    expect(namesIn(made)).toEqual(['flatten_1', 'dense_1', 'dense_3', 'dense_2']);
    expect(inheriting(made)).toEqual(['dense_1', 'dense_2']);
    expect(made.newLayers).toEqual(['dense_3']);
  });

  it('starts the layer after an inserted one fresh where its input changes', () => {
    const made = plan([{ insert_after: 'dense_1', layer: { ...dense(4), name: 'wide' } }]);
    expect(inheriting(made)).toEqual(['dense_1']);
    expect(made.newLayers).toEqual(['wide', 'dense_2']);
  });

  it('inserts a layer without weights and starts nothing fresh', () => {
    const made = plan([{ insert_after: 'dense_1', layer: { class_name: 'Dropout', config: { rate: 0.5 } } }]);
    expect(namesIn(made)).toEqual(['flatten_1', 'dense_1', 'dropout_1', 'dense_2']);
    expect(inheriting(made)).toEqual(['dense_1', 'dense_2']);
  });

  it('removes a layer and starts fresh what then takes another shape', () => {
    const made = plan([{ remove: 'dense_1' }]);
    expect(namesIn(made)).toEqual(['flatten_1', 'dense_2']);
    expect(made.inherit).toEqual([]);
    expect(inheriting(plan([{ remove: 'conv2d_2' }], cnn()))).toEqual(['conv2d_1', 'dense_2']);
  });

  it('applies edits in order, each to what the one before left', () => {
    const made = plan([{ insert_after: 'dense_1', layer: { ...dense(5), name: 'middle' } }, { resize: 'middle', units: 8 }, { remove: 'dense_1' }]);
    expect(namesIn(made)).toEqual(['flatten_1', 'middle', 'dense_2']);
    expect(made.architecture.layers[1]!.config).toMatchObject({ units: 8 });
    expect(failureOf(() => plan([{ remove: 'dense_1' }, { resize: 'dense_1', units: 8 }]))).toMatchObject({
      code: 'LAYER_UNKNOWN',
      pointer: '/transfer/edits/1/resize',
    });
  });

  it('never lets a new layer pass for a removed one of the base and inherit its weights', () => {
    const made = plan([{ insert_after: 'dense_1', layer: dense(6) }, { remove: 'dense_1' }]);
    expect(namesIn(made)).toEqual(['flatten_1', 'dense_3', 'dense_2']);
    const failure = failureOf(() => plan([{ remove: 'dense_1' }, { insert_after: 'flatten_1', layer: { ...dense(6), name: 'dense_1' } }]));
    expect(failure).toMatchObject({ code: 'LAYER_NAME_TAKEN', pointer: '/transfer/edits/1/layer/name' });
  });

  it('takes the structure alone where nothing is to be inherited', () => {
    const made = planTransfer(cnn(), { kind: 'structure', inherit: 'none' }, KEEP);
    expect(made.architecture).toEqual(cnn());
    expect(made.inherit).toEqual([]);
    expect(made.newLayers).toEqual(['conv2d_1', 'conv2d_2', 'dense_1', 'dense_2']);
  });

  it('replaces the output layer where the classes differ, even over as many', () => {
    const wider = plan([], cnn(), { classes: 7, loss: 'sparse_categorical_crossentropy', head: 'replace' });
    expect(wider.architecture.layers.at(-1)!.config).toMatchObject({ units: 7 });
    for (const made of [wider, plan([], cnn(), { classes: 3, loss: 'sparse_categorical_crossentropy', head: 'replace' })]) {
      expect(inheriting(made)).toEqual(['conv2d_1', 'conv2d_2', 'dense_1']);
      expect(made.newLayers).toEqual(['dense_2']);
    }
  });

  it.each<[string, Edit, string, string]>([
    ['resizing what has no units', { resize: 'flatten_1', units: 3 }, 'EDIT_NOT_POSSIBLE', '/transfer/edits/0/resize'],
    ['resizing what is not there', { resize: 'dense_9', units: 3 }, 'LAYER_UNKNOWN', '/transfer/edits/0/resize'],
    ['removing what is not there', { remove: 'dense_9' }, 'LAYER_UNKNOWN', '/transfer/edits/0/remove'],
    ['inserting after what is not there', { insert_after: 'dense_9', layer: dense(3) }, 'LAYER_UNKNOWN', '/transfer/edits/0/insert_after'],
    ['a name that is taken', { insert_after: 'dense_1', layer: { ...dense(3), name: 'dense_2' } }, 'LAYER_NAME_TAKEN', '/transfer/edits/0/layer/name'],
  ])('refuses %s', (_, edit, code, pointer) => {
    expect(failureOf(() => plan([edit]))).toMatchObject({ code, pointer });
  });

  it('refuses to remove every layer', () => {
    const edits = [{ remove: 'flatten_1' }, { remove: 'dense_1' }, { remove: 'dense_2' }];
    expect(failureOf(() => plan(edits))).toMatchObject({ code: 'EDIT_NOT_POSSIBLE', pointer: '/transfer/edits/2/remove' });
  });

  it.each<[string, number[], LayerSpec, LayerSpec]>([
    ['Conv1D', [8, 2], { class_name: 'Conv1D', config: { filters: 4, kernel_size: 3 } }, { class_name: 'Conv1D', config: { filters: 7, kernel_size: 3 } }],
    ['Conv2DTranspose', [8, 8, 2], { class_name: 'Conv2DTranspose', config: { filters: 4, kernel_size: 3 } }, { class_name: 'Conv2DTranspose', config: { filters: 7, kernel_size: 3 } }],
    ['SeparableConv2D', [8, 8, 2], { class_name: 'SeparableConv2D', config: { filters: 4, kernel_size: 3 } }, { class_name: 'SeparableConv2D', config: { filters: 7, kernel_size: 3 } }],
    ['LSTM', [8, 2], { class_name: 'LSTM', config: { units: 4, return_sequences: true } }, { class_name: 'LSTM', config: { units: 7, return_sequences: true } }],
  ])('resizes a %s', (_, shape, before, after) => {
    const rest: LayerSpec[] = [{ class_name: 'Flatten' }, dense(3, 'softmax')];
    const made = plan([{ resize: 'sized', units: 7 }], network(shape, [{ ...before, name: 'sized' }, ...rest]));
    expect(made.architecture).toEqual(network(shape, [{ ...after, name: 'sized' }, ...rest]));
  });

  it.each<[string, LayerSpec]>([
    ['DepthwiseConv2D', { class_name: 'DepthwiseConv2D', config: { kernel_size: 3 } }],
    ['BatchNormalization', { class_name: 'BatchNormalization' }],
  ])('does not resize a %s', (_, layer) => {
    const base = network([8, 8, 2], [{ ...layer, name: 'here' }, { class_name: 'Flatten' }, dense(3, 'softmax')]);
    expect(failureOf(() => plan([{ resize: 'here', units: 7 }], base))).toMatchObject({ code: 'EDIT_NOT_POSSIBLE', pointer: '/transfer/edits/0/resize' });
  });
});

describe('structure transfer of a network that branches', () => {
  const takenBy = ({ architecture }: TransferPlan): Record<string, string[]> =>
    Object.fromEntries(architecture.layers.map(({ name }, index) => [name, inputsOf(architecture.layers)[index]!]));
  const dropout: LayerSpec = { class_name: 'Dropout', config: { rate: 0.5 } };

  it('inserts a layer for everyone who took the one before it', () => {
    const made = plan([{ insert_after: 'conv2d_1', layer: dropout }], residual());
    expect(takenBy(made)).toMatchObject({
      dropout_1: ['conv2d_1'],
      batch_normalization_1: ['dropout_1'],
      add_1: ['dropout_1', 'batch_normalization_2'],
    });
    expect(made.newLayers).toEqual([]);
  });

  it('inserts into one way only, and after a merge', () => {
    expect(takenBy(plan([{ insert_after: 'batch_normalization_2', layer: dropout }], residual())).add_1).toEqual(['conv2d_1', 'dropout_1']);
    const after = takenBy(plan([{ insert_after: 'add_1', layer: dropout }], residual()));
    expect([after.dropout_1, after.global_average_pooling2d_1]).toEqual([['add_1'], ['dropout_1']]);
  });

  it('inserts a merge, which says what it takes: a new way around', () => {
    const around: Edit = { insert_after: 'conv2d_2', layer: { class_name: 'Add', name: 'around', inputs: ['conv2d_2', 'conv2d_1'] } };
    const made = plan([around], residual());
    expect(takenBy(made)).toMatchObject({ around: ['conv2d_2', 'conv2d_1'], batch_normalization_2: ['around'], batch_normalization_1: ['conv2d_1'] });
    expect(trace(made.architecture).at(-1)!.output).toEqual([3]);
  });

  it('removes a layer, whose users then take what it took', () => {
    expect(takenBy(plan([{ remove: 'batch_normalization_2' }], residual())).add_1).toEqual(['conv2d_1', 'conv2d_2']);
    expect(takenBy(plan([{ remove: 'conv2d_1' }, { resize: 'conv2d_2', units: 1 }], residual()))).toMatchObject({
      batch_normalization_1: ['input'],
      add_1: ['input', 'batch_normalization_2'],
    });
  });

  it('undoes an insertion by a removal', () => {
    for (const { name } of residual().layers.slice(0, -1)) {
      const made = plan([{ insert_after: name, layer: { ...dropout, name: 'passing' } }, { remove: 'passing' }], residual());
      expect(made.architecture).toEqual(residual());
    }
  });

  it('inherits every layer by name, statistics included', () => {
    const made = plan([], residual(), { classes: 5, loss: 'sparse_categorical_crossentropy', head: 'replace' });
    expect(made.newLayers).toEqual(['dense_1']);
    expect(made.inherit.map(({ to }) => to)).toEqual(weightsOf(residual()).map(({ path }) => path).filter((path) => !path.startsWith('dense_1/')));
    expect(made.inherit.map(({ to }) => to)).toContain('batch_normalization_1/moving_variance');
  });

  it.each<[string, Edit, string, string]>([
    ['removing a merge', { remove: 'add_1' }, 'EDIT_NOT_POSSIBLE', '/transfer/edits/0/remove'],
    ['inserting a merge that takes a later layer', { insert_after: 'conv2d_1', layer: { class_name: 'Add', inputs: ['conv2d_1', 'conv2d_2'] } }, 'LAYER_INPUT_UNKNOWN', '/transfer/edits/0/layer/inputs/1'],
    ['inserting a merge that does not say what it takes', { insert_after: 'conv2d_1', layer: { class_name: 'Add' } }, 'LAYER_INPUT_COUNT', '/transfer/edits/0/layer'],
    ['inserting a layer of two inputs', { insert_after: 'conv2d_2', layer: { class_name: 'ReLU', inputs: ['conv2d_1', 'conv2d_2'] } }, 'LAYER_INPUT_COUNT', '/transfer/edits/0/layer/inputs'],
  ])('refuses %s', (_, edit, code, pointer) => {
    expect(failureOf(() => plan([edit], residual()))).toMatchObject({ code, pointer });
  });

  it('refuses a resize after which a merge does not fit, as any shape', () => {
    expect(failureOf(() => plan([{ resize: 'conv2d_2', units: 5 }], residual()))).toMatchObject({ code: 'SHAPE_MISMATCH' });
  });
});
