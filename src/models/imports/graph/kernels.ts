// Nodes that multiply by a kernel, alone or fused with what follows, as one layer that takes in the bias, factors by channel and
// the activation of the nodes behind it: a graph was made to be run, and its batch normalizations are such factors.
import type { Activation, LayerClass, LayerSpec } from '../../../contract/layers.js';
import type { Shape } from '../../../contract/shape.js';
import { checkedLayer } from '../checked-layer.js';
import type { Json, SourceLayer, StoredWeight } from '../source.js';
import { Affine, isByChannel, type AffineStep } from './affine.js';
import type { GraphNode } from './nodes.js';
import type { Output, Reading } from './reading.js';

interface Kernel {
  readonly layerClass: LayerClass;
  readonly config: Json;
  /** The weight of the layer that it is. */
  readonly name: 'kernel' | 'depthwise_kernel';
  /** With its outputs last: along the last axis, or the last two. */
  readonly stored: StoredWeight;
  /** Of its output. */
  readonly channels: number;
  /** Axes of its output, with that of the batch. */
  readonly rank: number;
  /** Layers in front of it. @throws MODEL_NOT_SUPPORTED, MODEL_CORRUPT for inputs it cannot take */
  before(input: Shape): LayerSpec[];
}

export class KernelLayer implements SourceLayer {
  readonly from: readonly Output[];
  private node: GraphNode;
  private readonly affine = new Affine();
  private activation: Activation | undefined;
  /** Below 0, of a LeakyReLU behind it. */
  private slope: number | undefined;

  constructor(
    node: GraphNode,
    from: Output,
    private readonly kernel: Kernel,
  ) {
    this.node = node;
    this.from = [from];
  }

  /** It has the name of the last node whose work it does. */
  get names(): readonly string[] {
    return [this.node.layerName];
  }

  /** @returns false where it cannot do that too */
  affinely(node: GraphNode, steps: readonly AffineStep[]): boolean {
    const { rank, channels } = this.kernel;
    if (this.isActivated || !steps.every(({ by }) => isByChannel(by, rank, channels)) || !this.affine.then(steps)) return false;
    this.node = node;
    return true;
  }

  /** @returns false where it has an activation already */
  activated(node: GraphNode, activation: Activation): boolean {
    if (this.isActivated) return false;
    this.activation = activation;
    this.node = node;
    return true;
  }

  leaks(slope: number): void {
    this.slope = slope;
  }

  private get isActivated(): boolean {
    return this.activation !== undefined || this.slope !== undefined;
  }

  specs([input]: readonly [Shape]): LayerSpec[] {
    const { layerClass, config } = this.kernel;
    const settings = { ...config, use_bias: this.affine.shifts, activation: this.activation ?? 'linear' };
    const leaky = this.slope === undefined ? [] : [checkedLayer(this.node.shown, 'LeakyReLU', { alpha: this.slope })];
    return [...this.kernel.before(input), checkedLayer(this.node.shown, layerClass, settings), ...leaky];
  }

  weight(name: string): StoredWeight | undefined {
    const { stored, channels, name: kernelName } = this.kernel;
    if (name === 'bias') return { shape: [channels], values: () => Float32Array.from(this.affine.of(channels).offset) };
    if (name !== kernelName) return undefined;
    if (!this.affine.scales) return stored;
    return {
      shape: stored.shape,
      values: () => {
        const { scale } = this.affine.of(channels);
        return stored.values().map((value, at) => value * scale[at % channels]!);
      },
    };
  }
}

/** @param fused with a bias and an activation of its own */
export function convolution(node: GraphNode, reading: Reading, { depthwise, fused }: { depthwise: boolean; fused: boolean }): SourceLayer {
  const stored = reading.constant(node, 1);
  const [height, width, inputs, last, ...more] = stored.shape;
  if (last === undefined || more.length > 0) throw node.corrupt(`its kernel has ${stored.shape.length} axes and needs 4`);
  const { strides, padding, margin } = windowOf(node);
  const channels = depthwise ? inputs! * last : last;
  const kernel: Kernel = {
    layerClass: depthwise ? 'DepthwiseConv2D' : 'Conv2D',
    config: { ...(depthwise ? { depth_multiplier: last } : { filters: last }), kernel_size: [height, width], strides, padding },
    name: depthwise ? 'depthwise_kernel' : 'kernel',
    stored,
    channels,
    rank: 4,
    before(input) {
      const given = input.at(-1)!;
      if (!depthwise && given !== inputs && given % inputs! === 0) throw node.unsupported(`convolves in ${given / inputs!} groups`);
      return margin ? [checkedLayer(node.shown, 'ZeroPadding2D', { padding: margin })] : [];
    },
  };
  return fusedWith(new KernelLayer(node, reading.layer(node, 0), kernel), node, reading, fused);
}

