// From a request to a resolved spec, or to the reason why it cannot work.
import { describe, expect, it } from '@jest/globals';
import { resolveOptimizer } from '#contract/optimizers.js';
import fc from 'fast-check';
import type { AugmentRequest } from '#contract/augment.js';
import type { Dataset } from '#contract/dataset.js';
import type { Edit, JobRequest, StageRequest, TransferRequest } from '#contract/job-request.js';
import type { LayerSpec } from '#contract/layers.js';
import type { Model } from '#contract/model.js';
import { trace, weightsOf } from '#models/architecture.js';
import { modelBase } from '#jobs/base.js';
import { loadOf, requireReady, resolveSpec, type ReadyDataset } from '#jobs/resolve.js';
import { validationCount } from '#datasets/split.js';
import { ARTICLE, baseModel, classNames, cnn, dataset, dense, failureOf, fineTune, mlp, network, pretrain, specOf } from '../support/networks.js';
import { share } from '../support/share.js';

/** SGD with nothing said of it. */
const SGD = resolveOptimizer({ name: 'sgd' });

const DIGITS = dataset({
  shape: [28, 28, 1],
  labels: classNames(10, 'digit'),
  train: Array.from({ length: 10 }, () => 6_000),
  test: Array.from({ length: 10 }, () => 1_000),
});

describe('the spec of the article’s example', () => {
  const request = pretrain({
    model: { architecture: 'mlp', hidden: [128] },
    training: { epochs: 5, batch_size: 32, optimizer: { name: 'sgd', learning_rate: 0.01 }, seed: 7 },
  });

  it('says everything that decides the bytes of the result', () => {
    expect(specOf(request, DIGITS)).toEqual({
      type: 'pretrain',
      dataset: DIGITS.id,
      dataset_digest: DIGITS.content.digest,
      base_model: null,
      base_weights_digest: null,
      transfer: null,
      head: null,
      architecture: ARTICLE,
      inherit: [],
      features_from: null,
      stages: [{ trainable: ['dense_1', 'dense_2'], epochs: 5, steps: 9_375, learning_rate: 0.01, schedule: { name: 'constant', warmup: 0 } }],
      training: {
        batch_size: 32,
        optimizer: SGD,
        loss: { name: 'sparse_categorical_crossentropy' },
        class_weights: null,
        seed: 7,
        validation_split: 0,
        augment: null,
        budget: null,
        train_examples: 60_000,
        validation_examples: 0,
      },
      class_names: DIGITS.content.class_names,
      preprocessing: DIGITS.content.preprocessing,
      data: 'in_memory',
      threads: 1,
      runs: [{ run: 'main', role: 'main', seed: 7 }],
      auto: [
        { pointer: '/training/validation_split', value: 0, rule: 'all training examples are trained on' },
        { pointer: '/training/schedule', value: { name: 'constant' }, rule: 'the article’s constant rate' },
        { pointer: '/training/augment', value: null, rule: 'the examples are trained on as they are' },
        { pointer: '/training/loss', value: { name: 'sparse_categorical_crossentropy' }, rule: 'each example has one class: cross-entropy' },
        { pointer: '/training/class_weights', value: null, rule: 'all examples count alike' },
        { pointer: '/data', value: 'in_memory', rule: 'with all training examples in memory the job takes no more than a job may' },
        { pointer: '/threads', value: 1, rule: 'under 80 MFLOP a step: one thread is faster' },
      ],
    });
  });

  it('is the same where all of it is left to the service, but for the seed and what was chosen', () => {
    const { auto, ...spec } = specOf(pretrain({ training: { seed: 7 } }), DIGITS);
    const { auto: autoWhenSaid, ...said } = specOf(request, DIGITS);
    expect(spec).toEqual(said);
    const pointers = (list: typeof auto): string[] => list.map(({ pointer }) => pointer).sort();
    expect(pointers(auto)).toEqual(
      ['/training/optimizer', '/training/epochs', '/training/batch_size', '/training/optimizer/learning_rate', ...pointers(autoWhenSaid)].sort(),
    );
  });
});

