// A linear probe (Alain & Bengio 2017): the network stays as it is, and its output layer alone is fitted to the target, to convergence.
import type { Preset } from './preset.js';

export const linearProbe: Preset = {
  rule: 'linear_probe: the output layer alone learns, until it has converged (Alain & Bengio 2017)',
  stages: () => [{ trainable: 'head', solver: { name: 'lbfgs' } }],
};
