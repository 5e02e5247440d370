// POST /v1/jobs, by what is sent: what is refused and where the failure points, that nothing of it stays behind, and what an
// accepted request comes to.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { resolveOptimizer } from '#contract/optimizers.js';
import type { Dataset } from '#contract/dataset.js';
import type { Job } from '#contract/job.js';
import { TestApp } from '../support/app.js';
import { fourFiles } from '../support/idx.js';
import { expectProblem, fineTune, pretrain, send } from '../support/requests.js';

/** SGD with nothing said of it. */
const SGD = resolveOptimizer({ name: 'sgd' });

let app: TestApp;
let digits: Dataset;
let letters: Dataset;
let base: string;
beforeAll(async () => {
  app = await TestApp.open({ memoryLimitBytes: 2 ** 30 });
  digits = await app.generated('glyph_digits');
  letters = await app.generated('glyph_letters');
  base = (await app.model(digits.id)).id;
}, 60_000);

type Body = Record<string, unknown>;
/** A value with one part replaced: `put(body, ['training', 'epochs'], 0)`. */
function put(body: Body, path: readonly (string | number)[], value: unknown): Body {
  const copy = structuredClone(body);
  let place: Record<string | number, unknown> = copy;
  for (const key of path.slice(0, -1)) place = (place[key] ??= {}) as Body;
  place[path.at(-1)!] = value;
  return copy;
}
const pointerOf = (path: readonly (string | number)[]): string => path.map((key) => `/${key}`).join('');

/** Refuses the body, pointing at these places, and leaves store and queue as they were. */
async function expectRefusal(body: unknown, code: string, pointers: readonly string[], status = 422): Promise<string> {
  const before = await app.traces();
  const answer = await app.post('/v1/jobs', body);
  const problem = expectProblem(answer, status, code, pointers);
  expect(await app.traces()).toEqual(before);
  return problem.errors[0]?.detail ?? problem.detail;
}

const SMOOTHED = { name: 'categorical_crossentropy', label_smoothing: 0.1 };
const full = (): Body => ({
  ...pretrain(digits.id),
  name: 'full',
  model: { layers: [{ class_name: 'Flatten' }, { class_name: 'Dense', config: { units: 10, activation: 'softmax' } }] },
  training: {
    epochs: 1, batch_size: 16, optimizer: { name: 'sgd', learning_rate: 0.1, momentum: 0.5 }, loss: SMOOTHED, class_weights: { 0: 2 }, seed: 3, validation_split: 0.1,
    schedule: { name: 'cosine', warmup: 0.1 },
    augment: { noise: 0.1, erase: { probability: 0.25 } },
    budget: { steps: 1_000, until: { metric: 'val_accuracy', at_least: 0.9 } },
  },
  priority: 7,
  metadata: { team: 'a' },
});
const tuned = (transfer: object = { kind: 'parameter', stages: [{ trainable: 'all', epochs: 1 }] }): Body =>
  fineTune(letters.id, base, transfer, { head: 'auto', baseline: { scratch: true } });

