// Methods that a network, its classes or its stages may not allow: whom to learn from, what can be solved in closed form, which metric a rate may go by.
import { describe, expect, it } from '@jest/globals';
import type { FineTuneRequest, JobRequest, TransferRequest } from '#contract/job-request.js';
import type { Architecture } from '#contract/layers.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { modelBase } from '#jobs/base.js';
import { resolveSpec } from '#jobs/resolve.js';
import { baseModel, classNames, cnn, dataset, dense, failureOf, fineTune, mlp, network, pretrain, specOf } from '../support/networks.js';

const solved = (name: 'ridge' | 'lda' | 'cosine', { architecture = mlp(), trainable = 'head', rest = {} }: { architecture?: Architecture; trainable?: 'head' | 'all'; rest?: Partial<FineTuneRequest> } = {}): ResolvedSpec =>
  specOf(fineTune({ kind: 'parameter', stages: [{ trainable, solver: { name } }] }, rest), dataset({ shape: architecture.input_shape, labels: classNames(3, 'other') }), baseModel(architecture));

describe('a solver in closed form', () => {
  it('is resolved with its defaults, on features computed once', () => {
    expect(solved('ridge')).toMatchObject({ features_from: 'dense_1', stages: [{ trainable: ['dense_2'], solver: { name: 'ridge', l2: 1 / 120 } }] });
    expect(solved('lda').stages[0]!.solver).toEqual({ name: 'lda', shrinkage: 'auto' });
    expect(solved('cosine', { architecture: cnn() }).stages[0]!.solver).toEqual({ name: 'cosine', scale: 10 });
  });

  it.each<[string, Parameters<typeof solved>, RegExp]>([
    ['more than the output layer', ['lda', { trainable: 'all' }], /the output layer must learn, and nothing else/],
    ['classes that count unlike', ['ridge', { rest: { training: { class_weights: 'balanced' } } }], /there are class_weights/],
    ['a sigmoid for each class', ['ridge', { rest: { training: { loss: { name: 'binary_crossentropy' } } } }], /must end in a Dense layer over the classes and a softmax/],
    ['more features than it can hold', ['cosine', { architecture: network([4, 4, 1], [{ class_name: 'Flatten' }, dense(4097), dense(3, 'softmax')]) }], /at most 4096 features, and there are 4097/],
    ['an output layer without a bias', ['lda', { architecture: network([4, 4, 1], [{ class_name: 'Flatten' }, dense(4), { class_name: 'Dense', config: { units: 3, activation: 'softmax', use_bias: false } }]) }], /has no bias/],
    ['an activation between the layer and the softmax', ['ridge', { architecture: network([4, 4, 1], [{ class_name: 'Flatten' }, dense(4), dense(3, 'relu'), { class_name: 'Softmax' }]) }], /must end in a Dense layer/],
  ])('is refused for %s', (_, [name, asked], message) => {
    expect(failureOf(() => solved(name, asked))).toMatchObject({ code: 'METHOD_NOT_POSSIBLE', pointer: '/transfer/stages/0/solver', message: expect.stringMatching(message) as unknown });
  });
});

describe('whom a network may learn from', () => {
  const taught = (architecture: Architecture, { base = modelBase(baseModel(mlp())), teacher = modelBase(baseModel(architecture)), data = dataset() } = {}): ResolvedSpec =>
    resolveSpec(fineTune({ kind: 'parameter', loss_terms: [{ name: 'distillation', model: 'theirs' }] }), data, base, 2 ** 36, new Map([['theirs', { ...teacher, named: 'mdl_teacher' }]]));

  it('is a model of the same classes and inputs, by its id', () => {
    const [term] = taught(mlp(20)).stages[0]!.loss_terms!;
    expect(term).toEqual({ name: 'distillation', model: 'mdl_teacher', temperature: 4, weight: 0.9 });
    expect(specOf(fineTune({ kind: 'parameter', loss_terms: [{ name: 'distillation' }] }), dataset(), baseModel(mlp())).stages[0]!.loss_terms![0]).toMatchObject({ model: baseModel(mlp()).id });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['other inputs', () => taught(cnn()), /takes inputs of \[8, 8, 1\], and the data set holds \[4, 4, 1\]/],
    ['classes in another order', () => taught(mlp(), { teacher: modelBase(baseModel(mlp(), classNames(3).reverse())) }), /class 2, class 1, class 0 apart/],
    ['inputs that are prepared otherwise', () => taught(mlp(), { teacher: { ...modelBase(baseModel(mlp())), preprocessing: { input: { shape: [4, 4, 1], dtype: 'uint8' }, steps: [] } } }), /prepared otherwise/],
    ['no softmax', () => taught(network([4, 4, 1], [{ class_name: 'Flatten' }, dense(3, 'sigmoid')])), /does not end in a softmax/],
  ])('has not %s', (_, work, message) => {
    expect(failureOf(work)).toMatchObject({ code: 'METHOD_NOT_POSSIBLE', pointer: '/transfer/loss_terms/0', message: expect.stringMatching(message) as unknown });
  });

  it('is no checkpoint', () => {
    const checkpoint = { ...modelBase(baseModel(mlp())), named: { job: 'job_1', checkpoint: '1', step: 1, digest: '' } };
    const request = fineTune({ kind: 'parameter', loss_terms: [{ name: 'distillation' }] });
    expect(failureOf(() => resolveSpec(request, dataset(), checkpoint, 2 ** 36))).toMatchObject({ code: 'METHOD_NOT_POSSIBLE', message: expect.stringMatching(/the base is a checkpoint/) as unknown });
  });

  it('takes memory too', () => {
    const large = mlp(2_000_000);
    expect(failureOf(() => resolveSpec(fineTune({ kind: 'parameter', loss_terms: [{ name: 'distillation', model: 'theirs' }] }), dataset(), modelBase(baseModel(mlp())), 2 ** 29, new Map([['theirs', modelBase(baseModel(large))]])))).toMatchObject({ code: 'MODEL_TOO_LARGE' });
  });
});

describe('a rate that falls on a plateau', () => {
  const stages = (metric: string): TransferRequest => ({ kind: 'parameter', stages: [{ trainable: 'all', schedule: { name: 'reduce_on_plateau', metric } }] });
  const requests: [string, JobRequest, string][] = [
    ['of training', pretrain({ training: { schedule: { name: 'reduce_on_plateau' } } }), '/training/schedule/metric'],
    ['of a stage', fineTune(stages('val_loss')), '/transfer/stages/0/schedule/metric'],
  ];

  it.each(requests)('needs validation for val_loss, %s', (_, request, pointer) => {
    expect(failureOf(() => specOf(request, dataset(), baseModel(mlp())))).toMatchObject({ code: 'METRIC_NOT_MEASURED', pointer });
    expect(specOf(request, dataset({ validation: [4, 4, 4] }), baseModel(mlp())).stages[0]!.schedule).toMatchObject({ name: 'reduce_on_plateau', metric: 'val_loss' });
  });

  it('may go by the loss of training, and by nothing that is not there', () => {
    expect(specOf(fineTune(stages('loss')), dataset(), baseModel(mlp())).stages[0]!.schedule).toMatchObject({ metric: 'loss' });
    expect(failureOf(() => specOf(fineTune(stages('test_loss')), dataset(), baseModel(mlp()))).code).toBe('METRIC_NOT_MEASURED');
  });
});
