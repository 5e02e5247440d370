// What an attempt whose runs are checkpointed begins with: those that are done, where the next goes on, and who is told of it.
import type { Engine } from '#contract/job.js';
import { PUBLISHED_RUN } from '#contract/run.js';
import type { TrainingSpec } from '#contract/training-specs.js';
import type { Environment } from '#engine/checkpoint.js';
import { differences } from '#engine/environment.js';
import { Curves } from '#engine/curves.js';
import { FeatureCache } from '#engine/feature-cache.js';
import type { TrainedRun } from '#engine/train-run.js';
import { CheckpointWriter, environmentOf, latestCheckpoint, type Begun } from './checkpoint-writer.js';
import type { Worker } from './child.js';
import { ProgressMeter } from './progress-meter.js';
import type { Report, TrainingTask } from './protocol.js';
import { listenerOf, type MeasuringListener } from './run-listener.js';

export interface BegunRuns {
  /** The run that an earlier attempt left halfway. */
  begun: Begun | undefined;
  /** Those that ended; whoever makes runs adds to them. */
  runs: TrainedRun[];
  curves: Curves;
  listener: MeasuringListener;
  features: FeatureCache;
}

export async function beginRuns(task: TrainingTask, worker: Worker, engine: Engine, testExamples: number): Promise<BegunRuns> {
  const { spec } = task.job;
  const environment = environmentOf(engine, spec.threads);
  const begun = await latestCheckpoint(task, worker.tell);
  if (begun) worker.tell(resumed(spec, begun, environment));
  const checkpoints = new CheckpointWriter(task, environment, worker.tell);
  worker.onRoom = (folder, kept) => checkpoints.hasRoom(folder, kept);
  const runs = begun?.finished ?? [];
  const curves = new Curves(begun?.head.curves);
  const listener = listenerOf(new ProgressMeter(spec, runs, testExamples), worker, checkpoints, { runs, curves });
  return { begun, runs, curves, listener, features: new FeatureCache({ ...task.features, engine, threads: spec.threads }) };
}

const resumed = (spec: TrainingSpec, { name, head, finished }: Begun, environment: Environment): Report => ({
  kind: 'resumed',
  checkpoint: name,
  run: spec.runs.find(({ run }) => run === head.run)!,
  step: head.cursor.step,
  metrics: head.run === PUBLISHED_RUN ? head.metrics : (publishedOf(finished)?.result.metrics ?? {}),
  differs: differences(head.environment, environment),
});

/** The run that becomes the model, once it has ended; none of a comparison. */
export const publishedOf = (runs: readonly TrainedRun[]): TrainedRun | undefined => runs.find(({ result }) => result.run === PUBLISHED_RUN);
