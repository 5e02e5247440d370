// What the published model of a job said of one example of the part that its end was measured on.
import Type, { type Static } from './typebox.js';
import { DatasetId } from './ids.js';
import { PARTS } from './parts.js';
import { closed, nullable, oneOf } from './schema.js';

/** The part that the end of a run is measured on: every data set has one. */
export const MEASURED_PART = 'test';

export const PREDICTION_ORDERS = ['index', 'loss'] as const;
export type PredictionOrder = (typeof PREDICTION_ORDERS)[number];

const place = {
  id: Type.String({ description: 'What `after` takes: the index as text; of an evaluation of several parts the place among the examples of all.' }),
  object: Type.Literal('example_prediction'),
  dataset: DatasetId,
  part: oneOf(PARTS, { description: 'test, but of an evaluation of another part.' }),
  index: Type.Integer({ description: 'Within its part, from 0: GET /v1/datasets/{id}/examples/{index}?part= shows the example.' }),
};
const loss = nullable(Type.Number(), 'What the example adds to `test_loss`, which is the mean of them; null where it is not finite.');

/** Of a classifier. */
export const ExampleClass = closed(
  {
    ...place,
    true: Type.String({ description: 'Its class.' }),
    predicted: Type.String({ description: 'The class that was predicted.' }),
    probability: nullable(Type.Number(), 'Of the predicted class, 0 to 1; null where the network ends in neither a softmax nor a sigmoid.'),
    loss,
  },
  { title: 'ExampleClass' },
);
export type ExampleClass = Static<typeof ExampleClass>;

const values = (description: string) => Type.Array(nullable(Type.Number()), { description });
/** Of a network whose target is values. */
export const ExampleValues = closed(
  {
    ...place,
    true: values('Its values, in the order of the target’s names.'),
    predicted: values('What was predicted, in the unit of the target.'),
    error: values('The prediction less the value; null where it is not finite.'),
    loss,
  },
  { title: 'ExampleValues' },
);
export type ExampleValues = Static<typeof ExampleValues>;

export const ExamplePrediction = Type.Union([ExampleClass, ExampleValues], { $id: 'ExamplePrediction', title: 'ExamplePrediction' });
export type ExamplePrediction = ExampleClass | ExampleValues;
