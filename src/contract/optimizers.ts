// The optimizers a run may learn by, each with the settings it takes: names, meanings and defaults of Keras 3. From this one
// table come what a caller may send, what a resolved spec holds, and the defaults.
import Type from './typebox.js';
import { choice, type Asked, type Resolved } from './choice.js';

export const LearningRate = Type.Number({ minimum: 1e-8, maximum: 100, description: 'Step size of the optimizer.' });

const part = (usual: number, description: string) => Type.Number({ minimum: 0, exclusiveMaximum: 1, default: usual, description });
const momentum = part(0, 'Part of the last move that is kept.');
const epsilon = Type.Number({ minimum: 1e-12, maximum: 1, default: 1e-7, description: 'Keeps the division from blowing up.' });
const weightDecay = (usual: number) =>
  Type.Number({ minimum: 0, maximum: 1, default: usual, description: 'Part of each weight, times the learning rate, that every step takes away; 0 for none.' });
const globalClipnorm = Type.Number({ minimum: 0, maximum: 1e6, default: 0, description: 'Largest norm of all gradients together; 0 for no limit.' });

const all = { weight_decay: weightDecay(0), global_clipnorm: globalClipnorm };
const moments = {
  beta_1: part(0.9, 'Decay of the mean of gradients.'),
  beta_2: part(0.999, 'Decay of the mean of squared gradients.'),
  epsilon,
};

export const OPTIMIZER_SETTINGS = {
  sgd: { momentum, nesterov: Type.Boolean({ default: false, description: 'Look ahead along the momentum.' }), ...all },
  adam: { ...moments, ...all },
  adamw: { ...moments, ...all, weight_decay: weightDecay(0.004) },
  rmsprop: { rho: part(0.9, 'Decay of the mean of squared gradients.'), momentum, epsilon, ...all },
  adagrad: {
    initial_accumulator_value: Type.Number({ minimum: 0, maximum: 1e6, default: 0.1, description: 'Where the sums of squared gradients start.' }),
    epsilon,
    ...all,
  },
} as const;
type Table = typeof OPTIMIZER_SETTINGS;
type Common = { learning_rate?: number };
export type OptimizerName = keyof Table;
/** An optimizer as a caller names it. */
export type OptimizerRequest = Asked<Table, Common>;
/** An optimizer with nothing left open. Its learning rate is each stage's own. */
export type OptimizerSettings<N extends OptimizerName = OptimizerName> = Resolved<Table, N>;
export const { names: OPTIMIZERS, request: OptimizerRequest, settings: OptimizerSettings, resolve: resolveOptimizer } =
  choice<Table, Common>('Optimizer', OPTIMIZER_SETTINGS, {}, { learning_rate: Type.Optional(LearningRate) });
