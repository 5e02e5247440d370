// Networks as data: names, sizes, cuts.
import { describe, expect, it } from '@jest/globals';
import type { LayerSpec } from '#contract/layers.js';
import {
  divide, flopsPerExample, layerIndex, nameLayers, outputShape, parameterCount, trace, weightsOf,
} from '#models/architecture.js';
import { requestedArchitecture } from '#models/requested.js';
import { ARTICLE, cnn, dense, failureOf, mlp, network, softmaxOver } from '../support/networks.js';

const conv = (filters: number): LayerSpec => ({ class_name: 'Conv2D', config: { filters, kernel_size: 1 } });
const namesOf = (specs: LayerSpec[], taken?: string[]): string[] => nameLayers(specs, taken).map(({ name }) => name);

describe('naming layers', () => {
  it('names each by its class as Keras does, and counts by class', () => {
    expect(
      namesOf([conv(1), { class_name: 'MaxPooling2D' }, conv(2), { class_name: 'AveragePooling2D' }, { class_name: 'ZeroPadding2D' },
        { class_name: 'GlobalAveragePooling2D' }, dense(3), dense(2)]),
    ).toEqual(['conv2d_1', 'max_pooling2d_1', 'conv2d_2', 'average_pooling2d_1', 'zero_padding2d_1', 'global_average_pooling2d_1', 'dense_1', 'dense_2']);
  });

  it.each<[LayerSpec['class_name'], string]>([
    ['Conv2DTranspose', 'conv2d_transpose_1'], ['DepthwiseConv2D', 'depthwise_conv2d_1'], ['ReLU', 're_lu_1'], ['LeakyReLU', 'leaky_re_lu_1'],
    ['SimpleRNN', 'simple_rnn_1'], ['LSTM', 'lstm_1'], ['SpatialDropout1D', 'spatial_dropout1d_1'], ['UpSampling2D', 'up_sampling2d_1'],
  ])('names a %s %s', (layerClass, name) => {
    expect(namesOf([{ class_name: layerClass } as LayerSpec])).toEqual([name]);
  });

  it('counts past names that the caller gave, wherever they stand', () => {
    expect(namesOf([dense(1), { ...dense(2), name: 'dense_1' }, dense(3)])).toEqual(['dense_2', 'dense_1', 'dense_3']);
  });

  it('counts past names that are taken elsewhere', () => {
    expect(namesOf([dense(1), dense(2)], ['dense_1', 'dense_3'])).toEqual(['dense_2', 'dense_4']);
  });

  it('refuses a name that two layers have, at the second', () => {
    const failure = failureOf(() => nameLayers([{ ...dense(1), name: 'a' }, dense(1), { ...dense(2), name: 'a' }], [], (index) => `/layers/${index}`));
    expect(failure).toMatchObject({ code: 'LAYER_NAME_TAKEN', pointer: '/layers/2/name', message: 'Two layers are named "a"; names must differ.' });
  });

  it('refuses a name that is taken elsewhere', () => {
    expect(failureOf(() => nameLayers([{ ...dense(1), name: 'a' }], ['a'])).code).toBe('LAYER_NAME_TAKEN');
  });
});

describe('a requested architecture', () => {
  it('is the article’s network where nothing is said', () => {
    expect(requestedArchitecture({ architecture: 'mlp' }, [28, 28, 1], softmaxOver(10))).toEqual(ARTICLE);
  });

  it('is a perceptron without hidden layers where none are asked for', () => {
    const { layers } = requestedArchitecture({ architecture: 'mlp', hidden: [] }, [4, 4, 1], softmaxOver(3));
    expect(layers.map(({ name }) => name)).toEqual(['flatten_1', 'dense_1']);
  });

  it('is blocks of convolution and pooling before a perceptron', () => {
    const asked = requestedArchitecture({ architecture: 'cnn', filters: [4, 5], hidden: [6] }, [16, 16, 3], softmaxOver(2));
    expect(asked.layers.map(({ name }) => name)).toEqual([
      'conv2d_1', 'max_pooling2d_1', 'conv2d_2', 'max_pooling2d_2', 'flatten_1', 'dense_1', 'dense_2',
    ]);
    expect(trace(asked).map(({ output }) => output)).toEqual([[14, 14, 4], [7, 7, 4], [5, 5, 5], [2, 2, 5], [20], [6], [2]]);
  });

  it('is the caller’s own layers as they are', () => {
    const own: LayerSpec[] = [{ class_name: 'Flatten', name: 'flat' }, dense(3, 'softmax')];
    expect(requestedArchitecture({ layers: own }, [2, 2, 1], softmaxOver(3)).layers).toEqual([
      { class_name: 'Flatten', name: 'flat', config: {} },
      { class_name: 'Dense', name: 'dense_1', config: { units: 3, activation: 'softmax' } },
    ]);
  });
});

