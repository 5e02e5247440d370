// RMSprop (Hinton 2012, lecture 6e), with momentum and ε inside the root, as in Keras 3 and TensorFlow.
import type { OptimizerSettings } from '../../contract/optimizers.js';
import { update } from '../capture/record.js';
import type { TensorFlow } from '../native.js';
import { optimizerOf, type Optimizer } from './optimizer.js';

/** s ← ρ s + (1−ρ) g², m ← μ m + η g / √(s + ε), w ← w − m. */
export function rmsprop(tf: TensorFlow, settings: OptimizerSettings<'rmsprop'>): Optimizer {
  return optimizerOf(tf, {
    slots: { square: { like: 'weight', start: 0 }, velocity: { like: 'weight', start: 0 } },
    common: () => undefined,
    move({ weight, gradient, learningRate }, { square, velocity }) {
      const [rho, momentum, epsilon] = [tf.scalar(settings.rho), tf.scalar(settings.momentum), tf.scalar(settings.epsilon)];
      update('rmsprop', { gradient, learningRate, rho, momentum, epsilon }, { weight, square, velocity }, () => {
        square.assign(tf.add(square, tf.mul(tf.sub(tf.square(gradient), square), tf.sub(1, rho))));
        const move = tf.div(tf.mul(gradient, learningRate), tf.sqrt(tf.add(square, epsilon)));
        velocity.assign(tf.add(tf.mul(velocity, momentum), move));
        weight.assign(tf.sub(weight, velocity));
      });
    },
  });
}