describe('POST /v1/jobs with a field it does not know', () => {
  it.each([
    ['the job', () => full(), ['epochs']],
    ['training', () => full(), ['training', 'learning_rate']],
    ['the optimizer', () => full(), ['training', 'optimizer', 'beta']],
    ['the augmentation', () => full(), ['training', 'augment', 'cutout']],
    ['the budget', () => full(), ['training', 'budget', 'epochs']],
    ['what a budget waits for', () => full(), ['training', 'budget', 'until', 'patience']],
    ['random erasing', () => full(), ['training', 'augment', 'erase', 'colour']],
    ['the loss', () => full(), ['training', 'loss', 'smoothing']],
    ['the loss, which is Huber’s', () => put(full(), ['training', 'loss'], { name: 'huber' }), ['training', 'loss', 'label_smoothing']],
    ['the optimizer, which is adam', () => put(full(), ['training', 'optimizer'], { name: 'adam' }), ['training', 'optimizer', 'momentum']],
    ['the model', () => put(full(), ['model'], { architecture: 'mlp' }), ['model', 'filters']],
    ['a layer', () => full(), ['model', 'layers', 1, 'units']],
    ['a layer config', () => full(), ['model', 'layers', 1, 'config', 'unit']],
    ['the config of a layer that has no settings', () => full(), ['model', 'layers', 0, 'config', 'units']],
    ['a fine-tuning', () => tuned(), ['model']],
    ['the transfer', () => tuned(), ['transfer', 'cut']],
    ['a feature transfer', () => tuned({ kind: 'feature' }), ['transfer', 'stages']],
    ['a stage', () => tuned(), ['transfer', 'stages', 0, 'batch_size']],
    ['an edit', () => tuned({ kind: 'structure', edits: [{ remove: 'dense_1' }] }), ['transfer', 'edits', 0, 'extra']],
    ['a layer to insert', () => tuned({ kind: 'structure', edits: [{ insert_after: 'dense_1', layer: { class_name: 'Dense', config: { units: 4 } } }] }),
      ['transfer', 'edits', 0, 'layer', 'units']],
    ['the baseline', () => tuned(), ['baseline', 'epochs']],
    ['a key with a slash and a tilde', () => full(), ['a/b~c']],
  ])('refuses it with its pointer: %s', async (_place, body, path) => {
    const pointer = path.length === 1 && path[0] === 'a/b~c' ? '/a~1b~0c' : pointerOf(path);
    await expectRefusal(put(body(), path, 1), 'UNKNOWN_FIELD', [pointer]);
  });
});