describe('the size of a network', () => {
  it('is 101,770 parameters for the article’s', () => {
    expect(parameterCount(ARTICLE)).toBe(101_770); // (784 + 1) × 128 + (128 + 1) × 10
  });

  it('counts each position of a convolution but its weights once', () => {
    // conv 3·3·1·4 + 4, conv 2·2·4·5 + 5, dense 20·6 + 6, dense 6·3 + 3
    expect(parameterCount(cnn())).toBe(40 + 85 + 126 + 21);
    // 2 × (6·6 positions × 36, 2·2 positions × 80, 120, 18)
    expect(flopsPerExample(cnn())).toBe(2 * (36 * 36 + 4 * 80 + 120 + 18));
  });

  it('is 2 operations for each weight of a dense network', () => {
    expect(flopsPerExample(ARTICLE)).toBe(2 * (784 * 128 + 128 * 10));
  });

  it('leaves biases out where a layer has none', () => {
    const bare = network([3, 1, 1], [{ class_name: 'Flatten' }, { class_name: 'Dense', config: { units: 2, use_bias: false } }]);
    expect(weightsOf(bare).map(({ path, shape }) => [path, shape])).toEqual([['dense_1/kernel', [3, 2]]]);
  });
});

describe('the weights of a network', () => {
  it('are in the order of its layers, kernel before bias, by path', () => {
    expect(weightsOf(mlp()).map(({ path, shape, layer }) => [path, shape, layer])).toEqual([
      ['dense_1/kernel', [16, 6], 'dense_1'],
      ['dense_1/bias', [6], 'dense_1'],
      ['dense_2/kernel', [6, 3], 'dense_2'],
      ['dense_2/bias', [3], 'dense_2'],
    ]);
  });

  it('know their connections: all inputs and units for dense, the window for convolution', () => {
    expect(weightsOf(cnn()).filter(({ name }) => name === 'kernel').map(({ fanIn, fanOut }) => [fanIn, fanOut])).toEqual([
      [9, 36], [16, 20], [20, 6], [6, 3],
    ]);
  });
});

describe('a layer by name', () => {
  it('is found by its index', () => {
    expect(layerIndex(cnn(), 'conv2d_2')).toBe(2);
  });

  it('that is not there is refused with the names there are', () => {
    const failure = failureOf(() => layerIndex(mlp(), 'dense_9', '/transfer/cut'));
    expect(failure).toMatchObject({
      code: 'LAYER_UNKNOWN',
      pointer: '/transfer/cut',
      message: 'No layer is named "dense_9"; the layers are flatten_1, dense_1, dense_2.',
    });
  });
});

describe('dividing a network', () => {
  it.each(cnn().layers.map(({ name }) => name))('at %s gives two networks that together are the whole', (name) => {
    const whole = cnn();
    const { trunk, rest } = divide(whole, name);
    expect([...trunk.layers, ...rest.layers]).toEqual(whole.layers);
    expect(trunk.layers.at(-1)!.name).toBe(name);
    expect(rest.input_shape).toEqual(outputShape(trunk));
    expect([...trace(trunk), ...trace(rest)].map(({ output }) => output)).toEqual(trace(whole).map(({ output }) => output));
  });
});
