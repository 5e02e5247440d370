// What every attempt begins with: the engine and the data set; and what each of its plans does: examples, and what is carried over of the base.
import { openPacked, type PackedDataset } from '#datasets/packed.js';
import { readMainWeights } from '#engine/checkpoint.js';
import { loadTensorFlow, type TensorFlow } from '#engine/native.js';
import type { Teacher } from '#engine/teachers.js';
import { Paused } from '#engine/watch-run.js';
import { prepareData, type TrainingData } from '#engine/training-data.js';
import type { Engine } from '#contract/job.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { say } from '#logs/child-line.js';
import { readWeights } from '#models/bundle.js';
import type { Weights } from '#models/weights.js';
import type { Verdict } from '#engine/fit.js';
import type { Worker } from './child.js';
import type { Control, PlanSources, TrainBase, TrainTask } from './protocol.js';

export interface OpenEngine {
  tf: TensorFlow;
  engine: Engine;
}
export interface OpenTask extends OpenEngine {
  packed: PackedDataset;
}
export interface OpenPlan {
  data: TrainingData;
  baseWeights: Weights | null;
  /** Models to learn from. */
  teachers: readonly Teacher[];
}

/** @throws Paused where the worker had it leave off meanwhile */
export async function openTask(task: TrainTask, worker: Worker): Promise<OpenTask> {
  const opened = await openEngine(task, worker);
  const packed = await openPacked(task.datasetFolder!);
  leaveOffIfAsked(worker);
  return { ...opened, packed };
}

/** The engine alone. */
export async function openEngine({ job }: TrainTask, worker: Worker): Promise<OpenEngine> {
  const { tf, engine } = loadTensorFlow();
  await tf.ready();
  worker.tell({ kind: 'engine', engine });
  say('info', 'the engine is ready', { engine: engine.name, version: engine.version, device: engine.device, threads: job.spec.threads, pid: process.pid });
  // So that the list of processes tells who trains what; the others wait (warm-up.ts).
  process.title = `train-job ${job.id}`;
  return { tf, engine };
}

/** Before the first run, while there is nothing to keep. @throws Paused */
export function leaveOffIfAsked(worker: Worker): void {
  if (verdictOf(worker.asked()) === 'pause') throw new Paused('before the first run');
}

export async function openPlan({ base, teachers: asked }: PlanSources, plan: ResolvedSpec, packed: PackedDataset): Promise<OpenPlan> {
  const data = await prepareData(packed, plan);
  const baseWeights = base && (await weightsOf(base, plan));
  const teachers = await Promise.all(asked.map(async ({ model, folder, architecture }) => ({ model, architecture, weights: await readWeights(folder, architecture) })));
  return { data, baseWeights, teachers };
}

/** What is carried over is all that is read of a checkpoint. */
const weightsOf = (base: TrainBase, { inherit }: ResolvedSpec): Promise<Weights> =>
  base.from === 'model' ? readWeights(base.folder, base.architecture) : readMainWeights(base.file, new Set(inherit.map(({ from }) => from)), base);

/** What the loop does about what the worker asks for. */
const VERDICTS: Readonly<Record<Control, Verdict>> = { stop: 'stop', pause: 'pause', drain: 'pause', cancel: 'pause', recycle: 'pause' };
export const verdictOf = (control: Control | undefined): Verdict => (control === undefined ? 'go' : VERDICTS[control]);
