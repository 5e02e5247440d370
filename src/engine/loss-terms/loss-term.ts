// A term beside the loss of the examples: the third of the four things that make a method of transfer.
import type { Weights } from '../../models/weights.js';
import type { Tensor, Variable } from '../native.js';
import type { Network } from '../network.js';

/** What a run started from, and what it may learn from. */
export interface Origin {
  /** By path; of a run that is gone on with, those of its very beginning. */
  weights: Weights;
  /** Paths of those that came from the base, whole. */
  carried: ReadonlySet<string>;
  /** Networks to learn from, by the id of the model: they give logits, and stay as they are. @default none */
  teachers?: ReadonlyMap<string, Network>;
}

/** What a step knows when its loss is computed. */
export interface StepLoss {
  /** The examples, changed: float32 [batch, …input]. */
  inputs: Tensor;
  /** What the network gives for them, in training. */
  outputs: Tensor;
  /** The loss of the examples: a scalar. */
  loss: Tensor;
}

export interface LossTerm {
  /** What it reads beside the weights, by name: a recorded step must know all of it. It does not change. */
  readonly held: ReadonlyMap<string, Variable>;
  /** A scalar, to be added. Call inside a tidy. */
  value(of: StepLoss): Tensor;
  /** Frees what it made. */
  dispose(): void;
}
