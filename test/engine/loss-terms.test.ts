// Terms beside the loss: the identities and limiting cases of L2-SP and of distillation, recorded and plainly.
import { describe, expect, it } from '@jest/globals';
import { resolveLossTerm, type LossTermSettings } from '#contract/loss-terms.js';
import { resolveOptimizer, type OptimizerRequest } from '#contract/optimizers.js';
import type { Stage } from '#contract/training-specs.js';
import { fit, type Snapshot } from '#engine/fit.js';
import { inputsOf } from '#engine/feed.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { softenedDivergence } from '#engine/loss-terms/distillation.js';
import type { StepLoss } from '#engine/loss-terms/loss-term.js';
import { makeLossTerms } from '#engine/loss-terms/registry.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import type { Weights } from '#models/weights.js';
import { counted, crossEntropy, everyTestFreesItsTensors, largestDifference, largestWeightDifference, logitsOf, mlp, recorder, stripes, type Told } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const NETWORK = logitsOf(mlp(6));
const start = freshWeights(NETWORK, 5);
const TRAIN = stripes(20);
/** All of it but the output layer. */
const CARRIED = new Set(['dense_1/kernel', 'dense_1/bias']);
const ALL = new Set(start.keys());
/** L2-SP looks at weights alone. */
const NOTHING = {} as StepLoss;
const l2Sp = (alpha: number, beta = alpha): LossTermSettings => resolveLossTerm({ name: 'l2_sp', alpha, beta });

interface Training {
  carried?: ReadonlySet<string>;
  origin?: Weights;
  /** Weights of a network of the same layers to learn from. */
  teacher?: Weights;
  optimizer?: OptimizerRequest;
  stage?: Partial<Stage>;
  capture?: boolean;
  from?: Snapshot;
  snapshots?: Snapshot[];
}

async function trained(terms: LossTermSettings[], { carried = CARRIED, origin = start, optimizer = { name: 'sgd' }, stage = {}, capture = true, from, snapshots, teacher }: Training = {}): Promise<{ weights: Weights; told: Told }> {
  const running = await buildNetwork(tf, NETWORK, start);
  const teachers = new Map(teacher ? [['teacher', await buildNetwork(tf, NETWORK, teacher)]] : []);
  const stages: Stage[] = [{ trainable: ['dense_1', 'dense_2'], epochs: 2, steps: 0, learning_rate: 0.1, ...(terms.length > 0 && { loss_terms: terms }), ...stage }];
  const { listener, told } = recorder();
  const onCall = async (_at: object, snapshot: () => Snapshot): Promise<'go'> => (snapshots?.push(snapshot()), 'go');
  try {
    const settings = { batch_size: 6, optimizer: resolveOptimizer(optimizer), objective: crossEntropy(tf), seed: 1, stages, capture, origin: { weights: origin, carried, teachers } };
    await fit(tf, running, { train: TRAIN }, counted(settings, TRAIN), { ...listener, onCall }, from);
    expect('operations' in told.stages[0]!).toBe(capture);
    // Who teaches stays as it is.
    teachers.forEach((network) => expect(network.readWeights()).toEqual(teacher));
    return { weights: running.readWeights(), told };
  } finally {
    running.dispose();
    teachers.forEach((network) => network.dispose());
  }
}

const distance = (weights: Weights, path: string): number => Math.hypot(...weights.get(path)!.map((value, at) => value - start.get(path)![at]!));

