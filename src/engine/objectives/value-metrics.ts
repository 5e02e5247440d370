// What is measured where each example has values: how far the outputs are from them, in the unit of the target.
import type { Tensor, TensorFlow } from '../native.js';
import { overPair } from '../targets.js';
import type { Metrics } from './objective.js';
import { errorsOf } from './statistics.js';

/**
 * @param deviations of each output, where outputs and targets are divided by them: what an error counts in the target's own unit
 */
export function valueMetrics(tf: TensorFlow, deviations: readonly number[] | null): Metrics {
  const own = (errors: Tensor): Tensor => (deviations ? tf.mul(errors, tf.tensor1d([...deviations])) : errors);
  const absolute = (outputs: Tensor, of: Tensor): Tensor => tf.mean(own(tf.abs(tf.sub(outputs, of))), -1);
  return {
    measures: [{ name: 'mae', counts: false }],
    ofBatch: (outputs, targets) => ({ mae: tf.mean(overPair(tf, targets, (of) => absolute(outputs, of))) }),
    ofExamples(outputs, of) {
      const ofOutputs = tf.unstack(own(tf.sub(outputs, of)), 1);
      return Object.fromEntries(ofOutputs.map((errors, output) => [`error ${output}`, errors]));
    },
    overAll(results, { values }) {
      const outputs = Object.keys(results).filter((name) => name.startsWith('error ')).map((name) => results[name]!);
      return { measures: errorsOf(outputs, values, deviations), confusion: null };
    },
  };
}
