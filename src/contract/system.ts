// What the service says of itself: GET /v1/system, /healthz, /readyz.
import Type, { type Static, type TSchema } from 'typebox';
import { Engine } from './job.js';
import { closed, oneOf, Timestamp } from './schema.js';

export const WorkerStatus = closed({
  id: Type.String(),
  started_at: Timestamp,
  seen_at: Timestamp,
  engine: Type.Union([Engine, Type.Null()]),
  problem: Type.Union([Type.String(), Type.Null()], { description: 'Why this worker cannot train, where it cannot.' }),
  running: Type.Array(Type.String(), { description: 'Ids of the jobs and data sets in work.' }),
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
});
export type Retention = Static<typeof Retention>;

export const System = closed(
  {
    object: Type.Literal('system'),
    version: Type.String(),
    node: Type.String(),
    access: oneOf(['open', 'key']),
    queue: closed({ server: Type.String(), waiting: Type.Integer(), active: Type.Integer() }),
    workers: Type.Array(WorkerStatus),
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
