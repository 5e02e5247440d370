// Rewrites of a recorded step: what becomes of it, and that the values stay.
import { describe, expect, it } from '@jest/globals';
import { resolveOptimizer, type OptimizerRequest } from '#contract/optimizers.js';
import { interpret } from '#engine/capture/interpret.js';
import { biasAdd, plainMatMul } from '#engine/capture/passes/dense.js';
import { lower } from '#engine/capture/passes/lower.js';
import { nativeUpdates } from '#engine/capture/passes/native-updates.js';
import { withoutNoOps } from '#engine/capture/passes/no-ops.js';
import { rewrite, type Rule } from '#engine/capture/passes/rewrite.js';
import { withoutMaximum } from '#engine/capture/passes/without-maximum.js';
import type { Program, UpdateRule } from '#engine/capture/program.js';
import { print } from '#engine/capture/print.js';
import { record, update } from '#engine/capture/record.js';
import { Replay } from '#engine/capture/replay.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow, type Tensor, type Variable } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { makeOptimizer } from '#engine/optimizers/registry.js';
import { ema } from '#engine/step-maps/ema.js';
import { trainStep } from '#engine/train-step.js';
import { cnn, crossEntropy, everyTestFreesItsTensors, largestDifference, logitsOf, mlp } from '../../support/networks.js';
import { variableValues } from '../../support/replays.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const wave = (shape: number[]): Tensor =>
  tf.tensor(Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, at) => Math.sin(3 * at)), shape);
const operationsOf = ({ operations }: Program): string[] => operations.map(({ op }) => op);

/** Records a function of tensors of these shapes, rewrites it, and gives the values before and after. */
function rewritten(shapes: Record<string, number[]>, run: (given: Record<string, Tensor>) => Tensor, rule: Rule) {
  const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, wave(shape)]));
  const before = record(tf, { inputs, variables: new Map(), run: () => ({ result: tf.tidy(() => run(inputs)) }) });
  const after = rewrite(before, rule);
  const values = [before, after].map((program) => {
    const { outputs } = interpret(tf, program, inputs, new Map());
    const result = outputs.get('result')!;
    const read = { shape: result.shape, values: Array.from(result.dataSync()) };
    tf.dispose([...outputs.values()]);
    return read;
  });
  tf.dispose(Object.values(inputs));
  return { before: operationsOf(before), after: operationsOf(after), values };
}

describe('a rewrite', () => {
  it.each<[string, Record<string, number[]>, (given: Record<string, Tensor>) => Tensor, Rule, string[]]>([
    ['makes one product of a batch of one', { a: [2, 3], b: [3, 4] }, ({ a, b }) => tf.matMul(a!, b!), plainMatMul, ['MatMul', 'Reshape']],
    ['keeps transposes', { a: [3, 2], b: [4, 3] }, ({ a, b }) => tf.matMul(a!, b!, true, true), plainMatMul, ['MatMul', 'Reshape']],
    ['leaves products of many matrices', { a: [5, 2, 3], b: [5, 3, 4] }, ({ a, b }) => tf.matMul(a!, b!), plainMatMul, ['BatchMatMulV2']],
    ['knows a bias', { x: [2, 3], b: [3] }, ({ x, b }) => tf.add(x!, b!), biasAdd, ['BiasAdd']],
    ['knows the bias of a picture', { x: [2, 4, 4, 3], b: [3] }, ({ x, b }) => tf.add(x!, b!), biasAdd, ['BiasAdd']],
    ['takes no column for a bias', { x: [3, 3], b: [3, 1] }, ({ x, b }) => tf.add(x!, b!), biasAdd, ['Add']],
    ['takes no number for a bias', { x: [2, 1], b: [] }, ({ x, b }) => tf.add(x!, b!), biasAdd, ['Add']],
    ['drops a reshape there and back', { x: [4, 3] }, ({ x }) => tf.neg(tf.reshape(tf.reshape(x!, [2, 6]), [4, 3])), withoutNoOps, ['Neg']],
    ['makes two reshapes one', { x: [4, 3] }, ({ x }) => tf.reshape(tf.reshape(x!, [2, 6]), [12]), withoutNoOps, ['Reshape']],
    ['writes a maximum as a minimum', { a: [3], b: [3] }, ({ a, b }) => tf.maximum(a!, tf.mul(b!, 2)), withoutMaximum, ['Mul', 'Neg', 'Neg', 'Minimum', 'Neg']],
  ])('%s', (_, shapes, run, rule, expected) => {
    const { after, values } = rewritten(shapes, run, rule);
    expect(after).toEqual(expected);
    expect(values[1]!.shape).toEqual(values[0]!.shape);
    expect(largestDifference(values[1]!.values, values[0]!.values)).toBeLessThan(1e-6);
  });
});

