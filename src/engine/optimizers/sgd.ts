// Stochastic gradient descent: plain, with momentum, and with Nesterov's look ahead (Sutskever et al. 2013, as in Keras).
import type { OptimizerSettings } from '../../contract/optimizers.js';
import { update } from '../capture/record.js';
import type { TensorFlow } from '../native.js';
import { optimizerOf, type Optimizer } from './optimizer.js';

/** w ← w − η g. With momentum v ← μ v + g, w ← w − η v; with Nesterov's w ← w − η (g + μ v). */
export function sgd(tf: TensorFlow, { momentum, nesterov }: OptimizerSettings<'sgd'>): Optimizer {
  if (momentum === 0) {
    return optimizerOf(tf, {
      slots: {},
      common: () => undefined,
      move({ weight, gradient, learningRate }) {
        update('sgd', { gradient, learningRate }, { weight }, () => weight.assign(tf.sub(weight, tf.mul(gradient, learningRate))));
      },
    });
  }
  return optimizerOf(tf, {
    slots: { velocity: { like: 'weight', start: 0 } },
    common: () => undefined,
    move({ weight, gradient, learningRate }, { velocity }) {
      const kept = tf.scalar(momentum);
      update(nesterov ? 'nesterov' : 'momentum', { gradient, learningRate, momentum: kept }, { weight, velocity }, () => {
        velocity.assign(tf.add(tf.mul(velocity, kept), gradient));
        const ahead = nesterov ? tf.add(gradient, tf.mul(velocity, kept)) : velocity;
        weight.assign(tf.sub(weight, tf.mul(ahead, learningRate)));
      });
    },
  });
}
