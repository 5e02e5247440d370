// Grad-CAM: of a network that ends in means it is the class activation map, and in one that branches its weights are what finite differences of the layer's output give.
import { describe, expect, it } from '@jest/globals';
import type { Architecture } from '#contract/layers.js';
import { gradCamLayer, gradCamLayers } from '#engine/explain/grad-cam-layer.js';
import { gradCam } from '#engine/explain/grad-cam.js';
import type { Subject } from '#engine/explain/subject.js';
import { loadTensorFlow } from '#engine/native.js';
import type { Network } from '#engine/network.js';
import { requestedArchitecture } from '#models/requested.js';
import { cnn, dense, everyTestFreesItsTensors, largestDifference, mlp, network, softmaxOver } from '../../support/networks.js';
import { explained, randomInput, randomWeights, valueOf } from './subjects.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const convolution = (filters: number, name: string, rest: object = {}) => ({ class_name: 'Conv2D', name, config: { filters, kernel_size: 3, padding: 'same', ...rest } }) as const;

/** What a layer gives for an input: [pixels × channels]. */
const mapsOf = (running: Network, layer: string, input: Float32Array): Float32Array =>
  tf.tidy(() => running.outputsOf([layer], tf.tensor(input, [1, ...running.architecture.input_shape], 'float32'))[0]!.dataSync() as Float32Array);

/** ReLU(Σ_k a_k A_k). */
const mapBy = (weights: readonly number[], maps: Float32Array): Float32Array =>
  Float32Array.from({ length: maps.length / weights.length }, (_, pixel) => Math.max(0, weights.reduce((sum, weight, channel) => sum + weight * maps[pixel * weights.length + channel]!, 0)));

/** A block around the layers that are looked at, and more behind it. */
const SKIPPING = network([6, 6, 2], [
  convolution(4, 'first', { activation: 'tanh' }),
  convolution(4, 'looked_at'),
  { class_name: 'BatchNormalization', name: 'norm' },
  { class_name: 'Activation', name: 'tanh', config: { activation: 'tanh' } },
  convolution(4, 'second', { activation: 'tanh' }),
  { class_name: 'Add', name: 'add', inputs: ['looked_at', 'second'] },
  { class_name: 'Concatenate', name: 'both', inputs: ['add', 'first'] },
  convolution(3, 'last', { activation: 'tanh', strides: 2 }),
  { class_name: 'Flatten' },
  dense(3, 'softmax'),
]);

describe('Grad-CAM', () => {
  it('of a network that ends in means and a Dense layer is the class activation map', async () => {
    const architecture = network([8, 8, 3], [convolution(6, 'one', { activation: 'relu' }), convolution(5, 'two', { activation: 'relu' }), { class_name: 'GlobalAveragePooling2D' }, dense(4, 'softmax')]);
    const weights = randomWeights(architecture);
    const running = await explained(tf, architecture, weights);
    const input = randomInput([8, 8, 3]);
    const kernel = weights.get('dense_1/kernel')!;
    for (const output of [0, 1, 2, 3]) {
      const found = gradCam(tf, { network: running, input, output }, gradCamLayer(architecture)!);
      expect(found).toMatchObject({ layer: 'two', shape: [8, 8] });
      const ofClass = [0, 1, 2, 3, 4].map((channel) => kernel[channel * 4 + output]! / 64);
      expect(largestDifference(found.values, mapBy(ofClass, mapsOf(running, 'two', input)))).toBeLessThan(1e-7);
    }
    running.dispose();
  });

  it('in a network that goes around the layer has the weights that moving what it gives shows', async () => {
    const weights = randomWeights(SKIPPING);
    const running = await explained(tf, SKIPPING, weights);
    const input = randomInput([6, 6, 2]);
    const bias = weights.get('looked_at/bias')!;
    for (const output of [0, 2]) {
      const subject: Subject = { network: running, input, output };
      // The bias moves a channel in all 36 pixels, wherever they go from there.
      const moved = (channel: number, by: number): number => {
        running.writeWeights(new Map([...weights, ['looked_at/bias', bias.with(channel, bias[channel]! + by)]]));
        return valueOf(tf, subject, input);
      };
      const step = 1e-2;
      const byDifferences = [0, 1, 2, 3].map((channel) => (moved(channel, step) - moved(channel, -step)) / (2 * step) / 36);
      running.writeWeights(weights);
      const found = gradCam(tf, subject, 'looked_at');
      const expected = mapBy(byDifferences, mapsOf(running, 'looked_at', input));
      expect(Math.max(...expected)).toBeGreaterThan(1e-4);
      expect(largestDifference(found.values, expected) / Math.max(...expected)).toBeLessThan(5e-3);
    }
    running.dispose();
  });

  it('leaves the network as it was', async () => {
    const running = await explained(tf, SKIPPING);
    const input = randomInput([6, 6, 2]);
    const subject: Subject = { network: running, input, output: 1 };
    const before = valueOf(tf, subject, input);
    const first = gradCam(tf, subject, 'looked_at');
    expect(gradCam(tf, subject, 'looked_at')).toEqual(first);
    expect(() => gradCam(tf, { ...subject, output: 9 }, 'looked_at')).toThrow(RangeError);
    expect(gradCam(tf, subject, 'looked_at')).toEqual(first);
    expect(valueOf(tf, subject, input)).toBe(before);
    running.dispose();
  });

  it('refuses a layer without pixels, and one that is not there', async () => {
    const running = await explained(tf, cnn());
    const subject: Subject = { network: running, input: randomInput([8, 8, 1]), output: 0 };
    for (const layer of ['flatten_1', 'dense_1', 'none']) expect(() => gradCam(tf, subject, layer)).toThrow(RangeError);
    running.dispose();
  });
});

describe('the layer that Grad-CAM looks at', () => {
  const requested = (model: Parameters<typeof requestedArchitecture>[0], shape: number[]): Architecture => requestedArchitecture(model, shape, softmaxOver(4));
  it.each([
    ['the last convolution, not the pooling behind it', requested({ architecture: 'cnn' }, [28, 28, 1]), 'conv2d_2'],
    ['the end of the last block of a residual network', requested({ architecture: 'resnet', depth: 8 }, [16, 16, 3]), 'block_3_relu_2'],
    ['the last features of MobileNetV2', requested({ architecture: 'mobilenet_v2', width: 0.35 }, [96, 96, 3]), 'out_relu'],
    ['of small pictures the last features that are not one pixel', requested({ architecture: 'mobilenet_v2', width: 0.35 }, [32, 32, 3]), 'block_13_expand_relu'],
    ['none of a perceptron', mlp(), undefined],
    ['none where pixels are only put in another shape', network([16], [{ class_name: 'Reshape', config: { target_shape: [4, 4, 1] } }, { class_name: 'Flatten' }, dense(3, 'softmax')]), undefined],
    ['not what is one pixel at the end', network([4, 4, 2], [convolution(3, 'conv'), { class_name: 'AveragePooling2D', config: { pool_size: 4 } }, convolution(5, 'head'), { class_name: 'Flatten' }]), 'conv'],
  ])('is %s', (_, architecture, expected) => {
    expect(gradCamLayer(architecture)).toBe(expected);
    if (expected !== undefined) expect(gradCamLayers(architecture)).toContain(expected);
  });

  it('may be any other whose output has pixels', () => {
    expect(gradCamLayers(cnn())).toEqual(['conv2d_1', 'max_pooling2d_1', 'conv2d_2']);
    expect(gradCamLayers(SKIPPING)).toEqual(['first', 'looked_at', 'norm', 'tanh', 'second', 'add', 'both', 'last']);
  });
});
