// By gradients (L-BFGS): what learns is put where the loss over all training examples is lowest. For an output layer behind features that stay
// as they are that is logistic regression, or ridge regression, which has one answer.
import { openForwardPass } from '../forward.js';
import { minimize, type Evaluated } from '../lbfgs.js';
import type { Tensor, TensorFlow, Variable } from '../native.js';
import type { Measures } from '../objectives/objective.js';
import type { Solver } from './solver.js';

/** Numbers that one call into TensorFlow may give back (64 MiB). */
const MOST_RESULTS = 2 ** 24;
const LEAST_WINDOW_ROWS = 500;
/** Losses of batches are floats, each off by some 2⁻²⁴ of itself and what its sum was rounded by. */
const LOSS_NOISE = 1e-6;

export const solveLbfgs: Solver<'lbfgs'> = async (tf, { network, objective, variables, examples, solver }, onIteration) => {
  const paths = [...variables.keys()];
  const sizes = paths.map((path) => variables.get(path)!.size);
  const numbers = sizes.reduce((sum, size) => sum + size, 0);
  const penalized = paths.map((path) => (path.endsWith('/bias') ? 0 : solver.l2));
  const names = objective.measures.map(({ name }) => name);

  const pass = openForwardPass(
    tf,
    network,
    examples,
    (inputs, targets) => {
      let measured: Readonly<Record<string, Tensor>> = {};
      const { value, grads } = tf.variableGrads(() => {
        const outputs = network.apply(inputs, false);
        measured = objective.metrics(outputs, targets);
        Object.values(measured).forEach((metric) => tf.keep(metric));
        return objective.loss(outputs, targets) as never;
      }, [...variables.values()]);
      const results = { loss: value as Tensor, ...copies(tf, measured), ...Object.fromEntries(paths.map((path) => [path, grads[variables.get(path)!.name]!])) };
      tf.dispose(Object.values(measured));
      return results;
    },
    { runs: solver.max_iterations, windowRows: Math.max(LEAST_WINDOW_ROWS, LEAST_WINDOW_ROWS * Math.floor(MOST_RESULTS / (numbers + names.length))) },
  );

  let last: number[] = [];
  let examplesSeen = 0;
  const evaluate = async (at: Float64Array): Promise<Evaluated> => {
    write(tf, variables, at);
    const sums = await sumOfBatches(pass.results(), names.length + numbers, examples.count, pass.batchSize);
    examplesSeen += examples.count;
    last = [...sums.subarray(0, names.length)];
    const gradient = sums.slice(names.length);
    let penalty = 0;
    for (let which = 0, from = 0; which < paths.length; from += sizes[which]!, which += 1) {
      for (let index = from; index < from + sizes[which]!; index += 1) {
        penalty += (penalized[which]! / 2) * at[index]! ** 2;
        gradient[index]! += penalized[which]! * at[index]!;
      }
    }
    return { value: sums[0]! + penalty, gradient };
  };

  try {
    const start = Float64Array.from(paths.flatMap((path) => [...variables.get(path)!.dataSync()]));
    const { at, iterations, converged } = await minimize(evaluate, start, {
      maxIterations: solver.max_iterations,
      tolerance: solver.tolerance,
      valueNoise: LOSS_NOISE,
      onIteration,
    });
    // The last point that was tried need not be the one that was kept.
    await evaluate(at);
    return { iterations, converged, examplesSeen, measures: Object.fromEntries(names.map((name, index) => [name, last[index]!])) as Measures };
  } finally {
    pass.dispose();
  }
};

const copies = (tf: TensorFlow, tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.clone(tensor)]));

/** Means over all examples, from those of the batches, in doubles: a sum in floats would not tell small steps apart. */
async function sumOfBatches(results: AsyncIterable<Float32Array>, width: number, examples: number, batchSize: number): Promise<Float64Array> {
  const means = new Float64Array(width);
  let done = 0;
  for await (const some of results) {
    for (let from = 0; from < some.length; from += width) {
      const batch = Math.min(batchSize, examples - done);
      for (let index = 0; index < width; index += 1) means[index]! += (some[from + index]! * batch) / examples;
      done += batch;
    }
  }
  return means;
}

function write(tf: TensorFlow, variables: ReadonlyMap<string, Variable>, values: Float64Array): void {
  let from = 0;
  for (const variable of variables.values()) {
    const value = tf.tensor(Float32Array.from(values.subarray(from, from + variable.size)), variable.shape, 'float32');
    variable.assign(value);
    value.dispose();
    from += variable.size;
  }
}
