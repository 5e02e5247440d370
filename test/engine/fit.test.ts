// The training loop: each step by hand, what learns and what does not, what it tells, and that all of it follows from the seed.
import { describe, expect, it } from '@jest/globals';
import { resolveOptimizer, type OptimizerRequest } from '#contract/optimizers.js';
import type { Architecture, LayerSpec } from '#contract/layers.js';
import type { Stage } from '#contract/training-specs.js';
import { evaluate } from '#engine/evaluate.js';
import { batches, byteExamples, inOrder, subset, type Examples } from '#engine/examples.js';
import { inputsOf } from '#engine/feed.js';
import { fit, type FitListener, type FitSettings, type Verdict } from '#engine/fit.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork, type Network } from '#engine/network.js';
import type { Measures } from '#engine/objectives/objective.js';
import { permutation } from '#engine/random.js';
import { classTargets } from '#engine/targets.js';
import { weightsOf } from '#models/architecture.js';
import { requestedArchitecture } from '#models/requested.js';
import type { Weights } from '#models/weights.js';
import { cnn, counted, crossEntropy, dense, everyTestFreesItsTensors, failureOfPromise, labelsOf, largestDifference, largestWeightDifference, logitsOf, mlp, network, recorder, softmaxOver, stripes, type Told } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const SGD = resolveOptimizer({ name: 'sgd' });
const OBJECTIVE = crossEntropy(tf);
const measured = async (running: Network, examples: Examples): Promise<Measures> => (await evaluate(tf, running, examples, OBJECTIVE)).measures;
const stage = (architecture: Architecture, rest: Partial<Stage> = {}): Stage => ({
  trainable: [...new Set(weightsOf(architecture).map(({ layer }) => layer))],
  epochs: 1,
  steps: 0,
  learning_rate: 0.1,
  ...rest,
});

interface Trained {
  weights: Weights;
  told: Told;
}
interface Training extends Partial<FitSettings> {
  start?: Weights;
  validation?: Examples;
  /** Called with the network as it is after each epoch. */
  atEpoch?: (running: Network) => unknown;
}

/** Trains a classifier from its fresh weights of seed 5, or from others. */
async function train(architecture: Architecture, train: Examples, { start, validation, atEpoch, ...settings }: Training = {}): Promise<Trained> {
  const logits = logitsOf(architecture);
  const running = await buildNetwork(tf, logits, start ?? freshWeights(logits, 5));
  const { listener, told } = recorder();
  const watching: FitListener = {
    ...listener,
    async onEpoch(...all) {
      await atEpoch?.(running);
      await listener.onEpoch(...all);
    },
  };
  try {
    const data = validation ? { train, validation } : { train };
    await fit(tf, running, data, counted({ batch_size: 10, optimizer: SGD, objective: OBJECTIVE, seed: 1, stages: [stage(architecture)], ...settings }, train), watching);
    return { weights: running.readWeights(), told };
  } finally {
    running.dispose();
  }
}

const REGRESSION = network([4, 4, 1], [{ class_name: 'Flatten' }, dense(3, 'softmax')]);
const FEW = stripes(10);
const SOME = stripes(60);

/** Softmax regression in doubles: gradients of the mean loss over the examples, by the formula (p − y) xᵀ. */
function gradients(weights: Weights, { inputs, labels }: { inputs: number[][]; labels: Int32Array }): Record<string, number[]> {
  const [kernel, bias] = [weights.get('dense_1/kernel')!, weights.get('dense_1/bias')!];
  const ofKernel = Array.from(kernel, () => 0);
  const ofBias = Array.from(bias, () => 0);
  for (const [index, row] of inputs.entries()) {
    const logits = Array.from(bias, (b, unit) => row.reduce((sum, value, at) => sum + value * kernel[at * 3 + unit]!, b));
    const total = logits.reduce((sum, value) => sum + Math.exp(value), 0);
    logits.forEach((logit, unit) => {
      const error = (Math.exp(logit) / total - (labels[index] === unit ? 1 : 0)) / inputs.length;
      ofBias[unit]! += error;
      row.forEach((value, at) => (ofKernel[at * 3 + unit]! += error * value));
    });
  }
  return { 'dense_1/kernel': ofKernel, 'dense_1/bias': ofBias };
}
const plainRows = async (examples: Examples): Promise<{ inputs: number[][]; labels: Int32Array }> => {
  const inputs = await inputsOf(tf, examples);
  const values = inputs.dataSync();
  inputs.dispose();
  return { inputs: Array.from({ length: examples.count }, (_, row) => Array.from(values.slice(16 * row, 16 * row + 16))), labels: labelsOf(examples) };
};

