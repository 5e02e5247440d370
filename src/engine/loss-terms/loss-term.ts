// A term beside the loss of the examples: the third of the four things that make a method of transfer.
import type { Weights } from '../../models/weights.js';
import type { Tensor, Variable } from '../native.js';

/** What a run started from. */
export interface Origin {
  /** By path; of a run that is gone on with, those of its very beginning. */
  weights: Weights;
  /** Paths of those that came from the base, whole. */
  carried: ReadonlySet<string>;
}

export interface LossTerm {
  /** What it reads beside the weights, by name: a recorded step must know all of it. It does not change. */
  readonly held: ReadonlyMap<string, Variable>;
  /** A scalar, to be added. Call inside a tidy. */
  value(): Tensor;
}