describe('POST /v1/jobs with a value it does not take', () => {
  it.each([
    ['epochs 0', ['training', 'epochs'], 0],
    ['epochs -1', ['training', 'epochs'], -1],
    ['epochs 1.5', ['training', 'epochs'], 1.5],
    ['epochs 1e9', ['training', 'epochs'], 1e9],
    ['epochs "10"', ['training', 'epochs'], '10'],
    ['epochs "NaN"', ['training', 'epochs'], 'NaN'],
    ['epochs true', ['training', 'epochs'], true],
    ['epochs null', ['training', 'epochs'], null],
    ['a learning rate of 0', ['training', 'optimizer', 'learning_rate'], 0],
    ['a learning rate of -1', ['training', 'optimizer', 'learning_rate'], -1],
    ['a learning rate of 1e6', ['training', 'optimizer', 'learning_rate'], 1e6],
    ['a learning rate of 1e-320', ['training', 'optimizer', 'learning_rate'], 1e-320],
    ['a learning rate "0.1"', ['training', 'optimizer', 'learning_rate'], '0.1'],
    ['a momentum of 1', ['training', 'optimizer', 'momentum'], 1],
    ['an unknown optimizer', ['training', 'optimizer', 'name'], 'lion'],
    ['an unknown loss', ['training', 'loss', 'name'], 'hinge'],
    ['a loss as a word', ['training', 'loss'], 'huber'],
    ['a label smoothing of 1', ['training', 'loss', 'label_smoothing'], 1],
    ['a class weight of -1', ['training', 'class_weights', '0'], -1],
    ['a class weight "2"', ['training', 'class_weights', '0'], '2'],
    ['class weights as a list', ['training', 'class_weights'], [1, 2]],
    ['class weights by another word', ['training', 'class_weights'], 'equal'],
    ['batch_size 0', ['training', 'batch_size'], 0],
    ['batch_size 2^31', ['training', 'batch_size'], 2 ** 31],
    ['batch_size 1.5', ['training', 'batch_size'], 1.5],
    ['a validation split of 0.9', ['training', 'validation_split'], 0.9],
    ['a seed of -1', ['training', 'seed'], -1],
    ['a seed of 2^32', ['training', 'seed'], 2 ** 32],
    ['a budget without a bound', ['training', 'budget'], {}],
    ['a budget of 0 steps', ['training', 'budget', 'steps'], 0],
    ['a budget of half a second', ['training', 'budget', 'seconds'], 0.5],
    ['a budget of more time than a job may have', ['training', 'budget', 'seconds'], 1e9],
    ['a budget until an accuracy of 90', ['training', 'budget', 'until', 'at_least'], 90],
    ['training as a word', ['training'], 'fast'],
    ['training as a list', ['training'], []],
    ['priority 11', ['priority'], 11],
    ['priority "5"', ['priority'], '5'],
    ['metadata that nest', ['metadata', 'team'], { name: 'a' }],
    ['metadata with a number', ['metadata', 'team'], 1],
    ['a dataset that is no text', ['dataset'], 5],
    ['a model as a word', ['model'], 'mlp'],
    ['no layers', ['model', 'layers'], []],
    ['an unknown layer class', ['model', 'layers', 0, 'class_name'], 'Lambda'],
    ['a layer class of every object', ['model', 'layers', 0, 'class_name'], 'toString'],
    ['a layer class called constructor', ['model', 'layers', 0, 'class_name'], 'constructor'],
    ['units 0', ['model', 'layers', 1, 'config', 'units'], 0],
    ['units 1e9', ['model', 'layers', 1, 'config', 'units'], 1e9],
    ['an unknown activation', ['model', 'layers', 1, 'config', 'activation'], 'Softmax'],
    ['a layer name with a slash', ['model', 'layers', 1, 'name'], 'a/b'],
    ['an empty name', ['name'], ''],
    ['a name of 129 characters', ['name'], 'x'.repeat(129)],
    ['a name with a control character', ['name'], 'a\u0007b'],
    ['a name with a line break', ['name'], 'a\nb'],
    ['a name with NUL', ['name'], 'a\u0000'],
    ['a name that turns the text around', ['name'], 'a\u202Eb'],
    ['a name with a zero-width character', ['name'], 'a\u200Bb'],
    ['a name with a lone surrogate', ['name'], 'a\uD800'],
    ['a name that is a number', ['name'], 7],
  ])('refuses %s with its pointer', async (_what, path, value) => {
    await expectRefusal(put(full(), path, value), 'INVALID_VALUE', [pointerOf(path)]);
  });

  it('says which limits it goes by', async () => {
    expect(await expectRefusal(put(full(), ['training', 'epochs'], 0), 'INVALID_VALUE', ['/training/epochs'])).toContain('>= 1');
    expect(await expectRefusal(put(full(), ['training', 'epochs'], 1e9), 'INVALID_VALUE', ['/training/epochs'])).toContain('10000');
    expect(await expectRefusal(put(full(), ['training', 'optimizer', 'name'], 'lion'), 'INVALID_VALUE', ['/training/optimizer/name'])).toContain('sgd, adam');
  });

  it('takes a name in any script', async () => {
    expect((await app.submit({ ...full(), name: 'Zürich 手写数字 🌱' })).name).toBe('Zürich 手写数字 🌱');
  });

  it('refuses 1e400, which is no number in JSON', async () => {
    const body = JSON.stringify(full()).replace('"epochs":1', '"epochs":1e400');
    const answer = await send(app.url, '/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expectProblem(answer, 422, 'INVALID_VALUE', ['/training/epochs']);
  });

  it.each([
    ['type', () => ({ ...full(), type: undefined }), '/type'],
    ['dataset', () => ({ ...full(), dataset: undefined }), '/dataset'],
    ['model', () => ({ ...full(), model: undefined }), '/model'],
    ['base_model', () => ({ ...tuned(), base_model: undefined }), '/base_model'],
    ['transfer.kind', () => ({ ...tuned(), transfer: {} }), '/transfer/kind'],
    ['optimizer.name', () => put(full(), ['training', 'optimizer'], {}), '/training/optimizer/name'],
    ['a layer’s class_name', () => put(full(), ['model', 'layers', 0], {}), '/model/layers/0/class_name'],
    ['a layer’s config', () => put(full(), ['model', 'layers', 1], { class_name: 'Dense' }), '/model/layers/1/config'],
    ['a layer’s units', () => put(full(), ['model', 'layers', 1, 'config'], {}), '/model/layers/1/config/units'],
    ['what a stage trains', () => tuned({ kind: 'parameter', stages: [{ epochs: 1 }] }), '/transfer/stages/0/trainable'],
  ])('misses %s', async (_what, body, pointer) => {
    await expectRefusal(body(), 'MISSING_FIELD', [pointer]);
  });

  it.each([
    ['an unknown type', () => ({ ...full(), type: 'distill' }), '/type'],
    ['an unknown kind of transfer', () => tuned({ kind: 'adapter' }), '/transfer/kind'],
    ['an unknown head', () => ({ ...tuned(), head: 'map' }), '/head'],
    ['no stages', () => tuned({ kind: 'parameter', stages: [] }), '/transfer/stages'],
    ['an unknown word for what a stage trains', () => tuned({ kind: 'parameter', stages: [{ trainable: 'tail' }] }), '/transfer/stages/0/trainable'],
    ['a stage of 0 epochs', () => tuned({ kind: 'parameter', stages: [{ trainable: 'all', epochs: 0 }] }), '/transfer/stages/0/epochs'],
    ['an inserted layer of an unknown class', () => tuned({ kind: 'structure', edits: [{ insert_after: 'dense_1', layer: { class_name: 'Lambda' } }] }),
      '/transfer/edits/0/layer/class_name'],
    ['a resize to 0 units', () => tuned({ kind: 'structure', edits: [{ resize: 'dense_1', units: 0 }] }), '/transfer/edits/0/units'],
    ['a head of an unknown layer', () => tuned({ kind: 'feature', head: [{ class_name: 'Lambda' }] }), '/transfer/head/0/class_name'],
    ['an unknown inheritance', () => tuned({ kind: 'structure', inherit: 'all' }), '/transfer/inherit'],
    ['an unknown architecture', () => ({ ...full(), model: { architecture: 'rnn' } }), '/model/architecture'],
  ])('refuses %s', async (_what, body, pointer) => {
    await expectRefusal(body(), 'INVALID_VALUE', [pointer]);
  });

  it('tells all that is wrong at once, each with its own pointer', async () => {
    const body = { ...put(put(full(), ['training', 'epochs'], 0), ['training', 'batch_size'], 'x'), colour: 'red' };
    const answer = await app.post('/v1/jobs', body);
    const { errors } = expectProblem(answer, 422, 'INVALID_REQUEST', ['/colour', '/training/batch_size', '/training/epochs']);
    expect(errors.map(({ code }) => code).sort()).toEqual(['INVALID_VALUE', 'INVALID_VALUE', 'UNKNOWN_FIELD']);
  });

  it('answers a body of a hundred thousand wrong fields briefly and soon', async () => {
    const body = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`f${at}`, 1]));
    const startedAt = performance.now();
    const answer = await app.post('/v1/jobs', { ...body, type: 'pretrain' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(answer.status).toBe(422);
    expect(answer.json<{ errors: unknown[] }>().errors.length).toBeLessThanOrEqual(20);
  });
});

