// Presets: the stages of their sources, for networks of any depth and data of any size.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PRESETS, type FineTuneRequest, type PresetName, type StageRequest } from '#contract/job-request.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { TRANSFER_PRESETS } from '#transfer/presets/registry.js';
import type { PresetFacts } from '#transfer/presets/preset.js';
import { baseModel, classNames, cnn, dataset, failureOf, fineTune, network, dense, specOf } from '../support/networks.js';

const FACTS: PresetFacts = { blocks: 4, trainExamples: 1000, learningRate: 0.01, epochs: 5, epochsAsked: false };
const stagesOf = (name: PresetName, facts: Partial<PresetFacts> = {}): StageRequest[] => TRANSFER_PRESETS[name].stages({ ...FACTS, ...facts });

describe('the stages of', () => {
  it('full are one, in which everything learns', () => expect(stagesOf('full')).toEqual([{ trainable: 'all' }]));

  it('lp_ft are a linear probe, then everything', () => expect(stagesOf('lp_ft')).toEqual([...stagesOf('linear_probe'), { trainable: 'all' }]));

  it('fastai_fine_tune spread the rates of the second evenly, by their ratios, over a hundredfold', () => {
    const [first, second] = stagesOf('fastai_fine_tune', { blocks: 5 });
    expect(first).toMatchObject({ trainable: 'head', epochs: 1, learning_rate: 0.01 });
    expect(second).toMatchObject({ trainable: 'all', epochs: 5, learning_rate: 0.005 });
    expect(second!.lr_decay_per_block! ** 4).toBeCloseTo(0.01, 12);
    expect(stagesOf('fastai_fine_tune', { blocks: 1 })[1]!.lr_decay_per_block).toBe(1);
  });

  it('gradual_unfreeze let one block go after the other, and of many a quarter at a time', () => {
    const lastBlocks = (blocks: number, epochs = 5) => stagesOf('gradual_unfreeze', { blocks, epochs }).map(({ trainable, epochs: count }) => [(trainable as { last_n: number }).last_n, count]);
    expect(lastBlocks(1)).toEqual([[1, 5]]);
    expect(lastBlocks(2)).toEqual([[1, 1], [2, 4]]);
    expect(lastBlocks(4)).toEqual([[1, 1], [2, 1], [3, 1], [4, 2]]);
    expect(lastBlocks(20)).toEqual([[5, 1], [10, 1], [15, 1], [20, 2]]);
    expect(lastBlocks(4, 1)).toEqual([[1, 1], [2, 1], [3, 1], [4, 1]]);
  });

  it.each([[19_999, 500], [20_000, 10_000], [499_999, 10_000], [500_000, 20_000]])('bit_hyperrule take, with %d examples, %d steps', (trainExamples, steps) => {
    expect(stagesOf('bit_hyperrule', { trainExamples })).toMatchObject([{ trainable: 'all', steps }]);
    expect(stagesOf('bit_hyperrule', { trainExamples, epochsAsked: true })).toMatchObject([{ trainable: 'all', epochs: 5 }]);
  });

  it.each(PRESETS)('%s let everything new learn from the first stage on, in at most twenty stages', (name) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 100 }), (blocks, trainExamples, epochs) => {
        const stages = stagesOf(name, { blocks, trainExamples, epochs });
        expect(stages.length).toBeGreaterThan(0);
        expect(stages.length).toBeLessThanOrEqual(20);
        for (const { trainable } of stages) expect(trainable === 'all' || trainable === 'head' || 'last_n' in Object(trainable)).toBe(true);
      }),
    );
  });
});

const CNN = () => baseModel(cnn());
const letters = dataset({ shape: [8, 8, 1], labels: classNames(3, 'letter') });
const specWith = (preset: PresetName | undefined, rest: Partial<FineTuneRequest> = {}): ResolvedSpec =>
  specOf(fineTune({ kind: 'parameter', ...(preset && { preset }) }, rest), letters, CNN());

describe('a fine-tune with a preset', () => {
  it('shows its stages, resolved, and as chosen by the preset', () => {
    const spec = specWith('lp_ft');
    expect(spec.stages).toMatchObject([{ trainable: ['dense_2'], solver: { name: 'lbfgs' } }, { trainable: ['conv2d_1', 'conv2d_2', 'dense_1', 'dense_2'], epochs: 5 }]);
    expect(spec.auto).toContainEqual({ pointer: '/transfer/stages', value: TRANSFER_PRESETS.lp_ft.stages(FACTS), rule: TRANSFER_PRESETS.lp_ft.rule });
  });

  it('without one is full, by the same rule', () => {
    const [named, unnamed] = [specWith('full'), specWith(undefined)];
    expect(unnamed.stages).toEqual(named.stages);
    expect(unnamed.auto).toEqual(named.auto);
  });

  it('trains by what its source trains by, where the caller says nothing', () => {
    expect(specWith('fastai_fine_tune').training.optimizer).toMatchObject({ name: 'adamw', weight_decay: 0.01 });
    expect(specWith('fastai_fine_tune').stages.map((stage) => stage.learning_rate)).toEqual([0.002, 0.001]);
    expect(specWith('bit_hyperrule').training).toMatchObject({ optimizer: { name: 'sgd', momentum: 0.9 }, batch_size: 120, augment: null });
    expect(specWith('bit_hyperrule').stages).toMatchObject([{ steps: 500, epochs: 500, learning_rate: 0.003 }]);
  });

  it('and by what the caller says, where he says it', () => {
    const spec = specWith('fastai_fine_tune', { training: { optimizer: { name: 'sgd', learning_rate: 0.5 }, epochs: 3 } });
    expect(spec.training.optimizer.name).toBe('sgd');
    expect(spec.stages).toMatchObject([{ epochs: 1, learning_rate: 0.5 }, { epochs: 3, learning_rate: 0.25 }]);
    expect(specWith('bit_hyperrule', { training: { epochs: 3 } }).stages).toMatchObject([{ epochs: 3, steps: 3 }]);
  });

  it('keeps features of what none of its stages trains', () => {
    expect(specWith('linear_probe').features_from).toBe('dense_1');
    expect(specWith('lp_ft').features_from).toBeNull();
  });

  it('is refused where stages are spelt out too', () => {
    const both = fineTune({ kind: 'parameter', preset: 'full', stages: [{ trainable: 'all' }] });
    expect(failureOf(() => specOf(both, letters, CNN()))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/transfer/preset' });
  });

  it('is refused at its name where a stage of it has nothing to train', () => {
    const flat = baseModel(network([8, 8, 1], [{ class_name: 'Flatten' }, dense(3, 'softmax')]));
    const request = fineTune({ kind: 'structure', edits: [], preset: 'linear_probe' }, { head: 'keep' });
    expect(failureOf(() => specOf(request, dataset({ shape: [8, 8, 1] }), flat))).toMatchObject({ code: 'NOTHING_TRAINABLE', pointer: '/transfer/preset' });
  });
});
