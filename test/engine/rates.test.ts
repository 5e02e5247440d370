// Learning rates by group of layers and by step: what they do to each weight, recorded and plainly.
import { describe, expect, it } from '@jest/globals';
import { resolveOptimizer, type OptimizerRequest } from '#contract/optimizers.js';
import type { RateGroup, Stage } from '#contract/training-specs.js';
import { inOrder } from '#engine/examples.js';
import { Feed } from '#engine/feed.js';
import { fit } from '#engine/fit.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { makeOptimizer } from '#engine/optimizers/registry.js';
import { plainSteps, replayedSteps } from '#engine/steps.js';
import type { Weights } from '#models/weights.js';
import { crossEntropy, dense, everyTestFreesItsTensors, largestWeightDifference, logitsOf, mlp, network, recorder, stripes } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const WAYS = [['recorded', true], ['plain', false]] as const;
/** flatten_1, dense_1, dense_2, dense_3. */
const NETWORK = logitsOf(network([4, 4, 1], [{ class_name: 'Flatten' }, dense(6, 'tanh'), dense(5, 'tanh'), dense(3, 'softmax')]));
const EXAMPLES = stripes(20);
const start = freshWeights(NETWORK, 5);

interface Training {
  optimizer?: OptimizerRequest;
  epochs?: number;
  batch?: number;
  capture?: boolean;
}

/** The network after a stage in which these layers learn at these rates. */
async function trained(rates: RateGroup[], { optimizer = { name: 'sgd' }, epochs = 1, batch = 20, capture = true }: Training = {}): Promise<Weights> {
  const running = await buildNetwork(tf, NETWORK, start);
  const stage: Stage = { trainable: rates.flatMap(({ layers }) => layers), rates, epochs, steps: epochs * Math.ceil(EXAMPLES.count / batch), learning_rate: 1 };
  const { listener, told } = recorder();
  await fit(tf, running, { train: EXAMPLES }, { batch_size: batch, optimizer: resolveOptimizer(optimizer), objective: crossEntropy(tf), seed: 1, stages: [stage], capture }, listener);
  expect('operations' in told.stages[0]!).toBe(capture);
  const weights = running.readWeights();
  running.dispose();
  return weights;
}

const group = (learningRate: number, ...layers: string[]): RateGroup => ({ layers, learning_rate: learningRate });

describe.each(WAYS)('in %s steps, groups', (_, capture) => {
  it.each<OptimizerRequest>([{ name: 'sgd', global_clipnorm: 0.1 }, { name: 'adamw' }])('of one rate are one group, to the bit ($name)', async (optimizer) => {
    const settings = { optimizer, epochs: 3, batch: 8, capture };
    const one = await trained([group(0.02, 'dense_1', 'dense_2', 'dense_3')], settings);
    const three = await trained([group(0.02, 'dense_1'), group(0.02, 'dense_2'), group(0.02, 'dense_3')], settings);
    expect(three).toEqual(one);
  });

  it.each<OptimizerRequest>([{ name: 'sgd', momentum: 0.9 }, { name: 'adamw' }, { name: 'rmsprop' }, { name: 'adagrad', weight_decay: 0.1 }])(
    'at a rate of 0 are frozen: their bytes stay, and the others learn as if they were ($name)',
    async (optimizer) => {
      const settings = { optimizer, epochs: 2, batch: 8, capture };
      const still = await trained([group(0, 'dense_1', 'dense_2'), group(0.02, 'dense_3')], settings);
      const frozen = await trained([group(0.02, 'dense_3')], settings);
      for (const path of ['dense_1/kernel', 'dense_1/bias', 'dense_2/kernel', 'dense_2/bias']) expect(still.get(path)).toEqual(start.get(path));
      expect(still.get('dense_3/kernel')).not.toEqual(start.get('dense_3/kernel'));
      expect(largestWeightDifference(still, frozen)).toBeLessThan(1e-6);
    },
  );

  it('move in the first step of SGD as far as their rates say', async () => {
    const rates = { dense_1: 0.1, dense_2: 1, dense_3: 0.25 };
    const moved = async (by: RateGroup[]): Promise<Record<string, number>> => {
      const weights = await trained(by, { capture });
      const distance = (layer: string) => Math.hypot(...weights.get(`${layer}/kernel`)!.map((value, at) => value - start.get(`${layer}/kernel`)![at]!));
      return Object.fromEntries(Object.keys(rates).map((layer) => [layer, distance(layer)]));
    };
    const alike = await moved([group(1, ...Object.keys(rates))]);
    const apart = await moved(Object.entries(rates).map(([layer, rate]) => group(rate, layer)));
    for (const [layer, rate] of Object.entries(rates)) expect(apart[layer]! / alike[layer]!).toBeCloseTo(rate, 4);
  });
});

