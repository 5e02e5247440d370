// Linear discriminant analysis (Fisher 1936; Rao 1948): classes are normal with one covariance, which is shrunk towards a multiple of the identity.
import type { Tensor } from '../native.js';
import { solvePositiveDefinite } from './cholesky.js';
import { closedForm } from './closed-form.js';
import { ServiceError } from '../../contract/errors.js';

/**
 * By how much a covariance is best shrunk towards (tr S / d) I (Ledoit & Wolf 2004).
 * @param covariance S = mean r rᵀ of centred examples r, [width, width]
 * @param fourth Σ ‖r‖⁴
 * @returns 0 to 1
 */
export function ledoitWolf(covariance: Float64Array, width: number, examples: number, fourth: number): number {
  const square = covariance.reduce((sum, value) => sum + value ** 2, 0);
  const distance = square - traceOf(covariance, width) ** 2 / width;
  const error = (fourth / examples - square) / examples;
  return distance > 0 ? Math.min(Math.max(error, 0), distance) / distance : 1;
}

const traceOf = (matrix: Float64Array, width: number): number => Array.from({ length: width }, (_, at) => matrix[at * width + at]!).reduce((sum, value) => sum + value, 0);

/** Logit of class c: μ_cᵀ Σ⁻¹ φ − μ_cᵀ Σ⁻¹ μ_c / 2 + log n_c / n. Where no example differs from the mean of its class Σ is the identity: the nearest mean. */
export const solveLda = closedForm<'lda'>(async (tf, { width, outputs, examples, sum }, { shrinkage }) => {
  const { counts, ofClasses } = await sum((features, targets) => ({ counts: tf.sum(targets, 0), ofClasses: tf.matMul<Tensor>(targets, features, true) }));
  const all = Float64Array.from({ length: width }, (_, at) => Array.from(counts.keys()).reduce((total, of) => total + ofClasses[of * width + at]!, 0) / examples);
  // A class without an example is taken to lie in the middle, and to be half as frequent as one with one.
  const means = ofClasses.map((value, at) => (counts[Math.floor(at / width)]! > 0 ? value / counts[Math.floor(at / width)]! : all[at % width]!));
  const { gram, fourth } = await sum((features, targets) => {
    const left = tf.sub(features, tf.matMul(targets, tf.tensor2d(Float32Array.from(means), [outputs, width])));
    return { gram: tf.matMul<Tensor>(left, left, true), fourth: tf.sum(tf.square(tf.sum(tf.square(left), 1))) };
  });
  const covariance = gram.map((value) => value / examples);
  const spread = traceOf(covariance, width) / width;
  const part = shrinkage === 'auto' ? ledoitWolf(covariance, width, examples, fourth[0]!) : shrinkage;
  const shrunk = covariance.map((value, at) => (1 - part) * value + (at % (width + 1) === 0 ? part * spread : 0));
  if (spread === 0) for (let at = 0; at < width; at += 1) shrunk[at * width + at] = 1;
  const kernel = solvePositiveDefinite(shrunk, transposed(means, outputs, width), width);
  if (!kernel) throw ServiceError.of('NOT_SOLVABLE', 'lda', 'its features depend on each other; raise shrinkage, or leave it out');
  const bias = Float64Array.from({ length: outputs }, (_, of) => {
    let half = 0;
    for (let at = 0; at < width; at += 1) half += (means[of * width + at]! * kernel[at * outputs + of]!) / 2;
    return Math.log(Math.max(counts[of]!, 0.5) / examples) - half;
  });
  return { kernel, bias };
});

/** [rows, columns] to [columns, rows]. */
const transposed = (matrix: Float64Array, rows: number, columns: number): Float64Array =>
  Float64Array.from({ length: matrix.length }, (_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)]!);
