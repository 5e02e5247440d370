// Every class of layer in a small network: recorded it trains as it does plainly, its gradient is that of finite differences, and
// what is frozen stays as it is.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { resolveOptimizer } from '#contract/optimizers.js';
import { LAYER_CLASSES, type Architecture, type LayerSpec } from '#contract/layers.js';
import { byteExamples, type Examples } from '#engine/examples.js';
import { inputsOf } from '#engine/feed.js';
import { fit } from '#engine/fit.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { bytesOf } from '#store/array-file.js';
import { stream } from '#engine/random.js';
import { classTargets } from '#engine/targets.js';
import { crossEntropy, dense, everyTestFreesItsTensors, labelsOf, logitsOf, network, recorder, stripes } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const PICTURE = [6, 6, 2];
const SEQUENCE = [8, 3];
const VECTOR = [12];
/** Whole numbers from 0 to 8. */
const WORDS = [7];
const flatten: LayerSpec = { class_name: 'Flatten' };
const ends = [dense(3, 'softmax')];
const conv: LayerSpec = { class_name: 'Conv2D', name: 'conv', config: { filters: 4, kernel_size: 3, padding: 'same' } };
const branched = (merge: LayerSpec): LayerSpec[] => [
  { ...conv, name: 'left' },
  { ...conv, name: 'right', inputs: ['input'] },
  { ...merge, inputs: ['left', 'right'] },
  flatten,
  ...ends,
];
const inPicture = (...layers: LayerSpec[]): [number[], LayerSpec[]] => [PICTURE, [...layers, flatten, ...ends]];
const inSequence = (...layers: LayerSpec[]): [number[], LayerSpec[]] => [SEQUENCE, [...layers, flatten, ...ends]];
const inVector = (...layers: LayerSpec[]): [number[], LayerSpec[]] => [VECTOR, [...layers, ...ends]];

