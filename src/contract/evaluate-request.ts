// A request to measure a model on a data set, and to hold it against another on the same examples.
import Type, { type Static } from './typebox.js';
import { JobId } from './ids.js';
import { JOB_COMMON } from './job-request.js';
import { modelAddress } from './model-address.js';
import { PARTS } from './parts.js';
import { closed, oneOf } from './schema.js';

/** Parts that can be measured on, and all of them together. */
export const EVALUATED_PARTS = [...PARTS, 'all'] as const;
export type EvaluatedPart = (typeof EVALUATED_PARTS)[number];

export const MOST_SLICED = 20;
/** What examples are sliced by where no column says it: their class. */
export const BY_CLASS = 'class';

/** Fewer would make the ends of an interval a matter of luck; more tell nothing new. */
export const RESAMPLES = { least: 200, usual: 1_000, most: 10_000 } as const;

/** A model, by its id, an alias, a version of its name or its name in the catalogue; or the one that a job made. */
export const EvaluatedModelRequest = Type.Union([
  modelAddress(', or the name of a base model of the catalogue that is here.'),
  closed({ job: JobId }, { title: 'job', description: 'The model that the job made.' }),
]);
export type EvaluatedModelRequest = Static<typeof EvaluatedModelRequest>;

export const EvaluateRequest = closed(
  {
    type: Type.Literal('evaluate'),
    model: EvaluatedModelRequest,
    against: Type.Optional({ ...EvaluatedModelRequest, description: 'Another model, measured on the same examples, that the first is held against.' }),
    part: Type.Optional(oneOf(EVALUATED_PARTS, { default: 'test', description: 'The part of the data set to measure on; all: every example that it has, those of train too.' })),
    slices: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
        maxItems: MOST_SLICED,
        uniqueItems: true,
        description: 'Columns of the table by whose values the examples are told apart: by category, or by quarters of a number. "class": by their class, where no column is named so. @default none',
      }),
    ),
    resamples: Type.Optional(Type.Integer({ minimum: RESAMPLES.least, maximum: RESAMPLES.most, default: RESAMPLES.usual, description: 'How often the examples are drawn anew for the intervals.' })),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295, default: 1, description: 'Of these draws.' })),
    ...JOB_COMMON,
  },
  { title: 'evaluate' },
);
export type EvaluateRequest = Static<typeof EvaluateRequest>;
