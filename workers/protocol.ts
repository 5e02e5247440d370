// What a worker and its child say to each other. Node's own IPC channel carries it; when it closes, the child ends.
import type { DatasetContent, DatasetSource } from '#contract/dataset.js';
import type { EventData, EventType } from '#contract/event.js';
import type { ErrorRecord } from '#contract/errors.js';
import type { Engine, FlatMetrics, MetricPoint, Progress, RunResult } from '#contract/job.js';
import type { Model } from '#contract/model.js';
import type { AcceptedJob } from '#jobs/records.js';

/** Train one job: everything the child needs, as folders it may read and one it may write. */
export interface TrainTask {
  task: 'train';
  job: AcceptedJob;
  datasetFolder: string;
  base: { folder: string; model: Model } | null;
  outFolder: string;
}
export interface IngestTask {
  task: 'ingest';
  source: DatasetSource;
  sourceFolder: string;
  outFolder: string;
  maxBytes: number;
}
/** Load the engine and say what it is. */
export interface ProbeTask {
  task: 'probe';
}
export type ChildTask = TrainTask | IngestTask | ProbeTask;

export interface TrainResult {
  weights_digest: string;
  metrics: FlatMetrics;
  runs: RunResult[];
}

/** What each kind of child gives back when it is done. */
export interface Results {
  train: TrainResult;
  ingest: DatasetContent;
  probe: Engine;
}

export type EventMessage = { [T in EventType]: { kind: 'event'; type: T; data: EventData<T> } }[EventType];

/** What a child tells on its way. */
export type Report =
  | { kind: 'engine'; engine: Engine }
  | EventMessage
  | { kind: 'metrics'; points: MetricPoint[] }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'finalizing' };

/** The last a child says. */
export type Answer<T extends ChildTask['task']> = { kind: 'done'; result: Results[T] } | { kind: 'failed'; error: ErrorRecord };

/** What a child says: first that it is ready, where it was started warm, then reports, then its answer. */
export type ToWorker = { kind: 'warm' } | Report | Answer<ChildTask['task']>;

/** Given to a program, it has the child get ready before its task comes. */
export const WARM_ARGUMENT = 'warm';