/** Networks by the class they are about. */
const NETWORKS: Readonly<Record<string, [number[], LayerSpec[]]>> = {
  Dense: inVector(dense(5, 'tanh')),
  Conv1D: inSequence({ class_name: 'Conv1D', config: { filters: 4, kernel_size: 3, activation: 'relu' } }),
  Conv2D: inPicture({ class_name: 'Conv2D', config: { filters: 4, kernel_size: 3, strides: 2, activation: 'relu' } }),
  DepthwiseConv2D: inPicture({ class_name: 'DepthwiseConv2D', config: { kernel_size: 3, depth_multiplier: 2 } }),
  SeparableConv2D: inPicture({ class_name: 'SeparableConv2D', config: { filters: 4, kernel_size: 3 } }),
  Conv2DTranspose: inPicture({ class_name: 'Conv2DTranspose', config: { filters: 3, kernel_size: 2, strides: 2 } }),
  MaxPooling1D: inSequence({ class_name: 'Conv1D', config: { filters: 4, kernel_size: 1 } }, { class_name: 'MaxPooling1D' }),
  AveragePooling1D: inSequence({ class_name: 'Conv1D', config: { filters: 4, kernel_size: 1 } }, { class_name: 'AveragePooling1D' }),
  GlobalAveragePooling1D: [SEQUENCE, [{ class_name: 'Conv1D', config: { filters: 4, kernel_size: 1 } }, { class_name: 'GlobalAveragePooling1D' }, ...ends]],
  GlobalMaxPooling1D: [SEQUENCE, [{ class_name: 'Conv1D', config: { filters: 4, kernel_size: 1 } }, { class_name: 'GlobalMaxPooling1D' }, ...ends]],
  MaxPooling2D: inPicture(conv, { class_name: 'MaxPooling2D' }),
  AveragePooling2D: inPicture(conv, { class_name: 'AveragePooling2D' }),
  GlobalAveragePooling2D: [PICTURE, [conv, { class_name: 'GlobalAveragePooling2D' }, ...ends]],
  GlobalMaxPooling2D: [PICTURE, [conv, { class_name: 'GlobalMaxPooling2D' }, ...ends]],
  BatchNormalization: inPicture(conv, { class_name: 'BatchNormalization', name: 'norm', config: { momentum: 0.9 } }),
  'BatchNormalization of vectors': inVector(dense(5, 'linear'), { class_name: 'BatchNormalization', name: 'norm' }),
  'BatchNormalization without scale and centre': inPicture(conv, { class_name: 'BatchNormalization', name: 'norm', config: { scale: false, center: false } }),
  LayerNormalization: inVector(dense(5, 'linear'), { class_name: 'LayerNormalization' }),
  'LayerNormalization without scale and centre': inSequence({ class_name: 'Conv1D', config: { filters: 4, kernel_size: 1 } }, { class_name: 'LayerNormalization', config: { scale: false, center: false } }),
  Rescaling: inPicture({ class_name: 'Rescaling', config: { scale: 0.5, offset: -0.1 } }, conv),
  Dropout: inVector(dense(9), { class_name: 'Dropout', config: { rate: 0.3 } }),
  SpatialDropout1D: inSequence({ class_name: 'SpatialDropout1D', config: { rate: 0.3 } }),
  GaussianNoise: inVector({ class_name: 'GaussianNoise', config: { stddev: 0.1 } }),
  GaussianDropout: inVector({ class_name: 'GaussianDropout', config: { rate: 0.3 } }),
  AlphaDropout: inVector({ class_name: 'AlphaDropout', config: { rate: 0.3 } }),
  Add: [PICTURE, branched({ class_name: 'Add' })],
  Multiply: [PICTURE, branched({ class_name: 'Multiply' })],
  Average: [PICTURE, branched({ class_name: 'Average' })],
  Maximum: [PICTURE, branched({ class_name: 'Maximum' })],
  Concatenate: [PICTURE, branched({ class_name: 'Concatenate' })],
  Flatten: inPicture(),
  Reshape: inPicture(conv, { class_name: 'Reshape', config: { target_shape: [12, 12] } }),
  Permute: inPicture(conv, { class_name: 'Permute', config: { dims: [3, 1, 2] } }),
  ZeroPadding2D: inPicture({ class_name: 'ZeroPadding2D' }, conv),
  Cropping2D: inPicture(conv, { class_name: 'Cropping2D', config: { cropping: 1 } }),
  UpSampling2D: inPicture(conv, { class_name: 'UpSampling2D' }),
  'UpSampling2D bilinear': inPicture(conv, { class_name: 'UpSampling2D', config: { interpolation: 'bilinear' } }),
  Activation: inVector(dense(5, 'linear'), { class_name: 'Activation', config: { activation: 'gelu' } }),
  ReLU: inPicture(conv, { class_name: 'ReLU', config: { max_value: 6 } }),
  'ReLU with another limit': inPicture(conv, { class_name: 'ReLU', config: { max_value: 0.5 } }),
  'ReLU without a limit': inPicture(conv, { class_name: 'ReLU' }),
  'relu6 as an activation': inVector(dense(5, 'linear'), { class_name: 'Activation', config: { activation: 'relu6' } }),
  LeakyReLU: inPicture(conv, { class_name: 'LeakyReLU', config: { alpha: 0.2 } }),
  Softmax: inVector(dense(5, 'linear'), { class_name: 'Softmax' }),
  Embedding: [WORDS, [{ class_name: 'Embedding', config: { input_dim: 9, output_dim: 4 } }, { class_name: 'GlobalAveragePooling1D' }, ...ends]],
  LSTM: [SEQUENCE, [{ class_name: 'LSTM', config: { units: 4 } }, ...ends]],
  GRU: [SEQUENCE, [{ class_name: 'GRU', config: { units: 4 } }, ...ends]],
  SimpleRNN: [SEQUENCE, [{ class_name: 'SimpleRNN', config: { units: 4 } }, ...ends]],
};
/** What TensorFlow cannot hold in a graph of its own: these train plainly, and say so. */
const PLAINLY: string[] = [];

const cases = Object.entries(NETWORKS).map(([name, [shape, layers]]): [string, Architecture] => [name, network(shape, layers)]);

it('are all here', () => {
  const tested = new Set(Object.values(NETWORKS).flatMap(([, layers]) => layers.map((layer) => layer.class_name as string)));
  expect(LAYER_CLASSES.filter((name) => !tested.has(name))).toEqual([]);
});

