// What a solver is given, and what it comes to.
import type { SolverName, SolverSettings } from '../../contract/solvers.js';
import type { Examples } from '../examples.js';
import type { TensorFlow, Variable } from '../native.js';
import type { Network } from '../network.js';
import type { Measures, Objective } from '../objectives/objective.js';

export interface ToSolve<N extends SolverName = SolverName> {
  network: Network;
  objective: Objective;
  /** What learns, by path. */
  variables: ReadonlyMap<string, Variable>;
  examples: Examples;
  solver: SolverSettings<N>;
}

export interface Solved {
  iterations: number;
  /** Whether it came to the minimum, as far as it was asked. */
  converged: boolean;
  /** Means over the training examples, where it ended; the loss without what the solver adds to it. */
  measures: Measures;
  /** Training examples that were gone over, each as often as it was. */
  examplesSeen: number;
}

/**
 * Leaves the variables where it put them. The network is as in use: nothing is dropped, and statistics stay.
 * @param goesOn asked on the way; false ends it where it is then
 */
export type Solver<N extends SolverName = SolverName> = (tf: TensorFlow, toSolve: ToSolve<N>, goesOn: () => Promise<boolean>) => Promise<Solved>;
