// Layers of a graph that was made to be run: they give features in every kind of transfer, and no stage trains one.
import { describe, expect, it } from '@jest/globals';
import type { StageRequest, TransferRequest } from '#contract/job-request.js';
import type { Model } from '#contract/model.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { baseModel, classNames, cnn, dataset, dense, failureOf, fineTune, network, specOf } from '../support/networks.js';

const FROZEN = ['conv2d_1', 'conv2d_2', 'dense_1', 'dense_2'];
/** All of it from a graph. */
const extractor = (more: Partial<Model> = {}): Model => ({ ...baseModel(cnn(), classNames(3, 'other')), frozen_layers: FROZEN, ...more });
const spec = (transfer: TransferRequest, base = extractor()): ResolvedSpec => specOf(fineTune(transfer), dataset({ shape: base.architecture.input_shape }), base);
const refusal = (transfer: TransferRequest, base = extractor()): unknown => failureOf(() => spec(transfer, base));
const parameter = (...stages: StageRequest['trainable'][]): TransferRequest => ({ kind: 'parameter', stages: stages.map((trainable) => ({ trainable })) });

describe('a base that is frozen', () => {
  it('gives its own output as the feature where no cut is asked for, and says so', () => {
    const { features_from: from, auto, frozen_layers: frozen, stages, architecture } = spec({ kind: 'feature' });
    expect(from).toBe('dense_2');
    expect(architecture.layers.map(({ name }) => name).slice(-2)).toEqual(['dense_2', 'dense_3']);
    expect(auto).toContainEqual({ pointer: '/transfer/cut', value: 'dense_2', rule: expect.stringContaining('feature extractor') });
    expect(frozen).toEqual(FROZEN);
    expect(stages.map(({ trainable }) => trainable)).toEqual([['dense_3']]);
  });

  it('is cut elsewhere where that is asked for', () => {
    expect(spec({ kind: 'feature', cut: 'penultimate' }).features_from).toBe('dense_1');
    expect(spec({ kind: 'feature', cut: 'conv2d_1' }).frozen_layers).toEqual(['conv2d_1']);
  });

  it('is trained by no stage', () => {
    expect(refusal({ kind: 'parameter' })).toMatchObject({ code: 'LAYER_FROZEN', pointer: '/transfer', message: expect.stringContaining('"conv2d_1"') });
    expect(refusal(parameter('head', 'all'))).toMatchObject({ code: 'LAYER_FROZEN', pointer: '/transfer/stages/1/trainable' });
    expect(refusal(parameter(['conv2d_*']))).toMatchObject({ code: 'LAYER_FROZEN', pointer: '/transfer/stages/0/trainable' });
    expect(refusal({ kind: 'structure', edits: [{ resize: 'dense_1', units: 8 }] })).toMatchObject({ code: 'LAYER_FROZEN', pointer: '/transfer', message: expect.stringContaining('"feature"') });
  });

  it('is trained by no preset but that of the head alone', () => {
    expect(spec({ kind: 'parameter', preset: 'linear_probe' }).stages.map(({ trainable }) => trainable)).toEqual([['dense_2']]);
    expect(refusal({ kind: 'parameter', preset: 'gradual_unfreeze' })).toMatchObject({ code: 'LAYER_FROZEN', pointer: '/transfer/preset' });
  });

  it('may have a fresh head trained, and what an edit has made anew', () => {
    const { frozen_layers: frozen, features_from: from, stages } = spec(parameter('head'));
    expect(frozen).toEqual(['conv2d_1', 'conv2d_2', 'dense_1']);
    expect(from).toBe('dense_1');
    expect(stages.map(({ trainable }) => trainable)).toEqual([['dense_2']]);
    const resized = spec({ kind: 'structure', edits: [{ resize: 'dense_1', units: 8 }], stages: [{ trainable: 'head' }] });
    expect(resized.frozen_layers).toEqual(['conv2d_1', 'conv2d_2']);
    expect(resized.stages.map(({ trainable }) => trainable)).toEqual([['dense_1', 'dense_2']]);
    expect(spec({ kind: 'structure', inherit: 'none' })).not.toHaveProperty('frozen_layers');
  });

  it('has its head replaced, though the classes are the same, unless it is to be kept', () => {
    const same = extractor({ labels: classNames(3) });
    const { head, auto, frozen_layers: frozen } = spec(parameter('head'), same);
    expect([head, frozen]).toEqual(['replace', ['conv2d_1', 'conv2d_2', 'dense_1']]);
    expect(auto).toContainEqual({ pointer: '/head', value: 'replace', rule: 'the output layer of the base model is frozen' });
    const kept = failureOf(() => specOf(fineTune(parameter('head'), { head: 'keep' }), dataset({ shape: [8, 8, 1] }), same));
    expect(kept).toMatchObject({ code: 'LAYER_FROZEN', pointer: '/transfer/stages/0/trainable' });
    // Classes that both have would start from what is frozen.
    const shared = extractor({ labels: ['class 1', 'another', 'class 0'] });
    expect(spec(parameter('head'), shared).head).toBe('replace');
    const mapped = failureOf(() => specOf(fineTune(parameter('head'), { head: { map: { 'class 0': 'class 0' } } }), dataset({ shape: [8, 8, 1] }), shared));
    expect(mapped).toMatchObject({ code: 'LAYER_FROZEN', pointer: '/transfer/stages/0/trainable' });
  });

  it('stays frozen in the model after, whose own layers go on learning', () => {
    const derived = extractor({ frozen_layers: ['conv2d_1', 'conv2d_2'], labels: classNames(3) });
    expect(spec(parameter('head'), derived).stages.map(({ trainable }) => trainable)).toEqual([['dense_2']]);
    expect(spec(parameter(['dense_*']), derived).stages.map(({ trainable }) => trainable)).toEqual([['dense_1', 'dense_2']]);
    expect(refusal(parameter('all'), derived)).toMatchObject({ code: 'LAYER_FROZEN' });
    // It has an output layer of its own again, before which it is cut.
    expect(spec({ kind: 'feature' }, derived).features_from).toBe('dense_1');
  });

  it('needs no dense layer at its end', () => {
    const pooled = network([4, 4, 1], [{ class_name: 'Conv2D', config: { filters: 4, kernel_size: 3 } }, { class_name: 'GlobalAveragePooling2D' }]);
    const base = { ...baseModel(pooled, []), frozen_layers: ['conv2d_1'] };
    expect(spec({ kind: 'feature', head: [dense(6)] }, base).features_from).toBe('global_average_pooling2d_1');
  });
});
