// A whole training from facts: which way is taken where, and that every value has its rule.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DIALS } from '#contract/job-request.js';
import { planTraining, type BaseFacts, type Chosen, type PlanFacts } from '#transfer/auto-plan.js';

const MLP: BaseFacts = { convolutional: false, normalised: false, flopsPerExample: 203_264, frozen: false, sameClasses: false, hasFeatures: true };
const MOBILENET: BaseFacts = { ...MLP, convolutional: true, normalised: true, flopsPerExample: 118e6 };
/** Cheap to train, and with batch normalisations as deep networks have them. */
const SMALL_RESNET: BaseFacts = { ...MOBILENET, flopsPerExample: 10e6 };
const SMALL_CNN: BaseFacts = { ...SMALL_RESNET, normalised: false };
const PROBE = { trainable: 'head', solver: { name: 'lbfgs' } };
const HELD_BACK = { trainable: 'head', solver: { name: 'lbfgs', l2: 1 } };

const planOf = (base: BaseFacts | null, examples: number, classes: number, rest: Partial<PlanFacts> = {}) =>
  planTraining({ dial: 'balanced', task: 'classification', trainExamples: examples, smallestClass: Math.floor(examples / classes), validationExamples: undefined, base, ...rest });
const stagesOf = (plan: ReturnType<typeof planOf>) => {
  const transfer = plan.transfer!.value;
  return transfer.kind === 'parameter' ? transfer.stages! : [];
};

