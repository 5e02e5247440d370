// A map on the variables after each step: the fourth of the four things that make a method of transfer.
import type { Tensor, Variable } from '../native.js';

export interface StepMap {
  /** What it keeps from step to step, by name (`path/slot`, as an optimizer's): a recorded step knows all of it, a checkpoint holds it. */
  readonly state: ReadonlyMap<string, Variable>;
  /** What stands in the place of weights where the network is validated and published, by path. */
  readonly stands: ReadonlyMap<string, Variable>;
  /** After the update of a step. Call inside a tidy. @param step int32 scalar, counted from 1 within the run */
  apply(step: Tensor): void;
  /**
   * Before the steps of a stage. @param stepsBefore those of the run when weights were last put in place instead of stepped to: at its
   * start, or by a solver
   */
  countFrom(stepsBefore: number): void;
  /** The weights have been put in place: what was kept of earlier steps says nothing of them. */
  restart(): void;
}
