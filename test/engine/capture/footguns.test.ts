// Steps that would replay something else than they did. Each was made to happen once; each is refused, or comes out exact.
// Silent ones first: nothing but a wrong number would have told.
import { describe, expect, it } from '@jest/globals';
import { print } from '#engine/capture/print.js';
import type { Program } from '#engine/capture/program.js';
import { record, update } from '#engine/capture/record.js';
import { Replay } from '#engine/capture/replay.js';
import { loadTensorFlow, type Tensor, type Variable } from '#engine/native.js';
import { statelessRandom } from '#engine/native-backend.js';
import { everyTestFreesItsTensors } from '../../support/networks.js';
import { variableValues } from '../../support/replays.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const x = tf.tensor1d([1, 2, 3]);

const variableOf = (values: number[]): Variable => tf.tidy(() => tf.variable(tf.tensor1d(values)));
const valuesOf = (tensor: Tensor): number[] => Array.from(tensor.dataSync());
const recorded = (run: () => Tensor, variables: Record<string, Variable> = {}): Program =>
  record(tf, { inputs: { x }, variables: new Map(Object.entries(variables)), run: () => ({ result: tf.tidy(run) }) });
const step = (...all: Parameters<typeof recorded>) => () => recorded(...all);
const refused = (code: string, at?: string): unknown => expect.objectContaining({ code, ...(at !== undefined && { at }) });

/** A step over vectors of three: what it does to its variables, given x and the variables by name; its result is a number. */
type Step = (x: Tensor, variables: Record<string, Variable>) => Tensor;
const ROWS = [[1, 2, 3], [0.5, -1, 2], [-2, 0, 1], [3, 1, -1], [0, 0.25, 4]];
type Course = { results: number[]; ends: Record<string, number[]> };

/** The steps one after the other, plainly. */
function plainly(run: Step, starts: Record<string, number[]>): Course {
  const variables = Object.fromEntries(Object.entries(starts).map(([name, values]) => [name, variableOf(values)]));
  const results = ROWS.map((row) => tf.tidy(() => run(tf.tensor1d(row), variables).dataSync()[0]!));
  const ends = Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, valuesOf(variable)]));
  tf.dispose(Object.values(variables));
  return { results, ends };
}

/** The step recorded once, and all steps replayed in one call, from the start again as many times as asked for. */
function replayedOften(run: Step, starts: Record<string, number[]>, times: number): Course[] {
  const variables = Object.fromEntries(Object.entries(starts).map(([name, values]) => [name, variableOf(values)]));
  const program = recorded(() => run(x, variables), variables);
  tf.dispose(Object.values(variables));
  const replay = Replay.load(tf, {
    variables: new Map(Object.keys(starts).map((name) => [name, { dtype: 'float32', shape: [3] }])),
    tables: { rows: { dtype: 'float32', shape: [ROWS.length, 3] } },
    loops: { steps: { program, rowsPerStep: 1, feeds: { x: { from: 'table', table: 'rows' } }, mostSteps: ROWS.length } },
  });
  const courses = Array.from({ length: times }, () => {
    tf.tidy(() => {
      replay.writeVariables(new Map(Object.entries(starts).map(([name, values]) => [name, tf.tensor1d(values)])));
      replay.writeRows(Int32Array.from(ROWS, (_, at) => at), { rows: tf.tensor2d(ROWS) });
    });
    const results = Array.from(replay.run('steps', { order: Int32Array.from(ROWS, (_, at) => at), vectors: {} }));
    const ends = Object.fromEntries(Object.keys(starts).map((name) => [name, variableValues(replay, name)]));
    return { results, ends };
  });
  replay.dispose();
  return courses;
}
const replayed = (run: Step, starts: Record<string, number[]>): Course => replayedOften(run, starts, 1)[0]!;

