// Adam (Kingma & Ba 2015) and, with decoupled weight decay, AdamW (Loshchilov & Hutter 2019).
import type { OptimizerSettings } from '../../contract/optimizers.js';
import { update } from '../capture/record.js';
import type { TensorFlow } from '../native.js';
import { optimizerOf, type Optimizer } from './optimizer.js';

/**
 * Algorithm 1 in the order of operations that the end of its section 2 gives: η_t = η √(1−β2ᵗ) / (1−β1ᵗ),
 * w ← w − η_t m / (√v + ε √(1−β2ᵗ)). Steps are counted for each variable, from its first update;
 * what follows from the count is computed once for all that have the same.
 */
export function adam(tf: TensorFlow, settings: OptimizerSettings<'adam' | 'adamw'>): Optimizer {
  return optimizerOf(tf, {
    slots: { mean: { like: 'weight', start: 0 }, square: { like: 'weight', start: 0 }, steps: { like: 'scalar', start: 0 } },
    common({ steps }) {
      const t = tf.add(steps, 1);
      const [beta1, beta2] = [tf.scalar(settings.beta_1), tf.scalar(settings.beta_2)];
      const [beta1Power, beta2Power] = [tf.pow(beta1, t), tf.pow(beta2, t)];
      const correction = tf.sqrt(tf.sub(1, beta2Power));
      return { beta1, beta2, beta1Power, beta2Power, correction, epsilonHat: tf.mul(correction, settings.epsilon) };
    },
    move({ weight, gradient, learningRate }, { mean, square, steps }, { beta1, beta2, beta1Power, beta2Power, correction, epsilonHat }) {
      steps.assign(tf.add(steps, 1));
      update('adam', { gradient, learningRate, beta1, beta2, beta1Power, beta2Power, epsilonHat }, { weight, mean, square }, () => {
        mean.assign(tf.add(mean, tf.mul(tf.sub(gradient, mean), 1 - settings.beta_1)));
        square.assign(tf.add(square, tf.mul(tf.sub(tf.square(gradient), square), 1 - settings.beta_2)));
        const rate = tf.div(tf.mul(learningRate, correction), tf.sub(1, beta1Power));
        weight.assign(tf.sub(weight, tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), epsilonHat))));
      });
    },
  });
}
