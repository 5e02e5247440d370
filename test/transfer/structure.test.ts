// Structure transfer: edits, and what still matches after them.
import { describe, expect, it } from '@jest/globals';
import type { Edit } from '#contract/job-request.js';
import type { TransferPlan, TransferTarget } from '#transfer/plan.js';
import { weightsOf } from '#models/architecture.js';
import { planTransfer } from '#transfer/registry.js';
import { cnn, dense, failureOf, mlp } from '../support/networks.js';

const KEEP: TransferTarget = { classes: 3, head: 'keep' };
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
    const wider = plan([], cnn(), { classes: 7, head: 'replace' });
    expect(wider.architecture.layers.at(-1)!.config).toMatchObject({ units: 7 });
    for (const made of [wider, plan([], cnn(), { classes: 3, head: 'replace' })]) {
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
});
