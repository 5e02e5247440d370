import type { Job, ResolvedSpec } from '#contract/job.js';

/** A job of one plan, as all but comparisons are. */
export type PlanJob = Job & { spec: ResolvedSpec };