describe.each([['recorded', true], ['plain', false]])('a %s step', (_, capture) => {
  it('over the whole set moves each weight by the rate times the gradient of the formula', async () => {
    const start = freshWeights(REGRESSION, 5);
    const { weights, told } = await train(REGRESSION, FEW, { capture });
    expect('operations' in told.stages[0]!).toBe(capture);
    for (const [path, gradient] of Object.entries(gradients(start, await plainRows(FEW)))) {
      expect(largestDifference(weights.get(path)!, gradient.map((g, at) => start.get(path)![at]! - 0.1 * g))).toBeLessThan(1e-6);
    }
  });

  it('with momentum goes on in the direction of the one before', async () => {
    const start = freshWeights(REGRESSION, 5);
    const { weights } = await train(REGRESSION, FEW, { capture, optimizer: resolveOptimizer({ name: 'sgd', momentum: 0.5 }), stages: [stage(REGRESSION, { epochs: 2 })] });
    const first = gradients(start, await plainRows(FEW));
    const moved = new Map([...start].map(([path, values]) => [path, values.map((value, at) => value - 0.1 * first[path]![at]!)]));
    const second = gradients(moved, await plainRows(FEW));
    for (const [path, values] of moved) {
      const expected = Array.from(values, (value, at) => value - 0.1 * (0.5 * first[path]![at]! + second[path]![at]!));
      expect(largestDifference(weights.get(path)!, expected)).toBeLessThan(1e-6);
    }
  });

  it('of Adam is first as long as the rate, for every weight that has a gradient', async () => {
    const start = freshWeights(REGRESSION, 5);
    const optimizer = resolveOptimizer({ name: 'adam' });
    const { weights } = await train(REGRESSION, FEW, { capture, optimizer, stages: [stage(REGRESSION, { learning_rate: 0.01 })] });
    for (const [path, gradient] of Object.entries(gradients(start, await plainRows(FEW)))) {
      const expected = gradient.map((g, at) => start.get(path)![at]! - (0.01 * g) / (Math.abs(g) + 1e-7));
      expect(largestDifference(weights.get(path)!, expected)).toBeLessThan(1e-6);
    }
  });
});

