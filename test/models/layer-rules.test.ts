// What each layer class does to a shape: by hand, and as TensorFlow.js itself sees it.
import { describe, expect, it } from '@jest/globals';
import { LAYER_CLASSES, type LayerSpec } from '#contract/layers.js';
import { buildNetwork } from '#engine/network.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow, type Sequential } from '#engine/native.js';
import { trace, weightsOf } from '#models/architecture.js';
import { kerasTopology } from '#models/keras-topology.js';
import { everyTestFreesItsTensors, failureOf, network } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

type Row = [layer: LayerSpec, input: number[], output: number[]];
const ROWS: Row[] = [
  [{ class_name: 'Dense', config: { units: 3 } }, [5], [3]],
  [{ class_name: 'Dense', config: { units: 3, use_bias: false } }, [5], [3]],
  [{ class_name: 'Dense', config: { units: 3 } }, [4, 5], [4, 3]],
  [{ class_name: 'Dense', config: { units: 3, activation: 'softmax' } }, [2, 4, 5], [2, 4, 3]],
  [{ class_name: 'Conv2D', config: { filters: 4, kernel_size: 3 } }, [7, 6, 2], [5, 4, 4]],
  [{ class_name: 'Conv2D', config: { filters: 4, kernel_size: [3, 2], strides: [2, 1] } }, [7, 6, 2], [3, 5, 4]],
  [{ class_name: 'Conv2D', config: { filters: 4, kernel_size: 3, strides: 2, padding: 'same' } }, [7, 6, 2], [4, 3, 4]],
  [{ class_name: 'Conv2D', config: { filters: 1, kernel_size: 9, padding: 'same', use_bias: false } }, [4, 4, 1], [4, 4, 1]],
  [{ class_name: 'MaxPooling2D' }, [7, 6, 2], [3, 3, 2]],
  [{ class_name: 'MaxPooling2D', config: { pool_size: 3, strides: 1 } }, [7, 6, 2], [5, 4, 2]],
  [{ class_name: 'MaxPooling2D', config: { pool_size: [2, 3], padding: 'same' } }, [7, 7, 2], [4, 3, 2]],
  [{ class_name: 'MaxPooling2D', config: { pool_size: 2, strides: 3 } }, [8, 8, 1], [3, 3, 1]],
  [{ class_name: 'AveragePooling2D' }, [5, 5, 3], [2, 2, 3]],
  [{ class_name: 'AveragePooling2D', config: { pool_size: 3, strides: 2, padding: 'same' } }, [5, 6, 3], [3, 3, 3]],
  [{ class_name: 'GlobalAveragePooling2D' }, [5, 6, 3], [3]],
  [{ class_name: 'GlobalMaxPooling2D' }, [5, 6, 3], [3]],
  [{ class_name: 'Flatten' }, [5, 6, 3], [90]],
  [{ class_name: 'Flatten' }, [5, 6], [30]],
  [{ class_name: 'Reshape', config: { target_shape: [2, 3, 5] } }, [30], [2, 3, 5]],
  [{ class_name: 'Reshape', config: { target_shape: [30] } }, [5, 6], [30]],
  [{ class_name: 'ZeroPadding2D' }, [5, 6, 3], [7, 8, 3]],
  [{ class_name: 'ZeroPadding2D', config: { padding: [1, 2] } }, [5, 6, 3], [7, 10, 3]],
  [{ class_name: 'Activation', config: { activation: 'tanh' } }, [5, 6], [5, 6]],
  [{ class_name: 'Dropout', config: { rate: 0.5 } }, [5, 6], [5, 6]],
];
const titled = ROWS.map(([layer, ...rest]) => [`${layer.class_name} ${JSON.stringify(layer.config ?? {})}`, layer, ...rest] as const);

describe('the rule of a layer class', () => {
  it('is tried here for every class', () => {
    expect([...new Set(ROWS.map(([{ class_name: name }]) => name))].sort()).toEqual([...LAYER_CLASSES].sort());
  });

  it.each(titled)('%s turns shapes and holds weights as TensorFlow.js does', async (_, layer, input, output) => {
    const architecture = network(input, [layer]);
    expect(trace(architecture)[0]!.output).toEqual(output);

    const model = (await tf.models.modelFromJSON(kerasTopology(architecture) as never)) as Sequential;
    expect(model.weights.map((weight) => [weight.originalName, weight.shape])).toEqual(weightsOf(architecture).map(({ path, shape }) => [path, shape]));
    expect(model.outputs[0]!.shape).toEqual([null, ...output]);
    model.dispose();

    const running = await buildNetwork(tf, architecture, freshWeights(architecture, 1));
    for (const training of [false, true]) {
      const shape = tf.tidy(() => {
        running.context.step = tf.scalar(1, 'int32');
        return running.apply(tf.ones([2, ...input]), training).shape;
      });
      expect(shape).toEqual([2, ...output]);
    }
    running.dispose();
  });

  it.each<[string, LayerSpec, number[], string]>([
    ['a convolution of a flat input', { class_name: 'Conv2D', config: { filters: 1, kernel_size: 1 } }, [9], 'it takes height × width × channels and is given [9]'],
    ['a window larger than the image', { class_name: 'Conv2D', config: { filters: 1, kernel_size: [2, 5] } }, [4, 4, 1], 'its window of 5 is larger than the 4 it slides over'],
    ['pooling of a flat input', { class_name: 'MaxPooling2D' }, [9], 'it takes height × width × channels and is given [9]'],
    ['pooling past the last pixel', { class_name: 'AveragePooling2D' }, [4, 1, 2], 'its window of 2 is larger than the 1 it slides over'],
    ['global pooling of a sequence', { class_name: 'GlobalMaxPooling2D' }, [4, 2], 'it takes height × width × channels and is given [4, 2]'],
    ['padding of a flat input', { class_name: 'ZeroPadding2D' }, [4], 'it takes height × width × channels and is given [4]'],
    ['a reshape to another count', { class_name: 'Reshape', config: { target_shape: [2, 3] } }, [5], '[5] holds 5 numbers, [2, 3] 6'],
    ['flattening what is flat', { class_name: 'Flatten' }, [12], '[12] is flat already'],
  ])('refuses %s', (_, layer, input, why) => {
    const architecture = network(input, [{ ...layer, name: 'here' }]);
    expect(failureOf(() => trace(architecture))).toMatchObject({ code: 'SHAPE_MISMATCH', message: `Layer "here" does not fit: ${why}.` });
  });

  it('refuses at the first layer that does not fit, not at those before', () => {
    const architecture = network([4, 4, 1], [{ class_name: 'MaxPooling2D' }, { class_name: 'MaxPooling2D' }, { class_name: 'MaxPooling2D', name: 'third' }]);
    expect(failureOf(() => trace(architecture)).message).toContain('"third"');
  });
});
