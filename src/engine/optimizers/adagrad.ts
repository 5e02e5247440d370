// Adagrad (Duchi et al. 2011), with ε inside the root, as in Keras 3. TensorFlow's own operation has it outside, and is not used.
import type { OptimizerSettings } from '../../contract/optimizers.js';
import type { TensorFlow } from '../native.js';
import { optimizerOf, type Optimizer } from './optimizer.js';

/** a ← a + g², w ← w − η g / √(a + ε). */
export function adagrad(tf: TensorFlow, { initial_accumulator_value: start, epsilon }: OptimizerSettings<'adagrad'>): Optimizer {
  return optimizerOf(tf, {
    slots: { accumulator: { like: 'weight', start } },
    common: () => undefined,
    move({ weight, gradient, learningRate }, { accumulator }) {
      accumulator.assign(tf.add(accumulator, tf.square(gradient)));
      weight.assign(tf.sub(weight, tf.div(tf.mul(gradient, learningRate), tf.sqrt(tf.add(accumulator, epsilon)))));
    },
  });
}