describe('counting', () => {
  it.each([
    [120, 32, 4],
    [120, 30, 4],
    [120, 119, 2],
    [120, 120, 1],
    [120, 1, 120],
  ])('%d examples in batches of %d are %d steps an epoch, a short last batch included', (_, batch, steps) => {
    expect(specOf(pretrain({ training: { batch_size: batch, epochs: 3 } })).stages[0]!.steps).toBe(3 * steps);
  });

  it('takes what validates out of what is trained on', () => {
    const { training, stages } = specOf(pretrain({ training: { validation_split: 0.25, batch_size: 30, epochs: 2 } }));
    expect(training).toMatchObject({ train_examples: 90, validation_examples: 30, validation_split: 0.25 });
    expect(stages[0]!.steps).toBe(6);
  });

  it('counts the examples of a validation part as what validates, and as memory', () => {
    const [two, three] = [dataset(), dataset({ validation: [5, 5, 2] })];
    const { training } = specOf(pretrain(), three);
    expect(training).toMatchObject({ train_examples: 120, validation_examples: 12, validation_split: 0 });
    expect(loadOf(specOf(pretrain(), three), three.content).examples).toBe(loadOf(specOf(pretrain(), two), two.content).examples + 12);
    const until = { metric: 'val_loss', at_most: 0.1 };
    expect(specOf(pretrain({ training: { budget: { until } } }), three).training.budget).toMatchObject({ until });
  });

  it('gives a large network two threads', () => {
    expect(specOf(pretrain({ model: { architecture: 'cnn' } }), DIGITS).threads).toBe(2);
  });
});

describe('augmentation', () => {
  const augmentOf = (augment: AugmentRequest) => specOf(pretrain({ training: { augment } })).training.augment;

  it('is shown with every setting, those that were left out as off', () => {
    expect(augmentOf({ rotate: 10, flip: 'both', erase: { area: [0.1, 0.2] } })).toEqual({
      shift: 0,
      flip: 'both',
      rotate: 10,
      zoom: 0,
      crop: 0,
      brightness: 0,
      noise: 0,
      erase: { probability: 0.5, area: [0.1, 0.2], aspect: [0.3, 3.3] },
      mixup: 0,
      cutmix: 0,
    });
  });

  it('is null where all it asks for is off, and then no choice of the service', () => {
    expect(augmentOf({})).toBeNull();
    expect(augmentOf({ rotate: 0, flip: 'none', mixup: 0 })).toBeNull();
    expect(specOf(pretrain({ training: { augment: {} } })).auto.map(({ pointer }) => pointer)).not.toContain('/training/augment');
  });

  it('takes examples of any shape where it needs no picture', () => {
    const line = dataset({ shape: [16, 1, 1] });
    expect(specOf(pretrain({ training: { augment: { mixup: 0.2, noise: 0.1, brightness: 0.1 } } }), line).training.augment).toMatchObject({ mixup: 0.2 });
  });

  it('needs memory of its own', () => {
    const large = dataset({ shape: [1024, 1024, 1], train: [400, 400, 400] });
    const request = (augment: AugmentRequest) => pretrain({ model: { architecture: 'mlp', hidden: [2] }, training: { batch_size: 512, augment } });
    const limit = 2 ** 34 + 2 ** 33;
    expect(resolveSpec(request({}), large, null, limit).training.augment).toBeNull();
    expect(failureOf(() => resolveSpec(request({ noise: 0.1 }), large, null, limit))).toMatchObject({ code: 'MODEL_TOO_LARGE' });
  });
});