/** Pictures of stripes; for an embedding whole numbers, of which some are more often in one class than in another. */
function examplesFor({ input_shape: shape, layers }: Architecture, count: number): Examples {
  if (layers[0]!.class_name !== 'Embedding') return stripes(count, { shape });
  const draws = stream(1, 'test/words');
  const labels = Int32Array.from({ length: count }, (_, index) => index % 3);
  const words = Uint8Array.from({ length: count * shape[0]! }, (_, at) => (draws.below(3) > 0 ? draws.below(9) : 3 * labels[Math.floor(at / shape[0]!)]!));
  return byteExamples(words, classTargets(labels), { input: { shape, dtype: 'uint8' }, steps: [] });
}

async function trained(architecture: Architecture, capture: boolean, learning?: string[]) {
  const running = await buildNetwork(tf, logitsOf(architecture), freshWeights(architecture, 1));
  const { listener, told } = recorder();
  const trainable = learning ?? architecture.layers.map(({ name }) => name);
  const stages = [{ trainable, epochs: 4, steps: 20, learning_rate: 0.05 }];
  // 4 × 5 steps of SGD, the last of each epoch shorter.
  const data = { train: examplesFor(architecture, 38) };
  await fit(tf, running, data, { batch_size: 8, optimizer: resolveOptimizer({ name: 'sgd' }), objective: crossEntropy(tf), seed: 1, stages, capture }, listener);
  const weights = running.readWeights();
  running.dispose();
  return { weights, told };
}

/**
 * A batch normalisation takes off again whatever a bias before it adds, so that bias has no gradient but rounding: it stays at the 0
 * it began at, and there is nothing to be relative to.
 */
const biasesBeforeNormalization = ({ layers }: Architecture): string[] =>
  layers.filter((_, at) => layers[at + 1]?.class_name === 'BatchNormalization').map(({ name }) => `${name}/bias`);

describe.each(cases)('%s', (name, architecture) => {
  let recorded: Awaited<ReturnType<typeof trained>>;
  beforeAll(async () => {
    recorded = await trained(architecture, true);
  });

  it('trains alike recorded and plainly', async () => {
    const plain = await trained(architecture, false);
    expect(recorded.told.stages).toEqual([PLAINLY.includes(name) ? { plainly: expect.any(String) } : { operations: expect.any(Number) }]);
    for (const [path, values] of recorded.weights) {
      const others = plain.weights.get(path)!;
      const largest = Math.max(...others.map(Math.abs));
      if (biasesBeforeNormalization(architecture).includes(path)) expect(Math.max(largest, ...values.map(Math.abs))).toBeLessThan(1e-6);
      else values.forEach((value, at) => expect(Math.abs(value - others[at]!) / largest).toBeLessThan(1e-5));
    }
  });

  it('trains to the same bytes whenever it is recorded', async () => {
    const again = await trained(architecture, true);
    for (const [path, values] of recorded.weights) expect(bytesOf(again.weights.get(path)!)).toEqual(bytesOf(values));
  });

  it('has the gradient that finite differences give', async () => {
    const running = await buildNetwork(tf, logitsOf(architecture), freshWeights(architecture, 2));
    running.context.learning = new Set(architecture.layers.map((layer) => layer.name));
    running.context.step = tf.scalar(1, 'int32');
    const examples = examplesFor(architecture, 6);
    const inputs = await inputsOf(tf, examples);
    const labels = tf.tensor1d(labelsOf(examples), 'int32');
    const loss = (): Tensor => crossEntropy(tf).loss(running.apply(inputs, true), { of: labels });
    const [first] = [...running.variables.values()].filter((variable) => variable.trainable);
    const gradient = tf.tidy(() => {
      const { grads } = tf.variableGrads(() => loss() as never, [first!]);
      return Array.from(Object.values(grads)[0]!.dataSync());
    });
    // Moved along the gradient as far as ± 0.5 % of the loss: the slope there is the gradient's own length.
    const length = Math.hypot(...gradient);
    const start = tf.clone(first!);
    const direction = tf.tensor(gradient.map((value) => value / length), first!.shape);
    const at = (by: number): number => {
      tf.tidy(() => first!.assign(tf.add(start, tf.mul(direction, by))));
      return tf.tidy(() => loss().dataSync()[0]!);
    };
    const step = Math.min(0.001, 0.0005 / length);
    const slope = (at(step) - at(-step)) / (2 * step);
    expect(Math.abs(slope - length) / length).toBeLessThan(0.03);
    tf.dispose([start, direction, inputs, labels, running.context.step]);
    running.dispose();
  });
});