describe('recorded and plain steps', () => {
  const every: LayerSpec[] = [
    { class_name: 'ZeroPadding2D' },
    { class_name: 'Conv2D', config: { filters: 3, kernel_size: 3, strides: 2, padding: 'same', activation: 'elu' } },
    { class_name: 'AveragePooling2D', config: { pool_size: 2, strides: 1 } },
    { class_name: 'Activation', config: { activation: 'swish' } },
    { class_name: 'Reshape', config: { target_shape: [4, 4, 3] } },
    { class_name: 'MaxPooling2D', config: { padding: 'same' } },
    { class_name: 'Dropout', config: { rate: 0.25 } },
    { class_name: 'Flatten' },
    dense(5, 'tanh'),
    dense(3, 'softmax'),
  ];
  const pooled = (kind: 'GlobalAveragePooling2D' | 'GlobalMaxPooling2D') =>
    network([8, 8, 1], [{ class_name: 'Conv2D', config: { filters: 4, kernel_size: 3, activation: 'relu' } }, { class_name: kind }, dense(3, 'softmax')]);
  const images = stripes(25, { shape: [8, 8, 1] });

  it.each<[string, Architecture, Examples, FitSettings['optimizer']]>([
    ['a perceptron by SGD', mlp(), SOME, SGD],
    ['a perceptron by momentum', mlp(), SOME, resolveOptimizer({ name: 'sgd', momentum: 0.9 })],
    ['a perceptron by Nesterov’s momentum', mlp(), SOME, resolveOptimizer({ name: 'sgd', momentum: 0.9, nesterov: true })],
    ['a perceptron by SGD with weight decay', mlp(), SOME, resolveOptimizer({ name: 'sgd', weight_decay: 0.1 })],
    ['a perceptron by SGD with clipped gradients', mlp(), SOME, resolveOptimizer({ name: 'sgd', global_clipnorm: 0.1 })],
    ['a perceptron by Adam', mlp(), SOME, resolveOptimizer({ name: 'adam' })],
    ['a perceptron by AdamW', mlp(), SOME, resolveOptimizer({ name: 'adamw' })],
    ['a perceptron by RMSprop', mlp(), SOME, resolveOptimizer({ name: 'rmsprop', momentum: 0.5 })],
    ['a perceptron by Adagrad', mlp(), SOME, resolveOptimizer({ name: 'adagrad' })],
    ['a convolutional network', cnn(), images, SGD],
    ['most classes of layers, dropout among them', network([7, 7, 1], every), stripes(25, { shape: [7, 7, 1] }), SGD],
    ['LeNet-5', requestedArchitecture({ architecture: 'lenet5' }, [12, 12, 1], softmaxOver(3)), stripes(25, { shape: [12, 12, 1] }), SGD],
    ['the residual network for small images', requestedArchitecture({ architecture: 'resnet', depth: 8 }, [8, 8, 1], softmaxOver(3)), images, SGD],
    ['global average pooling', pooled('GlobalAveragePooling2D'), images, SGD],
    ['global maximum pooling', pooled('GlobalMaxPooling2D'), images, SGD],
  ])('train %s alike', async (_, architecture, examples, optimizer) => {
    const settings = { optimizer, batch_size: 8, stages: [stage(architecture, { epochs: 2, learning_rate: 0.02 })] };
    const recorded = await train(architecture, examples, settings);
    const plain = await train(architecture, examples, { ...settings, capture: false });
    expect(recorded.told.stages).toEqual([{ operations: expect.any(Number) }]);
    expect(plain.told.stages).toEqual([{ plainly: 'it was asked for' }]);
    expect(largestWeightDifference(recorded.weights, plain.weights)).toBeLessThan(1e-5);
    for (const [at, { mean }] of recorded.told.steps.entries()) expect(mean.loss).toBeCloseTo(plain.told.steps[at]!.mean.loss, 5);
  });
});

