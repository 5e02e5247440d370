// What finds a minimum instead of taking steps towards it: a stage with a solver ends where its loss is lowest.
import Type from 'typebox';
import { requestSchema, resolvedSchema, withDefaults, type SettingsOf } from './choice.js';

export const SOLVER_SETTINGS = {
  lbfgs: {
    l2: Type.Number({ minimum: 0, maximum: 1e6, description: 'λ of the term λ/2 · Σ w² over the weights that learn, biases left out. @default 1 / training examples, as C = 1 in scikit-learn' }),
    max_iterations: Type.Integer({ minimum: 1, maximum: 10_000, default: 200, description: 'Each goes over all training examples, at least once.' }),
    tolerance: Type.Number({ minimum: 0, maximum: 1, default: 1e-4, description: 'It has converged where no part of the gradient is larger.' }),
  },
} as const;
type Table = typeof SOLVER_SETTINGS;

/** A solver as a caller names it. */
export type SolverRequest = { name: 'lbfgs' } & Partial<SettingsOf<Table['lbfgs']>>;
/** A solver with nothing left open. */
export type SolverSettings = { name: 'lbfgs' } & SettingsOf<Table['lbfgs']>;

export const SolverRequest = Type.Unsafe<SolverRequest>({
  $id: 'SolverRequest',
  title: 'SolverRequest',
  description: 'lbfgs (Liu & Nocedal 1989): over all training examples at once, without dropout or augmentation, until the loss falls no further. No optimizer, schedule or rate takes part. For what is convex, such as an output layer alone.',
  ...requestSchema(SOLVER_SETTINGS),
});
export const SolverSettings = Type.Unsafe<SolverSettings>({ $id: 'Solver', title: 'Solver', ...resolvedSchema(SOLVER_SETTINGS) });

/** What was asked for, with the default of everything else. */
export const resolveSolver = (asked: SolverRequest, trainExamples: number): SolverSettings =>
  withDefaults(SOLVER_SETTINGS, { l2: 1 / trainExamples, ...asked }) as SolverSettings;
