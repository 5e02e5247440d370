// The layers a network may be made of, each with the settings it takes. Names and settings are those of Keras, so that a
// layer here is a layer in the model file. A class that is not listed is refused: a model is a program, and only these run.
import Type, { type Static } from './typebox.js';
import { NETWORK_INPUT } from './branches.js';
import { ACTIVATION_CONFIGS } from './layers/activation.js';
import { CONVOLUTION_CONFIGS } from './layers/convolution.js';
import { DENSE_CONFIGS } from './layers/dense.js';
import { MERGING_CONFIGS } from './layers/merging.js';
import { NORMALIZATION_CONFIGS } from './layers/normalization.js';
import { POOLING_CONFIGS } from './layers/pooling.js';
import { RECURRENT_CONFIGS } from './layers/recurrent.js';
import { REGULARIZATION_CONFIGS } from './layers/regularization.js';
import { SHAPING_CONFIGS } from './layers/shaping.js';
import { closed, discriminated, named } from './schema.js';

export { ACTIVATIONS, INITIALIZERS, type Activation, type InitializerName } from './layers/settings.js';

/** Settings of each layer class: `config` in a layer. */
export const LAYER_CONFIGS = {
  ...DENSE_CONFIGS,
  ...CONVOLUTION_CONFIGS,
  ...POOLING_CONFIGS,
  ...NORMALIZATION_CONFIGS,
  ...REGULARIZATION_CONFIGS,
  ...MERGING_CONFIGS,
  ...SHAPING_CONFIGS,
  ...ACTIVATION_CONFIGS,
  ...RECURRENT_CONFIGS,
} as const;

export type LayerClass = keyof typeof LAYER_CONFIGS;
export const LAYER_CLASSES = Object.keys(LAYER_CONFIGS) as LayerClass[];
export type LayerConfig<C extends LayerClass> = Static<(typeof LAYER_CONFIGS)[C]>;

/** Layers of one network: more than twice those of MobileNetV2. */
export const MOST_LAYERS = 400;

const LayerName = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$',
  description: 'Left out: the class and a count, such as dense_1.',
});
const LayerInputs = Type.Array(Type.String({ maxLength: 64 }), {
  minItems: 1,
  maxItems: 64,
  description: `Earlier layers whose outputs this one takes; "${NETWORK_INPUT}" is what the network is given. Left out: the layer before.`,
});

// A class whose settings all have defaults may be given without any.
const mayOmitConfig = (layerClass: LayerClass): boolean => {
  const required: unknown = LAYER_CONFIGS[layerClass].required;
  return !Array.isArray(required) || required.length === 0;
};

/** A layer as a caller writes it. */
export type LayerSpec = {
  [C in LayerClass]: { class_name: C; name?: string; inputs?: string[]; config?: LayerConfig<C> };
}[LayerClass];
/** A layer with its name and settings filled in. `inputs` left out means the layer before. */
export type Layer = { [C in LayerClass]: { class_name: C; name: string; inputs?: string[]; config: LayerConfig<C> } }[LayerClass];

const layerSchemas = LAYER_CLASSES.map((layerClass) =>
  closed(
    {
      class_name: Type.Literal(layerClass),
      name: Type.Optional(LayerName),
      inputs: Type.Optional(LayerInputs),
      config: mayOmitConfig(layerClass) ? Type.Optional(LAYER_CONFIGS[layerClass]) : LAYER_CONFIGS[layerClass],
    },
    { title: layerClass },
  ),
);
export const LayerSpec = Type.Unsafe<LayerSpec>({ $id: 'Layer', title: 'Layer', ...discriminated('class_name', layerSchemas) });
export const Layers = Type.Array(named(LayerSpec), { minItems: 1, maxItems: MOST_LAYERS });

/** A network: what it takes, and its layers, each after those whose outputs it takes. */
export const Architecture = Type.Unsafe<{ input_shape: number[]; layers: Layer[] }>(
  closed({ input_shape: Type.Array(Type.Integer()), layers: Layers }, { $id: 'Architecture', title: 'Architecture' }),
);
export type Architecture = Static<typeof Architecture>;
