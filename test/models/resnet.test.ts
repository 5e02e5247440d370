// The residual network for small images: depths and parameters as its paper has them, shortcuts without any, a base for transfer.
import { describe, expect, it } from '@jest/globals';
import { RESNET_DEPTHS, type ResNetDepth } from '#contract/job-request.js';
import { MOST_LAYERS } from '#contract/layers.js';
import { volume } from '#contract/shape.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { trace, upTo, weightsOf } from '#models/architecture.js';
import { requestedArchitecture } from '#models/requested.js';
import { blocksOf } from '#transfer/blocks.js';
import { featureTransfer } from '#transfer/kinds/feature.js';
import { everyTestFreesItsTensors, failureOf, softmaxOver } from '../support/networks.js';

const { tf } = loadTensorFlow();
const resnet = (depth?: ResNetDepth, shape = [32, 32, 3], classes = 10) => requestedArchitecture({ architecture: 'resnet', ...(depth !== undefined && { depth }) }, shape, softmaxOver(classes));
const learning = (depth?: ResNetDepth): number => weightsOf(resnet(depth)).filter(({ learns }) => learns).reduce((sum, { shape }) => sum + volume(shape), 0);

describe('The residual network for small images', () => {
  everyTestFreesItsTensors(tf);

  // Table 6 of the paper: 0.27 M, 0.46 M, 0.66 M, 0.85 M, 1.7 M; to the last of them those of https://github.com/akamaster/pytorch_resnet_cifar10.
  it.each<[ResNetDepth, number]>([[20, 269_722], [32, 464_154], [44, 658_586], [56, 853_018], [110, 1_727_962]])('of depth %d has %d parameters that learn', (depth, parameters) => {
    expect(learning(depth)).toBe(parameters);
  });

  it('has as many layers with a kernel as its depth says, in every depth', () => {
    for (const depth of RESNET_DEPTHS) {
      const network = resnet(depth);
      expect(new Set(weightsOf(network).filter(({ path }) => path.endsWith('/kernel')).map(({ layer }) => layer)).size).toBe(depth);
      expect(network.layers.length).toBeLessThanOrEqual(MOST_LAYERS);
    }
    expect(resnet().layers).toEqual(resnet(20).layers);
  });

  it.each([[32, [16, 8]], [33, [17, 9]], [9, [5, 3]]])('halves an image of %d twice', (side, sizes) => {
    const shapes = new Map(trace(resnet(8, [side, side, 1])).map(({ layer, output }) => [layer.name, output]));
    expect([shapes.get('block_1_add'), shapes.get('block_2_add'), shapes.get('block_3_add')]).toEqual([[side, side, 16], ...sizes.map((size, at) => [size, size, 32 * 2 ** at])]);
  });

  it('has a shortcut of every second pixel and of zeros around its channels', async () => {
    const network = upTo(resnet(8, [9, 9, 1]), 'block_2_shortcut_return', '');
    const before = upTo(network, 'block_1_relu_2', '');
    const weights = freshWeights(network, 1);
    const [one, other] = [await buildNetwork(tf, before, weights), await buildNetwork(tf, network, weights)];
    const [given, taken] = tf.tidy(() => {
      const input = tf.randomUniform([2, 9, 9, 1], 0, 1, 'float32', 3);
      const picked = tf.stridedSlice(one.apply(input, false), [0, 0, 0, 0], [2, 9, 9, 16], [1, 2, 2, 1]);
      return [other.apply(input, false).arraySync(), tf.pad<Tensor>(picked, [[0, 0], [0, 0], [0, 0], [8, 8]]).arraySync()];
    });
    expect(given).toEqual(taken);
    one.dispose();
    other.dispose();
  });

  it('has blocks that learn at one rate each', () => {
    expect(blocksOf(resnet(14)).map(([first]) => first)).toEqual(['conv', ...[1, 2, 3, 4, 5, 6].map((block) => `block_${block}_conv_1`), 'predictions']);
  });

  it.each([[[7, 32, 3]], [[64]]])('does not take %j', (shape) => {
    expect(failureOf(() => resnet(8, shape)).code).toBe('SHAPE_MISMATCH');
  });

  it('gives the features of its last mean, for any classes', () => {
    const { architecture, featuresFrom } = featureTransfer(resnet(), { kind: 'feature' }, { classes: 3, loss: 'sparse_categorical_crossentropy', task: 'classification', head: 'replace' });
    expect([featuresFrom, architecture.layers.at(-1)!.config]).toEqual(['global_average_pooling2d', { units: 3, activation: 'softmax' }]);
  });
});
