// The optimizers, found by name, and what all of them share: weight decay and a limit on the gradients.
import type { OptimizerName, OptimizerSettings } from '../../contract/optimizers.js';
import { update } from '../capture/record.js';
import type { Tensor, TensorFlow } from '../native.js';
import { adagrad } from './adagrad.js';
import { adam } from './adam.js';
import type { Optimizer } from './optimizer.js';
import { rmsprop } from './rmsprop.js';
import { sgd } from './sgd.js';

const OPTIMIZERS: { [N in OptimizerName]: (tf: TensorFlow, settings: OptimizerSettings<N>) => Optimizer } = {
  sgd, adam, adamw: adam, rmsprop, adagrad,
};

export function makeOptimizer(tf: TensorFlow, settings: OptimizerSettings): Optimizer {
  const optimizer = OPTIMIZERS[settings.name](tf, settings as never);
  return settings.weight_decay === 0 ? optimizer : decaying(tf, optimizer, settings.weight_decay);
}

/**
 * Decoupled from the gradient: w ← w − η λ w before each update (Loshchilov & Hutter 2019), of biases too, as in Keras. That is a step of
 * gradient descent of its own, on λ w² / 2.
 */
function decaying(tf: TensorFlow, optimizer: Optimizer, weightDecay: number): Optimizer {
  return {
    ...optimizer,
    update(moves) {
      for (const { weight, learningRate } of moves) {
        const rate = tf.mul(learningRate, weightDecay);
        update('sgd', { gradient: weight, learningRate: rate }, { weight }, () => weight.assign(tf.sub(weight, tf.mul(weight, rate))));
      }
      optimizer.update(moves);
    },
  };
}

/**
 * Scales all gradients alike so that their norm, taken together, is at most `norm` (Pascanu et al. 2013). 0 sets no limit.
 * Call inside a tidy.
 */
export function clipByGlobalNorm<K extends string>(tf: TensorFlow, gradients: Readonly<Record<K, Tensor>>, norm: number): Readonly<Record<K, Tensor>> {
  if (norm === 0) return gradients;
  const entries = Object.entries<Tensor>(gradients);
  const length = tf.sqrt(tf.addN(entries.map(([, gradient]) => tf.sum(tf.square(gradient)))));
  const scale = tf.div(norm, tf.maximum(length, norm));
  return Object.fromEntries(entries.map(([name, gradient]) => [name, tf.mul(gradient, scale)])) as Record<K, Tensor>;
}
