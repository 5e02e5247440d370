// A comparison as a spec: each candidate as the job that it would be alone, and the runs of all by all seeds.
import type { Budget } from '../contract/budget.js';
import { ServiceError } from '../contract/errors.js';
import type { Candidate, CompareRequest } from '../contract/compare-request.js';
import { MOST_STEPS, type FineTuneRequest, type PretrainRequest } from '../contract/job-request.js';
import type { RunPlan } from '../contract/run.js';
import { mostStepsOf, type CompareSpec, type ResolvedSpec } from '../contract/training-specs.js';
import { AutoValues } from '../transfer/auto.js';
import { MOST_SEED } from './draft.js';
import type { ReadyDataset } from './resolve.js';

const USUAL_SEEDS = 3;
const FIRST_SEED = 1;

/** A plan as the request of a job of its own. */
export type CandidateRequest = PretrainRequest | FineTuneRequest;

/** @throws INVALID_VALUE, MISSING_FIELD for what candidates cannot be together, each with its pointer */
export function candidateRequests(request: CompareRequest): CandidateRequest[] {
  const { candidates, base_model: base } = request;
  const names = candidates.map(({ name }) => name);
  const twice = names.findIndex((name, at) => names.indexOf(name) < at);
  if (twice >= 0) throw ServiceError.of('INVALID_VALUE', `must not be "${names[twice]}" again: names tell the candidates apart`).at(`/candidates/${twice}/name`);
  requireModel(base, '/base_model');
  const requests = candidates.map((candidate, at) => candidateRequest(request, candidate, at));
  if (base !== undefined && candidates.every((candidate) => 'model' in candidate || candidate.base_model !== undefined)) {
    throw ServiceError.of('INVALID_VALUE', 'must be left out: no candidate starts from it').at('/base_model');
  }
  return requests;
}

function candidateRequest({ dataset, base_model: base, seed = FIRST_SEED, limits }: CompareRequest, candidate: Candidate, at: number): CandidateRequest {
  const { training = {} } = candidate;
  const rest = { dataset, training: { ...(training === 'auto' ? { preset: 'balanced' as const } : training), seed }, ...(limits && { limits }) };
  if ('model' in candidate) return { type: 'pretrain', model: candidate.model, ...rest };
  requireModel(candidate.base_model, `/candidates/${at}/base_model`);
  const from = candidate.base_model ?? base;
  if (from === undefined) throw ServiceError.of('MISSING_FIELD', 'base_model').at(`/candidates/${at}/base_model`);
  const { transfer, head } = candidate;
  return { type: 'fine_tune', base_model: from, ...(transfer && { transfer }), ...(head !== undefined && { head }), ...rest };
}

function requireModel(base: CompareRequest['base_model'], pointer: string): void {
  if (base === undefined || typeof base === 'string') return;
  throw ServiceError.of('INVALID_VALUE', 'must be a model: a job keeps a copy of the one checkpoint it starts from, and a comparison would need one for each candidate; have a job make a model of it first').at(pointer);
}

/** The same failure where it lies in the request of the comparison, of whose candidates one met it. */
export function inCandidate({ candidates }: CompareRequest, at: number, problem: ServiceError): ServiceError {
  const [, field] = (problem.pointer ?? '').split('/');
  const candidate = candidates[at]!;
  const hasBase = 'base_model' in candidate && candidate.base_model !== undefined;
  // What does not fit the data set is the base: its own, or that of all.
  if (field === 'dataset') return hasBase ? problem.at(`/candidates/${at}/base_model`) : problem;
  const isOfAll = field === 'limits' || (field === 'base_model' && !hasBase);
  return isOfAll ? problem : problem.at(`/candidates/${at}${problem.pointer ?? ''}`);
}

/** @param plans of the candidates, in their order @throws INVALID_VALUE, TOO_MANY_STEPS */
export function comparisonOf(request: CompareRequest, { id, content }: ReadyDataset, plans: readonly ResolvedSpec[]): CompareSpec {
  const auto = new AutoValues();
  const first = auto.choose('/seed', request.seed, FIRST_SEED, 'seed 1, so that the same request gives the same result');
  const count = auto.choose('/seeds', request.seeds, USUAL_SEEDS, 'three seeds: the fewest that an interval says much of');
  if (first > MOST_SEED - (count - 1)) throw ServiceError.of('INVALID_VALUE', `must leave room for ${count} seeds up to ${MOST_SEED}`).at('/seed');
  const seeds = Array.from({ length: count }, (_, at) => first + at);
  const threads = auto.choose('/threads', undefined, Math.max(...plans.map((plan) => plan.threads)), 'the most that a candidate wants by itself: all run on as many, so that their times compare');
  const names = request.candidates.map(({ name }) => name);
  const runsOf = (name: string): RunPlan[] => seeds.map((seed, at) => ({ run: `${name}.${at + 1}`, role: 'candidate', seed, candidate: name }));
  const steps = plans.reduce((sum, plan) => sum + count * mostStepsOf(plan), 0);
  if (steps > MOST_STEPS) throw ServiceError.of('TOO_MANY_STEPS', steps, MOST_STEPS).at('/candidates');
  return {
    type: 'compare',
    dataset: id,
    dataset_digest: content.digest,
    threads,
    seeds,
    candidates: plans.map((plan, at) => ({ name: names[at]!, spec: { ...ofEachRun(plan), threads, runs: runsOf(names[at]!) } })),
    runs: seeds.flatMap((_, at) => names.map((name) => runsOf(name)[at]!)),
    auto: auto.list,
  };
}

/** Less what is not the plan's own choice. */
const ofEachRun = ({ training, auto, ...plan }: ResolvedSpec): ResolvedSpec =>
  ({ ...plan, training: { ...training, budget: perRun(training.budget) }, auto: auto.filter(({ pointer }) => pointer !== '/threads') });

/** What is a promise over all of a job is here one over each run. */
function perRun(budget: Budget | null): Budget | null {
  if (budget?.job_seconds === undefined) return budget;
  const { job_seconds: seconds, ...rest } = budget;
  return { ...rest, seconds };
}