describe('a rate that differs in every step', () => {
  const architecture = logitsOf(mlp());
  const examples = stripes(30);
  // Five steps: four of 7 examples, and one of 2.
  const RATES = [[0.1, 0, 0.3, 0.05, 0.2], [0.01, 0.02, 0, 0.04, 0.3]].map((rates) => Float32Array.from(rates));

  async function taken(stepsOf: typeof plainSteps, calls: readonly (readonly [number, number])[], rates = RATES): Promise<Weights> {
    const running = await buildNetwork(tf, architecture, freshWeights(architecture, 5));
    const optimizer = makeOptimizer(tf, resolveOptimizer({ name: 'sgd', momentum: 0.5 }));
    const groups = ['dense_1', 'dense_2'].map((layer) => new Map([...running.variables].filter(([path]) => path.startsWith(layer))));
    const steps = stepsOf(tf, { network: running, objective: crossEntropy(tf), groups, optimizer, clipNorm: 0, examples, batchSize: 7 });
    await new Feed(examples, steps.table, 7).fill();
    for (const [from, to] of calls) {
      steps.take(inOrder(30).subarray(from * 7, to * 7), from + 1, rates.map((ofSteps) => ofSteps.subarray(from, to)));
    }
    steps.sync();
    steps.dispose();
    optimizer.dispose();
    const weights = running.readWeights();
    running.dispose();
    return weights;
  }

  it('is taken alike recorded and plainly, the last, shorter batch included', async () => {
    expect(largestWeightDifference(await taken(replayedSteps, [[0, 5]]), await taken(plainSteps, [[0, 5]]))).toBeLessThan(1e-6);
  });

  it('gives the same bytes in one call and in several', async () => {
    expect(await taken(replayedSteps, [[0, 2], [2, 3], [3, 5]])).toEqual(await taken(replayedSteps, [[0, 5]]));
  });

  it.each([['recorded', replayedSteps], ['plain', plainSteps]])('belongs to its own step and group (%s)', async (_, stepsOf) => {
    const usual = await taken(stepsOf, [[0, 5]]);
    for (const [index, layer] of ['dense_1', 'dense_2'].entries()) {
      // Without a rate in the last step, that group alone ends elsewhere.
      const others = await taken(stepsOf, [[0, 5]], RATES.map((rates, at) => (at === index ? rates.with(4, 0) : rates)));
      const changed = [...usual].filter(([path, values]) => values.some((value, at) => value !== others.get(path)![at])).map(([path]) => path);
      expect(changed).toEqual([`${layer}/kernel`, `${layer}/bias`]);
    }
  });
});

const OPTIMIZERS: Readonly<Record<string, OptimizerRequest>> = {
  SGD: { name: 'sgd' },
  momentum: { name: 'sgd', momentum: 0.9 },
  'Nesterov’s momentum': { name: 'sgd', momentum: 0.9, nesterov: true },
  Adam: { name: 'adam' },
  AdamW: { name: 'adamw' },
  RMSprop: { name: 'rmsprop', momentum: 0.5 },
  Adagrad: { name: 'adagrad' },
};
/** Decays are large, so that a missing or misplaced one shows. */
const EXTRAS: Readonly<Record<string, { settings: Partial<OptimizerRequest>; groups: boolean }>> = {
  'groups of rates': { settings: {}, groups: true },
  'weight decay': { settings: { weight_decay: 1 }, groups: false },
  'clipped gradients': { settings: { global_clipnorm: 0.05 }, groups: false },
  'all of these': { settings: { weight_decay: 1, global_clipnorm: 0.05 }, groups: true },
};

describe.each(Object.entries(OPTIMIZERS))('%s over 20 steps', (_, optimizer) => {
  it.each(Object.entries(EXTRAS))('with %s is recorded as it is plainly', async (_name, { settings, groups }) => {
    const rates = groups
      ? [group(0.002, 'dense_1'), group(0.01, 'dense_2'), group(0.05, 'dense_3')]
      : [group(0.02, 'dense_1', 'dense_2', 'dense_3')];
    // The last of four batches in each of five epochs is shorter.
    const training = { optimizer: { ...optimizer, ...settings } as OptimizerRequest, epochs: 5, batch: 6 };
    const [recorded, plain] = [await trained(rates, training), await trained(rates, { ...training, capture: false })];
    expect(largestWeightDifference(recorded, plain)).toBeLessThan(1e-5);
    // What is compared has moved.
    expect(largestWeightDifference(recorded, start)).toBeGreaterThan(1e-3);
  });
});
