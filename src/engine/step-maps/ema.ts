// The exponential moving average of the weights (Polyak & Juditsky 1992; the ramp as in TensorFlow's ExponentialMovingAverage).
import type { Ema } from '../../contract/ema.js';
import type { Tensor, TensorFlow, Variable } from '../native.js';
import { AVERAGE } from './average-name.js';
import type { StepMap } from './step-map.js';

/**
 * θ̄ ← θ + d (θ̄ − θ) with d = min(decay, (1 + t) / (10 + t)), t steps after the weights were last put in place. So written, the average of what
 * does not change is that to the bit, and with a decay of 0 it is the weight itself. Statistics of batch normalisation
 * are averages over steps already, and stay as they are (docs/decisions/training.md, "The average of the weights").
 * @param variables those that learn in some stage, by path; they hold what the run starts from
 */
export function ema(tf: TensorFlow, { decay }: Ema, variables: ReadonlyMap<string, Variable>): StepMap {
  let stepsBefore = 0;
  // Buffers of their own: a recording knows tensors by them.
  const copyOf = (variable: Variable): Tensor => tf.tensor(variable.dataSync().slice(), variable.shape, 'float32');
  const averages = new Map<string, Variable>();
  tf.tidy(() => variables.forEach((variable, path) => void averages.set(path, tf.variable(copyOf(variable), false))));
  return {
    stands: averages,
    state: new Map([...averages].map(([path, average]) => [`${path}${AVERAGE}`, average])),
    countFrom: (steps) => void (stepsBefore = steps),
    restart: () => averages.forEach((average, path) => tf.tidy(() => average.assign(copyOf(variables.get(path)!)))),
    apply(step) {
      const done = tf.sub(tf.cast(step, 'float32'), 1 + stepsBefore);
      const kept = tf.minimum(decay, tf.div(tf.add(done, 1), tf.add(done, 10)));
      for (const [path, average] of averages) {
        const weight = variables.get(path)!;
        average.assign(tf.add(weight, tf.mul(kept, tf.sub(average, weight))));
      }
    },
  };
}
