// Categorical cross-entropy, from logits: one class of several is right.
import type { LossSettings } from '../../contract/losses.js';
import type { TensorFlow } from '../native.js';
import { softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from '../native-operations.js';
import { denseTargets } from './dense-targets.js';
import type { LossOfExamples } from './objective.js';

/** −log p of the class, natural logarithm. */
export const sparseCategoricalCrossentropy = (tf: TensorFlow): LossOfExamples => (logits, classes) =>
  sparseSoftmaxCrossEntropy(tf, logits, classes);

/** −Σ y log p with y ← (1 − ε) y + ε / K (Szegedy et al. 2016, section 7): the same for ε = 0. */
export const categoricalCrossentropy =
  (tf: TensorFlow, { label_smoothing: smoothing }: LossSettings<'categorical_crossentropy'>): LossOfExamples =>
  (logits, targets) => {
    const classes = logits.shape.at(-1)!;
    const sharp = denseTargets(tf, targets, classes);
    const smooth = smoothing === 0 ? sharp : tf.add(tf.mul(sharp, 1 - smoothing), smoothing / classes);
    return softmaxCrossEntropy(tf, logits, smooth);
  };
