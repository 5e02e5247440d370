// Output layers in closed form: what a few sums over the training examples decide, behind features that stay as they are.
import { NETWORK_INPUT } from '../../contract/branches.js';
import type { SolverName, SolverSettings } from '../../contract/solvers.js';
import { trace } from '../../models/architecture.js';
import { evaluate } from '../evaluate.js';
import type { Examples } from '../examples.js';
import { openForwardPass } from '../forward.js';
import type { Tensor, TensorFlow } from '../native.js';
import { denseTargets } from '../objectives/dense-targets.js';
import type { Measures } from '../objectives/objective.js';
import type { Solver, ToSolve } from './solver.js';

/** Numbers of one kind by name, summed over all training examples in doubles. */
export type Sums<S extends string> = Readonly<Record<S, Float64Array>>;

/** The problem of an output layer: features in, one number for each output out. */
export interface Head {
  /** Features of an example. */
  width: number;
  outputs: number;
  examples: number;
  /**
   * Goes over all training examples once.
   * @param ofBatch what to sum of a batch, float32, by name; called inside a tidy with features [batch, width] and targets [batch, outputs],
   *   1 at the class and 0 elsewhere, or the values
   */
  sum: <S extends string>(ofBatch: (features: Tensor, targets: Tensor) => Readonly<Record<S, Tensor>>) => Promise<Sums<S>>;
}

/** A kernel [width, outputs], row by row, and a bias [outputs]. */
export interface HeadWeights {
  kernel: Float64Array;
  bias: Float64Array;
}

/** Numbers that one call into TensorFlow may give back (64 MiB). */
const MOST_RESULTS = 2 ** 24;
const BATCH_ROWS = 500;

class LeftOff extends Error {}

/** The solver that a closed form makes. */
export const closedForm =
  <N extends SolverName>(weightsOf: (tf: TensorFlow, head: Head, settings: SolverSettings<N>) => Promise<HeadWeights>): Solver<N> =>
  async (tf, toSolve, goesOn) => {
    const { network, objective, examples, solver } = toSolve;
    let examplesSeen = 0;
    const measured = async (): Promise<Measures> => {
      examplesSeen += examples.count;
      const { measures } = await evaluate(tf, network, examples, objective);
      // Of a training part are told what is told of its batches.
      return Object.fromEntries(objective.measures.map(({ name }) => [name, measures[name]!])) as Measures;
    };
    try {
      const head = headOf(tf, toSolve, async () => {
        if (!(await goesOn())) throw new LeftOff();
      });
      const sum: Head['sum'] = (ofBatch) => ((examplesSeen += examples.count), head.sum(ofBatch));
      write(tf, toSolve, await weightsOf(tf, { ...head, sum }, solver));
      return { iterations: 1, converged: true, measures: await measured(), examplesSeen };
    } catch (problem) {
      if (!(problem instanceof LeftOff)) throw problem;
      return { iterations: 0, converged: false, measures: await measured(), examplesSeen };
    }
  };

function headOf(tf: TensorFlow, { network, variables, examples }: ToSolve, onWindow: () => Promise<void>): Head {
  const [path] = [...variables.keys()];
  const name = path!.split('/')[0]!;
  const [width, outputs] = variables.get(`${name}/kernel`)!.shape as [number, number];
  const [before] = trace(network.architecture).find(({ layer }) => layer.name === name)!.from;
  const featuresOf = (inputs: Tensor): Tensor => (before === NETWORK_INPUT ? inputs : network.outputsOf([before!], inputs)[0]!);
  return {
    width,
    outputs,
    examples: examples.count,
    sum: (ofBatch) => sumOver(tf, network, examples, (inputs, targets) => ofBatch(featuresOf(inputs), denseTargets(tf, targets, outputs)), width, onWindow),
  };
}

async function sumOver<S extends string>(
  tf: TensorFlow, network: ToSolve['network'], examples: Examples, ofBatch: (inputs: Tensor, targets: Tensor) => Readonly<Record<S, Tensor>>, width: number, onWindow: () => Promise<void>,
): Promise<Sums<S>> {
  let sizes: [name: S, size: number][] = [];
  const pass = openForwardPass(tf, network, examples, (inputs, targets) => {
    const results = ofBatch(inputs, targets.of);
    sizes = (Object.entries(results) as [S, Tensor][]).map(([name, { size }]) => [name, size]);
    return results;
  }, { windowRows: BATCH_ROWS * Math.max(1, Math.floor(MOST_RESULTS / width ** 2)) });
  try {
    let sums: Record<S, Float64Array> | undefined;
    for await (const some of pass.results()) {
      sums ??= Object.fromEntries(sizes.map(([name, size]) => [name, new Float64Array(size)])) as Record<S, Float64Array>;
      for (let at = 0; at < some.length; ) at = addBatch(sums, sizes, some, at);
      await onWindow();
    }
    return sums!;
  } finally {
    pass.dispose();
  }
}

/** @returns where the next batch begins */
function addBatch<S extends string>(sums: Sums<S>, sizes: readonly (readonly [S, number])[], results: Float32Array, from: number): number {
  let at = from;
  for (const [name, size] of sizes) {
    for (let index = 0; index < size; index += 1) sums[name][index]! += results[at + index]!;
    at += size;
  }
  return at;
}

function write(tf: TensorFlow, { variables }: ToSolve, { kernel, bias }: HeadWeights): void {
  for (const [path, variable] of variables) {
    tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(path.endsWith('/bias') ? bias : kernel), variable.shape, 'float32')));
  }
}
