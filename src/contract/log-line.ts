// A line of a job's log: what its worker and its child wrote while they made its attempts.
import Type, { type Static } from './typebox.js';
import { closed, nullable, oneOf, Timestamp } from './schema.js';

/** From what matters least. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LogLine = closed(
  {
    id: Type.String({ pattern: '^[0-9]+$', description: 'The number of the line in its job’s log, from 1.' }),
    object: Type.Literal('log_line'),
    time: Timestamp,
    level: oneOf(LOG_LEVELS),
    source: oneOf(['worker', 'child'], { description: 'child: the process that made the attempt, native code in it too.' }),
    attempt: Type.Integer(),
    message: Type.String(),
    detail: nullable(Type.String(), 'Such as where in the code an error came from; for people.'),
  },
  { $id: 'LogLine', title: 'LogLine' },
);
export type LogLine = Static<typeof LogLine>;
