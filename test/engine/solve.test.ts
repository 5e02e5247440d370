// A stage that is solved: the one answer of what is convex, what it leaves alone, and how a run goes on around it.
import { describe, expect, it } from '@jest/globals';
import { resolveLossTerm } from '#contract/loss-terms.js';
import { resolveOptimizer } from '#contract/optimizers.js';
import { resolveSchedule } from '#contract/schedules.js';
import { resolveSolver } from '#contract/solvers.js';
import type { Stage } from '#contract/training-specs.js';
import { floatExamples, type Examples } from '#engine/examples.js';
import { fit, type FitListener, type FitSettings, type Snapshot } from '#engine/fit.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { makeObjective } from '#engine/objectives/registry.js';
import { stream } from '#engine/random.js';
import { solve } from '#engine/solve.js';
import { classTargets, valueTargets } from '#engine/targets.js';
import { weightsDigest, type Weights } from '#models/weights.js';
import { counted, crossEntropy, dense, everyTestFreesItsTensors, largestDifference, largestWeightDifference, logitsOf, mlp, network, recorder, stripes } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const SGD = resolveOptimizer({ name: 'sgd' });
/** Examples of three numbers: more than a batch of the pass, and not a whole number of batches. */
const COUNT = 1203;
const draws = stream(3, 'test/solve');
const XS = Float32Array.from({ length: COUNT * 3 }, () => draws.uniform() * 4 - 2);
const values = (row: number): readonly [number, number, number] => [XS[3 * row]!, XS[3 * row + 1]!, XS[3 * row + 2]!];

/** y = 2a − b + 3c + 5, and noise. */
const YS = Float32Array.from({ length: COUNT }, (_, row) => {
  const [a, b, c] = values(row);
  return 2 * a - b + 3 * c + 5 + draws.uniform() - 0.5;
});
const LINE = network([3], [{ class_name: 'Dense', config: { units: 1, activation: 'linear' } }]);

async function solved(l2: number, start: number): Promise<Weights> {
  const running = await buildNetwork(tf, LINE, freshWeights(LINE, start));
  try {
    const objective = makeObjective(tf, { loss: { name: 'mean_squared_error' }, class_weights: null, deviations: null }, null);
    const examples = floatExamples(XS, [3], valueTargets(YS, 1));
    const end = await solve(tf, { network: running, objective, variables: running.variables, examples, solver: { ...resolveSolver({ name: 'lbfgs', tolerance: 1e-4 }, COUNT), l2 } }, async () => true);
    expect(end.converged).toBe(true);
    return running.readWeights();
  } finally {
    running.dispose();
  }
}

/** Ridge regression in closed form, the bias free: (XᵀX · 2/n + λ I) w = XᵀY · 2/n over centred columns. */
function ridge(l2: number): { kernel: number[]; bias: number } {
  const means = [0, 1, 2].map((column) => Array.from({ length: COUNT }, (_, row) => values(row)[column]!).reduce((sum, value) => sum + value, 0) / COUNT);
  const meanY = YS.reduce((sum, value) => sum + value, 0) / COUNT;
  const matrix = [0, 1, 2].map((i) => [0, 1, 2, 3].map((j) => {
    let sum = 0;
    for (let row = 0; row < COUNT; row += 1) sum += (values(row)[i]! - means[i]!) * (j < 3 ? values(row)[j]! - means[j]! : YS[row]! - meanY);
    return (2 * sum) / COUNT + (i === j ? l2 : 0);
  }));
  for (let pivot = 0; pivot < 3; pivot += 1) {
    for (let row = 0; row < 3; row += 1) {
      const factor = row === pivot ? 0 : matrix[row]![pivot]! / matrix[pivot]![pivot]!;
      for (let column = 0; column < 4; column += 1) matrix[row]![column]! -= factor * matrix[pivot]![column]!;
    }
  }
  const kernel = matrix.map((row, index) => row[3]! / row[index]!);
  return { kernel, bias: meanY - kernel.reduce((sum, weight, index) => sum + weight * means[index]!, 0) };
}

describe('a solver', () => {
  it.each([0, 0.3])('gives ridge regression where the loss is the square (λ = %d), from wherever it starts', async (l2) => {
    const { kernel, bias } = ridge(l2);
    for (const start of [1, 2]) {
      const weights = await solved(l2, start);
      expect(largestDifference(weights.get('dense_1/kernel')!, kernel)).toBeLessThan(1e-4);
      expect(weights.get('dense_1/bias')![0]).toBeCloseTo(bias, 4);
    }
  });
});

const NET = network([4, 4, 1], [{ class_name: 'Flatten' }, dense(8), { class_name: 'BatchNormalization' }, { class_name: 'Dropout', config: { rate: 0.5 } }, dense(3, 'softmax')]);
const TRAIN = stripes(60);
const probe = (rest: Partial<Stage> = {}): Stage => ({ trainable: ['dense_2'], epochs: 2, steps: 0, learning_rate: 0.1, solver: resolveSolver({ name: 'lbfgs' }, TRAIN.count), ...rest });
const everything: Stage = { trainable: ['dense_1', 'batch_normalization_1', 'dense_2'], epochs: 1, steps: 0, learning_rate: 0.05 };

