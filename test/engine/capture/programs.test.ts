// Programs: what a recording holds, the rules it keeps, and that interpreter, replay and plain tfjs agree.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { check } from '../../../src/engine/capture/check.js';
import { interpret } from '../../../src/engine/capture/interpret.js';
import { prune } from '../../../src/engine/capture/passes/prune.js';
import { print } from '../../../src/engine/capture/print.js';
import type { Program } from '../../../src/engine/capture/program.js';
import { record } from '../../../src/engine/capture/record.js';
import { Replay } from '../../../src/engine/capture/replay.js';
import { loadTensorFlow, type Tensor, type TensorFlow, type Variable } from '../../../src/engine/native.js';
import { gatherRows } from '../../../src/engine/native-operations.js';
import { variableValues } from '../../support/replays.js';

let tf: TensorFlow;
let tensorsBefore = 0;
beforeAll(async () => {
  tf = loadTensorFlow().tf;
  await tf.ready();
});
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

/** w ← w − rate · x, returning the sum of the new w. */
function recordDescent(): { program: Program; variable: Variable; start: Float32Array } {
  const start = Float32Array.of(1, 2, 3, 4);
  const variable = tf.tidy(() => tf.variable(tf.tensor2d(start, [2, 2])));
  const inputs = { x: tf.zeros([2, 2]), rate: tf.scalar(0) };
  const run = (): Record<string, Tensor> =>
    tf.tidy(() => {
      variable.assign(tf.sub(variable, tf.mul(inputs.x, inputs.rate)));
      return { sum: tf.sum(variable) };
    });
  const program = record(tf, { inputs, variables: new Map([['w', variable]]), run });
  tf.dispose(Object.values(inputs));
  return { program, variable, start };
}

describe('a recorded step', () => {
  it('prints as the operations it ran, with stable names', () => {
    const { program, variable } = recordDescent();
    expect(print(program)).toBe(
      [
        '%0:float32[2,2] = input x',
        '%1:float32[] = input rate',
        '%2:float32[2,2] = variable w',
        '%5:int32[2] = constant of 8 bytes',
        '%3:float32[2,2] = Mul(%0, %1) {T=1}',
        '%4:float32[2,2] = Sub(%2, %3) {T=1}',
        '%6:float32[] = Sum(%4, %5) {keep_dims=false, T=1, Tidx=3}',
        'w <- %4',
        'return sum = %6',
        '',
      ].join('\n'),
    );
    variable.dispose();
  });

  it('records the same program twice', () => {
    const first = recordDescent();
    const second = recordDescent();
    expect(print(second.program)).toBe(print(first.program));
    tf.dispose([first.variable, second.variable]);
  });

  it('leaves out what nothing needs', () => {
    const inputs = { x: tf.zeros([3]) };
    const program = record(tf, {
      inputs,
      variables: new Map(),
      run: () =>
        tf.tidy(() => {
          tf.exp(inputs.x);
          return { sum: tf.sum(inputs.x) };
        }),
    });
    expect(program.operations.map(({ op }) => op)).toEqual(['Sum']);
    expect(prune(program)).toEqual(program);
    inputs.x.dispose();
  });

  it('puts the backend back as it was, also after a failure', () => {
    const inputs = { x: tf.zeros([1]) };
    const failing = () => record(tf, { inputs, variables: new Map(), run: () => { throw new Error('of the step'); } });
    expect(failing).toThrow('of the step');
    const after = tf.tidy(() => tf.add(inputs.x, 1).dataSync()[0]);
    expect(after).toBe(1);
    inputs.x.dispose();
  });
});

describe('the rules of a program', () => {
  const types = new Map([[0, { dtype: 'float32', shape: [] }], [1, { dtype: 'float32', shape: [] }]] as const);
  const input: Program = {
    types,
    sources: new Map([[0, { kind: 'input', name: 'x' }]]),
    operations: [{ op: 'Neg', attributes: [], inputs: [0], outputs: [1] }],
    updates: [],
    writes: new Map(),
    outputs: new Map([['y', 1]]),
  };

  it('passes a sound program on as it is', () => {
    expect(check(input)).toBe(input);
  });
  it.each([
    ['a value used before it exists', { ...input, sources: new Map() }, 'unbound_value', 'operation 0, Neg'],
    ['a value made twice', { ...input, operations: [...input.operations, ...input.operations] }, 'assigned_twice', 'operation 1, Neg'],
    ['a result that nothing makes', { ...input, outputs: new Map([['y', 7]]) }, 'unbound_value', 'the result y'],
    ['a write of nothing', { ...input, writes: new Map([['w', 7]]) }, 'unbound_value', 'the new value of w'],
  ] as const)('refuses %s and names the place', (_, program, code, place) => {
    expect(() => check(program)).toThrow(expect.objectContaining({ code, at: place }));
  });
});

