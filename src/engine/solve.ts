// A stage that is solved: what learns is put in place over all training examples at once, by the solver it names.
import type { SolverName } from '../contract/solvers.js';
import { solveCosine } from './solvers/cosine.js';
import { solveLbfgs } from './solvers/lbfgs.js';
import { solveLda } from './solvers/lda.js';
import { solveRidge } from './solvers/ridge.js';
import type { Solver } from './solvers/solver.js';

const SOLVERS: { [N in SolverName]: Solver<N> } = {
  lbfgs: solveLbfgs,
  ridge: solveRidge,
  lda: solveLda,
  cosine: solveCosine,
};

export const solve: Solver = (tf, toSolve, goesOn) => SOLVERS[toSolve.solver.name](tf, toSolve as never, goesOn);