describe('what learns', () => {
  const unlike = (one: Weights, other: Weights): string[] =>
    [...one].filter(([path, values]) => Buffer.compare(Buffer.from(values.buffer, values.byteOffset, values.byteLength), Buffer.from(other.get(path)!.slice().buffer)) !== 0).map(([path]) => path);

  it.each([['recorded', true], ['plain', false]])('in %s steps is what each stage names; all other weights keep their bytes', async (_, capture) => {
    const architecture = cnn();
    const images = stripes(20, { shape: [8, 8, 1] });
    const after: Weights[] = [freshWeights(logitsOf(architecture), 5)];
    const stages = [['dense_2'], ['conv2d_2', 'dense_2'], ['conv2d_1']].map((trainable) => stage(architecture, { trainable }));
    await train(architecture, images, { capture, stages, atEpoch: (running) => after.push(running.readWeights()) });
    expect(stages.map(({ trainable }, at) => [trainable, unlike(after[at]!, after[at + 1]!)])).toEqual([
      [['dense_2'], ['dense_2/kernel', 'dense_2/bias']],
      [['conv2d_2', 'dense_2'], ['conv2d_2/kernel', 'conv2d_2/bias', 'dense_2/kernel', 'dense_2/bias']],
      [['conv2d_1'], ['conv2d_1/kernel', 'conv2d_1/bias']],
    ]);
  });

  it.each<OptimizerRequest>([{ name: 'sgd', momentum: 0.9 }, { name: 'adam' }, { name: 'rmsprop' }, { name: 'adagrad' }])(
    'carries the state of $name from stage to stage: two stages are one of twice the epochs',
    async (asked) => {
      const optimizer = resolveOptimizer(asked);
      const half = stage(mlp(), { epochs: 2 });
      const [once, twice] = [[stage(mlp(), { epochs: 4 })], [half, half]];
      const one = await train(mlp(), SOME, { optimizer, stages: once });
      const two = await train(mlp(), SOME, { optimizer, stages: twice });
      expect(two.weights).toEqual(one.weights);
      expect(two.told.steps.map(({ mean }) => mean)).toEqual(one.told.steps.map(({ mean }) => mean));
    },
  );

  it('keeps the state of a layer through a stage in which it does not learn', async () => {
    const optimizer = resolveOptimizer({ name: 'sgd', momentum: 0.9 });
    const head = stage(mlp(), { trainable: ['dense_2'] });
    // At a rate of 0 nothing moves, but velocity builds up: of dense_2 in the first stage alone.
    const still = [{ ...head, learning_rate: 0 }, stage(mlp(), { trainable: ['dense_1'], learning_rate: 0 }), head];
    const remembered = await train(mlp(), FEW, { optimizer, stages: still });
    const fresh = await train(mlp(), FEW, { optimizer, stages: [head] });
    const start = freshWeights(logitsOf(mlp()), 5).get('dense_2/bias')!;
    const ratios = Array.from(start, (value, at) => (remembered.weights.get('dense_2/bias')![at]! - value) / (fresh.weights.get('dense_2/bias')![at]! - value));
    // The gradient g is that of the start each time: v = 0.9 g + g.
    expect(largestDifference(ratios, [1.9, 1.9, 1.9])).toBeLessThan(1e-3);
  });

  it('is nothing at a rate of 0, and the metrics stand still', async () => {
    const { weights, told } = await train(mlp(), SOME, { stages: [stage(mlp(), { epochs: 3, learning_rate: 0 })] });
    expect(weights).toEqual(freshWeights(logitsOf(mlp()), 5));
    for (const { train: epoch } of told.epochs) expect(epoch.loss).toBeCloseTo(told.epochs[0]!.train.loss, 6);
  });

  it('lowers the loss of every epoch on a set that can be told apart', async () => {
    const { told } = await train(mlp(), SOME, { stages: [stage(mlp(), { epochs: 6 })] });
    const losses = told.epochs.map(({ train: { loss } }) => loss);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
  });
});

describe('what the loop tells', () => {
  it('gives no batch more weight than its size: the mean over an epoch is that over its examples', async () => {
    const eleven = stripes(11, { seed: 9 });
    const { told } = await train(mlp(), eleven, { batch_size: 5, stages: [stage(mlp(), { learning_rate: 0 })] });

    const running = await buildNetwork(tf, logitsOf(mlp()), freshWeights(mlp(), 5));
    const whole = await measured(running, eleven);
    const ofBatches: Measures[] = [];
    for (const batch of batches(permutation(1, 'shuffle', 1, 11), 5)) ofBatches.push(await measured(running, subset(eleven, batch.slice().sort())));
    running.dispose();

    expect(told.epochs[0]!.train.loss).toBeCloseTo(whole.loss, 6);
    expect(told.epochs[0]!.train.accuracy).toBe(whole.accuracy);
    // A mean over the three batches would be another number: the last holds one example.
    const unweighted = ofBatches.reduce((sum, { loss }) => sum + loss, 0) / 3;
    expect(Math.abs(unweighted - whole.loss)).toBeGreaterThan(1e-4);
  });

  it('reports every 50 steps and at the end of each epoch; steps and epochs count on through the stages', async () => {
    const stages = [stage(mlp()), stage(mlp())];
    const { told } = await train(mlp(), SOME, { batch_size: 1, stages });
    expect(told.steps.map(({ position, examples }) => [position.stage, position.epoch, position.step, examples])).toEqual([
      [0, 1, 50, 50], [0, 1, 60, 10], [1, 2, 110, 50], [1, 2, 120, 10],
    ]);
    expect(told.epochs.map(({ position }) => position)).toEqual([{ stage: 0, epoch: 1, step: 60 }, { stage: 1, epoch: 2, step: 120 }]);
  });

  it('tells means of reports that make up the mean of the epoch', async () => {
    const { told } = await train(mlp(), SOME, { batch_size: 1 });
    const [first, second] = told.steps;
    expect((50 * first!.mean.loss + 10 * second!.mean.loss) / 60).toBeCloseTo(told.epochs[0]!.train.loss, 9);
    expect((50 * first!.mean.accuracy! + 10 * second!.mean.accuracy!) / 60).toBeCloseTo(told.epochs[0]!.train.accuracy!, 9);
  });

  it('validates after each epoch with the weights as they then are', async () => {
    const validation = stripes(20, { seed: 3 });
    const asked: object[] = [];
    const { told } = await train(mlp(), SOME, {
      validation,
      stages: [stage(mlp(), { epochs: 3 })],
      atEpoch: async (running) => asked.push(await measured(running, validation)),
    });
    expect(told.epochs.map((epoch) => epoch.validation)).toEqual(asked);
    expect(new Set(asked.map((measures) => JSON.stringify(measures))).size).toBe(3);
  });

  it('has no validation where there is nothing to validate on', async () => {
    expect((await train(mlp(), FEW)).told.epochs[0]!.validation).toBeUndefined();
  });
});

