// Keras's Normalization, which holds mean and variance of the data it was adapted to, as the Rescaling that does the same:
// (x - mean) / max(sqrt(variance), 1e-7), its weights folded into numbers. TensorFlow.js has no Normalization.
import { ServiceError } from '../../contract/errors.js';
import type { LayerSpec } from '../../contract/layers.js';
import type { Shape } from '../../contract/shape.js';
import type { Json, StoredWeight } from './source.js';

const SMALLEST_DEVIATION = 1e-7;

/** @throws MODEL_NOT_SUPPORTED where it normalizes along anything but channels */
export function normalizationAsRescaling(
  layer: string,
  config: Json,
  input: Shape,
  stored: (name: string, index: number) => StoredWeight,
): LayerSpec {
  const { axis, invert = false, mean, variance } = config;
  const along: unknown = Array.isArray(axis) && axis.length === 1 ? axis[0] : axis;
  const isFit = (along === -1 || along === input.length) && invert === false;
  if (!isFit) throw ServiceError.of('MODEL_NOT_SUPPORTED', `layer "${layer}" (Normalization) does not normalize each channel`);
  const channels = input.at(-1)!;
  const given = numbers(mean, channels);
  const [means, variances] = given ? [given, numbers(variance, channels)] : [numbersOf(stored('mean', 0)), numbersOf(stored('variance', 1))];
  if (!variances) throw ServiceError.of('MODEL_NOT_SUPPORTED', `layer "${layer}" (Normalization) has a mean and no variance`);
  const scale = variances.map((each) => 1 / Math.max(Math.sqrt(each), SMALLEST_DEVIATION));
  const offset = means.map((each, channel) => -each * scale[channel]!);
  if (![...scale, ...offset].every(Number.isFinite)) throw ServiceError.of('MODEL_NOT_SUPPORTED', `layer "${layer}" (Normalization) has a mean or variance that is no finite number`);
  return { class_name: 'Rescaling', config: { scale, offset } };
}

const numbersOf = (weight: StoredWeight): number[] => Array.from(weight.values());

/** One number for each channel, from one for all or a list in as many brackets as Keras gives it. */
function numbers(value: unknown, channels: number): number[] | undefined {
  if (value === null || value === undefined) return undefined;
  const list: unknown[] = Array.isArray(value) ? (value as unknown[]).flat(4) : [value];
  if (!list.every((each) => typeof each === 'number') || (list.length !== 1 && list.length !== channels)) return undefined;
  return Array.from({ length: channels }, (_, channel) => (list[channel] ?? list[0]) as number);
}
