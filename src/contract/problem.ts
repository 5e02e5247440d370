// The one shape of an error body: RFC 9457 problem details.
import Type, { type Static } from './typebox.js';
import { closed, oneOf } from './schema.js';
import type { ErrorRecord } from './errors.js';

export const Problem = closed(
  {
    type: Type.String({ description: 'Address of the explanation: a heading of docs/errors.md.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String(),
    code: Type.String({ description: 'Stable word for programs.' }),
    request_id: Type.String(),
    errors: Type.Array(closed({ pointer: Type.String(), code: Type.String(), detail: Type.String() })),
  },
  { $id: 'Problem', title: 'Problem' },
);
export type Problem = Static<typeof Problem>;

/** Why a job failed or a data set is invalid, inside its own object. */
export const Failure = Type.Unsafe<ErrorRecord>(
  closed(
    {
      code: Type.String(),
      class: oneOf(['user', 'system', 'resource']),
      message: Type.String(),
      param: Type.Union([Type.String(), Type.Null()]),
      retryable: Type.Boolean(),
    },
    { title: 'Failure' },
  ),
);
