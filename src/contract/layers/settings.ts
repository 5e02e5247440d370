// The settings that several layer classes share. Names, meanings and defaults are those of Keras.
import Type, { type TSchema } from '../typebox.js';
import { oneOf } from '../schema.js';

export const ACTIVATIONS = [
  'linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'tanh', 'softmax', 'softplus', 'swish', 'gelu',
] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export const INITIALIZERS = [
  'zeros', 'ones', 'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform', 'lecun_normal',
  'random_uniform', 'orthogonal',
] as const;
export type InitializerName = (typeof INITIALIZERS)[number];

const twoOf = <S extends TSchema>(item: S) => Type.Array(item, { minItems: 2, maxItems: 2 });
export const units = Type.Integer({ minimum: 1, maximum: 65_536 });
export const filters = Type.Integer({ minimum: 1, maximum: 4096 });
export const size = Type.Integer({ minimum: 1, maximum: 64 });
export const pair = Type.Union([size, twoOf(size)], { description: 'One number, or [height, width].' });
const edge = Type.Integer({ minimum: 0, maximum: 64 });
/** Rows and columns at the edges of an image. */
export const margin = Type.Union([edge, twoOf(edge), twoOf(twoOf(edge))], {
  description: 'One number, [height, width], or [[top, bottom], [left, right]].',
});
export const padding = oneOf(['valid', 'same'], { default: 'valid' });
export const activation = (usual: Activation = 'linear') => oneOf(ACTIVATIONS, { default: usual });
export const initializer = (usual: InitializerName) => oneOf(INITIALIZERS, { default: usual });
export const rate = Type.Number({ minimum: 0, exclusiveMaximum: 1, description: 'Part that is dropped while training.' });

/** What a layer does to its weighted sums. */
export const activated = {
  activation: Type.Optional(activation()),
  use_bias: Type.Optional(Type.Boolean({ default: true })),
  bias_initializer: Type.Optional(initializer('zeros')),
};
/** The same, for a layer of one kernel. */
export const weighted = { ...activated, kernel_initializer: Type.Optional(initializer('glorot_uniform')) };