describe('SILENT: would have replayed another value', () => {
  describe('buffers that are shared', () => {
    it('refuses a variable made of another, which has its buffer', () => {
      const w = variableOf([1, 2, 3]);
      const teacher = tf.variable(w);
      // Declared or not: undeclared it would pass for w itself.
      expect(step(() => tf.sum(tf.sub(w, teacher)), { w, teacher })).toThrow(refused('shared_buffer', 'w'));
      expect(step(() => tf.sum(tf.sub(w, teacher)), { w })).toThrow(refused('shared_buffer', 'w'));
      tf.dispose([w, teacher]);
    });

    it('refuses a clone of a variable kept from before, as a distance from where the weights began would use', () => {
      const w = variableOf([1, 2, 3]);
      const began = w.clone();
      expect(step(() => tf.sum(tf.square(tf.sub(w, began))), { w })).toThrow(refused('shared_buffer', 'w'));
      tf.dispose([w, began]);
    });

    it('refuses an average that was set to the weights before the step', () => {
      const [w, average] = [variableOf([1, 2, 3]), variableOf([0, 0, 0])];
      average.assign(w);
      expect(step(() => tf.sum(tf.sub(w, average)), { w, average })).toThrow(refused('shared_buffer', 'w'));
      tf.dispose([w, average]);
    });

    it('refuses a clone of an input kept from before', () => {
      const first = x.clone();
      expect(step(() => tf.sum(tf.sub(x, first)))).toThrow(refused('shared_buffer', 'x'));
      first.dispose();
    });

    const descend = (w: Variable, by: Tensor): void => {
      const learningRate = tf.scalar(0.5);
      update('sgd', { gradient: by, learningRate }, { weight: w }, () => w.assign(tf.sub(w, tf.mul(by, learningRate))));
    };
    it.each<[string, Step]>([
      ['before the weights move', (given, { w, other }) => {
        other!.assign(w!);
        descend(w!, given);
        return tf.sum(tf.mul(other!, given));
      }],
      ['after the weights moved', (given, { w, other }) => {
        descend(w!, given);
        other!.assign(w!);
        return tf.sum(tf.mul(other!, given));
      }],
      ['from the other one, which then moves', (given, { w, other }) => {
        const before = tf.clone(w!);
        w!.assign(other!);
        other!.assign(before);
        descend(other!, given);
        return tf.sum(tf.mul(w!, given));
      }],
    ])('keeps variables apart that the step sets to one another %s', (_, run) => {
      const starts = { w: [1, 2, 3], other: [0.5, 0.25, -1] };
      expect(replayed(run, starts)).toEqual(plainly(run, starts));
    });
  });

  it('writes a variable after its read, though the new value does not depend on the old: sixty runs are the same', () => {
    // Each step gives what the variable held, and puts its own row there.
    const run: Step = (given, { w }) => {
      const before = tf.sum(tf.mul(w!, tf.exp(tf.neg(tf.square(w!)))));
      w!.assign(tf.mul(given, 2));
      return before;
    };
    const expected = plainly(run, { w: [1, 2, 3] });
    for (const { results, ends } of replayedOften(run, { w: [1, 2, 3] }, 60)) {
      results.forEach((value, at) => expect(value).toBeCloseTo(expected.results[at]!, 6));
      expect(ends).toEqual(expected.ends);
    }
  });

  describe('tensors from outside', () => {
    it('refuses one that was not declared', () => {
      const outside = tf.tidy(() => tf.add(x, 1));
      expect(step(() => tf.sum(tf.mul(x, outside)))).toThrow(refused('foreign_tensor', 'Mul, input 1'));
      outside.dispose();
    });

    it('refuses a variable that was not declared', () => {
      const forgotten = variableOf([1, 2, 3]);
      expect(step(() => tf.sum(tf.mul(x, forgotten)))).toThrow(refused('foreign_tensor'));
      forgotten.dispose();
    });

    it('refuses to set a variable to one', () => {
      const [w, outside] = [variableOf([1, 2, 3]), tf.tidy(() => tf.add(x, 1))];
      const run = () => {
        w.assign(outside);
        return tf.sum(x);
      };
      expect(step(run, { w })).toThrow(refused('foreign_tensor', 'the new value of w'));
      tf.dispose([w, outside]);
    });

    it('refuses an optimizer of tfjs, which holds its rate in a tensor of its own', () => {
      const w = variableOf([1, 2, 3]);
      const optimizer = tf.train.sgd(0.1);
      const run = () => {
        optimizer.applyGradients([{ name: w.name, tensor: x }]);
        return tf.sum(w);
      };
      expect(step(run, { w })).toThrow(refused('foreign_tensor'));
      optimizer.dispose();
      w.dispose();
    });

    it('refuses a recurrent layer that goes on from where it was, in its first step and in later ones', () => {
      const layer = tf.layers.simpleRNN({ units: 2, stateful: true, batchInputShape: [1, 3, 1] });
      const apply = () => tf.sum(layer.apply(tf.reshape(x, [1, 3, 1])) as Tensor);
      tf.tidy(() => void apply());
      const weights = Object.fromEntries(layer.weights.map((weight, at) => [`w${at}`, (weight as unknown as { val: Variable }).val]));
      expect(step(apply, weights)).toThrow(refused('foreign_tensor'));
      // Fresh, it makes its state in the step and keeps it.
      layer.resetStates();
      const states = (layer as unknown as { states_: Tensor[] }).states_;
      tf.dispose(states);
      const fresh = () => {
        states[0] = tf.keep(tf.zeros([1, 2]));
        return apply();
      };
      expect(step(fresh, weights)).toThrow(refused('kept_tensor'));
      tf.dispose((layer as unknown as { states_: Tensor[] }).states_);
      layer.dispose();
    });
  });

  it('refuses to keep a tensor for the next step', () => {
    let last: Tensor | undefined;
    const run = () => {
      const before = last ?? tf.zerosLike(x);
      last = tf.keep(tf.mul(x, 2));
      return tf.sum(before);
    };
    expect(step(run)).toThrow(refused('kept_tensor', 'Mul'));
    last!.dispose();
  });

  describe('values read on the host', () => {
    const positive = (tensor: Tensor): boolean => tensor.dataSync()[0]! > 0;
    const branching = (on: Tensor) => (positive(on) ? tf.sum(x) : tf.neg(tf.sum(x)));

    it('refuses to branch on a value the step computed', () => {
      expect(step(() => branching(tf.sum(x)))).toThrow(refused('host_read'));
    });
    it('refuses to branch on an input', () => {
      expect(step(() => branching(x))).toThrow(refused('host_read', 'value %0'));
    });
    it('refuses to branch on a variable', () => {
      const w = variableOf([1, 2, 3]);
      expect(step(() => branching(w), { w })).toThrow(refused('host_read', 'value %1'));
      w.dispose();
    });
    it('refuses to branch on a tensor from outside', () => {
      const outside = tf.tidy(() => tf.add(x, 1));
      expect(step(() => branching(outside))).toThrow(refused('host_read', 'a tensor from outside'));
      outside.dispose();
    });
    it('refuses a gather of tfjs, which reads the indices', () => {
      expect(step(() => tf.sum(tf.gather(tf.range(0, 9), tf.cast(x, 'int32'))))).toThrow(refused('host_read'));
    });
    it('refuses an operation whose result has as many elements as the values say', () => {
      expect(step(() => tf.mean(tf.unique(x).values))).toThrow(refused('shape_of_values', 'UniqueV2'));
    });
  });

  describe('randomness', () => {
    it.each<[string, () => Tensor]>([
      ['uniform numbers', () => tf.randomUniform([3])],
      ['normal numbers', () => tf.randomNormal([3])],
      ['numbers of a gamma distribution', () => tf.randomGamma([3], 1)],
      ['a dropout', () => tf.dropout(x, 0.5)],
    ])('refuses %s drawn on the host and uploaded', (_, draw) => {
      expect(step(() => tf.sum(tf.mul(x, draw())))).toThrow(refused('unseeded_random', 'Math.random'));
    });

    it('gives Math.random back, also after it refused', () => {
      expect(step(() => tf.sum(tf.randomUniform([3])))).toThrow();
      expect(tf.tidy(() => tf.randomUniform([3]).shape)).toEqual([3]);
    });

    it('refuses random numbers of a generator with a state', () => {
      expect(step(() => tf.sum(tf.multinomial(x as never, 4, 1, false)))).toThrow(refused('unseeded_random', 'Multinomial'));
    });

    it('repeats a seeded mask of tfjs as tfjs itself does, in every step', () => {
      const run: Step = (given) => tf.sum(tf.dropout(given, 0.5, undefined, 7));
      expect(replayed(run, {})).toEqual(plainly(run, {}));
    });

    it('keeps random numbers that are a function of the step', () => {
      const number = tf.scalar(1, 'int32');
      const draw = () => tf.sum(statelessRandom(tf, 'uniform', [3], tf.stack([tf.scalar(5, 'int32'), number])));
      const program = record(tf, { inputs: { x, step: number }, variables: new Map(), run: () => ({ result: tf.tidy(draw) }) });
      expect(print(program)).toMatch(/%\d+:float32\[3\] = StatelessRandomUniform\(%\d+, %\d+\)/);
      expect(print(program)).toContain('input step');
      number.dispose();
    });
  });

  it('reads a variable once, before it is written, however often the step uses it', () => {
    const run: Step = (given, { w }) => {
      const before = tf.sum(tf.mul(w!, given));
      w!.assign(tf.mul(w!, 2));
      return tf.sub(tf.sum(w!), before);
    };
    const w = variableOf([1, 2, 3]);
    const program = recorded(() => run(x, { w }), { w });
    expect([...program.sources.values()].filter(({ kind }) => kind === 'variable')).toHaveLength(1);
    w.dispose();
    expect(replayed(run, { w: [1, 2, 3] })).toEqual(plainly(run, { w: [1, 2, 3] }));
  });

  it.each([2, 0.5, -1])('keeps a maximum of x and %d x, which TensorFlow’s optimizer takes for a leaky ReLU', (factor) => {
    const run: Step = (given, { w }) => {
      w!.assign(tf.maximum(w!, tf.mul(w!, factor)));
      return tf.sum(tf.maximum(given, tf.mul(given, factor)));
    };
    const starts = { w: [0.5, -1, 0.25] };
    expect(replayed(run, starts)).toEqual(plainly(run, starts));
  });
});

describe('ERRORS: would have failed by itself', () => {
  it('refuses a recording inside a recording', () => {
    expect(step(() => recorded(() => tf.sum(x)) as never)).toThrow(refused('nested_capture'));
  });

  it('refuses a step that does nothing', () => {
    expect(step(() => tf.clone(x))).toThrow(refused('nothing_recorded'));
  });

  it('refuses a result that was there before', () => {
    const old = tf.tidy(() => tf.add(x, 1));
    const run = () => ({ result: old, other: tf.tidy(() => tf.sum(x)) });
    expect(() => record(tf, { inputs: { x }, variables: new Map(), run })).toThrow(refused('unknown_output'));
    old.dispose();
  });
});