describe('the spec of a fine-tune', () => {
  const base = baseModel(mlp());
  const others = dataset({ labels: classNames(3, 'other') });

  it('names the base by id and digest', () => {
    expect(specOf(fineTune({ kind: 'parameter' }), dataset(), base)).toMatchObject({ base_model: base.id, base_weights_digest: base.weights_digest });
  });

  it('take a base of pictures that were fitted otherwise, where shape and scaling agree', () => {
    const fitted = { ...base, preprocessing: { ...base.preprocessing, pictures: { fit: 'contain' as const, background: '#ffffff' as const } } };
    expect(specOf(fineTune({ kind: 'parameter' }), dataset(), fitted)).toMatchObject({ base_model: base.id });
  });

  it('keeps the output layer where the classes are those of the base, and replaces it where they are not', () => {
    expect(specOf(fineTune({ kind: 'parameter' }), dataset(), base)).toMatchObject({ head: 'keep', inherit: { length: 4 } });
    expect(specOf(fineTune({ kind: 'parameter' }), others, base)).toMatchObject({ head: 'replace', inherit: { length: 2 } });
    expect(specOf(fineTune({ kind: 'parameter' }, { head: 'keep' }), others, base)).toMatchObject({ head: 'keep', inherit: { length: 4 } });
  });

  it('says "replace" of feature transfer, whatever the classes', () => {
    expect(specOf(fineTune({ kind: 'feature' }), dataset(), base)).toMatchObject({ head: 'replace', features_from: 'dense_1' });
  });

  it('lets all layers learn in one stage where none is asked for', () => {
    const spec = specOf(fineTune({ kind: 'parameter' }, { training: { epochs: 2 } }), dataset(), base);
    expect(spec.stages).toEqual([{ trainable: ['dense_1', 'dense_2'], epochs: 2, steps: 8, learning_rate: 0.01, schedule: { name: 'constant', warmup: 0 } }]);
    expect(spec.auto.map(({ pointer }) => pointer)).toContain('/transfer/stages');
  });

  it('trains the new model alone in feature transfer', () => {
    const spec = specOf(fineTune({ kind: 'feature', head: [dense(4)] }), others, base);
    expect(spec.stages).toMatchObject([{ trainable: ['dense_3', 'dense_4'] }]);
    expect(spec.auto.map(({ pointer }) => pointer)).not.toContain('/transfer/stages');
  });

  it('adds a baseline of the same seed only where one is asked for', () => {
    const runs = (scratch?: boolean) => specOf(fineTune({ kind: 'parameter' }, { training: { seed: 9 }, ...(scratch !== undefined && { baseline: { scratch } }) }), dataset(), base).runs;
    expect(runs(true)).toEqual([{ run: 'main', role: 'main', seed: 9 }, { run: 'baseline', role: 'baseline', seed: 9 }]);
    expect(runs(false)).toEqual([{ run: 'main', role: 'main', seed: 9 }]);
    expect(runs()).toEqual(runs(false));
  });

  it('trains both by as many seeds as are asked for, one after the other', () => {
    const { runs } = specOf(fineTune({ kind: 'parameter' }, { training: { seed: 9 }, baseline: { scratch: true, seeds: 3 } }), dataset(), base);
    expect(runs).toEqual([
      { run: 'main', role: 'main', seed: 9 }, { run: 'baseline', role: 'baseline', seed: 9 },
      { run: 'main_2', role: 'main', seed: 10 }, { run: 'baseline_2', role: 'baseline', seed: 10 },
      { run: 'main_3', role: 'main', seed: 11 }, { run: 'baseline_3', role: 'baseline', seed: 11 },
    ]);
  });
});

