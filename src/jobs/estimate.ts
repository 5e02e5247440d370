// What a job would take, from what this service has measured on jobs before, or else from the operations of its network. Every
// number says where it comes from.
import type { EstimateBasis, JobEstimate, Seconds } from '../contract/estimate.js';
import type { AnyJobRequest } from '../contract/any-job-request.js';
import { trains } from '../contract/job-kinds.js';
import type { RunPlan } from '../contract/run.js';
import { mostStepsOf, stepsOf, type ResolvedSpec, type TrainingSpec } from '../contract/training-specs.js';
import type { EvaluateSpec, ExplainSpec } from '../contract/untrained-specs.js';
import type { Architecture } from '../contract/layers.js';
import type { ExportRequest } from '../contract/export-request.js';
import { planOf, plansOf } from '../contract/plans.js';
import { getDataset } from '../datasets/registry.js';
import { divide, flopsPerExample } from '../models/architecture.js';
import { planProbe } from '../report/probe-plan.js';
import { evaluationMemoryBytes, explanationMemoryBytes, trainingMemoryBytes } from '../models/memory.js';
import type { Store } from '../store/store.js';
import { findReadableJob, listJobIds, type StoredJob } from './query.js';
import { rowBytesOf } from '../datasets/rows.js';
import { VERIFIED_INPUTS } from '../contract/export-report.js';
import { getModel } from '../models/registry.js';
import { ROWS_AT_ONCE } from './explanation.js';
import { exportMemoryBytes, exportOf } from './export.js';
import { loadOf, type ReadyDataset } from './resolve.js';
import { explanationWork } from './work.js';
import { resolveRequest, type ResolveRooms } from './submit.js';

/** How many of the newest jobs are looked at: enough for a median, and quickly read. */
const MOST_JOBS = 100;
/** A step goes forwards once and backwards about twice (docs/decisions/jobs.md, "What a job would take"). */
const PASSES = 3;
/** Operations a second where nothing was measured: between a MobileNetV2 and a small perceptron on two cores. */
const USUAL_FLOPS: Range = { expected: 5e10, low: 1e10, high: 1.5e11 };
/** Seconds for what is not training: data, network, evaluation, files. */
const USUAL_OVERHEAD: Seconds = { expected: 1.5, low: 0.5, high: 10 };
/** Single times swing by a third on a shared machine. */
const SWING = 4 / 3;
/** Draws of a bootstrap, with what is counted of them (docs/decisions/models-in-use.md, "Evaluating a model"). */
const DRAWS_PER_SECOND = 1.5e7;
/** What loading a written model in its runtime takes. */
const RUNTIME_SECONDS: Seconds = { expected: 1, low: 0.1, high: 10 };
/** How far operations a second of other networks may lie off. */
const OTHER_NETWORKS = 4;

interface Range {
  expected: number;
  low: number;
  high: number;
}

/** One run of an ended job. */
export interface Measurement {
  likeness: string;
  examplesPerSecond: number;
  flopsPerSecond: number;
}

/** @throws what submitting the request would throw; nothing is stored */
export async function estimateJob(rooms: ResolveRooms, request: AnyJobRequest): Promise<JobEstimate> {
  if (request.type === 'export') return estimateExport(rooms, request);
  const { spec, dataset, teachers } = await resolveRequest(rooms, request);
  const { measurements, overheads } = await measured(rooms.store);
  if (spec.type === 'evaluate') return estimateEvaluation(spec, dataset, teachers.flat(), { measurements, overheads });
  if (spec.type === 'explain') return estimateExplanation(spec, dataset, teachers[0]![0]!, { measurements, overheads });
  const runs = spec.runs.map((run) => ({ ...run, ...estimateRun(planOf(spec, run), run, measurements) }));
  const overhead = overheads.length === 0 ? USUAL_OVERHEAD : rangeOf(overheads);
  const probe = probeSeconds(spec, measurements);
  const most = spec.type === 'compare' ? Infinity : (spec.training.budget?.job_seconds ?? Infinity);
  const sum = (end: keyof Seconds): number => round(Math.min(most, overhead[end] + probe[end] + runs.reduce((total, { seconds }) => total + seconds[end], 0)));
  return {
    object: 'job_estimate',
    spec,
    steps: runs.reduce((total, { steps }) => total + steps, 0),
    // One run after the other.
    memory_bytes: Math.max(...plansOf(spec).map((plan, at) => trainingMemoryBytes(loadOf(plan, dataset.content, teachers[at]), plan.data))),
    seconds: { expected: sum('expected'), low: sum('low'), high: sum('high') },
    runs,
  };
}

