// What a worker and its child say to each other. Node's own IPC channel carries it; when it closes, the child ends.
import type { DatasetContent, DatasetSource } from '#contract/dataset.js';
import type { FetchSource } from '#datasets/fetch-source.js';
import type { FetchedSource } from '#datasets/registry.js';
import type { EventData, EventType } from '#contract/event.js';
import type { ErrorRecord } from '#contract/errors.js';
import type { Engine, Progress } from '#contract/job.js';
import type { Architecture } from '#contract/layers.js';
import type { FlatMetrics, MetricPoint, RunPlan, RunResult, StopReason } from '#contract/run.js';
import type { TrainingSpec } from '#contract/training-specs.js';
import type { Environment } from '#engine/checkpoint.js';
import type { ImportSource } from '#contract/model.js';
import type { CheckpointFacts } from '#jobs/checkpoints.js';
import type { AcceptedJob } from '#jobs/records.js';
import type { FetchModel } from '#models/imports/fetch-model.js';
import type { ImportOptions } from '#models/imports/read-model.js';
import type { FetchedModel } from '#models/imports/registry.js';

/** Where the weights lie that a transfer starts from: in a model's bundle, or in the job's own copy of a checkpoint. */
export type TrainBase = ({ from: 'model'; folder: string; architecture: Architecture } | { from: 'checkpoint'; file: string; sha256: string; name: string }) & { source: SourceData };
/** Where the data set lies that the base learnt from, or why it does not. */
export type SourceData = { dataset: string; folder: string } | { why: string };
/** A model to learn from, or to measure. */
export interface TrainTeacher {
  model: string;
  folder: string;
  architecture: Architecture;
}
/** Where a plan of the job starts from. */
export interface PlanSources {
  base: TrainBase | null;
  /** Where the models lie that it learns from beside its labels. */
  teachers: readonly TrainTeacher[];
}
export const SOURCE_GONE = 'the data set that the base model learnt from has been deleted';

/** Train one job: everything the child needs, as folders it may read and one it may write. */
export interface TrainTask {
  task: 'train';
  job: AcceptedJob;
  /** null where the job names no data set. */
  datasetFolder: string | null;
  /** In the order of its plans (contract/plans.ts). */
  plans: readonly PlanSources[];
  /** Where the models lie that a job is about which trains nothing, in the order of its spec. */
  measured: readonly TrainTeacher[];
  outFolder: string;
  /** Where it may write what the published model says of each test example. */
  predictionsFolder: string;
  attempt: number;
  /** What earlier attempts left, newest first. */
  checkpoints: { name: string; folder: string }[];
  /** Whether so little was done that damaged checkpoints cost nothing worth keeping. */
  mayStartOver: boolean;
  /** Where the first checkpoint may be written. */
  checkpointFolder: string;
  /** Least time between two of them. */
  checkpointSeconds: number;
  /** Where features are kept for other jobs, and how many bytes of them. */
  features: { folder: string; mostBytes: number };
  /** Time at work: of earlier attempts, and when this one began, in milliseconds of the wall clock. */
  spent: { earlierMs: number; sinceMs: number };
}
/** One that trains. */
export type TrainingTask = TrainTask & { job: AcceptedJob & { spec: TrainingSpec } };
export interface IngestTask {
  task: 'ingest';
  source: DatasetSource;
  sourceFolder: string;
  outFolder: string;
  maxBytes: number;
}
/** Read a model that was sent, and make a bundle of it. */
export interface ImportTask {
  task: 'import';
  id: string;
  name: string | null;
  createdAt: string;
  source: ImportSource;
  options: ImportOptions;
  sourceFolder: string;
  outFolder: string;
  maxBytes: number;
}

/** Fetch the file of a data set. */
export interface FetchTask extends FetchSource {
  task: 'fetch';
}
/** Fetch the files of a model. */
export interface FetchModelTask extends FetchModel {
  task: 'fetch_model';
}
/** Load the engine and say what it is. */
export interface ProbeTask {
  task: 'probe';
}
export type ChildTask = TrainTask | FetchTask | FetchModelTask | IngestTask | ImportTask | ProbeTask;
export type TaskKind = ChildTask['task'];

