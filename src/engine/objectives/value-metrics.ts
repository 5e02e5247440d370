// What is measured where each example has values: how far the outputs are from them.
import type { TensorFlow } from '../native.js';
import { overPair } from '../targets.js';
import type { Metrics } from './objective.js';
import { meanAbsoluteError } from './regression.js';
import { meanOf } from './statistics.js';

export function valueMetrics(tf: TensorFlow): Metrics {
  const errors = meanAbsoluteError(tf);
  return {
    measures: [{ name: 'mae', counts: false }],
    ofBatch: (outputs, targets) => ({ mae: tf.mean(overPair(tf, targets, (of) => errors(outputs, of))) }),
    ofExamples: (outputs, of) => ({ error: errors(outputs, of) }),
    overAll: ({ error }) => ({ measures: { mae: meanOf(error!) }, confusion: null }),
  };
}