async function run(stages: Stage[], { startSeed = 5, listen = {}, from, rest = {}, train = TRAIN }: { startSeed?: number; listen?: Partial<FitListener>; from?: Snapshot; rest?: Partial<FitSettings>; train?: Examples } = {}) {
  const logits = logitsOf(NET);
  const start = freshWeights(logits, startSeed);
  const running = await buildNetwork(tf, logits, start);
  const { listener, told } = recorder();
  try {
    const settings = counted({ batch_size: 8, optimizer: SGD, objective: crossEntropy(tf), seed: 1, stages, ...rest }, train);
    const end = await fit(tf, running, { train, validation: stripes(30, { seed: 2 }) }, settings, { ...listener, ...listen }, from);
    const weights = running.readWeights();
    return { end, told, start, weights, digest: weightsDigest(logits, weights) };
  } finally {
    running.dispose();
  }
}

describe('a stage with a solver', () => {
  it('converges to one answer, whatever the weights of the output layer were, and leaves all others as they were', async () => {
    const one = await run([probe()]);
    expect(one.told.solved).toMatchObject([{ converged: true }]);
    for (const [path, value] of one.weights) if (!path.startsWith('dense_2/')) expect(value).toEqual(one.start.get(path));
    const again = await run([probe({ solver: resolveSolver({ name: 'lbfgs', max_iterations: 5 }, TRAIN.count) }), probe()]);
    expect(largestDifference(again.weights.get('dense_2/kernel')!, one.weights.get('dense_2/kernel')!)).toBeLessThan(5e-3);
  });

  it('stands for all its steps and epochs, and is measured like others', async () => {
    const { told } = await run([probe(), everything]);
    expect(told.steps[0]!.position).toEqual({ stage: 0, epoch: 2, step: 16 });
    expect(told.epochs.map(({ position }) => position)).toEqual([{ stage: 0, epoch: 2, step: 16 }, { stage: 1, epoch: 3, step: 24 }]);
    expect(told.epochs[0]!.train.loss).toBeLessThan(0.3);
    expect(told.epochs[0]!.validation!.loss).toBeGreaterThan(0);
  });

  it('leaves the next stage at exactly what it came to: before its first step the validation loss is the same', async () => {
    const { told } = await run([probe(), { ...everything, trainable: ['dense_1', 'dense_2'], learning_rate: 1e-30 }]);
    const [solvedAt, next] = told.epochs.map(({ validation }) => validation!.loss);
    expect(next).toBe(solvedAt);
  });

  it('among stages of every sort: a run left at any place of any of them ends in the same bytes', async () => {
    const stages: Stage[] = [
      { ...everything, trainable: ['dense_2'], steps: 11, epochs: 2, schedule: resolveSchedule({ name: 'one_cycle' }) },
      probe(),
      { ...everything, epochs: 2, loss_terms: [resolveLossTerm({ name: 'l2_sp' })], rates: [{ layers: ['dense_1', 'batch_normalization_1'], learning_rate: 0.01 }, { layers: ['dense_2'], learning_rate: 0.05 }] },
    ];
    const rest: Partial<FitSettings> = { optimizer: resolveOptimizer({ name: 'adam' }), origin: { weights: freshWeights(logitsOf(NET), 5), carried: new Set(['dense_1/kernel']) } };
    const snapshots: Snapshot[] = [];
    const whole = await run(stages, { rest, listen: { onCall: async (_at, snapshot) => (snapshots.push(snapshot()), 'go') } });
    expect(new Set(snapshots.map(({ cursor }) => cursor.stage))).toEqual(new Set([0, 1, 2]));
    for (const from of snapshots) expect((await run(stages, { rest, from, startSeed: 6 })).digest).toBe(whole.digest);
  });

  it('ends at once when it is stopped, with what it had found, and not at all when it is left off', async () => {
    for (const verdict of ['stop', 'pause'] as const) {
      const { end, told } = await run([probe(), everything], { listen: { onCall: async () => verdict } });
      expect(end).toBe(verdict);
      expect(told.epochs).toHaveLength(verdict === 'stop' ? 1 : 0);
    }
  });
});

describe('an iteration', () => {
  it('is the same in the graph and plainly, with class weights too', async () => {
    const weighted = classTargets(stripes(COUNT).targets.of.values as Int32Array, Float32Array.from({ length: COUNT }, (_, index) => 1 + (index % 3)));
    const examples: Examples = { ...stripes(COUNT), targets: weighted };
    const logits = logitsOf(mlp(8));
    /** Three batches: four iterations are worth recording, three are not. */
    const afterThree = async (mostIterations: number): Promise<Weights> => {
      const running = await buildNetwork(tf, logits, freshWeights(logits, 5));
      let iterations = 0;
      try {
        const solver = { ...resolveSolver({ name: 'lbfgs' }, COUNT), max_iterations: mostIterations };
        await solve(tf, { network: running, objective: crossEntropy(tf), variables: running.variables, examples, solver }, async () => (iterations += 1) < 3);
        return running.readWeights();
      } finally {
        running.dispose();
      }
    };
    expect(largestWeightDifference(await afterThree(4), await afterThree(3))).toBeLessThan(1e-5);
  });
});
