// What the service says of itself: GET /v1/system, /healthz, /readyz.
import Type, { type Static, type TSchema } from './typebox.js';
import { Engine } from './job.js';
import { closed, oneOf, Timestamp } from './schema.js';

/** A child process of a worker that is at work on a task. */
export const ChildStatus = closed({
  id: Type.String({ description: 'Of the job, data set or model it works on.' }),
  task: oneOf(['train', 'ingest', 'import']),
  resident_bytes: Type.Union([Type.Integer(), Type.Null()], { description: 'Memory it holds; null before the first look.' }),
  epoch_seconds: Type.Union([Type.Number(), Type.Null()], { description: 'How long its last epoch took, with what is evaluated at its end.' }),
  checkpoint_seconds: Type.Union([Type.Number(), Type.Null()], { description: 'How long writing its last checkpoint took.' }),
});
export type ChildStatus = Static<typeof ChildStatus>;

export const WorkerStatus = closed({
  id: Type.String(),
  started_at: Timestamp,
  seen_at: Timestamp,
  engine: Type.Union([Engine, Type.Null()]),
  problem: Type.Union([Type.String(), Type.Null()], { description: 'Why this worker cannot train, where it cannot.' }),
  idle_gpu: Type.Optional(Type.Boolean({ description: 'Whether a GPU is there that its engine does not use; left out by a worker of an earlier version.' })),
  running: Type.Array(Type.String(), { description: 'Ids of the jobs and data sets in work.' }),
  children: Type.Optional(Type.Array(ChildStatus, { description: 'Child processes at work, as of `seen_at`; left out by a worker of an earlier version.' })),
});
export type WorkerStatus = Static<typeof WorkerStatus>;

const orNull = <S extends TSchema>(limit: S) => Type.Union([limit, Type.Null()]);

/** How much is kept of one kind of thing. What goes beyond one of the limits goes, oldest first. null: no limit. */
export const KeepRule = closed({ days: orNull(Type.Number()), count: orNull(Type.Integer()), bytes: orNull(Type.Integer()) });
export type KeepRule = Static<typeof KeepRule>;

/** The rules in force. */
export const Retention = closed({
  jobs: KeepRule,
  checkpoints: KeepRule,
  idempotency_keys: KeepRule,
  uploads: KeepRule,
  deliveries: { ...KeepRule, description: 'Of each webhook.' },
});
export type Retention = Static<typeof Retention>;

export const System = closed(
  {
    object: Type.Literal('system'),
    version: Type.String(),
    node: Type.String(),
    access: oneOf(['open', 'key']),
    queue: closed({
      status: oneOf(['ok', 'unavailable']),
      server: Type.Union([Type.String(), Type.Null()]),
      waiting: Type.Union([Type.Integer(), Type.Null()]),
      active: Type.Union([Type.Integer(), Type.Null()]),
    }, { description: 'Where its server does not answer, nothing else is known of it.' }),
    workers: Type.Array(WorkerStatus, { description: 'As they have said to the queue: none are known while that does not answer.' }),
    retention: Retention,
    warnings: Type.Array(Type.String()),
  },
  { $id: 'System', title: 'System' },
);
export type System = Static<typeof System>;

export const Health = closed({
  status: oneOf(['ok', 'unavailable']),
  checks: Type.Record(Type.String(), oneOf(['ok', 'unavailable'])),
});
export type Health = Static<typeof Health>;
