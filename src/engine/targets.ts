// What the outputs of a batch are held against.
import type { Tensor } from './native.js';

export interface Targets {
  /** Classes, int32 [batch]. */
  of: Tensor;
  /** Where pairs of examples were mixed: what the other one of each pair is held against, and the share of the first, float32 [batch] in 0..1. */
  mixed?: { other: Tensor; share: Tensor };
}
