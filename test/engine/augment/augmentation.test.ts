// All changes of a batch together: what the draws depend on, what is left alone, and how a network is trained with them.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { resolveAugment, UNCHANGED, type AugmentRequest } from '#contract/augment.js';
import { resolveOptimizer } from '#contract/optimizers.js';
import type { Stage } from '#contract/training-specs.js';
import { augmentation } from '#engine/augment/augmentation.js';
import { evaluate } from '#engine/evaluate.js';
import { byteExamples, inOrder, subset, type Examples } from '#engine/examples.js';
import { Feed, inputsOf } from '#engine/feed.js';
import { fit } from '#engine/fit.js';
import { classTargets } from '#engine/targets.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { makeOptimizer } from '#engine/optimizers/registry.js';
import { plainSteps, replayedSteps, type StageToTrain } from '#engine/steps.js';
import type { Weights } from '#models/weights.js';
import { counted, crossEntropy, everyTestFreesItsTensors, largestDifference, largestWeightDifference, logitsOf, mlp, recorder, stripes } from '../../support/networks.js';
import { drawn } from '../../support/packed.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const EVERYTHING: AugmentRequest = {
  shift: 0.2, flip: 'both', rotate: 20, zoom: 0.2, crop: 0.3, brightness: 0.2, noise: 0.05, erase: {}, mixup: 0.4, cutmix: 1,
};
const ONE_BY_ONE = Object.entries(EVERYTHING).map(([name, value]): [string, AugmentRequest] => [name, { [name]: value }]);

interface Changed {
  inputs: Float32Array;
  of: number[];
  mixed: { other: number[]; share: number[] } | undefined;
}
const pictures = (shape: number[]): Tensor => tf.randomUniform(shape, 0, 1, 'float32', 5);
const changed = (request: AugmentRequest, { seed = 1, step = 1, shape = [6, 8, 10, 3] } = {}): Changed =>
  tf.tidy(() => {
    const augment = augmentation(tf, { ...UNCHANGED, ...resolveAugment(request) }, seed);
    const result = augment(pictures(shape), { of: tf.range(0, shape[0]!, 1, 'int32') }, tf.scalar(step, 'int32'));
    expect(result.inputs.shape).toEqual(shape);
    const { mixed } = result.targets;
    return {
      inputs: result.inputs.dataSync() as Float32Array,
      of: Array.from(result.targets.of.dataSync()),
      mixed: mixed && { other: Array.from(mixed.other.dataSync()), share: Array.from(mixed.share.dataSync()) },
    };
  });
const given = (shape: number[]): Float32Array => tf.tidy(() => pictures(shape).dataSync() as Float32Array);

describe('augmentation', () => {
  it('that asks for nothing keeps every bit', () => {
    expect(changed({})).toEqual({ inputs: given([6, 8, 10, 3]), of: [0, 1, 2, 3, 4, 5], mixed: undefined });
  });

  it.each([...ONE_BY_ONE, ['everything', EVERYTHING] as [string, AugmentRequest]])('by %s follows from seed and step: the same twice, otherwise for another', (_, request) => {
    // A coin, or the few pictures that are erased or mirrored, may fall alike for one other seed or step, not for all of ten.
    const first = changed(request);
    expect(changed(request)).toEqual(first);
    expect(first.inputs).not.toEqual(given([6, 8, 10, 3]));
    const others = [2, 3, 4, 5, 6];
    expect(others.some((seed) => largestDifference(changed(request, { seed }).inputs, first.inputs) > 0)).toBe(true);
    expect(others.some((step) => largestDifference(changed(request, { step }).inputs, first.inputs) > 0)).toBe(true);
  });

  it.each(ONE_BY_ONE)('by %s draws the same whatever else is asked for', (name, request) => {
    // Almost no brightness, or almost no noise, leaves in view what was drawn for the other.
    const beside = changed({ ...request, ...(name === 'brightness' ? { noise: 1e-6 } : { brightness: 1e-6 }) });
    const alone = changed(request);
    expect(largestDifference(beside.inputs, alone.inputs)).toBeLessThan(1e-4);
    expect(beside.mixed).toEqual(alone.mixed);
  });

  it('draws for each example of a batch', () => {
    const same = tf.tidy(() => {
      const augment = augmentation(tf, resolveAugment({ rotate: 90 })!, 1);
      const batch = tf.tile(pictures([1, 8, 8, 1]), [4, 1, 1, 1]);
      return tf.unstack(augment(batch, { of: tf.zeros([4], 'int32') }, tf.scalar(1, 'int32')).inputs).map((one) => one.dataSync().join());
    });
    expect(new Set(same).size).toBe(4);
  });

  it('takes pictures without an axis of channels as those of one channel', () => {
    const flat = changed(EVERYTHING, { shape: [6, 8, 10] });
    expect(flat).toEqual(changed(EVERYTHING, { shape: [6, 8, 10, 1] }));
  });

  it('takes examples of any shape where it needs no picture', () => {
    for (const shape of [[6, 20], [6, 5, 4, 3, 2]]) {
      const { inputs, mixed } = changed({ brightness: 0.1, noise: 0.1, mixup: 0.5 }, { shape });
      expect(inputs).toHaveLength(shape.reduce((product, size) => product * size, 1));
      expect(mixed!.share).toHaveLength(6);
    }
  });

  it('mixes nothing in a batch of one', () => {
    expect(changed({ mixup: 1, cutmix: 1 }, { shape: [1, 8, 10, 3] })).toEqual({ inputs: given([1, 8, 10, 3]), of: [0], mixed: undefined });
  });
});

