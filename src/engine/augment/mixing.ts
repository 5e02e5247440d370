// Two examples made into one, and what it is held against: mixup and cutmix.
import type { AugmentSettings } from '../../contract/augment.js';
import type { DrawsOf } from '../draws.js';
import type { Tensor, TensorFlow } from '../native.js';
import type { Targets } from '../targets.js';
import type { Batch } from '../train-step.js';
import { betaQuantiles, quantileOf } from './beta.js';
import { rectangleMask, spanMask, type Span } from './rectangle.js';

/** How much of each example stays, 0 to 1: of each value, broadcast over the inputs, and in all, float32 [batch]. */
interface Remainder {
  values: Tensor;
  share: Tensor;
}
/** What stays of these inputs in a step with these draws. */
type Remaining = (inputs: Tensor, draws: DrawsOf) => Remainder;

/**
 * Mixes each example with its partner, the one that stands as far from the end of the batch as it from the start. The batch is a
 * stretch of a shuffled order, so that is as good as drawing a partner; in the middle of an odd batch an example is its own.
 */
export function mix(tf: TensorFlow, inputs: Tensor, targets: Targets, { values, share }: Remainder): Batch {
  const mixed = (all: Tensor, part: Tensor): Tensor => tf.add(tf.mul(all, part), tf.mul(tf.reverse(all, 0), tf.sub(1, part)));
  return {
    inputs: mixed(inputs, values),
    targets: {
      of: targets.of,
      mixed: { other: tf.reverse(targets.of, 0), share },
      ...(targets.weights && { weights: mixed(targets.weights, share) }),
    },
  };
}

/** What the settings ask for; where both do, each batch takes one of the two by a drawn coin. Undefined where neither does. */
export function remainingOf(tf: TensorFlow, { mixup, cutmix }: Pick<AugmentSettings, 'mixup' | 'cutmix'>): Remaining | undefined {
  const [first, second] = [...(mixup > 0 ? [mixupOf(tf, mixup)] : []), ...(cutmix > 0 ? [cutmixOf(tf, cutmix)] : [])];
  if (!first || !second) return first;
  return (inputs, draws) => {
    const coin = tf.cast(tf.less(draws('coin').uniform([]), 0.5), 'float32');
    const either = (one: Tensor, other: Tensor): Tensor => tf.add(tf.mul(one, coin), tf.mul(other, tf.sub(1, coin)));
    const [one, other] = [first(inputs, draws), second(inputs, draws)];
    return { values: either(one.values, other.values), share: either(one.share, other.share) };
  };
}

/** Mixup (Zhang et al. 2018): of all values of an example the same share stays, drawn from Beta(α, α) for each example. */
function mixupOf(tf: TensorFlow, alpha: number): Remaining {
  const quantiles = betaQuantiles(alpha);
  return (inputs, draws) => {
    const [batch, ...shape] = inputs.shape as [number, ...number[]];
    const share = quantileOf(tf, quantiles, draws('mixup').uniform([batch]));
    return { values: tf.reshape(share, [batch, ...shape.map(() => 1)]), share };
  };
}

/**
 * Cutmix (Yun et al. 2019): a rectangle of the picture's proportions is the partner's. Its area is 1 − λ of the picture, λ drawn from
 * Beta(α, α), and its centre lies anywhere, so that a part of it may lie outside; the share is the area that stays.
 */
function cutmixOf(tf: TensorFlow, alpha: number): Remaining {
  const quantiles = betaQuantiles(alpha);
  return (pictures, draws) => {
    const [batch, height, width] = pictures.shape as [number, number, number];
    const [area, y, x] = tf.unstack(draws('cutmix').uniform([3, batch])) as [Tensor, Tensor, Tensor];
    const side = tf.sqrt(tf.sub(1, quantileOf(tf, quantiles, area)));
    const span = (size: number, centre: Tensor): Span => {
      const length = tf.floor(tf.mul(side, size));
      return { length, start: tf.sub(tf.floor(tf.mul(centre, size)), tf.floor(tf.div(length, 2))) };
    };
    const [rows, columns] = [spanMask(tf, span(height, y), height), spanMask(tf, span(width, x), width)];
    const pasted = tf.mul(tf.sum(rows, 1), tf.sum(columns, 1));
    return { values: tf.sub(1, rectangleMask(tf, rows, columns)), share: tf.sub(1, tf.div(pasted, height * width)) };
  };
}