describe('a request that cannot work', () => {
  const ownLayers = (...layers: LayerSpec[]) => pretrain({ model: { layers } });
  const flatten: LayerSpec = { class_name: 'Flatten' };
  const softmax: LayerSpec = { class_name: 'Activation', config: { activation: 'softmax' } };
  const base = baseModel(mlp());
  const lonely = dataset({ labels: ['many', 'one', 'some'], train: [40, 1, 40] });

  const augmented = (augment: AugmentRequest, batch_size = 8) => pretrain({ training: { augment, batch_size } });
  const line = dataset({ shape: [16, 1, 1] });

  type Row = [title: string, code: string, pointer: string, request: JobRequest, data?: ReadyDataset, base?: Model];
  it.each<Row>([
    ['more steps than a job may take', 'TOO_MANY_STEPS', '/training/epochs', pretrain({ training: { epochs: 10_000, batch_size: 1 } }), DIGITS],
    ['steps that only two runs make too many', 'TOO_MANY_STEPS', '/training/epochs', fineTune({ kind: 'parameter' }, { training: { epochs: 9_999, batch_size: 1 }, baseline: { scratch: true } }), dataset({ train: [300, 300, 300] }), base],
    ['seeds without a baseline', 'INVALID_VALUE', '/baseline/seeds', fineTune({ kind: 'parameter' }, { baseline: { scratch: false, seeds: 2 } }), dataset(), base],
    ['a seed after which there are too few', 'INVALID_VALUE', '/training/seed', fineTune({ kind: 'parameter' }, { training: { seed: 4_294_967_294 }, baseline: { scratch: true, seeds: 3 } }), dataset(), base],
    ['a batch larger than the examples', 'BATCH_TOO_LARGE', '/training/batch_size', pretrain({ training: { batch_size: 121 } })],
    ['a batch larger than what validation leaves', 'BATCH_TOO_LARGE', '/training/batch_size', pretrain({ training: { batch_size: 91, validation_split: 0.25 } })],
    ['layers too wide for a file', 'MODEL_TOO_LARGE', '/model', pretrain({ model: { architecture: 'mlp', hidden: [65_536, 65_536, 65_536] } })],
    ['own layers too wide for a file', 'MODEL_TOO_LARGE', '/model/layers', ownLayers(flatten, dense(65_536), dense(65_536), dense(3, 'softmax'))],
    ['an output too large to hold', 'MODEL_TOO_LARGE', '/model/layers', ownLayers(...Array.from({ length: 5 }, (): LayerSpec => ({ class_name: 'ZeroPadding2D', config: { padding: 64 } })), { class_name: 'Conv2D', config: { filters: 4_096, kernel_size: 1 } }, { class_name: 'GlobalMaxPooling2D' }, dense(3, 'softmax'))],
    ['edits that make the base too large', 'MODEL_TOO_LARGE', '/transfer', fineTune({ kind: 'structure', edits: [{ resize: 'dense_1', units: 65_536 }, { insert_after: 'dense_1', layer: dense(65_536) }] }), dataset(), base],
    ['an output layer of other units', 'OUTPUT_MISMATCH', '/model/layers', ownLayers(flatten, dense(4, 'softmax'))],
    ['an output layer that gives no probabilities', 'OUTPUT_MISMATCH', '/model/layers', ownLayers(flatten, dense(3, 'relu'))],
    ['keeping an output layer over other classes', 'OUTPUT_MISMATCH', '/transfer', fineTune({ kind: 'parameter' }, { head: 'keep' }), dataset({ labels: classNames(4) }), base],
    ['removing the output layer', 'OUTPUT_MISMATCH', '/transfer', fineTune({ kind: 'structure', edits: [{ remove: 'dense_2' }] }), dataset(), base],
    ['layers that do not fit each other', 'SHAPE_MISMATCH', '/model/layers/1', ownLayers(flatten, { class_name: 'MaxPooling2D' }, dense(3, 'softmax'))],
    ['images too small for the network', 'SHAPE_MISMATCH', '/model', pretrain({ model: { architecture: 'cnn' } })],
    ['an edit that flattens what is flat', 'SHAPE_MISMATCH', '/transfer', fineTune({ kind: 'structure', edits: [{ insert_after: 'flatten_1', layer: flatten }] }), dataset(), base],
    ['a name of two layers', 'LAYER_NAME_TAKEN', '/model/layers/1/name', ownLayers({ ...flatten, name: 'a' }, { ...dense(3, 'softmax'), name: 'a' })],
    ['a network without weights', 'NOTHING_TRAINABLE', '/model/layers', pretrain({ model: { layers: [{ class_name: 'GlobalMaxPooling2D' }, softmax] } }), dataset({ shape: [4, 4, 3] })],
    ['a class too small to split', 'SPLIT_TOO_SMALL', '/training/validation_split', pretrain({ training: { validation_split: 0.1 } }), lonely],
    ['images of another shape than the base takes', 'INPUT_MISMATCH', '/dataset', fineTune({ kind: 'parameter' }), dataset({ shape: [4, 5, 1] }), base],
    ['inputs prepared otherwise than the base’s', 'PREPROCESSING_MISMATCH', '/dataset', fineTune({ kind: 'parameter' }), dataset(), { ...base, preprocessing: { ...base.preprocessing, steps: [{ divide_by: 127.5 }] } }],
    ['keeping the output layer in feature transfer', 'INVALID_VALUE', '/head', fineTune({ kind: 'feature' }, { head: 'keep' }), dataset(), base],
    ...(['shift', 'rotate', 'zoom', 'crop', 'cutmix'] as const).map((name): Row => [`${name} of what is no picture`, 'AUGMENT_NOT_POSSIBLE', `/training/augment/${name}`, augmented({ [name]: 0.5 }), line]),
    ['mirroring what is no picture', 'AUGMENT_NOT_POSSIBLE', '/training/augment/flip', augmented({ noise: 0.1, flip: 'vertical' }), dataset({ shape: [1, 16, 1] })],
    ['erasing from what is no picture', 'AUGMENT_NOT_POSSIBLE', '/training/augment/erase', augmented({ erase: {} }), line],
    ['mixup in batches of one', 'AUGMENT_NOT_POSSIBLE', '/training/augment/mixup', augmented({ mixup: 0.2 }, 1)],
    ['cutmix in batches of one', 'AUGMENT_NOT_POSSIBLE', '/training/augment/cutmix', augmented({ cutmix: 1 }, 1)],
    ['augmentation of features computed once', 'AUGMENT_NOT_POSSIBLE', '/training/augment', fineTune({ kind: 'feature' }, { training: { augment: { noise: 0.1 } } }), dataset(), base],
    ['a range of areas that ends before it begins', 'INVALID_VALUE', '/training/augment/erase/area', augmented({ erase: { area: [0.4, 0.1] } })],
    ['a range of ratios that ends before it begins', 'INVALID_VALUE', '/training/augment/erase/aspect', augmented({ erase: { aspect: [3, 1] } })],
    ['a cut that is not there', 'LAYER_UNKNOWN', '/transfer/cut', fineTune({ kind: 'feature', cut: 'dense_9' }), dataset(), base],
    ['a stage of a layer that is not there', 'LAYER_UNKNOWN', '/transfer/stages/1/trainable/0', fineTune({ kind: 'parameter', stages: [{ trainable: 'all' }, { trainable: ['dense_9'] }] }), dataset(), base],
    ['a stage that trains nothing', 'NOTHING_TRAINABLE', '/transfer/stages/0/trainable', fineTune({ kind: 'parameter', stages: [{ trainable: ['flatten_1'] }] }), dataset(), base],
    ['resizing what has no units', 'EDIT_NOT_POSSIBLE', '/transfer/edits/0/resize', fineTune({ kind: 'structure', edits: [{ resize: 'flatten_1', units: 2 }] }), dataset(), base],
  ])('is refused: %s → %s at %s', (_, code, pointer, request, data = dataset(), from = undefined) => {
    expect(failureOf(() => specOf(request, data, from ?? null))).toMatchObject({ code, pointer });
  });

  it('splits a data set whose classes are all large enough, or not there at all', () => {
    const missing = dataset({ labels: ['many', 'none', 'two'], train: [40, 0, 2] });
    expect(specOf(pretrain({ training: { validation_split: 0.1 } }), missing).training).toMatchObject({ train_examples: 37, validation_examples: 5 });
    expect(specOf(pretrain({ training: { validation_split: 0 } }), lonely).training.train_examples).toBe(81);
  });

  it('is refused where the machine has not the memory, by what needs it', () => {
    const small = 2 ** 29; // engine and data fit, a network of 65,536 units with its gradients does not
    const wide = pretrain({ model: { architecture: 'mlp', hidden: [65_536] } });
    expect(failureOf(() => resolveSpec(wide, DIGITS, null, small))).toMatchObject({ code: 'MODEL_TOO_LARGE', pointer: '/model' });
    expect(resolveSpec(wide, DIGITS, null, 2 ** 33).architecture.layers).toHaveLength(3);
    const widened = fineTune({ kind: 'structure', edits: [{ resize: 'dense_1', units: 65_536 }] });
    expect(failureOf(() => resolveSpec(widened, DIGITS, modelBase(baseModel(ARTICLE, DIGITS.content.class_names)), small))).toMatchObject({ code: 'MODEL_TOO_LARGE', pointer: '/transfer' });
  });

  it('on data larger than memory is not refused: they are streamed, and the spec says so, and why', () => {
    const large = dataset({ shape: [28, 28, 1], labels: classNames(10), train: Array<number>(10).fill(3_000_000), test: Array<number>(10).fill(10_000) });
    const request = pretrain({ training: { epochs: 1 } });
    const placed = (limitBytes: number) => {
      const { data, auto } = resolveSpec(request, large, null, limitBytes);
      return { data, rule: auto.find(({ pointer }) => pointer === '/data')!.rule };
    };
    expect(placed(2 ** 31)).toEqual({ data: 'streamed', rule: expect.stringContaining('window by window') });
    expect(placed(2 ** 36)).toEqual({ data: 'in_memory', rule: expect.stringContaining('no more than a job may') });
    expect(failureOf(() => resolveSpec(request, large, null, 2 ** 30)).code).toBe('MODEL_TOO_LARGE');
  });

  it('counts the cache of features as memory', () => {
    const base = modelBase(baseModel(network([28, 28, 1], [{ class_name: 'ZeroPadding2D' }, { class_name: 'Flatten' }, dense(10, 'softmax')]), DIGITS.content.class_names));
    const cut = (name: string) => fineTune({ kind: 'feature', cut: name });
    const withoutCache = 2 ** 29 + 2 ** 28;
    expect(failureOf(() => resolveSpec(cut('zero_padding2d_1'), DIGITS, base, withoutCache)).code).toBe('MODEL_TOO_LARGE');
    expect(resolveSpec(fineTune({ kind: 'parameter' }), DIGITS, base, withoutCache).features_from).toBeNull();
  });

  it.each(['uploading', 'validating', 'invalid'] as const)('is refused while its data set is %s', (status) => {
    const unready = { ...dataset(), status, content: null } as unknown as Dataset;
    expect(failureOf(() => requireReady(unready))).toMatchObject({ code: 'DATASET_NOT_READY', pointer: '/dataset' });
  });

  it('takes a ready data set', () => {
    const { id, content } = dataset();
    expect(requireReady({ id, content, status: 'ready' } as Dataset)).toEqual({ id, content });
  });
});