describe('an embedding', () => {
  const architecture = network(WORDS, [{ class_name: 'Embedding', name: 'words', config: { input_dim: 9, output_dim: 4 } }, flatten, ...ends]);
  const oneWord = (word: number): Examples =>
    byteExamples(new Uint8Array(14).fill(word), classTargets(Int32Array.of(0, 1)), { input: { shape: WORDS, dtype: 'uint8' }, steps: [] });

  it.each([true, false])('moves the rows of the numbers it was given, and no others (recorded: %s)', async (capture) => {
    const running = await buildNetwork(tf, logitsOf(architecture), freshWeights(architecture, 1));
    const stages = [{ trainable: ['words'], epochs: 1, steps: 1, learning_rate: 0.1 }];
    await fit(tf, running, { train: oneWord(5) }, { batch_size: 2, optimizer: resolveOptimizer({ name: 'sgd' }), objective: crossEntropy(tf), seed: 1, stages, capture }, recorder().listener);
    const [before, after] = [freshWeights(architecture, 1), running.readWeights()].map((weights) => weights.get('words/embeddings')!);
    const moved = Array.from({ length: 9 }, (_, row) => row).filter((row) => [0, 1, 2, 3].some((at) => before![4 * row + at] !== after![4 * row + at]));
    expect(moved).toEqual([5]);
    running.dispose();
  });

  it.each([true, false])('fails on a number that its table has not, and leaves nothing behind (recorded: %s)', async (capture) => {
    const running = await buildNetwork(tf, logitsOf(architecture), freshWeights(architecture, 1));
    const stages = [{ trainable: ['words'], epochs: 1, steps: 1, learning_rate: 0.1 }];
    const training = fit(tf, running, { train: oneWord(9) }, { batch_size: 2, optimizer: resolveOptimizer({ name: 'sgd' }), objective: crossEntropy(tf), seed: 1, stages, capture }, recorder().listener);
    await expect(training).rejects.toThrow(/9 is not in \[0, 9\)/);
    running.dispose();
  });
});

describe('a frozen batch normalisation', () => {
  const architecture = network(...inPicture(conv, { class_name: 'BatchNormalization', name: 'norm' }));
  const fresh = freshWeights(architecture, 1);

  it.each([true, false])('keeps its weights and its statistics to the bit (recorded: %s)', async (capture) => {
    const { weights } = await trained(architecture, capture, ['conv', 'dense_1']);
    for (const weight of ['gamma', 'beta', 'moving_mean', 'moving_variance']) expect(weights.get(`norm/${weight}`)).toEqual(fresh.get(`norm/${weight}`));
    expect(weights.get('conv/kernel')).not.toEqual(fresh.get('conv/kernel'));
  });

  it('that learns moves them by the momentum towards those of the batch', async () => {
    const single = network([2], [{ class_name: 'BatchNormalization', name: 'norm', config: { momentum: 0.75 } }]);
    const running = await buildNetwork(tf, single, freshWeights(single, 1));
    running.context.learning = new Set(['norm']);
    const values = tf.tidy(() => running.apply(tf.tensor2d([[1, 10], [3, 10], [5, 40]]), true).dataSync());
    const weights = running.readWeights();
    // Means 3 and 20, variances 8/3 and 200, with n in the denominator.
    expect(weights.get('norm/moving_mean')![0]).toBeCloseTo(0.25 * 3, 5);
    expect(weights.get('norm/moving_mean')![1]).toBeCloseTo(0.25 * 20, 5);
    expect(weights.get('norm/moving_variance')![0]).toBeCloseTo(0.75 + 0.25 * (8 / 3), 4);
    expect(weights.get('norm/moving_variance')![1]).toBeCloseTo(0.75 + 0.25 * 200, 3);
    expect(values[0]).toBeCloseTo((1 - 3) / Math.sqrt(8 / 3 + 0.001), 4);
    running.dispose();
  });
});
