// L2-SP (Li, Grandvalet & Davoine 2018): weights that were carried over are drawn to where they started, new ones to 0.
import type { LossTermSettings } from '../../contract/loss-terms.js';
import type { Tensor, TensorFlow, Variable } from '../native.js';
import type { LossTerm, Origin } from './loss-term.js';

/** α/2 ‖w_S − w_S⁰‖² + β/2 ‖w_new‖², over the variables that learn. */
export function l2Sp(tf: TensorFlow, { alpha, beta }: LossTermSettings<'l2_sp'>, learning: ReadonlyMap<string, Variable>, { weights, carried }: Origin): LossTerm {
  const held = new Map<string, Variable>();
  for (const [path, { shape }] of learning) {
    if (!carried.has(path)) continue;
    const start = tf.tensor(weights.get(path)!, shape, 'float32');
    held.set(path, tf.variable(start, false));
    start.dispose();
  }
  const halfSquare = (values: Tensor): Tensor => tf.mul(tf.sum(tf.square(values)), 0.5);
  return {
    held,
    value() {
      const distances = [...learning].map(([path, variable]) => {
        const start = held.get(path);
        return start ? tf.mul(halfSquare(tf.sub(variable, start)), alpha) : tf.mul(halfSquare(variable), beta);
      });
      return tf.addN(distances);
    },
    dispose: () => tf.dispose([...held.values()]),
  };
}
