// The weights of a network, by path (`layer/weight`), and their digest.
import { createHash } from 'node:crypto';
import type { Architecture } from '../contract/layers.js';
import { bytesOf } from '../store/array-file.js';
import { weightsOf, type NamedWeight } from './architecture.js';

/** float32 values of each weight, row-major, by path. Shapes follow from the architecture. */
export type Weights = ReadonlyMap<string, Float32Array>;

/**
 * SHA-256 over the weights in order: name, shape, dtype, little-endian bytes. Each text is followed by a zero byte, so that
 * no two different lists of weights give the same stream.
 */
export function weightsDigest(architecture: Architecture, weights: Weights): string {
  const hash = createHash('sha256');
  for (const weight of weightsOf(architecture)) {
    hash.update(headOf(weight));
    hash.update(bytesOf(weights.get(weight.path)!));
  }
  return hash.digest('hex');
}

/** The same of weights that lie elsewhere, without holding any of them whole. @param read the bytes of a weight, piece by piece */
export async function streamedWeightsDigest(architecture: Architecture, read: (path: string) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for (const weight of weightsOf(architecture)) {
    hash.update(headOf(weight));
    for await (const piece of read(weight.path)) hash.update(piece);
  }
  return hash.digest('hex');
}

const headOf = ({ path, shape }: NamedWeight): string => `${path}\0${shape.join(',')}\0float32\0`;
