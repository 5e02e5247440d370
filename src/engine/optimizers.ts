// Optimizers: what one gradient does to one variable, in tensors alone, so that a step can be recorded. State is kept by the
// variable's path, so that it follows the variable when what is trainable changes between stages (tfjs keeps Adam's moments by
// position, which misaligns them).
import type { ResolvedSpec } from '../contract/job.js';
import { update } from './capture/record.js';
import type { Tensor, TensorFlow, Variable } from './native.js';

export interface Optimizer {
  /** State by name, `path/slot`. Slots are made by `prepare`. */
  readonly slots: ReadonlyMap<string, Variable>;
  /** Makes the slots of variables that have none yet. To be called before the first step that moves them. */
  prepare(variables: ReadonlyMap<string, Variable>): void;
  /** Moves the variable against its gradient. Call inside a tidy. @param learningRate float32 scalar */
  update(path: string, variable: Variable, gradient: Tensor, learningRate: Tensor): void;
  dispose(): void;
}

type Settings = ResolvedSpec['training']['optimizer'];

/** State variables of an optimizer; each starts as zeros. */
class Slots {
  readonly all = new Map<string, Variable>();

  constructor(private readonly tf: TensorFlow) {}

  make(path: string, slot: string, shape: number[]): void {
    const name = `${path}/${slot}`;
    if (this.all.has(name)) return;
    const zeros = this.tf.zeros(shape);
    this.all.set(name, this.tf.variable(zeros, false));
    zeros.dispose();
  }

  get(path: string, slot: string): Variable {
    return this.all.get(`${path}/${slot}`)!;
  }

  dispose(): void {
    this.all.forEach((slot) => slot.dispose());
    this.all.clear();
  }
}

/** w ← w − η v, v ← μ v + g. Without momentum, v is the gradient itself (Sutskever et al. 2013, as in Keras). */
function sgd(tf: TensorFlow, { momentum }: Settings): Optimizer {
  const slots = new Slots(tf);
  return {
    slots: slots.all,
    prepare(variables) {
      if (momentum === 0) return;
      for (const [path, variable] of variables) slots.make(path, 'velocity', variable.shape);
    },
    update(path, weight, gradient, learningRate) {
      if (momentum === 0) {
        update('sgd', { gradient, learningRate }, { weight }, () => weight.assign(tf.sub(weight, tf.mul(gradient, learningRate))));
        return;
      }
      const velocity = slots.get(path, 'velocity');
      const kept = tf.scalar(momentum);
      update('momentum', { gradient, learningRate, momentum: kept }, { weight, velocity }, () => {
        velocity.assign(tf.add(tf.mul(velocity, kept), gradient));
        weight.assign(tf.sub(weight, tf.mul(velocity, learningRate)));
      });
    },
    dispose: () => slots.dispose(),
  };
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;

/**
 * Kingma & Ba 2015, algorithm 1 in the order of operations that the end of its section 2 gives, with Keras's ε of 1e-7:
 * η_t = η √(1−β2ᵗ) / (1−β1ᵗ), w ← w − η_t m / (√v + ε √(1−β2ᵗ)). Steps are counted for each variable, from its first update.
 */
function adam(tf: TensorFlow): Optimizer {
  const slots = new Slots(tf);
  return {
    slots: slots.all,
    prepare(variables) {
      for (const [path, { shape }] of variables) {
        slots.make(path, 'mean', shape);
        slots.make(path, 'square', shape);
        slots.make(path, 'steps', []);
      }
    },
    update(path, weight, gradient, learningRate) {
      const [mean, square, steps] = [slots.get(path, 'mean'), slots.get(path, 'square'), slots.get(path, 'steps')];
      steps.assign(tf.add(steps, 1));
      const [beta1, beta2] = [tf.scalar(BETA_1), tf.scalar(BETA_2)];
      const [beta1Power, beta2Power] = [tf.pow(beta1, steps), tf.pow(beta2, steps)];
      const correction = tf.sqrt(tf.sub(1, beta2Power));
      const epsilonHat = tf.mul(correction, EPSILON);
      update('adam', { gradient, learningRate, beta1, beta2, beta1Power, beta2Power, epsilonHat }, { weight, mean, square }, () => {
        mean.assign(tf.add(mean, tf.mul(tf.sub(gradient, mean), 1 - BETA_1)));
        square.assign(tf.add(square, tf.mul(tf.sub(tf.square(gradient), square), 1 - BETA_2)));
        const rate = tf.div(tf.mul(learningRate, correction), tf.sub(1, beta1Power));
        weight.assign(tf.sub(weight, tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), epsilonHat))));
      });
    },
    dispose: () => slots.dispose(),
  };
}

const OPTIMIZERS: Record<Settings['name'], (tf: TensorFlow, settings: Settings) => Optimizer> = { sgd, adam };

export const makeOptimizer = (tf: TensorFlow, settings: Settings): Optimizer => OPTIMIZERS[settings.name](tf, settings);