/** What the kinds of task differ in. */
export const TASK_KINDS = {
  /** `refused` names the end of a child whose caller is at fault; `heeds` tells whether it looks at control messages by itself. */
  train: { program: 'train-job.js', refused: 'user_error', heeds: true },
  fetch: { program: 'fetch.js', refused: 'data_error', heeds: false },
  fetch_model: { program: 'fetch-model.js', refused: 'data_error', heeds: false },
  ingest: { program: 'ingest.js', refused: 'data_error', heeds: false },
  import: { program: 'import.js', refused: 'data_error', heeds: false },
  probe: { program: 'probe-engine.js', refused: 'user_error', heeds: false },
} as const satisfies Record<TaskKind, { program: string; refused: 'user_error' | 'data_error'; heeds: boolean }>;

/**
 * What a worker asks of a child at work. The child looks at it between calls into TensorFlow.
 * - stop: end training here and make the model of what was learnt
 * - pause: leave off, to go on later
 * - drain: leave off, since this worker ends
 * - cancel: leave off for ever
 * - recycle: leave a checkpoint and leave off, since it has grown; where none can be kept it goes on
 */
export const CONTROLS = ['stop', 'pause', 'drain', 'cancel', 'recycle'] as const;
export type Control = (typeof CONTROLS)[number];

/** What a worker says: first the task, then what it wants of it, and where the next checkpoint may be written. */
export type ToChild = ChildTask | { control: Control } | RoomMessage;

/** Where the next checkpoint may be written, and whether the one before is kept. */
export interface RoomMessage {
  checkpointFolder: string;
  kept: boolean;
}

export interface TrainResult {
  stop_reason: StopReason;
  /** null where no model is made. */
  weights_digest: string | null;
  metrics: FlatMetrics;
  runs: RunResult[];
  /** What it was made by. */
  environment?: Environment;
}

/** What each kind of child gives back when it is done. */
export interface Results {
  train: TrainResult;
  fetch: FetchedSource;
  fetch_model: FetchedModel;
  ingest: DatasetContent;
  /** All of it lies in the folder. */
  import: null;
  probe: Engine;
}

export type EventMessage = { [T in EventType]: { kind: 'event'; type: T; data: EventData<T> } }[EventType];

/** What a child does from here on until its next report: how long it may keep silent depends on it (heartbeat.ts). */
export type Phase = 'preparing' | 'training' | 'evaluating' | 'finalizing';

/** What a child tells on its way. */
export type Report =
  | { kind: 'engine'; engine: Engine }
  | EventMessage
  | { kind: 'metrics'; points: MetricPoint[] }
  | { kind: 'progress'; progress: Progress; next: Extract<Phase, 'training' | 'evaluating'> }
  /** With the last value of each metric of the run that becomes the model. */
  | { kind: 'resumed'; checkpoint: string; run: RunPlan; step: number; metrics: FlatMetrics; differs: string[] }
  /** One lies in the folder that was made for it; copying the state and writing it took so long. */
  | { kind: 'checkpoint'; name: string; seconds: number; facts: CheckpointFacts }
  /** One could not be written: its folder is to be made anew. */
  | { kind: 'checkpoint_failed'; name: string; error: ErrorRecord }
  /** One of earlier attempts cannot be gone on from. */
  | { kind: 'checkpoint_damaged'; name: string; error: ErrorRecord }
  /** One part more has been measured of what is not told by the runs. */
  | { kind: 'measured'; progress: Progress | null }
  | { kind: 'finalizing' }
  /** So much of a file has come. */
  | { kind: 'received'; bytes: number };

/** The last a child says: its result, why there is none, or that it left off as it was asked to, be it for a fresh one. */
export type Answer<T extends TaskKind> =
  | { kind: 'done'; result: Results[T] }
  | { kind: 'failed'; error: ErrorRecord }
  | { kind: 'left_off' }
  | { kind: 'recycled' };

/** What a child says: first that it is ready, where it was started warm, then reports, then its answer. */
export type ToWorker = { kind: 'warm' } | Report | Answer<TaskKind>;

/** Given to a program, it has the child get ready before its task comes. */
export const WARM_ARGUMENT = 'warm';