/** Networks written, loaded and run on some inputs; what a runtime takes to start counts more than they do. */
async function estimateExport(rooms: ResolveRooms, request: ExportRequest): Promise<JobEstimate> {
  const spec = await exportOf(rooms, request);
  const { architecture } = await getModel(rooms.store, spec.model.id);
  const { measurements, overheads } = await measured(rooms.store);
  const overhead = overheads.length === 0 ? USUAL_OVERHEAD : rangeOf(overheads);
  const examples = VERIFIED_INPUTS + (spec.quantize !== null && spec.dataset !== null ? (await getDataset(rooms.store, spec.dataset)).content!.parts.test.examples : 0);
  const flops = 2 * examples * flopsPerExample(architecture);
  const speed = speedOf(measurements);
  const seconds = (end: keyof Seconds, flopsPerSecond: number): number => round(overhead[end] + RUNTIME_SECONDS[end] + flops / flopsPerSecond);
  return {
    object: 'job_estimate',
    spec,
    steps: 0,
    memory_bytes: exportMemoryBytes(architecture),
    seconds: { expected: seconds('expected', speed.expected), low: seconds('low', speed.high), high: seconds('high', speed.low) },
    runs: [],
  };
}

/** Passes over the examples, and the draws of the intervals. */
function estimateEvaluation(spec: EvaluateSpec, { content }: ReadyDataset, models: readonly Architecture[], { measurements, overheads }: Measurements): JobEstimate {
  const examples = spec.parts.reduce((sum, part) => sum + part.examples, 0);
  const flops = models.reduce((sum, architecture) => sum + examples * flopsPerExample(architecture), 0);
  const speed = speedOf(measurements);
  const overhead = overheads.length === 0 ? USUAL_OVERHEAD : rangeOf(overheads);
  const draws = (spec.resamples * examples) / DRAWS_PER_SECOND;
  const rowBytes = rowBytesOf(content.input_shape, content.preprocessing.input.dtype);
  return {
    object: 'job_estimate',
    spec,
    steps: 0,
    memory_bytes: Math.max(...models.map((architecture) => evaluationMemoryBytes({ architecture, examples, targetValues: content.target?.names.length ?? 1, rowBytes }))),
    seconds: { expected: round(overhead.expected + flops / speed.expected + draws), low: round(overhead.low + flops / speed.high + draws / SWING), high: round(overhead.high + flops / speed.low + draws * SWING) },
    runs: [],
  };
}

/** Passes over the examples, forwards for each place of a patch and each shuffled column, forwards and back along each path. */
function estimateExplanation(spec: ExplainSpec, { content }: ReadyDataset, architecture: Architecture, { measurements, overheads }: Measurements): JobEstimate {
  const { measured: examples, trained, explained, passesOfExplained, shuffled } = explanationWork(spec, content);
  const flops = (examples + trained + explained * passesOfExplained + shuffled) * flopsPerExample(architecture);
  const speed = speedOf(measurements);
  const overhead = overheads.length === 0 ? USUAL_OVERHEAD : rangeOf(overheads);
  const rowBytes = rowBytesOf(content.input_shape, content.preprocessing.input.dtype);
  return {
    object: 'job_estimate',
    spec,
    steps: 0,
    memory_bytes: explanationMemoryBytes({ architecture, examples, targetValues: content.target?.names.length ?? 1, rowBytes, rowsAtOnce: ROWS_AT_ONCE }),
    seconds: { expected: round(overhead.expected + flops / speed.expected), low: round(overhead.low + flops / speed.high), high: round(overhead.high + flops / speed.low) },
    runs: [],
  };
}

/** Time of one run: examples to train on, by the rate at which they go. A baseline takes as many as the main run comes to in its time. */
export function estimateRun(spec: ResolvedSpec, run: RunPlan, measurements: readonly Measurement[]) {
  const budgetSeconds = spec.training.budget?.seconds ?? spec.training.budget?.job_seconds ?? Infinity;
  const { rate, basis, measured: count } = rateOf(spec, run, measurements);
  const planned = examplesOf(spec);
  const seconds = (examples: number, perSecond: number): number => round(Math.min(examples / perSecond, run.role === 'baseline' ? Infinity : budgetSeconds));
  const main = run.role !== 'baseline' || budgetSeconds === Infinity ? undefined : rateOf(spec, spec.runs.find(({ role }) => role === 'main')!, measurements).rate;
  const within = (end: keyof Range): number => Math.min(planned[end], main ? budgetSeconds * main[end] : Infinity);
  return {
    steps: mostStepsOf(spec),
    seconds: { expected: seconds(within('expected'), rate.expected), low: seconds(within('low'), rate.high), high: seconds(within('high'), rate.low) },
    basis,
    measured: count,
  };
}

/** Time of the linear probe of a transfer report, beside what all jobs take. */
function probeSeconds(spec: TrainingSpec, measurements: readonly Measurement[]): Seconds {
  const flops = probeFlops(spec);
  const speed = speedOf(measurements);
  return { expected: flops / speed.expected, low: flops / speed.high, high: flops / speed.low };
}

