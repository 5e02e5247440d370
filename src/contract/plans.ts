// The plans of a job: the one that most follow, or those that a comparison holds against each other; none where nothing is trained. Whoever asks
// what a job needs or does asks each of them.
import { trains } from './job-kinds.js';
import type { JobSpec } from './job.js';
import type { RunPlan } from './run.js';
import type { ResolvedSpec, TrainingSpec } from './training-specs.js';

/** Each with the runs that follow it. */
export function plansOf(spec: JobSpec): ResolvedSpec[] {
  if (!trains(spec)) return [];
  return spec.type === 'compare' ? spec.candidates.map(({ spec: plan }) => plan) : [spec];
}

/** What a run follows. A candidate's run is that of a job of its plan alone by that seed, which splits by it too. */
export function planOf(spec: TrainingSpec, { candidate, seed }: Pick<RunPlan, 'candidate' | 'seed'>): ResolvedSpec {
  if (spec.type !== 'compare') return spec;
  const plan = spec.candidates[candidateAt(spec, candidate)]!.spec;
  return { ...plan, training: { ...plan.training, seed } };
}

/** Which of the plans a run follows. */
export const planAt = (spec: TrainingSpec, { candidate }: Pick<RunPlan, 'candidate'>): number => (spec.type === 'compare' ? candidateAt(spec, candidate) : 0);

const candidateAt = (spec: Extract<TrainingSpec, { type: 'compare' }>, candidate: string | undefined): number => spec.candidates.findIndex(({ name }) => name === candidate);
