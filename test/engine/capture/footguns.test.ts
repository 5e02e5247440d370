// Steps that would replay something else than they did. Each was made to happen once; each is refused, or comes out exact.
// Silent ones first: nothing but a wrong number would have told.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { print } from '../../../src/engine/capture/print.js';
import { record } from '../../../src/engine/capture/record.js';
import { loadTensorFlow, type Tensor, type TensorFlow, type Variable } from '../../../src/engine/native.js';
import { statelessRandom } from '../../../src/engine/native-backend.js';

let tf: TensorFlow;
let x: Tensor;
beforeAll(async () => {
  tf = loadTensorFlow().tf;
  await tf.ready();
});
beforeEach(() => {
  x = tf.tensor1d([1, 2, 3]);
});
afterEach(() => {
  x.dispose();
});

const step = (run: () => Tensor, variables: [string, Variable][] = []) => () =>
  record(tf, { inputs: { x }, variables: new Map(variables), run: () => ({ result: tf.tidy(run) }) });

describe('SILENT: would have replayed another value', () => {
  it('refuses two variables that share one buffer', () => {
    const w = tf.tidy(() => tf.variable(tf.add(x, 0)));
    const teacher = tf.variable(w);
    expect(step(() => tf.sum(tf.sub(w, teacher)), [['w', w], ['teacher', teacher]])).toThrow(
      expect.objectContaining({ code: 'shared_buffer', at: 'w' }),
    );
    tf.dispose([w, teacher]);
  });

  it('refuses a tensor from outside that was not declared', () => {
    const outside = tf.tidy(() => tf.add(x, 1));
    expect(step(() => tf.sum(tf.mul(x, outside)))).toThrow(expect.objectContaining({ code: 'foreign_tensor', at: 'Mul, input 1' }));
    outside.dispose();
  });

  it('refuses a variable that was not declared', () => {
    const forgotten = tf.tidy(() => tf.variable(tf.add(x, 1)));
    expect(step(() => tf.sum(tf.mul(x, forgotten)))).toThrow(expect.objectContaining({ code: 'foreign_tensor' }));
    forgotten.dispose();
  });

  it('refuses to branch on a value the step computed', () => {
    const branching = step(() => (tf.sum(x).dataSync()[0]! > 0 ? tf.sum(x) : tf.neg(tf.sum(x))));
    expect(branching).toThrow(expect.objectContaining({ code: 'host_read' }));
  });

  it('refuses random numbers of a generator with a state', () => {
    expect(step(() => tf.sum(tf.multinomial(x as never, 4, 1, false)))).toThrow(
      expect.objectContaining({ code: 'unseeded_random', at: 'Multinomial' }),
    );
  });

  it('keeps random numbers that are a function of the step', () => {
    const number = tf.scalar(1, 'int32');
    const program = record(tf, {
      inputs: { x, step: number },
      variables: new Map(),
      run: () => ({ result: tf.tidy(() => tf.sum(statelessRandom(tf, 'uniform', [3], tf.stack([tf.scalar(5, 'int32'), number])))) }),
    });
    expect(print(program)).toMatch(/%\d+:float32\[3\] = StatelessRandomUniform\(%\d+, %\d+\)/);
    expect(print(program)).toContain('input step');
    number.dispose();
  });

  it('reads a variable once, before it is written, however often the step uses it', () => {
    const w = tf.tidy(() => tf.variable(tf.add(x, 0)));
    const program = record(tf, {
      inputs: { x },
      variables: new Map([['w', w]]),
      run: () => {
        const before = tf.tidy(() => tf.sum(w));
        w.assign(tf.tidy(() => tf.mul(w, 2)));
        return { before, after: tf.tidy(() => tf.sum(w)) };
      },
    });
    expect([...program.sources.values()].filter(({ kind }) => kind === 'variable')).toHaveLength(1);
    expect(program.outputs.get('before')).not.toBe(program.outputs.get('after'));
    w.dispose();
  });
});

describe('ERRORS: would have failed by itself', () => {
  it('refuses a recording inside a recording', () => {
    expect(step(() => step(() => tf.sum(x))() as never)).toThrow(expect.objectContaining({ code: 'nested_capture' }));
  });

  it('refuses a step that does nothing', () => {
    expect(step(() => tf.clone(x))).toThrow(expect.objectContaining({ code: 'nothing_recorded' }));
  });

  it('refuses a result that was there before', () => {
    const old = tf.tidy(() => tf.add(x, 1));
    const run = () => ({ result: old, other: tf.tidy(() => tf.sum(x)) });
    expect(() => record(tf, { inputs: { x }, variables: new Map(), run })).toThrow(expect.objectContaining({ code: 'unknown_output' }));
    old.dispose();
  });
});
