// A layer as Keras writes it, as one of ours. The classes, their settings and how Keras writes them are in the contract and in
// the rules of the classes; here is what is written in other ways, and the check that nothing is lost: what we would write of a layer must
// be what was read.
import { isDeepStrictEqual } from 'node:util';
import { ServiceError } from '../../contract/errors.js';
import { ACTIVATIONS, INITIALIZERS, LAYER_CONFIGS, type LayerClass, type LayerSpec } from '../../contract/layers.js';
import { volume, type Shape } from '../../contract/shape.js';
import { LAYER_RULES } from '../layer-rules.js';
import { kerasInitializer } from '../layers/weighted.js';
import { checkedLayer, unsupportedSetting } from './checked-layer.js';
import { normalizationAsRescaling } from './normalization.js';
import { isRecord, requireWeight, type Json, type Parsed, type SourceLayer } from './source.js';

/** Settings that change nothing in what a trained layer gives. */
const OF_NO_EFFECT = new Set([
  'name', 'trainable', 'dtype', 'batch_input_shape', 'batch_shape', 'input_dtype', 'seed', 'implementation', 'unit_forget_bias', 'input_length',
  'renorm_momentum', 'synchronized', 'autocast', 'use_cudnn', 'fused', 'unroll', 'virtual_batch_size', 'supports_masking', 'rank', 'zero_output_for_mask',
  // A Dropout of whole examples, as in EfficientNet, becomes one of single numbers.
  'noise_shape',
]);
/** Settings of which one value means that there is nothing of it. */
const NEUTRAL: Json = { groups: 1, dropout: 0, recurrent_dropout: 0 };
const changesTrainingOnly = (name: string): boolean => /_(?:initializer|regularizer|constraint)$/.test(name) || OF_NO_EFFECT.has(name);

/** Names of activations in Keras that are others here. */
const OTHER_NAMES: Readonly<Record<string, string>> = { silu: 'swish' };

/** @throws LAYER_NOT_ALLOWED */
function requireAllowed(layer: string, className: string): asserts className is LayerClass {
  if (!Object.hasOwn(LAYER_CONFIGS, className)) throw ServiceError.of('LAYER_NOT_ALLOWED', layer, className.slice(0, 64));
}

/** A layer as Keras writes it. */
interface KerasLayer extends Omit<SourceLayer, 'specs'> {
  readonly className: string;
  readonly config: Json;
}

export const kerasLayer = (layer: KerasLayer, parsed: Parsed): SourceLayer => ({
  ...layer,
  specs(inputs) {
    const shown = layer.names.join('/').slice(0, 128);
    return layer.className === 'Normalization' ? [normalization(layer, shown, inputs[0]!, parsed)] : readLayer(shown, layer.className, layer.config, inputs);
  },
});

function normalization(layer: KerasLayer, shown: string, input: Shape, parsed: Parsed): LayerSpec {
  // How many examples it has seen is stored beside what it learnt of them.
  layer.weight('count', 2);
  return normalizationAsRescaling(shown, layer.config, input, (name, index) => requireWeight(layer, { name, index, shape: [input.at(-1)!] }, parsed));
}

/**
 * The layer without its name, and behind it one that does what its class does not do here.
 * @param inputs shapes of what it is given
 * @throws LAYER_NOT_ALLOWED, MODEL_NOT_SUPPORTED
 */
function readLayer(layer: string, className: string, config: Json, inputs: readonly Shape[]): LayerSpec[] {
  requireAllowed(layer, className);
  requireFloats(layer, className, config.dtype);
  const [input] = inputs as [Shape];
  // A flat input is flat already, which Keras takes and TensorFlow.js does not.
  if (className === 'Flatten' && input.length === 1) return [];
  if (className === 'GlobalAveragePooling2D' || className === 'GlobalMaxPooling2D') {
    const { keepdims = false, ...settings } = config;
    const pooled = plain(layer, className, settings, input);
    return keepdims === true ? [pooled, { class_name: 'Reshape', config: { target_shape: [1, 1, input.at(-1)!] } }] : [pooled];
  }
  return [plain(layer, className, config, input)];
}

function plain(layer: string, className: LayerClass, config: Json, input: Shape): LayerSpec {
  const given = inOurForm(className, config, input);
  const known = Object.keys(LAYER_CONFIGS[className].properties);
  const taken: Json = Object.fromEntries(known.filter((name) => given[name] !== undefined && given[name] !== null).map((name) => [name, given[name]]));
  const spec = checkedLayer(layer, className, taken);
  requireNothingLost(layer, className, given, taken);
  return spec;
}

