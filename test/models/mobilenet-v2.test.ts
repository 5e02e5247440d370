// MobileNetV2: layers, names and sizes as Keras publishes them.
import { describe, expect, it } from '@jest/globals';
import { MOBILENET_WIDTHS, type MobileNetWidth } from '#contract/job-request.js';
import { flopsPerExample, parameterCount, trace, weightsOf } from '#models/architecture.js';
import { wholeFilters } from '#models/architectures/mobilenet-v2.js';
import { volume } from '#contract/shape.js';
import { headOf } from '#models/output-layer.js';
import { requestedArchitecture } from '#models/requested.js';
import { failureOf, logitsOf, softmaxOver } from '../support/networks.js';

const mobilenet = (side: number, width?: MobileNetWidth, channels = 3, classes = 1000) =>
  requestedArchitecture({ architecture: 'mobilenet_v2', ...(width !== undefined && { width }) }, [side, side, channels], softmaxOver(classes));

describe('MobileNetV2', () => {
  it('has the parameters that Keras reports for 1000 classes at width 1', () => {
    // keras.applications.MobileNetV2().summary(): total, trainable, non-trainable.
    const learning = weightsOf(mobilenet(224)).filter(({ learns }) => learns).reduce((sum, { shape }) => sum + volume(shape), 0);
    expect([parameterCount(mobilenet(224)), learning, parameterCount(mobilenet(224)) - learning]).toEqual([3_538_984, 3_504_872, 34_112]);
  });

  // Millions of multiplications with additions, from the table in the documentation of tf.keras.applications.mobilenet_v2;
  // parameters without the output layer, as `include_top=False` reports them.
  it.each<[MobileNetWidth, number, number]>([
    [0.35, 59, 410_208], [0.5, 97, 706_224], [0.75, 209, 1_382_064], [1, 300, 2_257_984], [1.3, 509, 3_766_048], [1.4, 582, 4_363_712],
  ])('of width %d takes %d million multiplications at 224 pixels and holds %d parameters below its output layer', (width, millions, parameters) => {
    const network = mobilenet(224, width);
    expect(Math.floor(flopsPerExample(network) / 2e6)).toBe(millions);
    expect(parameterCount({ ...network, layers: network.layers.slice(0, -1) })).toBe(parameters);
  });

  it.each([[96, 56], [160, 154], [192, 221]])('of width 1 takes at %d pixels %d million', (side, millions) => {
    expect(Math.floor(flopsPerExample(mobilenet(side)) / 2e6)).toBe(millions);
  });

  it('is tried here in every width', () => {
    expect(MOBILENET_WIDTHS.map((width) => mobilenet(32, width).layers.length)).toEqual(MOBILENET_WIDTHS.map(() => 155));
  });

  it('has the layers of Keras, by name and in order', () => {
    const names = mobilenet(96).layers.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['Conv1', 'bn_Conv1', 'Conv1_relu']);
    const block = (stem: string, parts: string[]): string[] => parts.map((part) => `${stem}_${part}`);
    const [depthwise, project] = [['depthwise', 'depthwise_BN', 'depthwise_relu'], ['project', 'project_BN']];
    expect(names.slice(3, 8)).toEqual(block('expanded_conv', [...depthwise, ...project]));
    const expand = ['expand', 'expand_BN', 'expand_relu'];
    expect(names.slice(8, 17)).toEqual(block('block_1', [...expand, 'pad', ...depthwise, ...project]));
    expect(names.slice(17, 26)).toEqual(block('block_2', [...expand, ...depthwise, ...project, 'add']));
    expect(names.slice(-13)).toEqual([...block('block_16', [...expand, ...depthwise, ...project]),
      'Conv_1', 'Conv_1_bn', 'out_relu', 'global_average_pooling2d', 'predictions']);
    expect(names.filter((name) => name.endsWith('_add')).map((name) => Number(name.split('_')[1]))).toEqual([2, 4, 5, 7, 8, 9, 11, 12, 14, 15]);
    expect(names.filter((name) => name.endsWith('_pad')).map((name) => Number(name.split('_')[1]))).toEqual([1, 3, 6, 13]);
  });

  it('halves an image five times, even or odd, as a padding of the same would', () => {
    for (const side of [32, 33, 47, 96, 97, 224, 225]) {
      const shapes = new Map(trace(mobilenet(side, 0.35)).map(({ layer, output }) => [layer.name, output]));
      let size = side;
      for (const name of ['Conv1', 'block_1_depthwise', 'block_3_depthwise', 'block_6_depthwise', 'block_13_depthwise']) {
        size = Math.ceil(size / 2);
        expect(shapes.get(name)!.slice(0, 2)).toEqual([size, size]);
      }
    }
  });

  it('adds a row before an odd size and none before an even one', () => {
    const padding = (height: number, width: number) =>
      requestedArchitecture({ architecture: 'mobilenet_v2' }, [height, width, 3], softmaxOver(2)).layers.find(({ name }) => name === 'block_1_pad')!.config;
    expect(padding(64, 66)).toEqual({ padding: [[0, 1], [1, 1]] }); // 32 × 33 there
  });

  it('takes grey images by a first kernel of one channel, and differs in nothing else', () => {
    const [grey, colour] = [weightsOf(mobilenet(32, 1, 1)), weightsOf(mobilenet(32, 1, 3))];
    expect(grey.find(({ path }) => path === 'Conv1/kernel')!.shape).toEqual([3, 3, 1, 32]);
    expect(grey.filter(({ layer }) => layer !== 'Conv1')).toEqual(colour.filter(({ layer }) => layer !== 'Conv1'));
  });

  it.each([[[31, 64, 3]], [[64, 31, 3]], [[64, 64, 2]], [[784]]])('does not take %j', (shape) => {
    const failure = failureOf(() => requestedArchitecture({ architecture: 'mobilenet_v2' }, shape, softmaxOver(2)));
    expect(failure.code).toBe('SHAPE_MISMATCH');
    expect(failure.message).toContain(`images of at least 32 × 32 with 1 or 3 channels and is given [${shape.join(', ')}]`);
  });

  it('ends in its output layer, which gives logits without its softmax', () => {
    expect(headOf(mobilenet(32))).toBe('predictions');
    expect(logitsOf(mobilenet(32)).layers.at(-1)!.config).toEqual({ units: 1000, activation: 'linear' });
  });
});

describe('a whole number of filters', () => {
  it.each([[32, 32], [11.2, 16], [12, 16], [22.4, 24], [8.4, 8], [5, 8], [1792, 1792]])('near %d is %d', (filters, whole) => {
    expect(wholeFilters(filters)).toBe(whole);
  });

  it('is a multiple of 8 and never loses more than a tenth', () => {
    for (let filters = 1; filters < 2000; filters += 0.7) {
      expect(wholeFilters(filters) % 8).toBe(0);
      expect(wholeFilters(filters)).toBeGreaterThanOrEqual(0.9 * filters);
      expect(wholeFilters(filters)).toBeLessThanOrEqual(Math.max(8, filters + 8));
    }
  });
});
