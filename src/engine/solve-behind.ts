// A stage that is solved where nothing before a layer learns in it: what that layer gives is computed once, not in each iteration, whatever
// later stages train.
import type { SolverSettings } from '../contract/solvers.js';
import type { Stage } from '../contract/training-specs.js';
import type { Rows } from '../datasets/rows.js';
import { divide } from '../models/architecture.js';
import type { Examples } from './examples.js';
import { onFeatures, type Trunk } from './features.js';
import type { TensorFlow } from './native.js';
import { buildNetwork, type Network } from './network.js';
import type { Objective } from './objectives/objective.js';
import { solve } from './solve.js';
import type { Solved } from './solvers/solver.js';

/** What gives features: float32 rows, one for each row of the examples' file. */
export type RowsOf = (trunk: Trunk, examples: Examples) => Promise<Rows>;

export interface StageToSolve {
  network: Network;
  objective: Objective;
  examples: Examples;
  stage: Stage;
  solver: SolverSettings;
  /** @default the whole network is run each time */
  featuresOf?: RowsOf | undefined;
}

/** Leaves what learns in the stage where the solver put it. */
export async function solveBehind(tf: TensorFlow, { network, objective, examples, stage, solver, featuresOf }: StageToSolve, goesOn: () => Promise<boolean>): Promise<Solved> {
  if (stage.features_from === undefined || !featuresOf) {
    return solve(tf, { network, objective, variables: network.learningOf(stage.trainable), examples, solver }, goesOn);
  }
  const { trunk, rest } = divide(network.architecture, stage.features_from);
  const weights = network.readWeights();
  const features = onFeatures(examples, await featuresOf({ architecture: trunk, weights }, examples));
  const behind = await buildNetwork(tf, rest, weights);
  try {
    const solved = await solve(tf, { network: behind, objective, variables: behind.learningOf(stage.trainable), examples: features, solver }, goesOn);
    network.writeWeights(new Map([...weights, ...behind.readWeights()]));
    return solved;
  } finally {
    behind.dispose();
  }
}