/** @throws MODEL_NOT_SUPPORTED naming the first setting that our layer would not have */
function requireNothingLost(layer: string, className: LayerClass, given: Json, taken: Json): void {
  const written = LAYER_RULES[className].keras(taken as never) as Json;
  for (const [name, value] of Object.entries(given)) {
    // null is a setting that was left to the class.
    if (changesTrainingOnly(name) || value === undefined || value === null) continue;
    const isSame = Object.hasOwn(written, name) ? isSetting(value, written[name]) : value === false || value === NEUTRAL[name] || name in taken;
    if (!isSame) throw unsupportedSetting(layer, className, name, value);
  }
}

/** A size of a sequence is a number with us, and a list of one where Keras writes it. */
const isSetting = (value: unknown, written: unknown): boolean =>
  isDeepStrictEqual(value, written) || (Array.isArray(written) && written.length === 1 && isDeepStrictEqual(value, written[0]));

/** The settings as Keras 2 writes them, with axes counted from the end. */
function inOurForm(className: LayerClass, config: Json, input: Shape): Json {
  const form: Record<string, unknown> = { ...config };
  for (const [name, value] of Object.entries(config)) {
    if (name === 'activation' || name === 'recurrent_activation') form[name] = activationOf(value);
    if (name.endsWith('_initializer')) form[name] = initializerOf(value);
    if (name === 'axis') form[name] = axisOf(value, input);
    // Sequences have one size each, pictures two; those of pictures are written in full.
    if (['kernel_size', 'strides', 'pool_size', 'dilation_rate', 'size'].includes(name)) form[name] = sizeOf(className, value);
  }
  if (className === 'Reshape') form.target_shape = closedShape(config.target_shape, input);
  if (className === 'LeakyReLU' && config.negative_slope !== undefined) {
    form.alpha = config.negative_slope;
    delete form.negative_slope;
  }
  return form;
}

/** A name, or from Keras 3 a name in an object. */
function activationOf(value: unknown): unknown {
  if (value === null) return 'linear';
  const name = isRecord(value) ? (typeof value.config === 'string' ? value.config : value.class_name) : value;
  if (typeof name !== 'string') return value;
  const plainName = name.startsWith('keras.activations.') ? name.slice('keras.activations.'.length) : name;
  const ours = Object.hasOwn(OTHER_NAMES, plainName) ? OTHER_NAMES[plainName]! : plainName;
  return (ACTIVATIONS as readonly string[]).includes(ours) ? ours : name;
}

/** Only what fresh weights would be drawn by; one that is not known here leaves that to the class. */
function initializerOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const { class_name: className, config } = value;
  const settings = isRecord(config) ? config : {};
  const scaled = VARIANCE_SCALING[`${String(settings.scale)} ${String(settings.mode)} ${String(settings.distribution).replace('truncated_', '')}`];
  if (className === 'VarianceScaling') return scaled;
  return INITIALIZERS.find((name) => (kerasInitializer(name, name) as { class_name: string }).class_name === className);
}
const VARIANCE_SCALING: Readonly<Record<string, string>> = {
  '1 fan_avg uniform': 'glorot_uniform', '1 fan_avg normal': 'glorot_normal',
  '2 fan_in uniform': 'he_uniform', '2 fan_in normal': 'he_normal',
  '1 fan_in uniform': 'lecun_uniform', '1 fan_in normal': 'lecun_normal',
};

/** The last axis is -1, however it is counted: from 0 with the batch, alone or in a list. */
function axisOf(value: unknown, input: Shape): unknown {
  const axis: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return axis === input.length ? -1 : axis;
}

function sizeOf(className: LayerClass, value: unknown): unknown {
  if (!className.endsWith('1D')) return typeof value === 'number' ? [value, value] : value;
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}

/** Keras leaves one size to be computed. */
function closedShape(value: unknown, input: Shape): unknown {
  if (!Array.isArray(value) || value.filter((size) => size === -1 || size === null).length !== 1) return value;
  const known = value.filter((size): size is number => typeof size === 'number' && size > 0);
  return (value as unknown[]).map((size) => (size === -1 || size === null ? volume(input) / volume(known) : size));
}

/** What is computed in less is stored in full, and computed in full here; other numbers are not. @throws MODEL_NOT_SUPPORTED */
function requireFloats(layer: string, className: string, dtype: unknown): void {
  const name = isRecord(dtype) && isRecord(dtype.config) ? dtype.config.name : dtype;
  if (name === undefined || name === null || name === 'float32' || name === 'mixed_float16' || name === 'mixed_bfloat16') return;
  throw unsupportedSetting(layer, className, 'dtype', name);
}