/** Builds a replay of one loop over a table of rows x, and runs it from `start`. */
function replayDescent(program: Program, start: Float32Array, rates: readonly number[], calls: readonly number[], table: Float32Array) {
  const rows = table.length / 2;
  const replay = Replay.load(tf, {
    variables: new Map([['w', { dtype: 'float32', shape: [2, 2] }]]),
    tables: { x: { dtype: 'float32', shape: [rows, 2] } },
    loops: { steps: { program, rowsPerStep: 2, feeds: { x: { from: 'table', table: 'x' }, rate: { from: 'vector', dtype: 'float32' } }, mostSteps: 64 } },
  });
  const value = tf.tensor2d(start, [2, 2]);
  const values = tf.tensor2d(table, [rows, 2]);
  replay.writeVariables(new Map([['w', value]]));
  replay.writeRows(Int32Array.from({ length: rows }, (_, at) => at), { x: values });
  tf.dispose([value, values]);
  const outputs: number[] = [];
  let step = 0;
  for (const steps of calls) {
    const order = Int32Array.from({ length: steps * 2 }, (_, at) => (step * 2 + at) % rows);
    outputs.push(...replay.run('steps', { order, vectors: { rate: Float32Array.from(rates.slice(step, step + steps)) } }));
    step += steps;
  }
  const w = variableValues(replay, 'w');
  replay.dispose();
  return { w, outputs };
}

/** What a line of a random program does with two values of [2, 2]; all are continuous, so that a last bit stays a last bit. */
const bounded = (value: Tensor): Tensor => tf.clipByValue(value, -3, 3);
const picture = (value: Tensor) => value.as4D(1, 2, 2, 1);
const KINDS = {
  neg: (a) => tf.neg(a),
  relu: (a) => tf.relu(a),
  leakyRelu: (a) => tf.leakyRelu(a, 0.3),
  tanh: (a) => tf.tanh(a),
  sigmoid: (a) => tf.sigmoid(a),
  abs: (a) => tf.abs(a),
  square: (a) => bounded(tf.square(a)),
  exp: (a) => tf.exp(tf.neg(tf.square(a))),
  twice: (a) => bounded(tf.mul(a, 2)),
  half: (a) => tf.mul(a, -0.5),
  add: (a, b) => bounded(tf.add(a, b)),
  sub: (a, b) => bounded(tf.sub(a, b)),
  mul: (a, b) => bounded(tf.mul(a, b)),
  div: (a, b) => tf.div(a, tf.add(tf.abs(b), 1)),
  maximum: (a, b) => tf.maximum(a, b),
  minimum: (a, b) => tf.minimum(a, b),
  where: (a, b) => tf.where(tf.greater(a, b), a, tf.mul(b, 1)),
  sumOfRows: (a, b) => bounded(tf.add(tf.sum(a, 0), b)),
  meanOfAll: (a, b) => tf.sub(a, tf.mean(b)),
  largestOfColumns: (a, b) => bounded(tf.add(tf.max(a, 1, true), b)),
  softmax: (a) => tf.softmax(a),
  matMul: (a, b) => bounded(tf.matMul(a, b)),
  matMulTransposed: (a, b) => bounded(tf.matMul(a, b, true, true)),
  denseLayer: (a, b) => tf.relu(bounded(tf.add(tf.matMul(a, b), tf.slice(b, [1, 0], [1, 2])))),
  transpose: (a) => tf.transpose(a),
  reverse: (a) => tf.reverse(a, 1),
  concatAndSlice: (a, b) => tf.slice(tf.concat([a, b], 0), [1, 0], [2, 2]),
  stackAndUnstack: (a, b) => tf.unstack(tf.stack([a, b], 1), 0)[1]!,
  padAndSlice: (a) => tf.slice(tf.pad(a, [[1, 0], [0, 1]]), [0, 1], [2, 2]),
  tile: (a) => tf.slice(tf.tile(a, [2, 1]), [1, 0], [2, 2]),
  gather: (a) => tf.gather(a, [1, 1]),
  rowsByIndex: (a) => gatherRows(tf, a, tf.cast(tf.relu(tf.sub(tf.range(1, 3), 1)), 'int32')),
  convolution: (a, b) => bounded(tf.reshape(tf.conv2d(picture(a), tf.reshape(b, [2, 2, 1, 1]), 1, 'same'), [2, 2])),
  pooling: (a) => tf.reshape(tf.maxPool(picture(a), 2, 1, 'same'), [2, 2]),
} satisfies Record<string, (a: Tensor, b: Tensor) => Tensor>;
type Kind = keyof typeof KINDS;

