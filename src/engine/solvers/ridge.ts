// Ridge regression (Hoerl & Kennard 1970) on values, or on classes as 0 and 1.
import { solvePositiveDefinite } from './cholesky.js';
import { closedForm } from './closed-form.js';
import { ServiceError } from '../../contract/errors.js';

/** The minimum of mean ‖Wᵀφ + b − y‖² + λ ‖W‖²: (Φᵀ Φ + n λ I) W = Φᵀ Y over centred columns; the bias is free. */
export const solveRidge = closedForm<'ridge'>(async (tf, { width, outputs, examples, sum }, { l2 }) => {
  const { features, targets } = await sum((ofFeatures, ofTargets) => ({ features: tf.sum(ofFeatures, 0), targets: tf.sum(ofTargets, 0) }));
  const [meanFeatures, meanTargets] = [features.map((value) => value / examples), targets.map((value) => value / examples)];
  const { gram, cross } = await sum((ofFeatures, ofTargets) => {
    const [centred, wanted] = [tf.sub(ofFeatures, tf.tensor1d(Float32Array.from(meanFeatures))), tf.sub(ofTargets, tf.tensor1d(Float32Array.from(meanTargets)))];
    return { gram: tf.matMul(centred, centred, true), cross: tf.matMul(centred, wanted, true) };
  });
  for (let at = 0; at < width; at += 1) gram[at * width + at]! += examples * l2;
  const kernel = solvePositiveDefinite(gram, cross, width);
  if (!kernel) throw ServiceError.of('NOT_SOLVABLE', 'ridge', 'its features depend on each other; raise l2');
  const bias = meanTargets.map((mean, output) => meanFeatures.reduce((left, feature, at) => left - feature * kernel[at * outputs + output]!, mean));
  return { kernel, bias };
});
