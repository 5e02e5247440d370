// What the request schemas accept and refuse, checked by the library that the service checks with.
import { describe, expect, it } from '@jest/globals';
import { GenerateRequest } from '#contract/dataset.js';
import { AnyJobRequest } from '#contract/any-job-request.js';
import { Architecture, LAYER_CLASSES, LAYER_CONFIGS, LayerSpec } from '#contract/layers.js';
import { DisplayName, Metadata } from '#contract/schema.js';
import { ResolvedSpec } from '#contract/training-specs.js';
import { checker } from '../support/checker.js';
import { baseModel, cnn, fineTune, mlp, pretrain, specOf } from '../support/networks.js';

describe('a job request', () => {
  const problems = checker(AnyJobRequest);

  it.each<[string, object]>([
    ['the shortest pretrain', pretrain()],
    ['training left to the service', pretrain({ training: 'auto' })],
    ['every training setting', pretrain({ training: { epochs: 5, batch_size: 32, optimizer: { name: 'sgd', learning_rate: 0.01, momentum: 0.9 }, seed: 7, validation_split: 0.1 } })],
    ['augmentation of every kind', pretrain({ training: { augment: { shift: 0.1, flip: 'horizontal', rotate: 10, zoom: 0.1, crop: 0.2, brightness: 0.1, noise: 0.05, erase: { probability: 0.25, area: [0.02, 0.2], aspect: [0.5, 2] }, mixup: 0.2, cutmix: 1 } } })],
    ['its own layers', pretrain({ model: { layers: [{ class_name: 'Flatten' }, { class_name: 'Dense', name: 'out', config: { units: 3, activation: 'softmax' } }] } })],
    ['a network that branches', pretrain({ model: { layers: [{ class_name: 'Flatten', name: 'flat' }, { class_name: 'Add', inputs: ['flat', 'flat'] }] } })],
    ['a MobileNetV2', pretrain({ model: { architecture: 'mobilenet_v2', width: 0.35 } })],
    ['a convolutional network', pretrain({ model: { architecture: 'cnn', filters: [8], hidden: [] } })],
    ['parameter transfer in stages', fineTune({ kind: 'parameter', stages: [{ trainable: 'head' }, { trainable: ['dense_1'], epochs: 2, learning_rate: 0.001 }] })],
    ['feature transfer with a hidden layer', fineTune({ kind: 'feature', cut: 'flatten_1', head: [{ class_name: 'Dense', config: { units: 8 } }] })],
    ['structure transfer with each edit', fineTune({ kind: 'structure', inherit: 'none', edits: [{ resize: 'dense_1', units: 9 }, { insert_after: 'dense_1', layer: { class_name: 'Dropout', config: { rate: 0.5 } } }, { remove: 'dense_1' }] })],
    ['a schedule of the run and one of a stage', fineTune({ kind: 'parameter', stages: [{ trainable: 'all', schedule: { name: 'step', milestones: [0.5], factor: 0.5, warmup: 0.1 } }] }, { training: { schedule: { name: 'one_cycle' } } })],
    ['a stage whose rates fall by block', fineTune({ kind: 'parameter', stages: [{ trainable: 'all', lr_decay_per_block: 0.4 }] })],
    ['a baseline', fineTune({ kind: 'parameter' }, { head: 'keep', baseline: { scratch: true } })],
  ])('may be %s', (_, request) => {
    expect(problems(request)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['a field of no job', { ...pretrain(), learning_rate: 1 }, ' additionalProperties'],
    ['a field of another type of job', { ...pretrain(), base_model: 'mdl_1' }, ' additionalProperties'],
    ['an unknown training setting', pretrain({ training: { epoch: 5 } as never }), '/training additionalProperties'],
    ['momentum for adam', pretrain({ training: { optimizer: { name: 'adam', momentum: 0.9 } as never } }), '/training/optimizer additionalProperties'],
    ['an optimizer that is not there', pretrain({ training: { optimizer: { name: 'lion' } as never } }), '/training/optimizer discriminator'],
    ['an augmentation that is not there', pretrain({ training: { augment: { cutout: 1 } as never } }), '/training/augment additionalProperties'],
    ['a brightness in bytes', pretrain({ training: { augment: { brightness: 30 } } }), '/training/augment/brightness maximum'],
    ['more than half a turn', pretrain({ training: { augment: { rotate: 360 } } }), '/training/augment/rotate maximum'],
    ['a shift out of the picture', pretrain({ training: { augment: { shift: 1 } } }), '/training/augment/shift maximum'],
    ['a flip without a direction', pretrain({ training: { augment: { flip: true as never } } }), '/training/augment/flip type'],
    ['erasing with a probability of 0', pretrain({ training: { augment: { erase: { probability: 0 } } } }), '/training/augment/erase/probability exclusiveMinimum'],
    ['a range of one number', pretrain({ training: { augment: { erase: { area: [0.1] as never } } } }), '/training/augment/erase/area minItems'],
    ['a type that is not there', { type: 'distil', dataset: 'ds_1' }, ' discriminator'],
    ['no type', { dataset: 'ds_1' }, ' discriminator'],
    ['a width of no published MobileNetV2', pretrain({ model: { architecture: 'mobilenet_v2', width: 0.36 as never } }), '/model/width enum'],
    ['no model', { type: 'pretrain', dataset: 'ds_1' }, ' required'],
    ['stages of feature transfer', fineTune({ kind: 'feature', stages: [] } as never), '/transfer additionalProperties'],
    ['an empty list of stages', fineTune({ kind: 'parameter', stages: [] }), '/transfer/stages minItems'],
    ['a stage of no layers', fineTune({ kind: 'parameter', stages: [{ trainable: [] }] }), '/transfer/stages/0/trainable minItems'],
    ['a schedule that is not there', pretrain({ training: { schedule: { name: 'poly' } as never } }), '/training/schedule discriminator'],
    ['a warm-up of one cycle', pretrain({ training: { schedule: { name: 'one_cycle', warmup: 0.1 } as never } }), '/training/schedule additionalProperties'],
    ['stairs without a step', pretrain({ training: { schedule: { name: 'step', milestones: [] } } }), '/training/schedule/milestones minItems'],
    ['a decay of 0', fineTune({ kind: 'parameter', stages: [{ trainable: 'all', lr_decay_per_block: 0 }] }), '/transfer/stages/0/lr_decay_per_block exclusiveMinimum'],
    ['a decay past 1', fineTune({ kind: 'parameter', stages: [{ trainable: 'all', lr_decay_per_block: 1.01 }] }), '/transfer/stages/0/lr_decay_per_block maximum'],
    ['no epochs', pretrain({ training: { epochs: 0 } }), '/training/epochs minimum'],
    ['half an epoch', pretrain({ training: { epochs: 1.5 } }), '/training/epochs type'],
    ['a learning rate of 0', pretrain({ training: { optimizer: { name: 'sgd', learning_rate: 0 } } }), '/training/optimizer/learning_rate minimum'],
    ['momentum of 1', pretrain({ training: { optimizer: { name: 'sgd', momentum: 1 } } }), '/training/optimizer/momentum exclusiveMaximum'],
    ['a seed past 32 bits', pretrain({ training: { seed: 2 ** 32 } }), '/training/seed maximum'],
    ['more than half kept aside', pretrain({ training: { validation_split: 0.6 } }), '/training/validation_split maximum'],
    ['a priority past 10', pretrain({ priority: 11 }), '/priority maximum'],
    ['a number written as text', pretrain({ priority: '5' as never }), '/priority type'],
    ['a name with a line break', pretrain({ name: 'a\nb' }), '/name pattern'],
  ])('may not hold %s', (_, request, problem) => {
    expect(problems(request)).toContain(problem);
  });
});

describe('a layer', () => {
  const problems = checker(LayerSpec);
  const SOUND = {
    Dense: { units: 3 },
    Embedding: { input_dim: 4, output_dim: 2 },
    Conv1D: { filters: 2, kernel_size: 3 },
    Conv2D: { filters: 2, kernel_size: [3, 2] },
    Conv2DTranspose: { filters: 2, kernel_size: 3 },
    DepthwiseConv2D: { kernel_size: 3 },
    SeparableConv2D: { filters: 2, kernel_size: 3 },
    Reshape: { target_shape: [4, 4] },
    Permute: { dims: [2, 1] },
    Activation: { activation: 'relu' },
    Dropout: { rate: 0.5 },
    SpatialDropout1D: { rate: 0.5 },
    AlphaDropout: { rate: 0.5 },
    GaussianDropout: { rate: 0.5 },
    GaussianNoise: { stddev: 0.1 },
    SimpleRNN: { units: 3 },
    GRU: { units: 3 },
    LSTM: { units: 3 },
    Rescaling: { scale: [2, 0.5] },
  } as Record<string, object>;

  it.each(LAYER_CLASSES)('%s is accepted with its settings and refused with one it does not have', (layerClass) => {
    const config = SOUND[layerClass] ?? {};
    expect(problems({ class_name: layerClass, config })).toEqual([]);
    expect(problems({ class_name: layerClass, config: { ...config, colour: 1 } })).toEqual(['/config additionalProperties']);
  });

  it.each(LAYER_CLASSES)('%s may leave its settings out exactly where each has a default', (layerClass) => {
    const demanding = layerClass in SOUND;
    expect((LAYER_CONFIGS[layerClass] as { required?: string[] }).required?.length ?? 0).toBe(demanding ? Object.keys(SOUND[layerClass]!).length : 0);
    expect(problems({ class_name: layerClass })).toEqual(demanding ? [' required'] : []);
  });

  it('of a class that is not listed is refused by its class alone', () => {
    expect(problems({ class_name: 'Lambda', config: { function: 'x' } })).toEqual([' discriminator']);
  });

  it.each(['', '1st', 'a b', 'a/b', '../a', 'ä', 'a'.repeat(65)])('is not named %j', (name) => {
    expect(problems({ class_name: 'Flatten', name })).toEqual(['/name pattern']);
  });

  it('keeps its sizes within bounds that a file can hold', () => {
    expect(problems({ class_name: 'Dense', config: { units: 65_537 } })).toEqual(['/config/units maximum']);
    expect(problems({ class_name: 'Dropout', config: { rate: 1 } })).toEqual(['/config/rate exclusiveMaximum']);
    expect(problems({ class_name: 'Conv2D', config: { filters: 1, kernel_size: [3, 3, 3] } })).toContain('/config/kernel_size maxItems');
    expect(problems({ class_name: 'LSTM', config: { units: 1025 } })).toEqual(['/config/units maximum']);
  });

  it.each([1, [1, 2], [[0, 1], [2, 3]]])('pads and crops by %j', (margin) => {
    expect(problems({ class_name: 'ZeroPadding2D', config: { padding: margin } })).toEqual([]);
    expect(problems({ class_name: 'Cropping2D', config: { cropping: margin } })).toEqual([]);
  });

  it.each([[-1], [[1]], [[1, 2, 3]], [[[0, 1], 2]], [[[0, 1, 2], [0, 1]]]])('does not pad by %j', (margin) => {
    expect(problems({ class_name: 'ZeroPadding2D', config: { padding: margin } })).not.toEqual([]);
  });

  it('may say what it takes, and takes at least something', () => {
    expect(problems({ class_name: 'Add', inputs: ['a', 'input'] })).toEqual([]);
    expect(problems({ class_name: 'Flatten', inputs: [] })).toEqual(['/inputs minItems']);
    expect(problems({ class_name: 'Flatten', inputs: 'a' })).toEqual(['/inputs type']);
  });

  it('concatenates along the last axis only', () => {
    expect(problems({ class_name: 'Concatenate', inputs: ['a', 'b'], config: { axis: -1 } })).toEqual([]);
    expect(problems({ class_name: 'Concatenate', inputs: ['a', 'b'], config: { axis: 1 } })).toEqual(['/config/axis const']);
  });
});

describe('a name people read', () => {
  const problems = checker(DisplayName);

  it.each(['digits', 'Ziffern, größer', '数字', 'اسم', '🌱 root', 'x'.repeat(128)])('may be %j', (name) => {
    expect(problems(name)).toEqual([]);
  });

  it.each([
    ['nothing at all', ''],
    ['a line break', 'a\nb'],
    ['a null character', 'a\u0000'],
    ['a delete character', 'a\u007f'],
    ['a C1 control character', 'a\u0085'],
    ['an override to right-to-left', '\u202egnp.exe'],
    ['an isolate', 'a\u2066b'],
    ['a right-to-left mark', 'a\u200f'],
    ['an Arabic letter mark', 'a\u061cb'],
    ['a zero-width space', 'a\u200bb'],
    ['a byte order mark', '\ufeffa'],
    ['a line separator', 'a\u2028b'],
    ['half of a surrogate pair', 'a\ud800'],
    ['129 characters', 'x'.repeat(129)],
  ])('may not hold %s', (_, name) => {
    expect(problems(name)).not.toEqual([]);
  });
});

describe('other words of the contract', () => {
  it('metadata is a small map of short words', () => {
    const problems = checker(Metadata);
    expect(problems({ team: 'a', 'x.y-z_1': '' })).toEqual([]);
    expect(problems({ 'a b': 'x' })).not.toEqual([]);
    expect(problems({ a: 1 })).toEqual(['/a type']);
    expect(problems({ a: 'x'.repeat(513) })).toEqual(['/a maxLength']);
    expect(problems(Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, ''])))).toEqual([' maxProperties']);
  });

  it('a generated data set is asked for by a known generator and within bounds', () => {
    const problems = checker(GenerateRequest);
    expect(problems({ generate: { name: 'glyph_digits' } })).toEqual([]);
    expect(problems({ generate: { name: 'glyph_faces' } })).toEqual(['/generate/name enum']);
    expect(problems({ generate: { name: 'glyph_digits', examples: 99 } })).toEqual(['/generate/examples minimum']);
    expect(problems({ name: 'x' })).toEqual([' required']);
  });

  it.each<[string, object]>([
    ['a pretrain', specOf(pretrain())],
    ['a fine-tune', specOf(fineTune({ kind: 'feature' }, { baseline: { scratch: true } }), undefined, baseModel(mlp()))],
  ])('the resolved spec of %s fits its own schema', (_, spec) => {
    expect(checker(ResolvedSpec)(spec)).toEqual([]);
  });

  it('named layers are an architecture; a network of none, or of more than 400, is not', () => {
    const problems = checker(Architecture);
    expect(problems(cnn())).toEqual([]);
    expect(problems({ input_shape: [4, 4, 1], layers: [] })).toEqual(['/layers minItems']);
    const many = (count: number) => ({ input_shape: [4], layers: Array.from({ length: count }, (_, at) => ({ class_name: 'ReLU', name: `a${at}` })) });
    expect([problems(many(400)), problems(many(401))]).toEqual([[], ['/layers maxItems']]);
  });
});
