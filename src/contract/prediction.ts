// Predictions: what is asked of a model about new examples, and what it answers.
import Type, { type Static } from './typebox.js';
import { closed, oneOf } from './schema.js';
import { TASKS } from './task.js';

/** Of one request. */
export const MOST_INSTANCES = 1_024;
/** Pictures of one request, each a file. */
export const MOST_PICTURES = 256;
export const MOST_TOP = 1_000;

export const PREDICTION_EXTRAS = ['probabilities', 'logits'] as const;
export type PredictionExtra = (typeof PREDICTION_EXTRAS)[number];

const TopK = Type.Integer({ minimum: 1, maximum: MOST_TOP, default: 5, description: 'How many classes are listed of each instance, the most likely first; all where there are fewer.' });
const Include = Type.Array(oneOf(PREDICTION_EXTRAS), { uniqueItems: true, maxItems: PREDICTION_EXTRAS.length, default: [], description: 'More of each instance: the probability of every class, in the order of the model’s labels; what the network gives before its softmax or sigmoid.' });

/** What is wanted of each instance. */
export const PredictionWanted = closed({ top_k: Type.Optional(TopK), include: Type.Optional(Include) });
export type PredictionWanted = Static<typeof PredictionWanted>;

const Instances = Type.Array(Type.Unknown(), {
  minItems: 1,
  maxItems: MOST_INSTANCES,
  description:
    'Raw values as in the data set, before preprocessing. Numbers in nested lists of the input’s shape, where a channel axis of 1 may be missing; of a table objects of values by column, or lists of them in the order of ' +
    'preprocessing.columns; of pictures also {"b64": …}, the file in base64.',
});

/** JSON form of `POST /v1/models/{id}/predict`. */
export const PredictRequest = closed({ instances: Instances, ...PredictionWanted.properties });
export type PredictRequest = Static<typeof PredictRequest>;

/** As TensorFlow Serving takes it (RESTful API, predict, row format). */
export const ServingRequest = closed({
  signature_name: Type.Optional(Type.Literal('serving_default')),
  instances: Instances,
});
export type ServingRequest = Static<typeof ServingRequest>;

export const ServingAnswer = closed(
  { predictions: Type.Array(Type.Unknown({ description: 'What the network gives for the instance: numbers in nested lists of the shape of its output.' })) },
  { $id: 'ServingAnswer', title: 'ServingAnswer' },
);
export type ServingAnswer = Static<typeof ServingAnswer>;

const classFields = {
  label: Type.Union([Type.String(), Type.Null()], { description: 'null where the model has no labels.' }),
  index: Type.Integer({ description: 'Of the class in the model’s labels.' }),
  probability: Type.Union([Type.Number(), Type.Null()], { description: 'null where the network ends in neither a softmax nor a sigmoid.' }),
};

export const ClassPrediction = closed(
  {
    ...classFields,
    top: Type.Array(closed(classFields), { description: 'The most likely first.' }),
    probabilities: Type.Optional(Type.Union([Type.Array(Type.Number()), Type.Null()])),
    logits: Type.Optional(Type.Array(Type.Number())),
  },
  { title: 'ClassPrediction' },
);
export type ClassPrediction = Static<typeof ClassPrediction>;

export const ValuePrediction = closed(
  { values: Type.Array(Type.Number(), { description: 'In the order of names; of outputs of more axes the last axis fastest.' }) },
  { title: 'ValuePrediction' },
);
export type ValuePrediction = Static<typeof ValuePrediction>;

export const Predictions = closed(
  {
    object: Type.Literal('predictions'),
    model: Type.Union([Type.String(), Type.Null()], { description: 'null where a checkpoint was asked.' }),
    job: Type.Union([Type.String(), Type.Null()], { description: 'Whose checkpoint was asked; null where a model was.' }),
    checkpoint: Type.Union([Type.String(), Type.Null()]),
    task: oneOf(TASKS, { description: 'A classifier gives classes, others values.' }),
    names: Type.Optional(Type.Array(Type.String(), { description: 'Of values: what each is, as far as that is known.' })),
    data: Type.Array(Type.Union([ClassPrediction, ValuePrediction]), { description: 'Of each instance, in their order.' }),
  },
  { $id: 'Predictions', title: 'Predictions' },
);
export type Predictions = Static<typeof Predictions>;
