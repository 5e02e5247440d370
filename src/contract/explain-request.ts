// A request to see what in its examples a model goes by.
import Type, { type Static } from './typebox.js';
import { DISTANCES, EXPLAIN_METHODS } from './explain-method.js';
import { EvaluatedModelRequest } from './evaluate-request.js';
import { JOB_COMMON } from './job-request.js';
import { PARTS } from './parts.js';
import { closed, oneOf } from './schema.js';

export const MOST_EXPLAINED = 50;
/** What is taken where nothing is said. */
export const EXPLAINED = { worst: 8, nearest: 5, repeats: 10 } as const;

export const ExplainRequest = closed(
  {
    type: Type.Literal('explain'),
    model: EvaluatedModelRequest,
    part: Type.Optional(oneOf(PARTS, { default: 'test', description: 'Of the data set: what the examples are of, and what the importance of columns is measured on.' })),
    methods: Type.Optional(
      Type.Array(oneOf(EXPLAIN_METHODS), { minItems: 1, maxItems: EXPLAIN_METHODS.length, uniqueItems: true, description: '@default all that model and data set allow' }),
    ),
    examples: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), {
        minItems: 1,
        maxItems: MOST_EXPLAINED,
        uniqueItems: true,
        description: 'Their indices within the part, as GET /v1/datasets/{id}/examples/{index} takes them. @default those of the greatest loss',
      }),
    ),
    worst: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_EXPLAINED, description: `How many of the greatest loss, where no examples are named. @default ${EXPLAINED.worst}` })),
    output: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'The class that is explained, whether it is predicted or not; or the name of the value. @default of each example the class that is predicted, or the first value' })),
    integrated_gradients: Type.Optional(closed({ most_steps: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Places on the path at most, where fewer do not sum to the difference.' }) }, { description: '@default 800, or 200 of a network of 10⁸ operations an example and more' })),
    grad_cam: Type.Optional(closed({ layer: Type.String({ minLength: 1, maxLength: 128, description: 'Whose outputs are looked at: height, width and channels.' }) }, { description: '@default the last layer with such outputs' })),
    occlusion: Type.Optional(
      closed(
        { patch: Type.Integer({ minimum: 1, maximum: 1024, description: 'Height and width of what is covered.' }), stride: Type.Integer({ minimum: 1, maximum: 1024, description: 'From one place to the next.' }) },
        { description: 'In pixels. @default by the size of the pictures: 8 and 4 at 28, 32 and 16 at 224' },
      ),
    ),
    nearest_examples: Type.Optional(
      closed({
        count: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: EXPLAINED.nearest })),
        distance: Type.Optional(oneOf(DISTANCES, { default: 'cosine', description: 'cosine: 1 − cos of the angle between their features. euclidean: the length of the difference.' })),
      }),
    ),
    permutation_importance: Type.Optional(closed({ repeats: Type.Integer({ minimum: 2, maximum: 100, default: EXPLAINED.repeats, description: 'How often the values of each column are shuffled.' }) })),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295, default: 1, description: 'Of what is shuffled.' })),
    ...JOB_COMMON,
  },
  { title: 'explain' },
);
export type ExplainRequest = Static<typeof ExplainRequest>;
