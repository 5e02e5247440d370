// A TensorFlow.js Layers model whose weights take fewer bits. By tensor, the weights manifest of TF.js carries how: tf.loadLayersModel undoes it.
// By channel no manifest can, so that such files come with load.mjs, which undoes it and hands the model to tf.loadLayersModel.
import type { Quantisation } from '../contract/export-format.js';
import type { Architecture } from '../contract/layers.js';
import { volume } from '../contract/shape.js';
import { weightsOf, type NamedWeight } from '../models/architecture.js';
import { kerasTopology } from '../models/keras-topology.js';
import type { Weights } from '../models/weights.js';
import { bytesOf } from '../store/array-file.js';
import { dequantised, fromHalfBits, halves, quantise, type Affine } from './quantise.js';

export const LAYERS_SHARD = 'group1-shard1of1.bin';

/** A weight of the manifest of TF.js. */
export interface ManifestWeight {
  name: string;
  shape: readonly number[];
  dtype: 'float32';
  quantization?: { dtype: 'float16' | 'uint8' | 'uint16'; original_dtype: 'float32' } & Partial<Affine>;
}
/** A weight of a model by channel: the last of its values vary by channel, which has a scale and a least value of its own. */
export interface ChannelWeight {
  name: string;
  shape: readonly number[];
  channels?: { dtype: 'uint8' | 'uint16'; scale: number[]; min: number[] };
}
export interface LayersFiles {
  /** model.json, or of a model by channel model-by-channel.json. */
  model: object;
  /** The one shard. */
  weights: Uint8Array;
}

const written = (architecture: Architecture) => ({
  generatedBy: 'rootstock',
  convertedBy: null,
  modelTopology: kerasTopology(architecture),
  userDefinedMetadata: { rootstock: { architecture } },
});

/** Kernels and tables: what has one axis or none is a fiftieth of a MobileNetV2, and statistics among it. */
const isQuantised = ({ shape }: NamedWeight): boolean => shape.length > 1;

/** @param quantisation null leaves all weights as they are */
export function tfjsLayers(architecture: Architecture, weights: Weights, quantisation: Quantisation | null): LayersFiles {
  const parts = weightsOf(architecture).map((weight) => byTensor(weight, weights.get(weight.path)!, quantisation));
  const manifest = [{ paths: [LAYERS_SHARD], weights: parts.map(({ entry }) => entry) }];
  return { model: { format: 'layers-model', ...written(architecture), weightsManifest: manifest }, weights: Buffer.concat(parts.map(({ bytes }) => bytes)) };
}

function byTensor(weight: NamedWeight, values: Float32Array, quantisation: Quantisation | null): { entry: ManifestWeight; bytes: Uint8Array } {
  const entry = { name: weight.path, shape: weight.shape, dtype: 'float32' as const };
  if (!quantisation || !isQuantised(weight)) return { entry, bytes: bytesOf(values) };
  const { dtype } = quantisation;
  if (dtype === 'float16') return { entry: { ...entry, quantization: { dtype, original_dtype: 'float32' } }, bytes: rawBytes(halves(values)) };
  const { levels, scale, min } = quantise(values, dtype);
  return { entry: { ...entry, quantization: { dtype, original_dtype: 'float32', scale, min } }, bytes: rawBytes(levels) };
}

/** The format that load.mjs looks for. */
export const CHANNEL_FORMAT = 'rootstock-layers-by-channel';

export function tfjsLayersByChannel(architecture: Architecture, weights: Weights, dtype: 'uint8' | 'uint16'): LayersFiles {
  const parts = weightsOf(architecture).map((weight) => byChannel(weight, weights.get(weight.path)!, dtype));
  const model = { format: CHANNEL_FORMAT, ...written(architecture), shard: LAYERS_SHARD, weights: parts.map(({ entry }) => entry) };
  return { model, weights: Buffer.concat(parts.map(({ bytes }) => bytes)) };
}

function byChannel(weight: NamedWeight, values: Float32Array, dtype: 'uint8' | 'uint16'): { entry: ChannelWeight; bytes: Uint8Array } {
  const entry = { name: weight.path, shape: weight.shape };
  if (!isQuantised(weight)) return { entry, bytes: bytesOf(values) };
  const channels = channelsIn(weight, values).map((ofChannel) => quantise(ofChannel, dtype));
  const levels = dtype === 'uint8' ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (let at = 0; at < levels.length; at += 1) levels[at] = channels[at % channels.length]!.levels[Math.floor(at / channels.length)]!;
  return { entry: { ...entry, channels: { dtype, scale: channels.map(({ scale }) => scale), min: channels.map(({ min }) => min) } }, bytes: rawBytes(levels) };
}

/** The values of each channel. */
function channelsIn(weight: NamedWeight, values: Float32Array): Float32Array[] {
  const count = channelsOf(weight);
  return Array.from({ length: count }, (_, channel) => Float32Array.from({ length: values.length / count }, (_each, at) => values[at * count + channel]!));
}

/** The weights that the files stand for. */
export const heldWeights = (architecture: Architecture, weights: Weights, quantisation: Quantisation): Weights =>
  new Map(weightsOf(architecture).map((weight) => [weight.path, held(weight, weights.get(weight.path)!, quantisation)]));

function held(weight: NamedWeight, values: Float32Array, { dtype, by }: Quantisation): Float32Array {
  if (!isQuantised(weight)) return values;
  if (dtype === 'float16') return Float32Array.from(halves(values), fromHalfBits);
  if (by === 'tensor') return dequantised(quantise(values, dtype));
  const channels = channelsIn(weight, values).map((ofChannel) => dequantised(quantise(ofChannel, dtype)));
  return values.map((_, at) => channels[at % channels.length]![Math.floor(at / channels.length)]!);
}

/** Outputs of a kernel lie along its last axis; those of a depthwise kernel, each of which has an input to itself, along its last two. */
const channelsOf = ({ name, shape }: NamedWeight): number => volume(shape.slice(name === 'depthwise_kernel' ? -2 : -1));

const rawBytes = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