const SGD = resolveOptimizer({ name: 'sgd' });
const stage = (rest: Partial<Stage> = {}): Stage => ({ trainable: ['dense_1', 'dense_2'], epochs: 1, steps: 0, learning_rate: 0.05, ...rest });
/** Batches of 8 of these are three, the last of a single example. */
const IMAGES = stripes(17, { shape: [8, 8, 1] });

/** Weights after seven epochs, each taken in calls of so many examples. */
async function weightsAfter(
  steps: typeof plainSteps | typeof replayedSteps,
  request: AugmentRequest | null,
  { seed = 1, calls = [17] } = {},
): Promise<{ weights: Weights; measures: number[] }> {
  const logits = logitsOf(mlp(6, 3, [8, 8, 1]));
  const running = await buildNetwork(tf, logits, freshWeights(logits, 5));
  const optimizer = makeOptimizer(tf, SGD);
  const augment = request ? augmentation(tf, resolveAugment(request)!, seed) : undefined;
  const training: StageToTrain = { network: running, objective: crossEntropy(tf), groups: [running.variables], optimizer, clipNorm: 0, augment, examples: IMAGES, batchSize: 8 };
  const taken = steps(tf, training);
  await new Feed(IMAGES, taken.table, 8).fill();
  const measures: number[] = [];
  for (let epoch = 0; epoch < 7; epoch += 1) {
    let from = 0;
    for (const size of calls) {
      const order = inOrder(17).subarray(from, from + size);
      measures.push(...taken.take(order, 1 + measures.length / 2, [new Float32Array(Math.ceil(order.length / 8)).fill(0.05)]));
      from += size;
    }
  }
  taken.sync();
  const weights = running.readWeights();
  taken.dispose();
  optimizer.dispose();
  running.dispose();
  return { weights, measures };
}