/** The step of a network as it is written into a graph. */
async function loweredStep(architecture: ReturnType<typeof mlp>, asked: OptimizerRequest, averaged = false): Promise<Program> {
  const running = await buildNetwork(tf, logitsOf(architecture), freshWeights(architecture, 1));
  const optimizer = makeOptimizer(tf, resolveOptimizer(asked));
  optimizer.prepare(running.variables);
  const targets = { of: tf.zeros([8], 'int32') };
  const inputs = { inputs: tf.zeros([8, ...architecture.input_shape]), step: tf.scalar(1, 'int32') };
  const learningRate = tf.scalar(0);
  const maps = averaged ? [ema(tf, { decay: 0.9 }, running.variables)] : [];
  const variables = new Map([...running.variables, ...optimizer.slots, ...maps.flatMap(({ state }) => [...state])]);
  const learning = { network: running, objective: crossEntropy(tf), groups: [running.variables], optimizer, clipNorm: 0, maps };
  const run = () => trainStep(tf, learning, { ...inputs, targets, learningRates: [learningRate] });
  const program = record(tf, { inputs: { ...inputs, ...targets, learningRate }, variables, run });
  tf.dispose([...Object.values(inputs), targets.of, learningRate]);
  running.dispose();
  optimizer.dispose();
  tf.dispose(maps.flatMap(({ state }) => [...state.values()]));
  return lower(program);
}

describe('the step that is written', () => {
  it('of a perceptron is its layers, their gradients and nothing else', async () => {
    const program = await loweredStep(mlp(), { name: 'sgd' });
    const accuracy = ['ArgMax', 'Equal', 'Cast', 'Mean'];
    const upstream = ['Reshape', 'Mul', 'RealDiv', 'ExpandDims', 'Mul'];
    expect(operationsOf(program)).toEqual([
      'Reshape', 'MatMul', 'BiasAdd', 'Relu', 'MatMul', 'BiasAdd', 'SparseSoftmaxCrossEntropyWithLogits', 'Mean', ...accuracy, ...upstream,
      'Reshape', 'MatMul', 'MatMul', 'Sum', 'ReluGrad', 'Sum', 'MatMul',
    ]);
    expect(program.writes.size).toBe(0);
    expect(program.updates.map(({ native }) => native)).toEqual([true, true, true, true]);
  });

  it('of a convolutional network holds no mask and no large constant', async () => {
    const program = await loweredStep(cnn(), { name: 'sgd' });
    expect(operationsOf(program)).not.toEqual(expect.arrayContaining(['Select']));
    const sizes = [...program.sources.values()].flatMap((source) => (source.kind === 'constant' ? [source.bytes.length] : []));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * 8);
  });

  it('of Adam writes nothing but the counts of steps itself, and has what follows from them once', async () => {
    const program = await loweredStep(mlp(), { name: 'adam' });
    expect(operationsOf(program).filter((op) => op === 'Pow')).toHaveLength(2);
    expect([...program.writes.keys()].every((name) => name.endsWith('/steps'))).toBe(true);
    expect(print(program)).toContain('native update adam of dense_1/kernel, dense_1/kernel/mean, dense_1/kernel/square by');
  });
});