describe('a run', () => {
  const withDropout = network([4, 4, 1], [{ class_name: 'Flatten' }, dense(8), { class_name: 'Dropout', config: { rate: 0.5 } }, dense(3, 'softmax')]);
  const settings = { batch_size: 7, stages: [stage(withDropout, { epochs: 2 })] };

  it('of the same seed gives the same bytes and tells the same', async () => {
    const [one, other] = [await train(withDropout, SOME, settings), await train(withDropout, SOME, settings)];
    expect(other).toEqual(one);
  });

  it('of another seed sees the examples in another order', async () => {
    const [one, other] = [await train(mlp(), SOME, { ...settings, stages: [stage(mlp())] }), await train(mlp(), SOME, { ...settings, stages: [stage(mlp())], seed: 2 })];
    for (const [path, values] of one.weights) expect(other.weights.get(path)).not.toEqual(values);
  });

  it('sees every example once an epoch, in an order that seed and epoch decide', async () => {
    const { told } = await train(mlp(), SOME, { batch_size: 1, seed: 3, stages: [stage(mlp(), { epochs: 2, learning_rate: 0 })] });
    const running = await buildNetwork(tf, logitsOf(mlp()), freshWeights(mlp(), 5));
    const expected: number[] = [];
    for (const epoch of [1, 2]) {
      for (const report of batches(permutation(3, 'shuffle', epoch, 60), 50)) expected.push((await measured(running, subset(SOME, report.slice().sort()))).loss);
    }
    running.dispose();
    expect(new Set(expected.map((loss) => loss.toFixed(5))).size).toBe(4);
    expect(largestDifference(told.steps.map(({ mean }) => mean.loss), expected)).toBeLessThan(1e-6);
  });

  it.each([['recorded', true], ['plain', false]])('of %s steps on a part of a table is one on a table of that part, byte for byte', async (_, capture) => {
    const chosen = permutation(4, 'test/chosen', 0, 60).slice(0, 23).sort();
    const all = new Uint8Array(60 * 16);
    await SOME.rows.read([0], all, 0);
    const bytes = Uint8Array.from([...chosen].flatMap((index) => Array.from(all.subarray(16 * index, 16 * index + 16))));
    const ownTable = byteExamples(bytes, classTargets(Int32Array.from(chosen, (index) => labelsOf(SOME)[index]!)), {
      input: { shape: [4, 4, 1], dtype: 'uint8' },
      steps: [{ divide_by: 255 }],
    });
    const [part, own] = [await train(mlp(), subset(SOME, chosen), { capture, ...settings, stages: [stage(mlp())] }), await train(mlp(), ownTable, { capture, ...settings, stages: [stage(mlp())] })];
    expect(part.weights).toEqual(own.weights);
  });

  it('draws dropout anew in every step: as one mask repeated it would move only what that mask keeps', async () => {
    const start = freshWeights(logitsOf(withDropout), 5);
    const [rows] = [start.get('dense_2/kernel')!.length / 3];
    const untouchedAfter = async (epochs: number): Promise<number> => {
      const { weights } = await train(withDropout, subset(FEW, inOrder(1)), { batch_size: 1, stages: [stage(withDropout, { epochs, trainable: ['dense_2'] })] });
      const kernel = weights.get('dense_2/kernel')!;
      return Array.from({ length: rows }, (_, row) => row).filter((row) => [0, 1, 2].every((unit) => kernel[3 * row + unit] === start.get('dense_2/kernel')![3 * row + unit])).length;
    };
    const [afterOne, afterMany] = [await untouchedAfter(1), await untouchedAfter(20)];
    expect(afterMany).toBeLessThan(afterOne);
  });
});