describe('training on changed examples', () => {
  let unchanged: Awaited<ReturnType<typeof weightsAfter>>;
  beforeAll(async () => {
    unchanged = await weightsAfter(plainSteps, null);
  });

  it.each([...ONE_BY_ONE, ['everything', EVERYTHING] as [string, AugmentRequest]])('by %s is alike in recorded and plain steps, the short batch of one included', async (_, request) => {
    const [recorded, plain] = [await weightsAfter(replayedSteps, request), await weightsAfter(plainSteps, request)];
    expect(plain.measures).toHaveLength(2 * 21);
    expect(largestWeightDifference(recorded.weights, plain.weights)).toBeLessThan(1e-5);
    expect(largestDifference(recorded.measures, plain.measures)).toBeLessThan(1e-5);
    expect(largestWeightDifference(plain.weights, unchanged.weights)).toBeGreaterThan(1e-4);
  });

  it('gives the same bytes twice, and in many calls as in one', async () => {
    const once = await weightsAfter(replayedSteps, EVERYTHING);
    expect(await weightsAfter(replayedSteps, EVERYTHING)).toEqual(once);
    expect(await weightsAfter(replayedSteps, EVERYTHING, { calls: [8, 8, 1] })).toEqual(once);
  });

  it('gives other weights for another seed', async () => {
    const [one, other] = [await weightsAfter(replayedSteps, EVERYTHING), await weightsAfter(replayedSteps, EVERYTHING, { seed: 2 })];
    expect(largestWeightDifference(one.weights, other.weights)).toBeGreaterThan(1e-4);
  });

  const fitted = async (augment: AugmentRequest | null, rest: Partial<Stage>, capture = true) => {
    const architecture = mlp(16);
    const logits = logitsOf(architecture);
    const running = await buildNetwork(tf, logits, freshWeights(logits, 5));
    const { listener, told } = recorder();
    const data = { train: stripes(120), validation: stripes(60, { seed: 3 }) };
    const settings = { batch_size: 16, optimizer: SGD, objective: crossEntropy(tf), seed: 1, capture, augment: augment && resolveAugment(augment), stages: [stage(rest)] };
    await fit(tf, running, data, counted(settings, data.train), listener);
    const validated = await evaluate(tf, running, data.validation, crossEntropy(tf));
    running.dispose();
    return { told, validated };
  };

  it('is recorded, and learns what the unchanged examples show', async () => {
    const { told } = await fitted({ shift: 0.1, noise: 0.05, zoom: 0.1, brightness: 0.1, mixup: 0.2 }, { epochs: 30, learning_rate: 0.2 });
    expect(told.stages).toEqual([{ operations: expect.any(Number) }]);
    expect(told.epochs.at(-1)!.validation!.accuracy).toBeGreaterThan(0.95);
  });

  it('carries over to digits that moved where the network has not seen them', async () => {
    const { parts } = await drawn({ name: 'glyph_digits', examples: 3000, seed: 1 });
    const [seen, unseen] = [parts.train, parts.test].map(({ inputs, labels }) =>
      byteExamples(inputs, classTargets(labels), { input: { shape: [28, 28, 1], dtype: 'uint8' }, steps: [{ divide_by: 255 }] }),
    ) as [Examples, Examples];
    const accuracy = async (augment: AugmentRequest | null): Promise<number> => {
      const logits = logitsOf(mlp(64, 10, [28, 28, 1]));
      const running = await buildNetwork(tf, logits, freshWeights(logits, 5));
      const settings = { batch_size: 32, optimizer: SGD, objective: crossEntropy(tf, 10), seed: 1, augment: augment && resolveAugment(augment), stages: [stage({ epochs: 40, learning_rate: 0.05 })] };
      const train = subset(seen, inOrder(1000));
      await fit(tf, running, { train }, counted(settings, train), recorder().listener);
      const { accuracy: reached } = (await evaluate(tf, running, unseen, crossEntropy(tf, 10))).measures;
      running.dispose();
      return reached!;
    };
    const [without, shifted] = [await accuracy(null), await accuracy({ shift: 0.1 })];
    expect(shifted - without).toBeGreaterThan(0.01);
    expect(shifted).toBeGreaterThan(0.9);
  });

  it('never changes what validates', async () => {
    const [with_, without] = [await fitted(EVERYTHING, { learning_rate: 0 }), await fitted(null, { learning_rate: 0 })];
    expect(with_.told.epochs[0]!.validation).toEqual(without.told.epochs[0]!.validation);
    expect(with_.validated).toEqual(without.validated);
    expect(with_.told.epochs[0]!.train.loss).not.toBe(without.told.epochs[0]!.train.loss);
  });

  it('draws by the seed of the run, step after step through its epochs', async () => {
    const { told } = await fitted({ noise: 0.5 }, { epochs: 3, learning_rate: 0 });
    expect(new Set(told.epochs.map(({ train }) => train.loss)).size).toBe(3);
    expect((await fitted({ noise: 0.5 }, { epochs: 3, learning_rate: 0 })).told).toEqual(told);
  });

  it('of one pair of examples weighs both labels by the shares their pixels have', async () => {
    const two = subset(stripes(30), Uint32Array.of(0, 1));
    const architecture = logitsOf(mlp());
    const running = await buildNetwork(tf, architecture, freshWeights(architecture, 5));
    const optimizer = makeOptimizer(tf, SGD);
    const augment = augmentation(tf, resolveAugment({ mixup: 1 })!, 1);
    const steps = plainSteps(tf, { network: running, objective: crossEntropy(tf), groups: [running.variables], optimizer, clipNorm: 0, augment, examples: two, batchSize: 2 });
    await new Feed(two, steps.table, 2).fill();
    const pictures = await inputsOf(tf, two);
    const [loss] = steps.take(Uint32Array.of(0, 1), 1, [Float32Array.of(0)]);
    const expected = tf.tidy(() => {
      const { inputs, targets } = augment(pictures, { of: tf.tensor1d([0, 1], 'int32') }, tf.scalar(1, 'int32'));
      const share = targets.mixed!.share.dataSync();
      const soft = tf.tensor2d([[share[0]!, 1 - share[0]!, 0], [1 - share[1]!, share[1]!, 0]]);
      return tf.neg(tf.mean(tf.sum(tf.mul(soft, tf.logSoftmax(running.apply(inputs, false))), 1))).dataSync()[0]!;
    });
    pictures.dispose();
    steps.dispose();
    optimizer.dispose();
    running.dispose();
    expect(loss).toBeCloseTo(expected, 6);
  });
});
