// What a transfer decides: four things. A method that does not fit changes this first.
import type { Architecture } from '../contract/layers.js';
import type { StageRequest } from '../contract/job-request.js';
import type { LossName } from '../contract/losses.js';
import type { Task } from '../contract/task.js';
import type { Inheritance } from '../contract/training-specs.js';
import type { OutputPair } from './head-map.js';

export interface TransferPlan {
  /** The network that is trained and published. */
  architecture: Architecture;
  /** 1. Initial weights: those carried over. All others start fresh, by the run's seed. */
  inherit: Inheritance[];
  /** Layers that are new in the target: what "head" means in a stage. */
  newLayers: string[];
  /** 2. What is trainable, stage by stage, as asked for; undefined leaves it to the kind's own rule. */
  stages: StageRequest[] | undefined;
  /** The layer up to which the network only gives features, computed once; null where all of it runs in every step. */
  featuresFrom: string | null;
  // 3. Terms beside the loss are settings of a stage (engine/loss-terms/). 4. Maps on the variables after each step are settings of the training (engine/step-maps/).
}

export interface TransferTarget {
  /** Classes, or values where the task is regression. */
  classes: number;
  /** @default classification */
  task?: Task;
  /** What the target network learns by: its output layer goes with it. */
  loss: LossName;
  /** Whether the base model's output layer is kept, or replaced by one over the target's classes: a fresh one, or one that takes some classes over. */
  head: 'keep' | 'map' | 'replace';
  /** Those it takes over. @default none */
  outputs?: readonly OutputPair[];
}