describe('any request that works', () => {
  const bases = fc.oneof(
    fc.record({ architecture: fc.integer({ min: 1, max: 9 }).map((units) => mlp(units)), edited: fc.constant('dense_1') }),
    fc.record({ architecture: fc.constant(cnn()), edited: fc.constantFrom('conv2d_1', 'conv2d_2', 'dense_1') }),
  );
  const rate = fc.double({ min: 1e-6, max: 1, noNaN: true });
  const epochs = fc.integer({ min: 1, max: 20 });
  const stage = (layers: string[]): fc.Arbitrary<StageRequest> =>
    fc.record({ trainable: fc.oneof(fc.constant('all' as const), fc.subarray(layers, { minLength: 1 })), epochs, learning_rate: rate }, { requiredKeys: ['trainable'] });
  const edit = (layer: string): fc.Arbitrary<Edit> =>
    fc.oneof(
      fc.record({ resize: fc.constant(layer), units: fc.integer({ min: 1, max: 9 }) }),
      fc.constant<Edit>({ insert_after: layer, layer: { class_name: 'Dropout', config: { rate: 0.5 } } }),
    );

  const cases = bases.chain(({ architecture, edited }) => {
    const weighted = trace(architecture).filter(({ weights }) => weights.length > 0).map(({ layer }) => layer.name);
    const stages = fc.array(stage(weighted), { minLength: 1, maxLength: 3 });
    const transfer: fc.Arbitrary<TransferRequest> = fc.oneof(
      fc.record({ kind: fc.constant('parameter' as const), stages }, { requiredKeys: ['kind'] }),
      fc.record({ kind: fc.constant('feature' as const), cut: fc.constantFrom('penultimate', ...architecture.layers.map(({ name }) => name)) }, { requiredKeys: ['kind'] }),
      fc.record({ kind: fc.constant('structure' as const), edits: fc.array(edit(edited), { maxLength: 3 }), inherit: fc.constantFrom('matching' as const, 'none' as const), stages }, { requiredKeys: ['kind'] }),
    );
    return fc.record({
      architecture: fc.constant(architecture),
      transfer,
      labels: fc.constantFrom(classNames(3), classNames(4), classNames(3, 'other')),
      perClass: fc.integer({ min: 20, max: 60 }),
      training: fc.record({
        epochs, batch_size: fc.integer({ min: 1, max: 30 }), seed: fc.nat(), validation_split: share(0.5),
        optimizer: fc.constantFrom({ name: 'sgd' as const, momentum: 0.9 }, { name: 'adam' as const }),
      }),
      baseline: fc.boolean(),
      seeds: fc.integer({ min: 1, max: 20 }),
    });
  });

  it('resolves to one spec, whose layers, weights and steps all exist and add up', () => {
    fc.assert(
      fc.property(cases, ({ architecture, transfer, labels, perClass, training, baseline, seeds }) => {
        const base = baseModel(architecture);
        const data = dataset({ shape: architecture.input_shape, labels, train: labels.map(() => perClass) });
        const request = fineTune(transfer, { training, baseline: { scratch: baseline, ...(baseline && { seeds }) } });
        const untouched = structuredClone([request, data, base]);
        const spec = specOf(request, data, base);

        expect(specOf(structuredClone(request), structuredClone(data), structuredClone(base))).toEqual(spec);
        expect([request, data, base]).toEqual(untouched);

        const shapes = (of: typeof architecture) => new Map(weightsOf(of).map(({ path, shape }) => [path, shape]));
        const [inBase, inTarget] = [shapes(architecture), shapes(spec.architecture)];
        for (const { from, to, outputs } of spec.inherit) {
          // Where some outputs are carried over, which lie along the last axis, the others need not be as many.
          const axes = outputs ? -1 : undefined;
          expect(inBase.get(from)).toBeDefined();
          expect(inTarget.get(to)!.slice(0, axes)).toEqual(inBase.get(from)!.slice(0, axes));
          for (const [at, before] of outputs ?? []) expect([at < inTarget.get(to)!.at(-1)!, before < inBase.get(from)!.at(-1)!]).toEqual([true, true]);
        }

        const names = spec.architecture.layers.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        const validation = validationCount(labels.map(() => perClass), training.validation_split);
        expect(spec.training).toMatchObject({ train_examples: perClass * labels.length - validation, validation_examples: validation });
        const stepsPerEpoch = Math.ceil(spec.training.train_examples / training.batch_size);
        for (const { trainable, epochs: count, steps } of spec.stages) {
          expect(trainable.length).toBeGreaterThan(0);
          expect(trainable.every((name) => weightsOf(spec.architecture).some(({ layer }) => layer === name))).toBe(true);
          expect(steps).toBe(count * stepsPerEpoch);
        }
        // What learns in feature transfer comes after the cut.
        if (spec.features_from !== null) {
          const cut = names.indexOf(spec.features_from);
          expect(spec.stages.flatMap(({ trainable }) => trainable).every((name) => names.indexOf(name) > cut)).toBe(true);
        }
        expect(trace(spec.architecture).at(-1)!.output).toEqual([labels.length]);
        expect(spec.runs).toHaveLength(baseline ? 2 * seeds : 1);
        expect(new Set(spec.runs.map(({ run }) => run)).size).toBe(spec.runs.length);
      }),
      { numRuns: 300, seed: 20260101 },
    );
  });
});
