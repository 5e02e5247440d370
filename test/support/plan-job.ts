import type { Job } from '#contract/job.js';
import type { ResolvedSpec } from '#contract/training-specs.js';

/** A job of one plan, as all but comparisons are. */
export type PlanJob = Job & { spec: ResolvedSpec };
