// The losses, found by name, and the objective that one of them makes: weights of examples and classes, mixed pairs, metrics.
import type { LossName, LossSettings } from '../../contract/losses.js';
import type { Tensor, TensorFlow } from '../native.js';
import { gathered } from '../native-operations.js';
import { overPair } from '../targets.js';
import { binaryCrossentropy } from './binary-crossentropy.js';
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from './categorical-crossentropy.js';
import { classMetrics } from './class-metrics.js';
import type { LossOfExamples, Objective } from './objective.js';
import { huber, meanAbsoluteError, meanSquaredError } from './regression.js';
import { meanOf } from './statistics.js';
import { valueMetrics } from './value-metrics.js';

const LOSSES: { [N in LossName]: (tf: TensorFlow, settings: LossSettings<N>) => LossOfExamples } = {
  sparse_categorical_crossentropy: sparseCategoricalCrossentropy,
  categorical_crossentropy: categoricalCrossentropy,
  binary_crossentropy: binaryCrossentropy,
  mean_squared_error: meanSquaredError,
  mean_absolute_error: meanAbsoluteError,
  huber,
};

export interface ObjectiveSettings {
  loss: LossSettings;
  /** How much the examples of each class count in training; null: all alike. */
  class_weights: readonly number[] | null;
  /** Of each value, what a difference of 1 counts in the target's own unit. @default null: 1 */
  deviations?: readonly number[] | null;
}

/** @param classes how many classes the examples have; null where their targets are values */
export function makeObjective(tf: TensorFlow, { loss: settings, class_weights: classWeights, deviations = null }: ObjectiveSettings, classes: number | null): Objective {
  const lossOf = LOSSES[settings.name](tf, settings as never);
  // Of a logit, probability one half is 0.
  const metrics = classes === null ? valueMetrics(tf, deviations) : classMetrics(tf, classes, settings.name === 'binary_crossentropy' ? 0 : 0.5);
  const ofClass = (outputs: Tensor, of: Tensor): Tensor => {
    const losses = lossOf(outputs, of);
    return classWeights ? tf.mul(losses, gathered(tf, tf.tensor1d([...classWeights]), of)) : losses;
  };
  return {
    measures: [{ name: 'loss', counts: false }, ...metrics.measures],
    loss(outputs, targets) {
      const losses = overPair(tf, targets, (of) => ofClass(outputs, of));
      return tf.mean(targets.weights ? tf.mul(losses, targets.weights) : losses);
    },
    metrics: (outputs, targets) => metrics.ofBatch(outputs, targets),
    ofExamples(outputs, { of, weights }) {
      const losses = lossOf(outputs, of);
      return { loss: weights ? tf.mul(losses, weights) : losses, ...metrics.ofExamples(outputs, of) };
    },
    overAll(results, { of }) {
      const { measures, confusion } = metrics.overAll(results, of);
      return { measures: { loss: meanOf(results.loss!), ...measures }, confusion };
    },
  };
}