describe('a plan', () => {
  it('takes a linear probe alone on a convolutional base where there are few examples, and trains on all of them', () => {
    const plan = planOf(MOBILENET, 320, 4);
    expect(stagesOf(plan)).toEqual([PROBE]);
    expect(plan.validationSplit!.value).toBe(0);
    expect(plan.earlyStopping).toBeUndefined();
    expect(plan.transfer!.rule).toContain('320 examples');
  });

  it.each<[string, BaseFacts, number, Partial<PlanFacts>]>([
    ['there are a thousand examples', MOBILENET, 1_000, {}],
    ['training all of it is cheap', SMALL_RESNET, 320, {}],
    ['it is asked for', MOBILENET, 320, { dial: 'best' }],
  ])('goes on from the probe at a low rate where %s', (_, base, examples, rest) => {
    const plan = planOf(base, examples, 4, rest);
    expect(stagesOf(plan)).toEqual([PROBE, { trainable: 'all', learning_rate: 1e-4, freeze_batch_norm: true }]);
    expect(plan.validationSplit!.value).toBeGreaterThan(0);
    expect(plan.earlyStopping!.value).toMatchObject({ metric: 'val_loss' });
  });

  it('ends at the probe where that is right on 99 % of what validates, if that is enough examples to be no luck', () => {
    const unless = { metric: 'val_accuracy', at_least: 0.99 };
    for (const enough of [planOf(MOBILENET, 3_000, 4), planOf(SMALL_RESNET, 320, 4, { validationExamples: 300 })]) expect(stagesOf(enough)[1]).toMatchObject({ unless });
    for (const few of [planOf(MOBILENET, 2_900, 4), planOf(SMALL_RESNET, 320, 4, { validationExamples: 299 })]) expect(stagesOf(few)[1]).not.toHaveProperty('unless');
  });

  it('does not go on where nothing could tell whether that is better', () => {
    expect(stagesOf(planOf(SMALL_RESNET, 40, 4))).toHaveLength(1);
    expect(planOf(SMALL_RESNET, 40, 4).transfer!.rule).toContain('10 examples of the smallest class');
    expect(stagesOf(planOf(SMALL_RESNET, 400, 4, { validationExamples: 0 }))).toHaveLength(1);
    expect(stagesOf(planOf(SMALL_RESNET, 40, 4, { validationExamples: 40 }))).toHaveLength(2);
  });

  it('holds nothing out where the data set validates, or the caller said how much', () => {
    expect(planOf(SMALL_RESNET, 400, 4, { validationExamples: 40 }).validationSplit).toBeUndefined();
    expect(planOf(SMALL_RESNET, 400, 4, { validationExamples: 40 }).earlyStopping).toBeDefined();
    expect(planOf(SMALL_RESNET, 400, 4).validationSplit!.value).toBe(0.1);
    expect(planOf(SMALL_RESNET, 200, 4).validationSplit!.value).toBe(0.2);
    expect(planOf(null, 1_000_000, 10).validationSplit!.value).toBe(0.005);
  });

  it('holds the probe back and then trains all layers where there are few examples of a small network, whatever its kind', () => {
    for (const [base, examples, classes] of [[MLP, 25, 5], [MLP, 200, 10], [SMALL_CNN, 25, 5], [SMALL_CNN, 200, 10]] as const) {
      const plan = planOf(base, examples, classes);
      expect(stagesOf(plan)).toEqual([HELD_BACK, { trainable: 'all' }]);
      expect(plan).toMatchObject({ validationSplit: { value: 0 }, optimizer: { value: { name: 'adam' } } });
      expect(plan.earlyStopping).toBeUndefined();
    }
    expect(stagesOf(planOf({ ...SMALL_CNN, flopsPerExample: 1e9 }, 100, 5))).toEqual([PROBE]);
    expect(stagesOf(planOf(SMALL_CNN, 25, 5, { dial: 'quick' }))).toEqual([PROBE]);
  });

  it('does the same with many examples where there are convolutions, and else trains all layers from the start', () => {
    expect(stagesOf(planOf(SMALL_CNN, 5_000, 10))).toEqual([HELD_BACK, { trainable: 'all' }]);
    expect(stagesOf(planOf(MLP, 5_000, 10))).toEqual([{ trainable: 'all' }]);
    for (const base of [MLP, SMALL_CNN]) expect(planOf(base, 5_000, 10)).toMatchObject({ validationSplit: { value: 0.1 }, earlyStopping: { value: { patience: 3 } } });
  });

  it('keeps an output layer whose classes are the same, and never trains what is frozen', () => {
    expect(stagesOf(planOf({ ...MOBILENET, sameClasses: true }, 320, 4))).toEqual([{ trainable: 'all' }]);
    expect(planOf({ ...MOBILENET, frozen: true }, 5_000, 4).transfer!.value).toEqual({ kind: 'feature', solver: { name: 'lbfgs' } });
    expect(planOf({ ...MLP, hasFeatures: false }, 25, 5).transfer!.value).toMatchObject({ stages: [{ trainable: 'all' }] });
  });

  it('goes by the one dial: quick never trains a convolutional network, best goes on for longer', () => {
    expect(stagesOf(planOf(SMALL_CNN, 5_000, 4, { dial: 'quick' }))).toHaveLength(1);
    expect(DIALS.map((dial) => planOf(MLP, 5_000, 10, { dial }).epochs.value)).toEqual([5, 10, 30]);
  });

  it('says why, and never chooses what cannot be, whatever the facts are', () => {
    const base = fc.record({ convolutional: fc.boolean(), normalised: fc.boolean(), flopsPerExample: fc.integer({ min: 0, max: 1e9 }), frozen: fc.boolean(), sameClasses: fc.boolean(), hasFeatures: fc.boolean() });
    fc.assert(
      fc.property(fc.constantFrom(...DIALS), fc.option(base), fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1000 }), fc.constantFrom(undefined, 0, 40, 4_000), (dial, facts, examples, classes, validationExamples) => {
        const smallestClass = Math.max(1, Math.floor(examples / classes));
        const plan = planTraining({ dial, task: 'classification', trainExamples: examples, smallestClass, validationExamples, base: facts });
        for (const { rule } of Object.values(plan) as Chosen<unknown>[]) expect(rule.length).toBeGreaterThan(10);
        expect(Number.isInteger(plan.epochs.value) && plan.epochs.value > 0 && plan.batchSize.value >= 1).toBe(true);
        const split = plan.validationSplit?.value ?? 0;
        if (split > 0) expect(smallestClass).toBeGreaterThanOrEqual(20);
        // Whatever stops early or chooses has something to go by.
        if (plan.earlyStopping || JSON.stringify(plan).includes('unless')) expect(validationExamples ?? split).toBeGreaterThan(0);
        if (facts?.frozen) expect(plan.transfer!.value.kind).toBe('feature');
      }),
    );
  });
});