describe('L2-SP', () => {
  it('is 0 where the run starts, and its gradient is α (w − w⁰), as finite differences have it', async () => {
    const running = await buildNetwork(tf, NETWORK, start);
    const [term] = makeLossTerms(tf, [l2Sp(0.3)], running.variables, { weights: start, carried: ALL });
    const kernel = running.variables.get('dense_1/kernel')!;
    const value = (): number => tf.tidy(() => term!.value(NOTHING).dataSync()[0]!);
    try {
      expect(value()).toBe(0);
      const moved = Float32Array.from(start.get('dense_1/kernel')!, (weight, at) => weight + Math.sin(at));
      const give = (values: Float32Array): void => tf.tidy(() => kernel.assign(tf.tensor(values, kernel.shape)));
      give(moved);
      const gradient = tf.tidy(() => tf.variableGrads(() => term!.value(NOTHING) as never, [kernel as never]).grads[kernel.name]!.dataSync());
      for (const at of [0, 7, 95]) {
        const shifted = (by: number): number => (give(moved.with(at, moved[at]! + by)), value());
        const expected = 0.3 * (moved[at]! - start.get('dense_1/kernel')![at]!);
        expect(gradient[at]).toBeCloseTo(expected, 5);
        expect((shifted(0.5) - shifted(-0.5)) / 1).toBeCloseTo(expected, 3);
      }
    } finally {
      term!.dispose();
      running.dispose();
    }
  });

  it.each([true, false])('of strength 0 changes nothing, to the bit (recorded: %s)', async (capture) => {
    expect((await trained([l2Sp(0)], { capture })).weights).toEqual((await trained([], { capture })).weights);
  });

  it('is the same recorded and plainly', async () => {
    for (const name of ['sgd', 'adam'] as const) {
      const [recorded, plain] = [await trained([l2Sp(0.5, 0.2)], { optimizer: { name } }), await trained([l2Sp(0.5, 0.2)], { optimizer: { name }, capture: false })];
      expect(largestWeightDifference(recorded.weights, plain.weights)).toBeLessThan(1e-5);
    }
  });

  it('holds what was carried over where it was, the harder the closer, and leaves what is new to learn', async () => {
    const distances: number[] = [];
    for (const alpha of [0, 1, 5, 9]) distances.push(distance((await trained([l2Sp(alpha, 0)], { stage: { epochs: 20 } })).weights, 'dense_1/kernel'));
    expect(distances).toEqual([...distances].sort((a, b) => b - a));
    expect(distances[3]!).toBeLessThan(distances[0]! / 10);
    expect(distance((await trained([l2Sp(9, 0)], { stage: { epochs: 20 } })).weights, 'dense_2/kernel')).toBeGreaterThan(0.1);
  });

  it('around a source of zeros, or where nothing was carried over, is weight decay', async () => {
    const decayed = (await trained([], { optimizer: { name: 'sgd', weight_decay: 0.3 } })).weights;
    const zeros = new Map([...start].map(([path, values]) => [path, new Float32Array(values.length)]));
    expect(largestWeightDifference((await trained([l2Sp(0.3)], { origin: zeros, carried: ALL })).weights, decayed)).toBeLessThan(2e-2);
    const [ofZeros, ofNew] = [await trained([l2Sp(0.3)], { origin: zeros, carried: ALL }), await trained([l2Sp(0, 0.3)], { carried: new Set() })];
    expect(largestWeightDifference(ofZeros.weights, ofNew.weights)).toBeLessThan(1e-6);
  });

  it('is no part of the loss that is told, which stays comparable with that of validation', async () => {
    const [first, plain] = [(await trained([l2Sp(0, 100)], { stage: { epochs: 1, learning_rate: 1e-8 } })).told, (await trained([], { stage: { epochs: 1, learning_rate: 1e-8 } })).told];
    expect(first.epochs[0]!.train.loss).toBeCloseTo(plain.epochs[0]!.train.loss, 5);
  });

  it('draws a run that is gone on with to where it started, not to where it was left', async () => {
    const snapshots: Snapshot[] = [];
    const stage = { epochs: 4 };
    const whole = await trained([l2Sp(2)], { stage, snapshots });
    const halfway = snapshots[Math.floor(snapshots.length / 2)]!;
    expect([...halfway.tensors.keys()]).toEqual([...start.keys()]);
    expect((await trained([l2Sp(2)], { stage, from: halfway })).weights).toEqual(whole.weights);
  });

  it('asks nothing of weights that do not learn', async () => {
    const { weights } = await trained([l2Sp(0.5)], { stage: { trainable: ['dense_2'] } });
    expect(largestDifference(weights.get('dense_1/kernel')!, start.get('dense_1/kernel')!)).toBe(0);
  });
});