/** A line makes a value of two others, by number, or sets a variable to one. Values 0 to 2 are x and the variables as they then are. */
type Line = { kind: Kind; a: number; b: number } | { kind: 'assign'; variable: 'w' | 'v'; a: number };
const operand = fc.nat(20);
const line: fc.Arbitrary<Line> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom(...(Object.keys(KINDS) as Kind[])), a: operand, b: operand }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('assign' as const), variable: fc.constantFrom('w' as const, 'v' as const), a: operand }) },
);

const STEPS = 4;
const START = { w: [0.5, -1, 2, 0.25], v: [1, 0, -0.5, 1.5] };
const ROWS = Array.from({ length: STEPS }, (_, step) => Array.from({ length: 4 }, (_value, at) => Math.fround(Math.sin(5 * step + 2 * at))));
type State = Record<'w' | 'v', Variable>;
const stateOf = (): State => tf.tidy(() => ({ w: tf.variable(tf.tensor2d(START.w, [2, 2])), v: tf.variable(tf.tensor2d(START.v, [2, 2])) }));

/** One step of the program: its lines in order, and a last assignment, so that each has an effect. */
function runLines(lines: readonly Line[], x: Tensor, { w, v }: State): Record<string, Tensor> {
  return tf.tidy(() => {
    const made: Tensor[] = [];
    const value = (number: number): Tensor => [x, tf.clone(w), tf.clone(v), ...made][number % (made.length + 3)]!;
    for (const one of lines) {
      if (one.kind === 'assign') ({ w, v })[one.variable].assign(tf.mul(tf.tanh(value(one.a)), 2));
      else made.push(KINDS[one.kind](value(one.a), value(one.b)));
    }
    w.assign(tf.sub(w, tf.mul(tf.tanh(made.at(-1) ?? x), 0.25)));
    return { last: tf.sum(made.at(-1) ?? x), w: tf.sum(w), v: tf.sum(v) };
  });
}
const recordLines = (lines: readonly Line[]): Program => {
  const [state, x] = [stateOf(), tf.zeros([2, 2])];
  const program = record(tf, { inputs: { x }, variables: new Map(Object.entries(state)), run: () => runLines(lines, x, state) });
  tf.dispose([x, ...Object.values(state)]);
  return program;
};