describe('the updates of', () => {
  it.each<[UpdateRule, OptimizerRequest]>([
    ['sgd', { name: 'sgd' }],
    ['momentum', { name: 'sgd', momentum: 0.9 }],
    ['nesterov', { name: 'sgd', momentum: 0.9, nesterov: true }],
    ['adam', { name: 'adam' }],
    ['rmsprop', { name: 'rmsprop' }],
  ])('%s are left to TensorFlow, and so is a decay of the weights before each', async (rule, asked) => {
    const [plain, decayed] = [await loweredStep(mlp(), asked), await loweredStep(mlp(), { ...asked, weight_decay: 0.1 })];
    const told = ({ updates }: Program) => updates.map((one) => [one.native, one.rule]);
    const weights = ['kernel', 'bias', 'kernel', 'bias'];
    expect(told(plain)).toEqual(weights.map(() => [true, rule]));
    expect(told(decayed)).toEqual([...weights.map(() => [true, 'sgd']), ...weights.map(() => [true, rule])]);
    // rate · λ is all that is added, once for each weight.
    expect(operationsOf(decayed).length - operationsOf(plain).length).toBe(weights.length);
  });

  it.each<OptimizerRequest>([{ name: 'sgd' }, { name: 'adam', weight_decay: 0.1 }])('%j are left to it where an average wants what they made: that is read from the variable', async (asked) => {
    const [plain, averaged] = [await loweredStep(mlp(), asked), await loweredStep(mlp(), asked, true)];
    expect(averaged.updates.every(({ native }) => native)).toBe(true);
    const updated = [...averaged.sources.values()].flatMap((source) => (source.kind === 'updated' ? [source.name] : []));
    expect(updated.sort()).toEqual(['dense_1/bias', 'dense_1/kernel', 'dense_2/bias', 'dense_2/kernel']);
    expect([...plain.sources.values()].some(({ kind }) => kind === 'updated')).toBe(false);
    // A difference, a product and a sum for each weight, and what the step keeps of the average: nothing of the update a second time.
    const added = operationsOf(averaged).filter((op) => !['Cast', 'Minimum'].includes(op)).length - operationsOf(plain).filter((op) => !['Cast', 'Minimum'].includes(op)).length;
    expect(added).toBeLessThanOrEqual(3 * 4 + 4);
  });

  it('Adagrad, for which TensorFlow has none, stay as recorded, and so does the decay', async () => {
    const program = await loweredStep(mlp(), { name: 'adagrad', weight_decay: 0.1 });
    expect(program.updates.every(({ native }) => !native)).toBe(true);
    expect([...program.writes.keys()].filter((name) => name.endsWith('kernel'))).toEqual(['dense_1/kernel', 'dense_2/kernel']);
  });
});

/** w ← w − rate · x as an update, and what the step does after it. */
function recordUpdate(after: (w: Variable) => void): { program: Program; plain: number[]; w: Variable } {
  const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2, 3])));
  const inputs = { x: tf.tensor1d([1, -1, 2]), rate: tf.scalar(0.5) };
  const run = (): Record<string, Tensor> =>
    tf.tidy(() => {
      update('sgd', { gradient: inputs.x, learningRate: inputs.rate }, { weight: w }, () => w.assign(tf.sub(w, tf.mul(inputs.x, inputs.rate))));
      after(w);
      return { sum: tf.sum(w) };
    });
  const program = record(tf, { inputs, variables: new Map([['w', w]]), run });
  tf.dispose(Object.values(inputs));
  return { program, plain: Array.from(w.dataSync()), w };
}

/** One replayed step from the same start. */
function replayOnce(program: Program): { w: number[]; results: number[] } {
  const replay = Replay.load(tf, {
    variables: new Map([['w', { dtype: 'float32', shape: [3] }]]),
    tables: { x: { dtype: 'float32', shape: [1, 3] } },
    loops: { step: { program, rowsPerStep: 1, feeds: { x: { from: 'table', table: 'x' }, rate: { from: 'vector', dtype: 'float32' } }, mostSteps: 4 } },
  });
  const given = [tf.tensor1d([1, 2, 3]), tf.tensor2d([[1, -1, 2]])] as const;
  replay.writeVariables(new Map([['w', given[0]]]));
  replay.writeRows(Int32Array.of(0), { x: given[1] });
  const results = Array.from(replay.run('step', { order: Int32Array.of(0), vectors: { rate: Float32Array.of(0.5) } }));
  const w = variableValues(replay, 'w');
  replay.dispose();
  tf.dispose([...given]);
  return { w, results };
}

