// The weights of a network, by path (`layer/weight`), and their digest.
import { createHash } from 'node:crypto';
import type { Architecture } from '../contract/layers.js';
import { bytesOf } from '../store/array-file.js';
import { weightsOf } from './architecture.js';

/** float32 values of each weight, row-major, by path. Shapes follow from the architecture. */
export type Weights = ReadonlyMap<string, Float32Array>;

/**
 * SHA-256 over the weights in order: name, shape, dtype, little-endian bytes. Each text is followed by a zero byte, so that
 * no two different lists of weights give the same stream.
 */
export function weightsDigest(architecture: Architecture, weights: Weights): string {
  const hash = createHash('sha256');
  for (const { path, shape } of weightsOf(architecture)) {
    hash.update(`${path}\0${shape.join(',')}\0float32\0`);
    hash.update(bytesOf(weights.get(path)!));
  }
  return hash.digest('hex');
}