/** The results of each step, then both variables as they end. */
type Way = (lines: readonly Line[]) => number[];
const plainly: Way = (lines) => {
  const state = stateOf();
  const results = ROWS.flatMap((row) => tf.tidy(() => Object.values(runLines(lines, tf.tensor2d(row, [2, 2]), state)).map((value) => value.dataSync()[0]!)));
  const ends = [...state.w.dataSync(), ...state.v.dataSync()];
  tf.dispose(Object.values(state));
  return [...results, ...ends];
};
const interpreted: Way = (lines) => {
  const program = recordLines(lines);
  let state = new Map<string, Tensor>(Object.entries(START).map(([name, values]) => [name, tf.tensor2d(values, [2, 2])]));
  const results = ROWS.flatMap((row) => {
    const x = tf.tensor2d(row, [2, 2]);
    const after = interpret(tf, program, { x }, state);
    const values = [...after.outputs.values()].map((value) => value.dataSync()[0]!);
    tf.dispose([x, ...state.values(), ...after.outputs.values()]);
    state = after.state;
    return values;
  });
  const ends = [...state.values()].flatMap((value) => [...value.dataSync()]);
  tf.dispose([...state.values()]);
  return [...results, ...ends];
};
const replayedAtOnce: Way = (lines) => {
  const replay = Replay.load(tf, {
    variables: new Map(Object.keys(START).map((name) => [name, { dtype: 'float32', shape: [2, 2] }])),
    tables: { rows: { dtype: 'float32', shape: [STEPS, 4] } },
    loops: { steps: { program: recordLines(lines), rowsPerStep: 1, feeds: { x: { from: 'table', table: 'rows' } }, mostSteps: STEPS } },
  });
  tf.tidy(() => {
    replay.writeVariables(new Map(Object.entries(START).map(([name, values]) => [name, tf.tensor2d(values, [2, 2])])));
    replay.writeRows(Int32Array.from(ROWS, (_, at) => at), { rows: tf.tensor2d(ROWS) });
  });
  const results = replay.run('steps', { order: Int32Array.from({ length: STEPS }, (_, step) => step), vectors: {} });
  const ends = ['w', 'v'].flatMap((name) => variableValues(replay, name));
  replay.dispose();
  return [...results, ...ends];
};

describe('interpreter, replay and plain tfjs', () => {
  it('agree to the bit over twenty steps', () => {
    const { program, variable, start } = recordDescent();
    const steps = 20;
    const rates = Array.from({ length: steps }, (_, at) => Math.fround(0.01 * (at + 1)));
    const table = Float32Array.from({ length: 24 }, (_, at) => Math.sin(at));
    const replayed = replayDescent(program, start, rates, [steps], table);

    let state = new Map<string, Tensor>([['w', tf.tensor2d(start, [2, 2])]]);
    const interpreted: number[] = [];
    const plain = tf.tidy(() => tf.variable(tf.tensor2d(start, [2, 2])));
    const computed: number[] = [];
    for (let step = 0; step < steps; step += 1) {
      const rows = [0, 1].map((at) => (step * 2 + at) % 12);
      const x = tf.tensor2d(rows.flatMap((row) => [table[row * 2]!, table[row * 2 + 1]!]), [2, 2]);
      const rate = tf.scalar(rates[step]!);
      const after = interpret(tf, program, { x, rate }, state);
      interpreted.push(after.outputs.get('sum')!.dataSync()[0]!);
      tf.dispose([...state.values(), ...after.outputs.values()]);
      state = after.state;
      tf.tidy(() => {
        plain.assign(tf.sub(plain, tf.mul(x, rate)));
        computed.push(tf.sum(plain).dataSync()[0]!);
      });
      tf.dispose([x, rate]);
    }
    expect(replayed.outputs).toEqual(interpreted);
    expect(replayed.outputs).toEqual(computed);
    expect(replayed.w).toEqual([...state.get('w')!.dataSync()]);
    tf.dispose([...state.values(), plain, variable]);
  });

  it('agree for one call of many steps and many calls of few', () => {
    const { program, variable, start } = recordDescent();
    const rates = Array.from({ length: 12 }, () => 0.5);
    const table = Float32Array.from({ length: 24 }, (_, at) => at / 7);
    expect(replayDescent(program, start, rates, [5, 1, 6], table)).toEqual(replayDescent(program, start, rates, [12], table));
    variable.dispose();
  });

  it('agree for random programs', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 14 }), (lines) => {
        const all = [interpreted, replayedAtOnce, plainly].map((way) => way(lines));
        expect(all[0]!.length).toBe(STEPS * 3 + 8);
        // A graph may sum in another order; beyond that the values are the same.
        for (const values of all.slice(1)) values.forEach((value, at) => expect(value).toBeCloseTo(all[0]![at]!, 4));
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('draw every kind of operation', () => {
    const drawn = fc.sample(fc.array(line, { minLength: 1, maxLength: 14 }), { numRuns: 40, seed: 7 }).flat();
    expect(new Set(drawn.map(({ kind }) => kind)).size).toBe(Object.keys(KINDS).length + 1);
  });

  it('refuses more steps than the table of results has room for', () => {
    const { program, variable, start } = recordDescent();
    const table = new Float32Array(4);
    expect(() => replayDescent(program, start, Array<number>(65).fill(0), [65], table)).toThrow(RangeError);
    variable.dispose();
  });
});
