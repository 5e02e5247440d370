// Random numbers of one place in one training step, drawn by TensorFlow itself, so that a recorded step draws the same ones.
import { statelessRandom } from './native-backend.js';
import type { Tensor, TensorFlow } from './native.js';

/** What a place draws in a step, float32. Each call of one kind and shape gives the same numbers: one place, one draw. */
export interface Draws {
  /** In [0, 1). */
  uniform(shape: number[]): Tensor;
  /** Mean 0, variance 1. */
  normal(shape: number[]): Tensor;
}

/** The draws of each of several places in one step. */
export type DrawsOf = (place: string) => Draws;

/**
 * The draws of a place, as a function of these three alone. Call inside a tidy.
 * @param site a name that no other place of the run has, such as "dropout_1" or "augment/rotate"
 * @param step int32 scalar
 */
export function drawsAt(tf: TensorFlow, seed: number, site: string, step: Tensor): Draws {
  const key = tf.stack([tf.scalar(siteKey(seed, site) | 0, 'int32'), step]);
  return {
    uniform: (shape) => statelessRandom(tf, 'uniform', shape, key),
    normal: (shape) => statelessRandom(tf, 'normal', shape, key),
  };
}

/** 32-bit key of a site: FNV-1a over its name, started from the seed. */
export function siteKey(seed: number, site: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < site.length; index += 1) {
    hash = Math.imul(hash ^ site.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
