// Binary cross-entropy, from logits: each output by itself is true or false.
import type { LossSettings } from '../../contract/losses.js';
import type { TensorFlow } from '../native.js';
import { denseTargets } from './dense-targets.js';
import { meanOverOutputs } from './mean-over-outputs.js';
import type { LossOfExamples } from './objective.js';

/**
 * Mean over the outputs of −z log σ(x) − (1 − z) log(1 − σ(x)) with z ← (1 − ε) z + ε / 2, as in Keras; written
 * max(x, 0) − x z + log(1 + e^−|x|), which neither overflows nor rounds to log 0.
 */
export const binaryCrossentropy =
  (tf: TensorFlow, { label_smoothing: smoothing }: LossSettings<'binary_crossentropy'>): LossOfExamples =>
  (logits, targets) => {
    const sharp = denseTargets(tf, targets, logits.shape.at(-1)!);
    const smooth = smoothing === 0 ? sharp : tf.add(tf.mul(sharp, 1 - smoothing), smoothing / 2);
    return meanOverOutputs(tf, logits, smooth, {
      value: (x, z) => tf.add(tf.sub(tf.relu(x), tf.mul(x, z)), tf.log1p(tf.exp(tf.neg(tf.abs(x))))),
      slope: (x, z) => tf.sub(tf.sigmoid(x), z),
    });
  };
