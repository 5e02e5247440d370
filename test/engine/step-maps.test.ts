// Maps on the variables after each step: the identities and limiting cases of the average of the weights, recorded and plainly.
import { describe, expect, it } from '@jest/globals';
import type { EmaRequest } from '#contract/ema.js';
import { resolveEma } from '#contract/ema.js';
import type { Architecture } from '#contract/layers.js';
import { resolveOptimizer, type OptimizerRequest } from '#contract/optimizers.js';
import type { Stage } from '#contract/training-specs.js';
import { evaluate } from '#engine/evaluate.js';
import { fit, type Snapshot } from '#engine/fit.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { AVERAGE } from '#engine/step-maps/average-name.js';
import { ema } from '#engine/step-maps/ema.js';
import { weightsOf } from '#models/architecture.js';
import type { Weights } from '#models/weights.js';
import { counted, crossEntropy, dense, everyTestFreesItsTensors, largestDifference, largestWeightDifference, logitsOf, mlp, network, recorder, stripes, type Told } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const TRAIN = stripes(20);
const VALIDATION = stripes(30, { seed: 3 });
const NORMED = logitsOf(network([4, 4, 1], [{ class_name: 'Flatten' }, dense(8), { class_name: 'BatchNormalization', config: { momentum: 0.9 } }, dense(3, 'softmax')]));
const PLAIN = logitsOf(mlp(6));
const layersOf = (architecture: Architecture): string[] => [...new Set(weightsOf(architecture).map(({ layer }) => layer))];

interface Training {
  architecture?: Architecture;
  start?: Weights;
  average?: EmaRequest | undefined;
  optimizer?: OptimizerRequest;
  stages?: Partial<Stage>[];
  capture?: boolean;
  from?: Snapshot;
  validated?: boolean;
}

interface Trained {
  weights: Weights;
  told: Told;
  snapshots: Snapshot[];
}

async function trained({ architecture = PLAIN, start = freshWeights(architecture, 5), average, optimizer = { name: 'sgd' }, stages = [{}], capture = true, from, validated = false }: Training): Promise<Trained> {
  const running = await buildNetwork(tf, architecture, start);
  const whole = stages.map((stage): Stage => ({ trainable: layersOf(architecture), epochs: 3, steps: 0, learning_rate: 0.1, ...stage }));
  const { listener, told } = recorder();
  const snapshots: Snapshot[] = [];
  const onCall = async (_at: object, snapshot: () => Snapshot): Promise<'go'> => (snapshots.push(snapshot()), 'go');
  try {
    const settings = { batch_size: 6, optimizer: resolveOptimizer(optimizer), objective: crossEntropy(tf), seed: 1, stages: whole, capture, ema: average && resolveEma(average) };
    await fit(tf, running, { train: TRAIN, ...(validated && { validation: VALIDATION }) }, counted(settings, TRAIN), { ...listener, onCall }, from);
    expect(told.stages.every((stage) => 'operations' in stage === capture)).toBe(true);
    return { weights: running.readWeights(), told, snapshots };
  } finally {
    running.dispose();
  }
}

describe('the average of a weight', () => {
  it('goes by θ + d (θ̄ − θ), d rising as (1 + t) / (10 + t) up to the decay', () => {
    const weight = tf.tidy(() => tf.variable(tf.tensor1d([1, -3])));
    const map = ema(tf, { decay: 0.3 }, new Map([['w', weight]]));
    let expected = [1, -3];
    for (let step = 1; step <= 12; step += 1) {
      const kept = Math.min(0.3, step / (9 + step));
      tf.tidy(() => {
        weight.assign(tf.tensor1d([step, step ** 2]));
        map.apply(tf.scalar(step, 'int32'));
      });
      expected = [step, step ** 2].map((value, at) => kept * expected[at]! + (1 - kept) * value);
      expect(largestDifference(map.stands.get('w')!.dataSync(), expected)).toBeLessThan(1e-4);
    }
    expect([...map.state.keys()]).toEqual([`w${AVERAGE}`]);
    tf.dispose([weight, ...map.state.values()]);
  });

  it('that does not change is that weight, to the bit', () => {
    const values = Float32Array.from({ length: 100 }, (_, at) => Math.sin(at) * 10 ** (at % 7));
    const weight = tf.tidy(() => tf.variable(tf.tensor1d(values)));
    const map = ema(tf, { decay: 0.9 }, new Map([['w', weight]]));
    for (let step = 1; step <= 50; step += 1) tf.tidy(() => map.apply(tf.scalar(step, 'int32')));
    expect(map.stands.get('w')!.dataSync()).toEqual(values);
    tf.dispose([weight, ...map.state.values()]);
  });
});

