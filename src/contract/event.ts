// What happened to a job, in order: the catalogue of event types, each with what it tells.
import Type, { type Static, type TSchema } from './typebox.js';
import { Engine, FeatureUse } from './job.js';
import { Failure } from './problem.js';
import { FlatMetrics, Interpolation, RUN_END, RUN_ROLES, STOP_REASONS } from './run.js';
import { closed, oneOf, Timestamp } from './schema.js';

const run = { run: Type.String(), role: oneOf(RUN_ROLES) };

export const EVENT_TYPES = {
  'job.queued': closed({ reason: Type.Union([Type.String(), Type.Null()]) }),
  'job.preparing': closed({ attempt: Type.Integer() }),
  'job.running': closed({ attempt: Type.Integer(), engine: Engine }),
  'job.checkpoint': closed({ checkpoint: Type.String(), run: Type.String(), step: Type.Integer(), size_bytes: Type.Integer() }),
  'job.checkpoint_failed': closed({ checkpoint: Type.String({ description: 'Its name.' }), error: Failure }),
  'job.paused': closed({}),
  'job.resumed': closed({
    attempt: Type.Integer(),
    checkpoint: Type.String({ description: 'Name of the checkpoint the attempt goes on from.' }),
    run: Type.String(),
    step: Type.Integer({ description: 'Steps of the run that were done already.' }),
    bit_comparable: Type.Boolean({ description: 'Whether the result will be, byte for byte, that of a run without interruption.' }),
    differs: Type.Array(Type.String(), { description: 'What is not as it was when the checkpoint was written.' }),
  }),
  'run.started': closed({ ...run, seed: Type.Integer(), steps: Type.Integer() }),
  'run.steps_ready': closed({
    ...run,
    stage: Type.Integer(),
    captured: Type.Boolean({ description: 'Whether the training step was recorded and is replayed as one TensorFlow graph.' }),
    operations: Type.Union([Type.Integer(), Type.Null()]),
    why_not: Type.Union([Type.String(), Type.Null()]),
  }),
  'run.solved': closed({
    ...run,
    stage: Type.Integer(),
    iterations: Type.Integer(),
    converged: Type.Boolean({ description: 'Whether no part of the gradient was larger than the tolerance in the end.' }),
  }),
  'run.features_ready': closed({ ...run, layer: Type.String(), examples: Type.Integer(), width: Type.Integer(), cache: FeatureUse }),
  'epoch.finished': closed({ ...run, stage: Type.Integer(), epoch: Type.Integer(), epochs: Type.Integer(), metrics: FlatMetrics }),
  'run.stopped': closed({ ...run, ...RUN_END }, { description: 'Training ends before its last step; what was learnt is kept.' }),
  'run.interpolated': closed({ ...run, ...Interpolation.properties }),
  'run.finished': closed({ ...run, ...RUN_END, metrics: FlatMetrics, seconds: Type.Number() }),
  'job.finalizing': closed({ attempt: Type.Integer() }),
  'job.recycled': closed({
    attempt: Type.Integer(),
    step: Type.Integer({ description: 'The last step it told of, over all runs.' }),
    held_bytes: Type.Integer({ description: 'Memory of its process when it was asked to leave off.' }),
    limit_bytes: Type.Integer(),
  }),
  'job.attempt_failed': closed({
    attempt: Type.Integer(),
    error: Failure,
    step: Type.Integer({ description: 'The last step it told of, over all runs.' }),
    will_retry: Type.Boolean(),
  }),
  'job.succeeded': closed({ model: Type.Union([Type.String(), Type.Null()], { description: 'null of a job that makes none.' }), metrics: FlatMetrics, stop_reason: oneOf(STOP_REASONS) }),
  'job.failed': closed({ error: Failure }),
  'job.cancelled': closed({}),
  'job.expired': closed({ error: Failure }),
} as const satisfies Record<string, TSchema>;

export type EventType = keyof typeof EVENT_TYPES;
export type EventData<T extends EventType> = Static<(typeof EVENT_TYPES)[T]>;

/** An event of one job. `id` is the job's own sequence, 1, 2, 3 …, as a string of digits. */
export type JobEvent = {
  [T in EventType]: { id: string; object: 'event'; type: T; created_at: string; data: EventData<T> };
}[EventType];

export const JobEvent = Type.Unsafe<JobEvent>(
  closed(
    {
      id: Type.String({ pattern: '^[0-9]+$' }),
      object: Type.Literal('event'),
      type: oneOf(Object.keys(EVENT_TYPES) as EventType[]),
      created_at: Timestamp,
      data: Type.Object({}, { additionalProperties: true, description: 'By type; see docs/guide.md, "Events".' }),
    },
    { $id: 'Event', title: 'Event' },
  ),
);

/** The events after which no other comes. */
export const LAST_EVENTS: readonly EventType[] = ['job.succeeded', 'job.failed', 'job.cancelled', 'job.expired'];

/** What a stream of events has besides them: ids that the log never gave were asked to go on from, so that all of it follows; nothing follows any more. */
export const STREAM_MARKS = {
  gap: closed({ after: Type.String({ description: 'The id that the log never gave.' }) }),
  done: closed({}),
} as const satisfies Record<string, TSchema>;
export type StreamMark = keyof typeof STREAM_MARKS;
