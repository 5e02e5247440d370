// The class whose mean lies nearest in direction: for a few examples, whose lengths tell little (Gidaris & Komodakis 2018; Qi et al. 2018).
import type { Tensor } from '../native.js';
import { closedForm } from './closed-form.js';

/** Keeps the division from blowing up where all features are 0. */
const LEAST_LENGTH = 1e-12;

/**
 * Each class has the mean of its examples' features, these of length 1, and made of length 1 again. A Dense layer cannot divide by the length of
 * the features it is given: logits are scale · cos · ‖φ‖ / (mean of ‖φ‖ in training). Which class is largest does not depend on that.
 */
export const solveCosine = closedForm<'cosine'>(async (tf, { width, outputs, examples, sum }, { scale }) => {
  const { directions, lengths } = await sum((features, targets) => {
    const length = tf.maximum(tf.sqrt(tf.sum(tf.square(features), 1, true)), LEAST_LENGTH);
    return { directions: tf.matMul<Tensor>(targets, tf.div(features, length), true), lengths: tf.sum(length) };
  });
  const ofClass = Array.from({ length: outputs }, (_, of) => Math.max(Math.hypot(...directions.subarray(of * width, (of + 1) * width)), LEAST_LENGTH));
  const factor = (scale * examples) / lengths[0]!;
  const kernel = Float64Array.from({ length: width * outputs }, (_, at) => (factor * directions[(at % outputs) * width + Math.floor(at / outputs)]!) / ofClass[at % outputs]!);
  return { kernel, bias: new Float64Array(outputs) };
});