describe('a loss that is not a number', () => {
  it.each([['recorded', true], ['plain', false]])('ends a run of %s steps at the step in which it appears', async (_, capture) => {
    // Twelve steps that learn; the thirteenth, still sound, throws the weights past what float32 holds.
    const stages = [stage(REGRESSION, { epochs: 2, learning_rate: 0.01 }), stage(REGRESSION, { learning_rate: 3e38 })];
    const failure = await failureOfPromise(train(REGRESSION, SOME, { capture, stages }));
    expect(failure).toMatchObject({ code: 'NAN_LOSS', message: 'The loss is not a finite number at step 14; lower the learning rate.' });
  });

  it('frees the state of the optimizer', async () => {
    const stages = [stage(mlp(), { learning_rate: 1e38, epochs: 2 })];
    const failure = await failureOfPromise(train(mlp(), SOME, { optimizer: resolveOptimizer({ name: 'sgd', momentum: 0.9 }), stages }));
    expect(failure.code).toBe('NAN_LOSS');
  });
});

describe('a listener that fails', () => {
  it('ends the run with its failure, and nothing is left behind', async () => {
    const failure = new Error('cancelled');
    await expect(train(mlp(), SOME, { optimizer: resolveOptimizer({ name: 'adam' }), atEpoch: () => { throw failure; } })).rejects.toBe(failure);
  });
});

describe('a loop that is told to end', () => {
  /** Sixty examples, so six steps an epoch; a listener that says `verdict` from step `from` on. */
  async function ended(verdict: Verdict, from: number, capture: boolean): Promise<{ end: Verdict; step: number; weights: Weights }> {
    const logits = logitsOf(REGRESSION);
    const running = await buildNetwork(tf, logits, freshWeights(logits, 5));
    const { listener, told } = recorder();
    const telling: FitListener = {
      ...listener,
      onCall: async () => (told.steps.at(-1)!.position.step >= from ? verdict : 'go'),
    };
    try {
      const settings = { batch_size: 10, optimizer: SGD, objective: OBJECTIVE, seed: 1, stages: [stage(REGRESSION, { epochs: 3 }), stage(REGRESSION)], capture };
      const end = await fit(tf, running, { train: SOME }, counted(settings, SOME), telling);
      return { end, step: told.steps.at(-1)!.position.step, weights: running.readWeights() };
    } finally {
      running.dispose();
    }
  }

  it.each([
    ['stop', true], ['pause', true], ['stop', false], ['pause', false],
  ] as const)('"%s" ends at that step, with its weights (recorded: %s)', async (verdict, capture) => {
    const { end, step, weights } = await ended(verdict, 12, capture);
    expect({ end, step }).toEqual({ end: verdict, step: 12 });
    const two = await train(REGRESSION, SOME, { stages: [stage(REGRESSION, { epochs: 2 })], capture });
    expect([...weights]).toEqual([...two.weights]);
  });

  it('goes on to its last step where nothing else is said', async () => {
    expect(await ended('go', 1, true)).toMatchObject({ end: 'go', step: 24 });
  });
});