export function matrixProduct(node: GraphNode, reading: Reading, fused: boolean): SourceLayer {
  if (node.flag('transpose_a')) throw node.unsupported('has transpose_a true');
  const given = reading.constant(node, 1);
  if (given.shape.length !== 2) throw node.corrupt(`its kernel has ${given.shape.length} axes and needs 2`);
  const stored = node.flag('transpose_b') ? transposed(given) : given;
  const kernel: Kernel = {
    layerClass: 'Dense',
    config: { units: stored.shape[1] },
    name: 'kernel',
    stored,
    channels: stored.shape[1]!,
    rank: 2,
    before(input) {
      if (input.length !== 1) throw node.corrupt(`it multiplies rows, and is given [${input.join(', ')}]`);
      return [];
    },
  };
  return fusedWith(new KernelLayer(node, reading.layer(node, 0), kernel), node, reading, fused);
}

function transposed(given: StoredWeight): StoredWeight {
  const [rows, columns] = given.shape as [number, number];
  return {
    shape: [columns, rows],
    values() {
      const values = given.values();
      return Float32Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
    },
  };
}

/** What may stand behind the bias in a fused node, as an activation of ours. */
const FUSED_ACTIVATIONS: Readonly<Record<string, Activation>> = { Relu: 'relu', Relu6: 'relu6', Elu: 'elu', Sigmoid: 'sigmoid', Tanh: 'tanh' };

function fusedWith(layer: KernelLayer, node: GraphNode, reading: Reading, isFused: boolean): SourceLayer {
  if (!isFused) return layer;
  const [first, activation, ...more] = node.texts('fused_ops');
  if (first === undefined) return layer;
  if (first !== 'BiasAdd' || more.length > 0) throw node.unsupported(`is fused with ${[first, activation, ...more].join(', ').slice(0, 64)}; a BiasAdd and an activation are read`);
  const bias = reading.constant(node, 2);
  if (!layer.affinely(node, [{ does: 'add', by: bias }])) throw node.corrupt(`its bias has the shape [${bias.shape.join(', ')}]`);
  if (activation === undefined) return layer;
  if (activation === 'LeakyRelu') {
    layer.leaks(node.number('leakyrelu_alpha', 0.2));
    return layer;
  }
  if (!Object.hasOwn(FUSED_ACTIVATIONS, activation)) throw node.unsupported(`is fused with ${activation.slice(0, 64)}`);
  layer.activated(node, FUSED_ACTIVATIONS[activation]!);
  return layer;
}

interface Window {
  strides: [number, number];
  padding: 'same' | 'valid';
  /** Rows and columns of zeros around the image. */
  margin: [[number, number], [number, number]] | undefined;
}

/** @throws MODEL_NOT_SUPPORTED, MODEL_CORRUPT */
export function windowOf(node: GraphNode): Window {
  requireChannelsLast(node);
  const dilations = node.integers('dilations');
  if (dilations.some((size) => size !== 1)) throw node.unsupported(`has dilations [${dilations.join(', ')}]`);
  const padding = node.text('padding', '');
  if (padding === 'SAME' || padding === 'VALID') return { strides: planeOf(node, 'strides'), padding: padding === 'SAME' ? 'same' : 'valid', margin: undefined };
  if (padding !== 'EXPLICIT') throw node.corrupt(`its padding is "${padding.slice(0, 32)}"`);
  const [batchBefore, batchAfter, top, bottom, left, right, ...channels] = node.integers('explicit_paddings');
  const isOfPlane = [batchBefore, batchAfter, ...channels].every((size) => size === 0) && channels.length === 2;
  if (!isOfPlane) throw node.corrupt('its explicit_paddings are none of an image');
  return { strides: planeOf(node, 'strides'), padding: 'valid', margin: [[top!, bottom!], [left!, right!]] };
}

export function requireChannelsLast(node: GraphNode): void {
  const format = node.text('data_format', 'NHWC');
  if (format !== 'NHWC') throw node.unsupported(`has data_format ${format.slice(0, 32)}`);
}

/** Of four sizes the two of an image; those of batch and channels are 1. @throws MODEL_CORRUPT */
export function planeOf(node: GraphNode, name: string): [number, number] {
  const sizes = node.integers(name);
  const [batch, height, width, channels] = sizes;
  if (sizes.length !== 4 || batch !== 1 || channels !== 1) throw node.corrupt(`its ${name} are [${sizes.join(', ')}]`);
  return [height!, width!];
}
