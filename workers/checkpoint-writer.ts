// Checkpoints as the child sees them: when the next one is due, writing it where the worker has made room, and going on from one.
import { cpus } from 'node:os';
import { planOf, plansOf } from '#contract/plans.js';
import { ServiceError } from '#contract/errors.js';
import { PUBLISHED_RUN, type FlatMetrics, type RunPlan } from '#contract/run.js';
import { FINISHED, readCheckpoint, SAID, writeCheckpoint, type CheckpointHead, type Environment, type NamedTensors, type SavedRun } from '#engine/checkpoint.js';
import type { CurvesState } from '#engine/curves.js';
import { outputScaleOf } from '#engine/target-scale.js';
import type { TrainedRun } from '#engine/train-run.js';
import type { RunState } from '#engine/watch-run.js';
import { checkpointName } from '#jobs/checkpoints.js';
import { parameterCount } from '#models/architecture.js';
import { orDiskFull } from '#store/disk-full.js';
import type { Report, TrainingTask, TrainTask } from './protocol.js';

/** At most this part of the time goes into writing: after one that took a second, twenty pass without. */
const MOST_OVERHEAD = 0.05;
/** The first cannot be bounded by the one before it, so by its size: weights and two moments, at less than half of what was measured on two busy cores. */
const ASSUMED_COPIES = 3;
const ASSUMED_BYTES_PER_SECOND = 50e6;
/** What takes less need not be waited for. */
const LEAST_COST_MS = 100;

export class CheckpointWriter {
  private count = 0;
  private lastMs: number;
  /** Of the last one; before the first, what it may come to. */
  private costMs: number;
  private bestLoss = Infinity;
  /** Where the next may be written; undefined while the worker publishes the one before. */
  private room: string | undefined;
  private onRoom: (() => void) | undefined;
  private kept = false;

  constructor(
    private readonly task: TrainingTask,
    private readonly environment: Environment,
    private readonly tell: (report: Report) => void,
    private readonly now = (): number => performance.now(),
  ) {
    this.room = task.checkpointFolder;
    this.lastMs = now();
    const bytes = ASSUMED_COPIES * Float32Array.BYTES_PER_ELEMENT * Math.max(...plansOf(task.job.spec).map(({ architecture }) => parameterCount(architecture)));
    const assumedMs = (bytes / ASSUMED_BYTES_PER_SECOND) * 1000;
    this.costMs = assumedMs < LEAST_COST_MS ? 0 : assumedMs;
  }

  /** The worker has dealt with the last one, and made room for another. */
  hasRoom(folder: string, kept: boolean): void {
    this.room = folder;
    this.kept = kept;
    this.onRoom?.();
  }

  /** By time; or at once after an epoch with the lowest validation loss so far, since that one is kept. Never past the overhead. */
  isDue({ epochEnded, metrics }: { epochEnded: boolean; metrics: FlatMetrics }): boolean {
    const passedMs = this.now() - this.lastMs;
    const best = epochEnded && (metrics.val_loss ?? Infinity) < this.bestLoss;
    const wantedAfterMs = best ? 0 : this.task.checkpointSeconds * 1000;
    return this.room !== undefined && passedMs >= Math.max(wantedAfterMs, this.costMs / MOST_OVERHEAD);
  }

  /** Writes one and tells of it. A full disk is told too, and is no end of the run: it goes on, and so does the one before. */
  async write(run: RunPlan, save: () => RunState, finished: readonly TrainedRun[], curves: CurvesState): Promise<void> {
    await this.published();
    // Copying the state is part of what it costs: of a large network it takes longer than writing.
    const startMs = this.now();
    const folder = this.room!;
    this.room = undefined;
    const { tensors, ...where } = save();
    const { job, attempt } = this.task;
    const name = checkpointName(attempt, (this.count += 1));
    const head: CheckpointHead = {
      ...where, spec_digest: job.spec_digest, name, run: run.run, environment: this.environment, curves, finished: finished.map(({ result }) => result),
      output_scale: outputScaleOf(planOf(job.spec, run)),
    };
    const main = finished.find(({ result }) => result.run === PUBLISHED_RUN);
    const all = new Map([...tensors, ...under(FINISHED, main?.weights), ...under(SAID, main?.said)]);
    try {
      const file = await orDiskFull(writeCheckpoint(folder, head, all));
      const { stage, epoch, step } = where.cursor;
      // Amid an epoch the metrics are those of other weights.
      const metrics = where.sums === undefined ? where.metrics : {};
      this.bestLoss = Math.min(this.bestLoss, metrics.val_loss ?? Infinity);
      this.tell({ kind: 'checkpoint', name, seconds: Math.round(this.now() - startMs) / 1000, facts: { attempt, run: run.run, stage, epoch, step, metrics, ...file } });
    } catch (problem) {
      if (!(problem instanceof ServiceError)) throw problem;
      this.tell({ kind: 'checkpoint_failed', name, error: problem.toRecord() });
    }
    this.lastMs = this.now();
    this.costMs = this.lastMs - startMs;
  }

  /** Resolves once the worker has dealt with all that was written. @returns whether the last one is kept */
  async published(): Promise<boolean> {
    if (this.room === undefined) await new Promise<void>((resolve) => (this.onRoom = resolve));
    return this.kept;
  }
}

/** What must be the same for the same bytes; nothing here is looked up in the system but the processor. */
export const environmentOf = (engine: Environment['engine'], threads: number): Environment => ({
  engine, node: process.versions.node, threads, processor: cpus()[0]?.model ?? 'unknown',
});

/** Where an attempt begins: what is left to do of which run, and what is done. */
export interface Begun {
  name: string;
  head: CheckpointHead;
  state: RunState;
  finished: TrainedRun[];
}

/**
 * The newest checkpoint that proves whole. Each that does not is told of.
 * @returns undefined where there is none, or none that is whole while little would be lost by starting over
 * @throws CHECKPOINT_CORRUPT where much would be
 */
export async function latestCheckpoint(task: TrainTask, tell: (report: Report) => void): Promise<Begun | undefined> {
  let damage: ServiceError | undefined;
  for (const { name, folder } of task.checkpoints) {
    try {
      return begunBy(name, await readCheckpoint(folder, { spec_digest: task.job.spec_digest, name }));
    } catch (problem) {
      if (!(problem instanceof ServiceError && problem.code === 'CHECKPOINT_CORRUPT')) throw problem;
      damage ??= problem;
      tell({ kind: 'checkpoint_damaged', name, error: problem.toRecord() });
    }
  }
  if (damage && !task.mayStartOver) throw damage;
  return undefined;
}

function begunBy(name: string, { head, tensors }: SavedRun): Begun {
  const [main, said] = [from(FINISHED, tensors), from(SAID, tensors)];
  const { cursor, sums, plateau, metrics, best, examplesSeen, seconds } = head;
  return {
    name,
    head,
    state: { cursor, sums, plateau, metrics, best, examplesSeen, seconds, tensors: new Map([...tensors].filter(([path]) => !path.startsWith(FINISHED) && !path.startsWith(SAID))) },
    finished: head.finished.map((result) => (result.run === PUBLISHED_RUN ? { result, weights: main, said: said.size > 0 ? said : undefined } : { result, weights: new Map() })),
  };
}

const under = (prefix: string, tensors: NamedTensors = new Map()) => [...tensors].map(([path, values]) => [`${prefix}${path}`, values] as const);
const from = (prefix: string, tensors: NamedTensors): NamedTensors =>
  new Map([...tensors].filter(([path]) => path.startsWith(prefix)).map(([path, values]) => [path.slice(prefix.length), values]));