describe('training with an average', () => {
  it.each(['sgd', 'adam', 'adagrad'] as const)('with a decay of 0 is training without one, to the bit, by %s', async (name) => {
    for (const capture of [true, false]) {
      const [averaged, plain] = [await trained({ architecture: NORMED, average: { decay: 0 }, optimizer: { name, weight_decay: 0.1 }, capture, validated: true }), await trained({ architecture: NORMED, optimizer: { name, weight_decay: 0.1 }, capture, validated: true })];
      expect(averaged.weights).toEqual(plain.weights);
      expect(averaged.told.epochs).toEqual(plain.told.epochs);
    }
  });

  it('leaves the training itself as it is: the weights beside it, and the loss of each epoch', async () => {
    const [averaged, plain] = [await trained({ average: { decay: 0.9 }, optimizer: { name: 'adam' } }), await trained({ optimizer: { name: 'adam' } })];
    for (const [path, values] of plain.snapshots.at(-1)!.tensors) expect(averaged.snapshots.at(-1)!.tensors.get(path)).toEqual(values);
    expect(averaged.told.epochs).toEqual(plain.told.epochs);
    expect(largestWeightDifference(averaged.weights, plain.weights)).toBeGreaterThan(1e-3);
  });

  it('ends with the average of what was seen on the way, recorded and plainly', async () => {
    // One step an epoch, so that a snapshot is taken after each.
    const stages = Array.from({ length: 12 }, () => ({ epochs: 1, steps: 1 }));
    const plain = await trained({ stages });
    const start = freshWeights(PLAIN, 5);
    let expected = new Map([...start]);
    plain.snapshots.forEach(({ tensors }, at) => {
      const kept = Math.min(0.8, (1 + at) / (10 + at));
      expected = new Map([...expected].map(([path, values]) => [path, values.map((value, index) => kept * value + (1 - kept) * tensors.get(path)![index]!)]));
    });
    expect(plain.snapshots).toHaveLength(12);
    for (const capture of [true, false]) expect(largestWeightDifference((await trained({ stages, average: { decay: 0.8 }, capture })).weights, expected)).toBeLessThan(1e-6);
  });

  it('validates the average, and is published as it was validated at last', async () => {
    const { weights, told, snapshots } = await trained({ architecture: NORMED, average: { decay: 0.95 }, validated: true });
    const running = await buildNetwork(tf, NORMED, weights);
    expect((await evaluate(tf, running, VALIDATION, crossEntropy(tf))).measures).toEqual(told.epochs.at(-1)!.validation);
    running.writeWeights(snapshots.at(-1)!.tensors);
    expect((await evaluate(tf, running, VALIDATION, crossEntropy(tf))).measures).not.toEqual(told.epochs.at(-1)!.validation);
    running.dispose();
  });

  it.each([true, false])('ends with the same bytes wherever it was left, through stages and a solver (recorded: %s)', async (capture) => {
    const stages: Partial<Stage>[] = [{}, { trainable: [layersOf(NORMED).at(-1)!], solver: { name: 'lbfgs', l2: 0.05, max_iterations: 30, tolerance: 1e-4 } }, { learning_rate: 0.05 }];
    const training: Training = { architecture: NORMED, average: { decay: 0.9 }, optimizer: { name: 'adam' }, stages, capture, validated: true };
    const whole = await trained(training);
    // Within the first stage and at its end, where it was solved, and in the last.
    for (const from of whole.snapshots.filter((_, at) => at % 3 === 1)) expect((await trained({ ...training, start: freshWeights(NORMED, 6), from })).weights).toEqual(whole.weights);
  });

  it('begins anew where weights were put in place by a solver', async () => {
    const solved: Partial<Stage> = { trainable: ['dense_2'], solver: { name: 'lbfgs', l2: 0.05, max_iterations: 30, tolerance: 1e-4 } };
    const both = await trained({ average: { decay: 0.9 }, stages: [{ epochs: 2 }, solved, { epochs: 2 }] });
    const until = await trained({ stages: [{ epochs: 2 }, solved] });
    // Stages are told apart by their epochs, which draw the order of the examples: the second run begins where the solver ended.
    const [atSolved] = both.snapshots.filter(({ cursor }) => cursor.stage === 1 && cursor.epochsOfStage > 0);
    for (const [path, values] of until.weights) expect(atSolved!.tensors.get(`${path}${AVERAGE}`)).toEqual(values);
  });

  it('averages layers that learn in no stage not at all, and those that do not learn any more towards what they are', async () => {
    const { snapshots, weights } = await trained({ average: { decay: 0.5 }, stages: [{ trainable: ['dense_2'], epochs: 20 }] });
    expect([...snapshots.at(-1)!.tensors.keys()].filter((name) => name.endsWith(AVERAGE))).toEqual(['dense_2/kernel/average', 'dense_2/bias/average']);
    expect(weights.get('dense_1/kernel')).toEqual(freshWeights(PLAIN, 5).get('dense_1/kernel'));
    const later = await trained({ average: { decay: 0.5 }, stages: [{ trainable: ['dense_1'], epochs: 2 }, { trainable: ['dense_2'], epochs: 20 }] });
    expect(largestDifference(later.weights.get('dense_1/kernel')!, later.snapshots.at(-1)!.tensors.get('dense_1/kernel')!)).toBeLessThan(1e-6);
  });

  it('leaves the statistics of batch normalisation those that the steps have come to', async () => {
    const { weights, snapshots } = await trained({ architecture: NORMED, average: { decay: 0.98 } });
    const last = snapshots.at(-1)!.tensors;
    for (const name of ['moving_mean', 'moving_variance']) expect(weights.get(`batch_normalization_1/${name}`)).toEqual(last.get(`batch_normalization_1/${name}`));
    expect(weights.get('batch_normalization_1/gamma')).toEqual(last.get(`batch_normalization_1/gamma${AVERAGE}`));
    expect([...last.keys()].filter((name) => name.endsWith(AVERAGE))).toHaveLength(6);
  });
});