describe('distillation', () => {
  const distilled = (settings: { weight?: number; temperature?: number } = {}): LossTermSettings => resolveLossTerm({ name: 'distillation', model: 'teacher', ...settings });
  const TEACHER = freshWeights(NETWORK, 8);
  const [STUDENT, TAUGHT] = [[[1, 2, 0]], [[2, 0.5, -1]]];
  /** The divergence and its gradient by the student's logits. */
  const divergence = (student: number[][], teacher: number[][], temperature: number): { value: number; gradient: number[] } =>
    tf.tidy(() => {
      const { value, grad } = tf.valueAndGrad((logits: Tensor) => softenedDivergence(tf, logits, tf.tensor2d(teacher), temperature) as never)(tf.tensor2d(student));
      return { value: (value as Tensor).dataSync()[0]!, gradient: Array.from(grad.dataSync()) };
    });

  it('has the value and the gradient of the design at T = 4', () => {
    const { value, gradient } = divergence(STUDENT, TAUGHT, 4);
    expect(value).toBeCloseTo(0.658040961389062, 6);
    expect(largestDifference(gradient, [-0.5461636246638315, 0.4039550526812212, 0.14220857198261017])).toBeLessThan(1e-6);
  });

  it('is the mean over the batch', () => {
    expect(divergence([...STUDENT, ...TAUGHT], [...TAUGHT, ...TAUGHT], 4).value).toBeCloseTo(0.658040961389062 / 2, 6);
  });

  it('is 0, to the bit, where the student says what the teacher says', () => {
    const { value, gradient } = divergence(TAUGHT, TAUGHT, 4);
    expect(value).toBe(0);
    expect(largestDifference(gradient, [0, 0, 0])).toBeLessThan(1e-6);
  });

  it('comes to half the variance of the differences as T grows, with the gradient (z_s − z_t, centred) / K', () => {
    const differences = STUDENT[0]!.map((logit, at) => logit - TAUGHT[0]![at]!);
    const mean = differences.reduce((sum, value) => sum + value, 0) / 3;
    const centred = differences.map((value) => value - mean);
    const { value, gradient } = divergence(STUDENT, TAUGHT, 100);
    expect(value).toBeCloseTo(centred.reduce((sum, each) => sum + each ** 2, 0) / 3 / 2, 1);
    expect(largestDifference(gradient, centred.map((each) => each / 3))).toBeLessThan(0.02);
  });

  it.each([true, false])('of weight 0 is training by the labels alone, to the bit (recorded: %s)', async (capture) => {
    expect((await trained([distilled({ weight: 0 })], { teacher: TEACHER, capture })).weights).toEqual((await trained([], { capture })).weights);
  });

  it('is the same recorded and plainly', async () => {
    const [recorded, plain] = [await trained([distilled()], { teacher: TEACHER, optimizer: { name: 'adam' } }), await trained([distilled()], { teacher: TEACHER, optimizer: { name: 'adam' }, capture: false })];
    expect(largestWeightDifference(recorded.weights, plain.weights)).toBeLessThan(1e-5);
  });

  it('by the weight 1 alone leaves a student that is its teacher where it is', async () => {
    expect(largestWeightDifference((await trained([distilled({ weight: 1 })], { teacher: start })).weights, start)).toBeLessThan(1e-6);
    expect(largestWeightDifference((await trained([distilled({ weight: 1 })], { teacher: TEACHER })).weights, start)).toBeGreaterThan(1e-3);
  });

  it('draws the outputs to the teacher’s, and tells the loss of the labels all the same', async () => {
    const outputs = async (weights: Weights): Promise<number[]> => {
      const running = await buildNetwork(tf, NETWORK, weights);
      const inputs = await inputsOf(tf, TRAIN);
      const values = tf.tidy(() => Array.from((tf.softmax(running.apply(inputs, false) as never) as Tensor).dataSync()));
      inputs.dispose();
      running.dispose();
      return values;
    };
    const wanted = await outputs(TEACHER);
    const taught = await trained([distilled({ weight: 1 })], { teacher: TEACHER, stage: { epochs: 200 } });
    expect(largestDifference(await outputs(taught.weights), wanted)).toBeLessThan(largestDifference(await outputs(start), wanted) / 5);
    const first = (await trained([distilled({ weight: 1 })], { teacher: TEACHER, stage: { epochs: 1, learning_rate: 1e-8 } })).told;
    const plain = (await trained([], { stage: { epochs: 1, learning_rate: 1e-8 } })).told;
    expect(first.epochs[0]!.train.loss).toBeCloseTo(plain.epochs[0]!.train.loss, 5);
  });

  it('goes on from where it was left to the same bytes; nothing of the teacher is kept in a checkpoint', async () => {
    const snapshots: Snapshot[] = [];
    const whole = await trained([distilled()], { teacher: TEACHER, stage: { epochs: 4 }, snapshots });
    const halfway = snapshots[Math.floor(snapshots.length / 2)]!;
    expect([...halfway.tensors.keys()]).toEqual([...start.keys()]);
    expect((await trained([distilled()], { teacher: TEACHER, stage: { epochs: 4 }, from: halfway })).weights).toEqual(whole.weights);
  });
});
