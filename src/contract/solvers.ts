// What puts weights in place instead of taking steps towards them: by the loss, or an output layer by what it knows of the features.
import Type from './typebox.js';
import { choice, type Asked, type Resolved } from './choice.js';

export const SOLVER_SETTINGS = {
  lbfgs: {
    l2: Type.Number({ minimum: 0, maximum: 1e6, description: 'λ of the term λ/2 · Σ w² over the weights that learn, biases left out. @default 1 / training examples, as C = 1 in scikit-learn' }),
    max_iterations: Type.Integer({ minimum: 1, maximum: 10_000, default: 200, description: 'Each goes over all training examples, at least once.' }),
    tolerance: Type.Number({ minimum: 0, maximum: 1, default: 1e-4, description: 'It has converged where no part of the gradient is larger.' }),
  },
  ridge: {
    l2: Type.Number({ minimum: 0, maximum: 1e6, description: 'λ of the term λ · Σ w² beside the mean over the examples of the squared distance, the bias left out. @default 1 / training examples, as alpha = 1 in scikit-learn' }),
  },
  lda: {
    shrinkage: Type.Union([Type.Literal('auto'), Type.Number({ minimum: 0, maximum: 1 })], {
      default: 'auto',
      description: 'By how much the covariance that the classes share is shrunk towards a multiple of the identity; auto: as Ledoit & Wolf have it.',
    }),
  },
  cosine: {
    scale: Type.Number({ exclusiveMinimum: 0, maximum: 1000, default: 10, description: 'What the cosine is multiplied by to be a logit: the larger, the surer.' }),
  },
} as const;
type Table = typeof SOLVER_SETTINGS;
export type SolverName = keyof Table;
/** A solver as a caller names it. */
export type SolverRequest = Asked<Table>;
/** A solver with nothing left open. */
export type SolverSettings<N extends SolverName = SolverName> = Resolved<Table, N>;
const SOLVER = choice('Solver', SOLVER_SETTINGS, {
  description: 'Over all training examples at once, without dropout or augmentation; no optimizer, schedule or rate takes part. lbfgs (Liu & Nocedal 1989): until the loss falls no further, for what is convex, such as an output layer alone. ridge, lda and cosine: an output layer alone, in closed form; the loss takes no part.',
});
export const { request: SolverRequest, settings: SolverSettings } = SOLVER;

/** What was asked for, with the default of everything else. */
export const resolveSolver = <R extends SolverRequest>(asked: R, trainExamples: number): SolverSettings<R['name']> => SOLVER.resolve({ l2: 1 / trainExamples, ...asked });
