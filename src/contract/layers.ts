// The layers a network may be made of, each with the settings it takes. Names and settings are those of Keras, so that a
// layer here is a layer in the model file. A class that is not listed is refused: a model is a program, and only these run.
import Type, { type Static } from 'typebox';
import { closed, discriminated, named, oneOf } from './schema.js';

export const ACTIVATIONS = [
  'linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'tanh', 'softmax', 'softplus', 'swish', 'gelu',
] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export const INITIALIZERS = [
  'zeros', 'ones', 'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform', 'lecun_normal',
] as const;
export type InitializerName = (typeof INITIALIZERS)[number];

const LayerName = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$',
  description: 'Left out: the class and a count, such as dense_1.',
});
const units = Type.Integer({ minimum: 1, maximum: 65_536 });
const activation = oneOf(ACTIVATIONS, { default: 'linear' });
const initializer = (usual: InitializerName) => oneOf(INITIALIZERS, { default: usual });
const size = Type.Integer({ minimum: 1, maximum: 64 });
const pair = Type.Union([size, Type.Array(size, { minItems: 2, maxItems: 2 })], { description: 'One number, or [height, width].' });
const padding = oneOf(['valid', 'same'], { default: 'valid' });

const weighted = {
  activation: Type.Optional(activation),
  use_bias: Type.Optional(Type.Boolean({ default: true })),
  kernel_initializer: Type.Optional(initializer('glorot_uniform')),
  bias_initializer: Type.Optional(initializer('zeros')),
};
const pooling = {
  pool_size: Type.Optional(pair),
  strides: Type.Optional(pair),
  padding: Type.Optional(padding),
};

/** Settings of each layer class: `config` in a layer. */
export const LAYER_CONFIGS = {
  Dense: closed({ units, ...weighted }),
  Conv2D: closed({
    filters: Type.Integer({ minimum: 1, maximum: 4096 }),
    kernel_size: pair,
    strides: Type.Optional(pair),
    padding: Type.Optional(padding),
    ...weighted,
  }),
  MaxPooling2D: closed(pooling),
  AveragePooling2D: closed(pooling),
  GlobalAveragePooling2D: closed({}),
  GlobalMaxPooling2D: closed({}),
  Flatten: closed({}),
  Reshape: closed({ target_shape: Type.Array(Type.Integer({ minimum: 1, maximum: 65_536 }), { minItems: 1, maxItems: 4 }) }),
  ZeroPadding2D: closed({ padding: Type.Optional(pair) }),
  Activation: closed({ activation: oneOf(ACTIVATIONS) }),
  Dropout: closed({ rate: Type.Number({ minimum: 0, exclusiveMaximum: 1 }) }),
} as const;

export type LayerClass = keyof typeof LAYER_CONFIGS;
export const LAYER_CLASSES = Object.keys(LAYER_CONFIGS) as LayerClass[];
export type LayerConfig<C extends LayerClass> = Static<(typeof LAYER_CONFIGS)[C]>;

// A class whose settings all have defaults may be given without any.
const mayOmitConfig = (layerClass: LayerClass): boolean => {
  const required: unknown = LAYER_CONFIGS[layerClass].required;
  return !Array.isArray(required) || required.length === 0;
};

/** A layer as a caller writes it. */
export type LayerSpec = { [C in LayerClass]: { class_name: C; name?: string; config?: LayerConfig<C> } }[LayerClass];
/** A layer with its name and settings filled in. */
export type Layer = { [C in LayerClass]: { class_name: C; name: string; config: LayerConfig<C> } }[LayerClass];

const layerSchemas = LAYER_CLASSES.map((layerClass) =>
  closed(
    {
      class_name: Type.Literal(layerClass),
      name: Type.Optional(LayerName),
      config: mayOmitConfig(layerClass) ? Type.Optional(LAYER_CONFIGS[layerClass]) : LAYER_CONFIGS[layerClass],
    },
    { title: layerClass },
  ),
);
export const LayerSpec = Type.Unsafe<LayerSpec>({ $id: 'Layer', title: 'Layer', ...discriminated('class_name', layerSchemas) });
export const Layers = Type.Array(named(LayerSpec), { minItems: 1, maxItems: 200 });

/** A network: what it takes, and its layers in order. */
export const Architecture = Type.Unsafe<{ input_shape: number[]; layers: Layer[] }>(
  closed({ input_shape: Type.Array(Type.Integer()), layers: Layers }, { $id: 'Architecture', title: 'Architecture' }),
);
export type Architecture = Static<typeof Architecture>;
