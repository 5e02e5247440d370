// Optimizers: what one gradient does to one variable. State is kept by the variable's path, so that it follows the variable
// when what is trainable changes between stages (tfjs keeps Adam's moments by position, which misaligns them).
import type { ResolvedSpec } from '../contract/job.js';
import type { Tensor, TensorFlow, Variable } from './native.js';

export interface Optimizer {
  /** Moves the variable against its gradient. Call inside a tidy; slots it needs are made at their first use. */
  update(path: string, variable: Variable, gradient: Tensor, learningRate: number): void;
  dispose(): void;
}

type Slots = Map<string, Variable>;
type Settings = ResolvedSpec['training']['optimizer'];

const slotOf = (tf: TensorFlow, slots: Slots, path: string, variable: Variable): Variable => {
  let slot = slots.get(path);
  if (!slot) {
    slot = tf.variable(tf.zerosLike(variable), false);
    slots.set(path, slot);
  }
  return slot;
};
const disposeAll = (...all: Slots[]): void => all.forEach((slots) => slots.forEach((slot) => slot.dispose()));

/** w ← w − η v, v ← μ v + g. Without momentum, v is the gradient itself (Sutskever et al. 2013, as in Keras). */
function sgd(tf: TensorFlow, { momentum }: Settings): Optimizer {
  const velocities: Slots = new Map();
  return {
    update(path, variable, gradient, learningRate) {
      if (momentum === 0) {
        variable.assign(tf.sub(variable, tf.mul(gradient, learningRate)));
        return;
      }
      const velocity = slotOf(tf, velocities, path, variable);
      velocity.assign(tf.add(tf.mul(velocity, momentum), gradient));
      variable.assign(tf.sub(variable, tf.mul(velocity, learningRate)));
    },
    dispose: () => disposeAll(velocities),
  };
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;

/** Kingma & Ba 2015, algorithm 1, with Keras's ε of 1e-7. Steps are counted for each variable, from its first update. */
function adam(tf: TensorFlow): Optimizer {
  const means: Slots = new Map();
  const squares: Slots = new Map();
  const steps = new Map<string, number>();
  return {
    update(path, variable, gradient, learningRate) {
      const step = (steps.get(path) ?? 0) + 1;
      steps.set(path, step);
      const mean = slotOf(tf, means, path, variable);
      const square = slotOf(tf, squares, path, variable);
      mean.assign(tf.add(tf.mul(mean, BETA_1), tf.mul(gradient, 1 - BETA_1)));
      square.assign(tf.add(tf.mul(square, BETA_2), tf.mul(tf.square(gradient), 1 - BETA_2)));
      const correctedMean = tf.div(mean, 1 - BETA_1 ** step);
      const correctedSquare = tf.div(square, 1 - BETA_2 ** step);
      const move = tf.div(tf.mul(correctedMean, learningRate), tf.add(tf.sqrt(correctedSquare), EPSILON));
      variable.assign(tf.sub(variable, move));
    },
    dispose: () => disposeAll(means, squares),
  };
}

const OPTIMIZERS: Record<Settings['name'], (tf: TensorFlow, settings: Settings) => Optimizer> = { sgd, adam };

export const makeOptimizer = (tf: TensorFlow, settings: Settings): Optimizer => OPTIMIZERS[settings.name](tf, settings);
