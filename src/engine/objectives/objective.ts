// What a network is trained for: one number to lower, and what is measured beside it, in a training step and of whole parts.
import type { Tensor } from '../native.js';
import type { Column, GivenTargets, TargetColumns, Targets } from '../targets.js';

/**
 * The loss of each example, float32 [batch]. Call inside a tidy.
 * @param outputs float32 [batch, units]: logits where the loss goes with a final activation, else the outputs themselves
 * @param targets classes, int32 [batch], or values, float32 [batch, units]
 */
export type LossOfExamples = (outputs: Tensor, targets: Tensor) => Tensor;

/** A number that training and evaluation report under this name. */
export interface Measure {
  name: string;
  /** Whether it is a part of the examples, so that times their number it is whole. */
  counts: boolean;
}

/** The last values, by name. */
export type Measures = { readonly loss: number } & Readonly<Record<string, number>>;

/** What each example came to, by name. */
export type ExampleResults = Readonly<Record<string, ArrayLike<number>>>;

/** Measured of all examples of a part. */
export interface Evaluated {
  measures: Measures;
  /** Examples of each class (rows) by the class predicted (columns); null where there are no classes, or too many to show. */
  confusion: number[][] | null;
}

/** What is measured beside the loss. The tensor functions are called inside a tidy. */
export interface Metrics {
  /** Of a training batch, in order. */
  readonly measures: readonly Measure[];
  /** A scalar for each of them, by name. */
  ofBatch(outputs: Tensor, targets: Targets): Readonly<Record<string, Tensor>>;
  /** What the measures of a whole part need to know of each example: float32 [batch], by name. */
  ofExamples(outputs: Tensor, targets: Tensor): Readonly<Record<string, Tensor>>;
  /** The measures of a whole part, exactly; there may be more of them than a batch has. */
  overAll(results: ExampleResults, targets: Column): { measures: Readonly<Record<string, number>>; confusion: number[][] | null };
}

export interface Objective {
  /** What a training step gives back, in order: the loss comes first. */
  readonly measures: readonly Measure[];
  /** Mean over the batch of what each example costs times what it weighs: Σ w·l / batch, as `sum_over_batch_size` of Keras 3. */
  loss(outputs: Tensor, targets: Targets): Tensor;
  /** A scalar for each other measure, by name. */
  metrics(outputs: Tensor, targets: Targets): Readonly<Record<string, Tensor>>;
  /** What `overAll` needs of each example: float32 [batch], by name. */
  ofExamples(outputs: Tensor, targets: GivenTargets): Readonly<Record<string, Tensor>>;
  /** Examples weigh what they are given, whatever their class: class weights are for training, as in Keras. */
  overAll(results: ExampleResults, targets: TargetColumns): Evaluated;
}
