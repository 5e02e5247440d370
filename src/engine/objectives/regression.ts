// Losses of values: how far outputs are from them, as the mean over the outputs of an example.
import type { LossSettings } from '../../contract/losses.js';
import type { TensorFlow } from '../native.js';
import { denseTargets } from './dense-targets.js';
import { meanOverOutputs, type OutputLoss } from './mean-over-outputs.js';
import type { LossOfExamples } from './objective.js';

const ofDifferences = (tf: TensorFlow, formula: OutputLoss): LossOfExamples => (outputs, targets) =>
  meanOverOutputs(tf, outputs, denseTargets(tf, targets, outputs.shape.at(-1)!), formula);

/** (x − y)². */
export const meanSquaredError = (tf: TensorFlow): LossOfExamples =>
  ofDifferences(tf, { value: (x, y) => tf.squaredDifference(x, y), slope: (x, y) => tf.mul(tf.sub(x, y), 2) });

/** |x − y|; its slope is 0 where they are equal. */
export const meanAbsoluteError = (tf: TensorFlow): LossOfExamples =>
  ofDifferences(tf, { value: (x, y) => tf.abs(tf.sub(x, y)), slope: (x, y) => tf.sign(tf.sub(x, y)) });

/** ½ d² up to |d| = δ, from there on δ (|d| − ½ δ) (Huber 1964). */
export const huber = (tf: TensorFlow, { delta }: LossSettings<'huber'>): LossOfExamples =>
  ofDifferences(tf, {
    value(x, y) {
      const distance = tf.abs(tf.sub(x, y));
      const within = tf.minimum(distance, delta);
      return tf.add(tf.mul(tf.square(within), 0.5), tf.mul(tf.sub(distance, within), delta));
    },
    slope: (x, y) => tf.clipByValue(tf.sub(x, y), -delta, delta),
  });