describe('an update', () => {
  it('is left to TensorFlow, and what else the step does with the new value still holds', () => {
    const { program, plain, w } = recordUpdate(() => undefined);
    expect(nativeUpdates(program).updates).toMatchObject([{ rule: 'sgd', native: true }]);
    expect(replayOnce(program)).toEqual({ w: plain, results: [plain.reduce((sum, value) => sum + value, 0)] });
    w.dispose();
  });

  it('stays as recorded where the step changed the variable before, which TensorFlow’s operation would not see', () => {
    const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2, 3])));
    const inputs = { x: tf.tensor1d([1, -1, 2]), rate: tf.scalar(0.5) };
    const run = () => tf.tidy(() => {
      w.assign(tf.mul(w, 2));
      update('sgd', { gradient: inputs.x, learningRate: inputs.rate }, { weight: w }, () => w.assign(tf.sub(w, tf.mul(inputs.x, inputs.rate))));
      return { sum: tf.sum(w) };
    });
    const program = record(tf, { inputs, variables: new Map([['w', w]]), run });
    expect(replayOnce(program).w).toEqual(Array.from(w.dataSync()));
    tf.dispose([w, ...Object.values(inputs)]);
  });

  it('follows the one before it on the same variable: both are left to TensorFlow, in that order', () => {
    // Neither of w − x / 2 and w − (w + x) / 2 commutes with the other.
    const second = (w: Variable): void => {
      const [gradient, learningRate] = [tf.add(w, tf.tensor1d([1, -1, 2])), tf.scalar(0.5)];
      update('sgd', { gradient, learningRate }, { weight: w }, () => w.assign(tf.sub(w, tf.mul(gradient, learningRate))));
    };
    const { program, plain, w } = recordUpdate(second);
    expect(nativeUpdates(program).updates.map(({ native }) => native)).toEqual([true, true]);
    const sum = plain.reduce((total, value) => total + value, 0);
    for (let run = 0; run < 60; run += 1) expect(replayOnce(program)).toEqual({ w: plain, results: [sum] });
    const backwards = { ...program, updates: program.updates.toReversed() };
    expect(nativeUpdates(backwards).updates.some(({ native }) => native)).toBe(false);
    w.dispose();
  });

  it('stays as recorded where the step changes the variable between it and another', () => {
    const { program, plain, w } = recordUpdate((variable) => {
      variable.assign(tf.mul(variable, 3));
      const [gradient, learningRate] = [tf.tensor1d([1, -1, 2]), tf.scalar(0.5)];
      update('sgd', { gradient, learningRate }, { weight: variable }, () => variable.assign(tf.sub(variable, tf.mul(gradient, learningRate))));
    });
    expect(nativeUpdates(program).updates.some(({ native }) => native)).toBe(false);
    expect(replayOnce(program).w).toEqual(plain);
    w.dispose();
  });

  it('stays as recorded where one that shares a variable with it does', () => {
    const [weight, velocity] = [tf.tidy(() => tf.variable(tf.tensor1d([1, 2, 3]))), tf.tidy(() => tf.variable(tf.tensor1d([0, 1, 0])))];
    const inputs = { x: tf.tensor1d([1, -1, 2]), rate: tf.scalar(0.5) };
    const run = () => tf.tidy(() => {
      const { x: gradient, rate: learningRate } = inputs;
      update('sgd', { gradient, learningRate }, { weight }, () => weight.assign(tf.sub(weight, tf.mul(gradient, learningRate))));
      const momentum = tf.scalar(0.5);
      update('momentum', { gradient, learningRate, momentum }, { weight, velocity }, () => {
        velocity.assign(tf.add(tf.mul(velocity, momentum), gradient));
        weight.assign(tf.sub(weight, tf.mul(velocity, learningRate)));
      });
      // The velocity is changed again, so momentum cannot be left to TensorFlow, and with it neither can the update before it.
      velocity.assign(tf.mul(velocity, 2));
      return { sum: tf.sum(weight) };
    });
    const program = record(tf, { inputs, variables: new Map([['weight', weight], ['velocity', velocity]]), run });
    expect(nativeUpdates(program).updates.map(({ native }) => native)).toEqual([false, false]);
    tf.dispose([weight, velocity, ...Object.values(inputs)]);
  });

  it('stays as recorded where the step changes the variable again', () => {
    const { program, plain, w } = recordUpdate((variable) => variable.assign(tf.clipByValue(variable, 0, 1)));
    expect(nativeUpdates(program).updates.every(({ native }) => !native)).toBe(true);
    expect(replayOnce(program).w).toEqual(plain);
    expect(plain).toEqual([0.5, 1, 1]);
    w.dispose();
  });
});

describe('a large constant', () => {
  it('that is one number everywhere is written as that number', () => {
    const ones = (value: number): Program => {
      const inputs = { x: tf.zeros([1, 100_000]) };
      const run = () => ({ sum: tf.tidy(() => tf.sum(tf.mul(inputs.x, tf.tensor2d(new Float32Array(100_000).fill(value), [1, 100_000])))) });
      const program = record(tf, { inputs, variables: new Map(), run });
      inputs.x.dispose();
      return program;
    };
    const replay = Replay.load(tf, {
      variables: new Map(),
      tables: { x: { dtype: 'float32', shape: [2, 100_000] } },
      loops: { step: { program: ones(0.25), rowsPerStep: 1, feeds: { x: { from: 'table', table: 'x' } }, mostSteps: 4 } },
    });
    const table = tf.ones([2, 100_000]);
    replay.writeRows(Int32Array.of(0, 1), { x: table });
    expect(Array.from(replay.run('step', { order: Int32Array.of(1, 0), vectors: {} }))).toEqual([25_000, 25_000]);
    replay.dispose();
    table.dispose();
  });
});