describe('POST /v1/jobs with what does not go together', () => {
  it.each([
    ['a data set that is not there', 'DATASET_UNKNOWN', '/dataset', () => pretrain(`ds_${'0'.repeat(32)}`)],
    ['a data set id that is none', 'DATASET_UNKNOWN', '/dataset', () => pretrain('../../etc/passwd')],
    ['a base model that is not there', 'MODEL_UNKNOWN', '/base_model', () => ({ ...tuned(), base_model: `mdl_${'0'.repeat(32)}` })],
    ['a base model id that is none', 'MODEL_UNKNOWN', '/base_model', () => ({ ...tuned(), base_model: '..' })],
    ['a cut that names no layer', 'LAYER_UNKNOWN', '/transfer/cut', () => tuned({ kind: 'feature', cut: 'dense_9' })],
    ['a resize that names no layer', 'LAYER_UNKNOWN', '/transfer/edits/0/resize', () => tuned({ kind: 'structure', edits: [{ resize: 'dense_9', units: 8 }] })],
    ['a removal that names no layer', 'LAYER_UNKNOWN', '/transfer/edits/1/remove',
      () => tuned({ kind: 'structure', edits: [{ resize: 'dense_1', units: 8 }, { remove: 'dense_9' }] })],
    ['an insertion after no layer', 'LAYER_UNKNOWN', '/transfer/edits/0/insert_after',
      () => tuned({ kind: 'structure', edits: [{ insert_after: 'toString', layer: { class_name: 'Flatten' } }] })],
    ['a stage that names no layer', 'LAYER_UNKNOWN', '/transfer/stages/0/trainable/1',
      () => tuned({ kind: 'parameter', stages: [{ trainable: ['dense_1', 'dense_9'] }] })],
    ['a stage that trains nothing', 'NOTHING_TRAINABLE', '/transfer/stages/0/trainable', () => tuned({ kind: 'parameter', stages: [{ trainable: ['flatten_1'] }] })],
    ['a resize of a layer without units', 'EDIT_NOT_POSSIBLE', '/transfer/edits/0/resize',
      () => tuned({ kind: 'structure', edits: [{ resize: 'flatten_1', units: 8 }] })],
    ['more examples in a batch than there are', 'BATCH_TOO_LARGE', '/training/batch_size', () => put(full(), ['training', 'batch_size'], 60_000)],
    ['more steps than are accepted', 'TOO_MANY_STEPS', '/training/epochs',
      () => ({ ...tuned({ kind: 'parameter', stages: Array.from({ length: 20 }, () => ({ trainable: 'all', epochs: 10_000 })) }), training: { batch_size: 1 } })],
    ['an output layer for other classes (B52)', 'OUTPUT_MISMATCH', '/model/layers', () => put(full(), ['model', 'layers', 1, 'config', 'units'], 7)],
    ['an output layer without softmax', 'OUTPUT_MISMATCH', '/model/layers', () => put(full(), ['model', 'layers', 1, 'config', 'activation'], 'relu')],
    ['an output layer for another loss', 'OUTPUT_MISMATCH', '/model/layers', () => put(full(), ['training', 'loss'], { name: 'binary_crossentropy' })],
    ['a kept output layer for another loss', 'OUTPUT_MISMATCH', '/transfer',
      () => ({ ...fineTune(digits.id, base, { kind: 'parameter' }, { head: 'keep' }), training: { loss: { name: 'binary_crossentropy' } } })],
    ['a weight for a class that is not there', 'CLASS_UNKNOWN', '/training/class_weights/a~1b~0c', () => put(full(), ['training', 'class_weights'], { 0: 1, 'a/b~c': 2 })],
    ['a budget until a metric that is not measured', 'METRIC_NOT_MEASURED', '/training/budget/until/metric',
      () => put(full(), ['training', 'budget'], { until: { metric: 'val_auc', at_least: 0.9 } })],
    ['a budget until a high loss', 'INVALID_VALUE', '/training/budget/until/at_least',
      () => put(full(), ['training', 'budget', 'until'], { metric: 'loss', at_least: 0.5 })],
    ['a budget of more time than the limit has', 'INVALID_VALUE', '/training/budget/seconds',
      () => ({ ...put(full(), ['training', 'budget'], { seconds: 60 }), limits: { run_seconds: 60 } })],
    ['class weights that leave nothing', 'INVALID_VALUE', '/training/class_weights',
      () => put(full(), ['training', 'class_weights'], Object.fromEntries(digits.content!.class_names.map((name) => [name, 0])))],
    ['a model too large for the machine', 'MODEL_TOO_LARGE', '/model', () => ({ ...full(), model: { architecture: 'mlp', hidden: [65_536, 1024] } })],
    ['a model too large to be multiplied out', 'MODEL_TOO_LARGE', '/model', () => ({ ...full(), model: { architecture: 'mlp', hidden: Array(16).fill(65_536) } })],
    ['two layers of one name', 'LAYER_NAME_TAKEN', '/model/layers/1/name',
      () => put(put(full(), ['model', 'layers', 0, 'name'], 'same'), ['model', 'layers', 1, 'name'], 'same')],
    ['layers that do not fit', 'SHAPE_MISMATCH', '/model/layers/1',
      () => put(full(), ['model', 'layers'], [{ class_name: 'Flatten' }, { class_name: 'Conv2D', config: { filters: 4, kernel_size: 3 } }])],
    ['a window larger than the image', 'SHAPE_MISMATCH', '/model/layers/0',
      () => put(full(), ['model', 'layers'], [{ class_name: 'MaxPooling2D', config: { pool_size: 64 } }, { class_name: 'Flatten' }])],
    ['a layer that takes a later one', 'LAYER_INPUT_UNKNOWN', '/model/layers/0/inputs/0',
      () => put(full(), ['model', 'layers'], [{ class_name: 'Flatten', inputs: ['later'] }, { class_name: 'Dense', name: 'later', config: { units: 10 } }])],
    ['a MobileNetV2 for images this small', 'SHAPE_MISMATCH', '/model', () => ({ ...full(), model: { architecture: 'mobilenet_v2' } })],
    ['an edit after which the layers do not fit', 'SHAPE_MISMATCH', '/transfer',
      () => tuned({ kind: 'structure', edits: [{ insert_after: 'flatten_1', layer: { class_name: 'MaxPooling2D' } }] })],
    ['a head whose layers do not fit', 'SHAPE_MISMATCH', '/transfer',
      () => tuned({ kind: 'feature', head: [{ class_name: 'MaxPooling2D' }] })],
  ])('refuses %s', async (_what, code, pointer, body) => {
    await expectRefusal(body(), code, [pointer]);
  });

  it('names the layers there are where a cut names none', async () => {
    const detail = await expectRefusal(tuned({ kind: 'feature', cut: 'dense_9' }), 'LAYER_UNKNOWN', ['/transfer/cut']);
    expect(detail).toContain('"dense_9"');
    expect(detail).toContain('flatten_1, dense_1, dense_2');
  });

  it('refuses a data set that is not ready, whatever keeps it from being so', async () => {
    const waiting = (await app.post('/v1/datasets', { generate: { name: 'glyph_digits' } })).json<Dataset>();
    expect(waiting.status).toBe('validating');
    const detail = await expectRefusal(pretrain(waiting.id), 'DATASET_NOT_READY', ['/dataset'], 409);
    expect(detail).toContain('validating');
    await app.delete(`/v1/datasets/${waiting.id}`);
  });

  it('refuses a base model of other inputs', async () => {
    const images = Array.from({ length: 20 }, (_, at) => at % 2);
    const small = await app.uploaded(fourFiles(images, images));
    await expectRefusal(fineTune(small.id, base, { kind: 'parameter' }), 'INPUT_MISMATCH', ['/dataset']);
  });
});

