// The formats that a model can be had in, and how its weights take fewer bits.
import Type, { type Static } from './typebox.js';
import { closed, oneOf } from './schema.js';

/** tfjs_layers: TensorFlow.js, to be trained on, its weights in fewer bits where that is asked for. tfjs_graph, saved_model: inference alone. onnx: the same for onnxruntime. keras: Keras 3, to be trained on. html: a page that runs the model on a picture. */
export const EXPORT_FORMATS = ['tfjs_layers', 'tfjs_graph', 'saved_model', 'onnx', 'keras', 'html'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const QUANTISED_TYPES = ['float16', 'uint16', 'uint8'] as const;
export const QUANTISED_BY = ['tensor', 'channel'] as const;

const BITS = 'float16: half floats. uint16, uint8: so many levels between the smallest and the largest value.';
const LEVELS =
  'tensor: levels are those of the whole weight, which tf.loadLayersModel undoes. channel: each channel has its own, which the module that comes with the files undoes; not of float16.';

/** How weights of two axes and more are kept in fewer bits; those of one axis stay as they are. */
export const Quantisation = closed({ dtype: oneOf(QUANTISED_TYPES, { description: BITS }), by: oneOf(QUANTISED_BY, { description: LEVELS }) }, { title: 'Quantisation' });
export type Quantisation = Static<typeof Quantisation>;
/** The same as it is asked for. */
export const QuantisationRequest = closed(
  { dtype: oneOf(QUANTISED_TYPES, { description: BITS }), by: Type.Optional(oneOf(QUANTISED_BY, { default: 'tensor', description: LEVELS })) },
  { title: 'Quantisation', description: 'Of tfjs_layers: weights in fewer bits. @default float32, as the model has them' },
);
