// A preset: a named list of stages, from a paper or a library, with what its source trains by.
import type { AugmentRequest } from '../../contract/augment.js';
import type { StageRequest } from '../../contract/job-request.js';
import type { OptimizerRequest } from '../../contract/optimizers.js';

export interface Preset {
  /** What it does, and where it is from: the rule that is shown with every value it chooses. */
  rule: string;
  /** What its source trains by, where the caller does not say. Left out: as the article does. */
  usual?: (data: { trainExamples: number }) => UsualTraining;
  stages: (facts: PresetFacts) => StageRequest[];
}

export interface UsualTraining {
  optimizer?: OptimizerRequest;
  batchSize?: number;
  augment?: AugmentRequest;
}

/** What the stages of a preset depend on. */
export interface PresetFacts {
  /** Of the target network. */
  blocks: number;
  trainExamples: number;
  /** As the caller asked for, or as is usual. */
  learningRate: number;
  epochs: number;
  /** Whether the caller asked for that many epochs. */
  epochsAsked: boolean;
}
