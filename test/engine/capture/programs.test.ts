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
  replay.writeVariable('w', value);
  replay.writeRows(Int32Array.from({ length: rows }, (_, at) => at), { x: values });
  tf.dispose([value, values]);
  const outputs: number[] = [];
  let step = 0;
  for (const steps of calls) {
    const order = Int32Array.from({ length: steps * 2 }, (_, at) => (step * 2 + at) % rows);
    outputs.push(...replay.run('steps', { order, vectors: { rate: Float32Array.from(rates.slice(step, step + steps)) } }));
    step += steps;
  }
  const w = [...replay.readVariable('w')];
  replay.dispose();
  return { w, outputs };
}

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
    const unary = ['neg', 'relu', 'tanh', 'square', 'abs'] as const;
    const binary = ['add', 'sub', 'mul', 'maximum'] as const;
    type Line = { kind: 'unary'; op: (typeof unary)[number]; a: number } | { kind: 'binary'; op: (typeof binary)[number]; a: number; b: number };
    const line: fc.Arbitrary<Line> = fc.oneof(
      fc.record({ kind: fc.constant('unary' as const), op: fc.constantFrom(...unary), a: fc.nat(20) }),
      fc.record({ kind: fc.constant('binary' as const), op: fc.constantFrom(...binary), a: fc.nat(20), b: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => {
        const variable = tf.tidy(() => tf.variable(tf.tensor2d([0.5, -1, 2, 0.25], [2, 2])));
        const start = Float32Array.from(variable.dataSync());
        const compute = (x: Tensor, w: Tensor): Tensor => {
          const values = [x, w];
          for (const one of lines) {
            const a = values[one.a % values.length]!;
            values.push(one.kind === 'unary' ? tf[one.op](a) : tf[one.op](a, values[one.b % values.length]!));
          }
          // Bounded, so that twelve squares in a row stay finite.
          return tf.tanh(values.at(-1)!);
        };
        const inputs = { x: tf.zeros([2, 2]), rate: tf.scalar(0) };
        const run = () =>
          tf.tidy(() => {
            variable.assign(tf.sub(variable, tf.mul(compute(inputs.x, variable), inputs.rate)));
            return { sum: tf.sum(variable) };
          });
        const program = record(tf, { inputs, variables: new Map([['w', variable]]), run });
        const table = Float32Array.from({ length: 8 }, (_, at) => (at - 4) / 3);
        const rates = [0.1, 0.2, 0.3];
        const replayed = replayDescent(program, start, rates, [3], table);

        tf.tidy(() => variable.assign(tf.tensor2d(start, [2, 2])));
        const computed = rates.map((rate, step) =>
          tf.tidy(() => {
            const x = tf.tensor2d(table.slice((step % 2) * 4, (step % 2) * 4 + 4), [2, 2]);
            variable.assign(tf.sub(variable, tf.mul(compute(x, variable), rate)));
            return tf.sum(variable).dataSync()[0]!;
          }),
        );
        const w = [...variable.dataSync()];
        tf.dispose([...Object.values(inputs), variable]);
        // A graph may sum in another order; beyond that the values are the same.
        replayed.outputs.forEach((value, at) => expect(value).toBeCloseTo(computed[at]!, 5));
        replayed.w.forEach((value, at) => expect(value).toBeCloseTo(w[at]!, 5));
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('agree on a maximum, which TensorFlow takes for a leaky ReLU', () => {
    const start = Float32Array.of(0.5, -1, 2, 0.25);
    const variable = tf.tidy(() => tf.variable(tf.tensor2d(start, [2, 2])));
    const inputs = { x: tf.zeros([2, 2]), rate: tf.scalar(0) };
    const run = () => {
      tf.tidy(() => variable.assign(tf.maximum(variable, tf.mul(variable, 2))));
      return { sum: tf.tidy(() => tf.add(tf.sum(variable), tf.mul(tf.sum(inputs.x), inputs.rate))) };
    };
    const program = record(tf, { inputs, variables: new Map([['w', variable]]), run });
    expect(replayDescent(program, start, [0], [1], new Float32Array(4)).w).toEqual([1, -1, 4, 0.5]);
    tf.dispose([...Object.values(inputs), variable]);
  });

  it('refuses more steps than the table of results has room for', () => {
    const { program, variable, start } = recordDescent();
    const table = new Float32Array(4);
    expect(() => replayDescent(program, start, Array<number>(65).fill(0), [65], table)).toThrow(RangeError);
    variable.dispose();
  });
});