function probeFlops(spec: TrainingSpec): number {
  if (spec.type === 'compare' || spec.base_model === null) return 0;
  const plan = planProbe(spec);
  return 'why' in plan ? 0 : plan.flops;
}

/** Operations a second, of whatever network. */
function speedOf(measurements: readonly Measurement[]): Range {
  const others = measurements.map(({ flopsPerSecond }) => flopsPerSecond);
  return others.length > 0 ? widened(rangeOf(others), OTHER_NETWORKS) : USUAL_FLOPS;
}

/** Examples a run is trained on, if it has the time. A metric may be good enough after one epoch, or never. */
function examplesOf({ stages, training }: ResolvedSpec): Range {
  const inAll = stages.reduce((sum, { epochs, steps }) => sum + Math.min(epochs * training.train_examples, steps * training.batch_size), 0);
  const most = inAll * Math.min(1, mostStepsOf({ stages, training }) / stepsOf(stages));
  return { expected: most, high: most, low: training.budget?.until ? Math.min(most, training.train_examples) : most };
}

/** Examples a second. */
function rateOf(spec: ResolvedSpec, { role }: RunPlan, measurements: readonly Measurement[]): { rate: Range; basis: EstimateBasis; measured: number } {
  const likeness = likenessOf(spec, role);
  const like = measurements.filter((each) => each.likeness === likeness).map(({ examplesPerSecond }) => examplesPerSecond);
  if (like.length > 0) return { rate: rangeOf(like), basis: 'like_jobs', measured: like.length };

  const flops = PASSES * trainedFlops(spec, role);
  const speed = speedOf(measurements);
  const rate = { expected: speed.expected / flops, low: speed.low / flops, high: speed.high / flops };
  return { rate, basis: measurements.length > 0 ? 'other_jobs' : 'arithmetic', measured: measurements.length };
}

/** Runs are alike where each of their steps does the same work in the same way. */
function likenessOf(spec: ResolvedSpec, role: RunPlan['role']): string {
  const { architecture, features_from: from, threads, training, stages } = spec;
  const main = role === 'baseline' ? null : { from, trainable: stages.map(({ trainable, solver }) => ({ trainable, solver })) };
  return JSON.stringify([architecture, threads, training.batch_size, training.optimizer.name, main]);
}

/** Operations of one example, forwards, in what a step goes through: behind the cut where features are kept. */
function trainedFlops({ architecture, features_from: from }: ResolvedSpec, role: RunPlan['role']): number {
  const trained = from === null || role === 'baseline' ? architecture : divide(architecture, from).rest;
  return Math.max(1, flopsPerExample(trained));
}

/** What ended jobs took. */
interface Measurements {
  measurements: Measurement[];
  overheads: number[];
}

async function measured(store: Store): Promise<Measurements> {
  const measurements: Measurement[] = [];
  const overheads: number[] = [];
  for (const id of (await listJobIds(store)).slice(0, MOST_JOBS)) {
    const stored = await findReadableJob(store, id);
    if (!stored || stored === 'unreadable' || stored.outcome?.status !== 'succeeded') continue;
    const { job: { spec }, outcome } = stored;
    if (!trains(spec)) continue;
    const ofJob = outcome.runs.filter(({ examples_per_second: rate }) => rate > 0).map((run) => {
      const { role, examples_per_second: examplesPerSecond } = run;
      const plan = planOf(spec, run);
      return { likeness: likenessOf(plan, role), examplesPerSecond, flopsPerSecond: examplesPerSecond * PASSES * trainedFlops(plan, role) };
    });
    if (ofJob.length === 0) continue; // it did not train
    measurements.push(...ofJob);
    const probed = probeFlops(spec) / speedOf(ofJob).expected;
    const overhead = overheadOf(stored, probed + outcome.runs.reduce((sum, { seconds }) => sum + seconds, 0));
    if (overhead !== undefined) overheads.push(overhead);
  }
  return { measurements, overheads };
}

/** Seconds at work that were neither training nor the linear probe, of a job made in one attempt. */
function overheadOf({ state, outcome }: StoredJob, workSeconds: number): number | undefined {
  if (state.attempt !== 1 || state.started_at === null || !outcome) return undefined;
  return Math.max(0, (Date.parse(outcome.at) - Date.parse(state.started_at)) / 1_000 - workSeconds);
}

function rangeOf(values: readonly number[]): Range {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return widened({ expected: median, low: sorted[0] ?? 0, high: sorted.at(-1) ?? 0 }, SWING);
}

const widened = ({ expected, low, high }: Range, by: number): Range => ({ expected, low: low / by, high: high * by });

/** Three digits: more would look like knowledge. */
const round = (seconds: number): number => Number(seconds.toPrecision(3));