describe('POST /v1/jobs with a request it takes', () => {
  it('answers 201 with the address and the whole job, queued', async () => {
    const answer = await app.post('/v1/jobs', full());
    const job = answer.json<Job>();
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({ object: 'job', type: 'pretrain', name: 'full', status: 'queued', priority: 7, metadata: { team: 'a' }, attempt: 0, model: null });
    expect(job.status_history).toEqual([{ status: 'queued', at: job.created_at, reason: null }]);
    expect((await app.get(answer.headers.location!)).json()).toMatchObject({ id: job.id, spec: job.spec });
  });

  it('shows what was asked for as it was asked, and chooses nothing that was said', async () => {
    const { spec } = await app.submit(full());
    expect(spec.training).toMatchObject({ batch_size: 16, optimizer: { name: 'sgd', momentum: 0.5 }, loss: SMOOTHED, class_weights: [2, 1, 1, 1, 1, 1, 1, 1, 1, 1], seed: 3, validation_split: 0.1 });
    expect(spec.training.budget).toEqual({ steps: 1_000, until: { metric: 'val_accuracy', at_least: 0.9 }, seconds: null });
    expect(spec.stages).toEqual([expect.objectContaining({ epochs: 1, learning_rate: 0.1, schedule: { name: 'cosine', warmup: 0.1, final_factor: 0 }, steps: Math.ceil(spec.training.train_examples / 16) })]);
    expect(spec.training.train_examples + spec.training.validation_examples).toBe(200);
    expect(spec.auto.map(({ pointer }) => pointer)).toEqual(['/data', '/threads']);
  });

  it('fills in what was left open and says by which rule', async () => {
    const bare = pretrain(digits.id);
    delete bare.training;
    const left = await app.submit(bare);
    expect(left.spec).toMatchObject({
      training: { batch_size: 32, optimizer: SGD, loss: { name: 'sparse_categorical_crossentropy' }, class_weights: null, seed: 1, validation_split: 0 },
      stages: [{ epochs: 5, learning_rate: 0.01, trainable: ['dense_1', 'dense_2'] }],
    });
    const pointers = ['/training/optimizer', '/training/validation_split', '/training/epochs', '/training/batch_size', '/training/optimizer/learning_rate', '/training/schedule', '/training/seed', '/training/augment', '/training/loss', '/training/class_weights', '/data', '/threads'];
    expect(left.spec.auto.map(({ pointer }) => pointer)).toEqual(pointers);
    for (const { rule } of left.spec.auto) expect(rule).not.toBe('');
    expect((await app.submit({ ...bare, training: { seed: 2 } })).spec_digest).not.toBe(left.spec_digest);
  });

  it('resolves a fine-tuning against its base: what is inherited, what is new, which head', async () => {
    const job = await app.submit(tuned({ kind: 'structure', edits: [{ insert_after: 'dense_1', layer: { class_name: 'Dense', config: { units: 16, activation: 'relu' } } }] }));
    expect(job.spec).toMatchObject({ base_model: base, head: 'replace', class_names: letters.content!.class_names });
    expect(job.spec.architecture.layers.map(({ name }) => name)).toEqual(['flatten_1', 'dense_1', 'dense_3', 'dense_2']);
    expect(job.spec.inherit).toEqual(['kernel', 'bias'].map((weight) => ({ from: `dense_1/${weight}`, to: `dense_1/${weight}` })));
    expect(job.spec.runs).toEqual([{ run: 'main', role: 'main', seed: 1 }, { run: 'baseline', role: 'baseline', seed: 1 }]);
    expect(job.spec.auto).toContainEqual(expect.objectContaining({ pointer: '/head', value: 'replace' }));
  });

  it('puts it behind those of its priority and before those of a lower one', async () => {
    const [low, high] = [await app.submit(pretrain(digits.id, { priority: 0 })), await app.submit(pretrain(digits.id, { priority: 10 }))];
    const later = await app.submit(pretrain(digits.id, { priority: 10 }));
    expect((await app.job(high.id)).queue).toEqual({ position: 1, ahead: 0 });
    expect((await app.job(later.id)).queue).toEqual({ position: 2, ahead: 1 });
    expect((await app.job(low.id)).queue!.ahead).toBeGreaterThanOrEqual(2);
  });
});
