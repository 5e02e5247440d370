// The ops of TensorFlow that are read, each as layers of ours that give the same. What is not here is refused by its name.
import type { Activation, LayerClass, LayerSpec } from '../../../contract/layers.js';
import type { Shape } from '../../../contract/shape.js';
import { checkedLayer } from '../checked-layer.js';
import type { SourceLayer, StoredWeight } from '../source.js';
import type { AffineStep } from './affine.js';
import { ChannelLayer } from './channels.js';
import { convolution, KernelLayer, matrixProduct, planeOf, requireChannelsLast, windowOf } from './kernels.js';
import type { GraphNode } from './nodes.js';
import type { Output, Reading } from './reading.js';
import { expand, fromFront, reshape, squeeze, type Reshaping } from './shapes.js';

interface Operation {
  /** The inputs that values of the network come by, constants among them; others are constants and sizes. */
  flow(node: GraphNode): readonly string[];
  /** The layer that gives its output: one of its own, or one that does its work too. */
  read(node: GraphNode, reading: Reading): Output;
}

const first = (node: GraphNode): readonly string[] => node.inputs.slice(0, 1);

/** An operation on one input that is one layer. */
const alone = (read: (node: GraphNode, reading: Reading) => SourceLayer): Operation => ({ flow: first, read });

const made = (node: GraphNode, from: readonly Output[], specs: SourceLayer['specs'], weights: Readonly<Record<string, StoredWeight>> = {}): SourceLayer => ({
  names: [node.layerName],
  from,
  specs,
  weight: (name) => (Object.hasOwn(weights, name) ? weights[name] : undefined),
});

const plainly = (layerClass: LayerClass, config: (node: GraphNode) => object): Operation =>
  alone((node, reading) => made(node, [reading.layer(node, 0)], () => [checkedLayer(node.shown, layerClass, { ...config(node) })]));

const shaping = (how: (node: GraphNode, reading: Reading) => Reshaping): Operation =>
  alone((node, reading) => {
    const specs = how(node, reading);
    return made(node, [reading.layer(node, 0)], ([input]) => specs(input!));
  });

/** An activation joins the kernel before it where nothing else takes that. */
const activating = (activation: Activation): Operation => ({
  flow: first,
  read(node, reading) {
    const before = reading.layer(node, 0);
    if (before instanceof KernelLayer && reading.isOwn(node, 0) && before.activated(node, activation)) return before;
    return made(node, [before], () => [checkedLayer(node.shown, 'Activation', { activation })]);
  },
});

const pooling = (layerClass: LayerClass): Operation =>
  plainly(layerClass, (node) => {
    const { strides, padding, margin } = windowOf(node);
    if (margin) throw node.unsupported('has explicit paddings');
    return { pool_size: planeOf(node, 'ksize'), strides, padding };
  });

/** A mean or maximum over all of a picture, or of a sequence. */
const summarizing = (overPicture: LayerClass, overSequence: LayerClass): Operation =>
  alone((node, reading) => {
    const asked = reading.integers(node, 1);
    return made(node, [reading.layer(node, 0)], ([input]) => {
      const axes = asked.map((axis) => fromFront(axis, input!.length + 1)).sort((one, other) => one - other).join();
      const isPicture = input!.length === 3 && axes === '1,2';
      if (!isPicture && !(input!.length === 2 && axes === '1')) throw node.unsupported(`goes over the axes [${asked.join(', ')}] of a batch of [${input!.join(', ')}]`);
      const pooled = checkedLayer(node.shown, isPicture ? overPicture : overSequence, {});
      if (!node.flag('keep_dims') && !node.flag('keepdims')) return [pooled];
      return [pooled, checkedLayer(node.shown, 'Reshape', { target_shape: [...input!.slice(1).map(() => 1), input!.at(-1)!] })];
    });
  });

type Does = AffineStep['does'];

const MINUS_ONE: StoredWeight = { shape: [], values: () => Float32Array.of(-1) };

/** The steps by which a constant joins the values of the network. */
function stepsOf(node: GraphNode, does: Does, constant: StoredWeight, isSecond: boolean): AffineStep[] {
  if (isSecond || does === 'add' || does === 'multiply') return [{ does, by: constant }];
  if (does === 'divide') throw node.unsupported('divides a constant by the values of the network');
  return [{ does: 'multiply', by: MINUS_ONE }, { does: 'add', by: constant }];
}

/** Of two values of the network by a layer that merges, where there is one; of one and a constant by channel. */
const arithmetic = (does: Does, merging: LayerClass | undefined): Operation => ({
  flow: (node) => node.inputs.slice(0, 2),
  read(node, reading) {
    const [left, right] = [reading.isConstant(node, 0), reading.isConstant(node, 1)];
    if (!left && !right) {
      if (!merging) throw node.unsupported('computes with two values of the network');
      return made(node, reading.layers(node, 2), () => [checkedLayer(node.shown, merging, {})]);
    }
    const at = left ? 1 : 0;
    return affinely(node, reading, at, stepsOf(node, does, reading.constant(node, 1 - at), right));
  },
});

/** In the layer before it where nothing else takes that, or in one of its own. */
function affinely(node: GraphNode, reading: Reading, at: number, steps: readonly AffineStep[]): SourceLayer {
  const before = reading.layer(node, at);
  const isAffine = before instanceof KernelLayer || before instanceof ChannelLayer;
  return isAffine && reading.isOwn(node, at) && before.affinely(node, steps) ? before : new ChannelLayer(node, before, steps);
}

const MOST_MERGED = 64;

const merging = (layerClass: LayerClass, merged: (node: GraphNode) => readonly string[], check?: (node: GraphNode, reading: Reading, inputs: readonly Shape[]) => void): Operation => ({
  flow: merged,
  read(node, reading) {
    const count = merged(node).length;
    if (count > MOST_MERGED) throw node.unsupported(`merges ${count} values; at most ${MOST_MERGED} are read`);
    return made(node, reading.layers(node, count), (inputs) => {
      check?.(node, reading, inputs);
      return count === 1 ? [] : [checkedLayer(node.shown, layerClass, {})];
    });
  },
});

function requireLastAxis(node: GraphNode, reading: Reading, [input]: readonly Shape[]): void {
  const [axis, ...more] = reading.integers(node, node.inputs.length - 1);
  if (axis === undefined || more.length > 0 || fromFront(axis, input!.length + 1) !== input!.length) throw node.unsupported(`joins along axis ${axis}; the last is read`);
}

/** Zeros around a picture. */
function padding(node: GraphNode, reading: Reading): SourceLayer {
  if (node.op === 'PadV2' && reading.constant(node, 2).values().some((value) => value !== 0)) throw node.unsupported('pads with other numbers than 0');
  const sizes = reading.integers(node, 1);
  const [batchBefore, batchAfter, top, bottom, left, right, ...channels] = sizes;
  const isOfPlane = sizes.length === 8 && [batchBefore, batchAfter, ...channels].every((size) => size === 0);
  if (!isOfPlane) throw node.unsupported(`pads by [${sizes.join(', ')}]; rows and columns of a picture are read`);
  return made(node, [reading.layer(node, 0)], () => [checkedLayer(node.shown, 'ZeroPadding2D', { padding: [[top, bottom], [left, right]] })]);
}

function normalization(node: GraphNode, reading: Reading): SourceLayer {
  requireChannelsLast(node);
  if (node.flag('is_training')) throw node.unsupported('is_training true');
  if (!node.has('epsilon')) throw node.corrupt('it has no epsilon');
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => reading.constant(node, index)) as [StoredWeight, StoredWeight, StoredWeight, StoredWeight];
  const specs = (): LayerSpec[] => [checkedLayer(node.shown, 'BatchNormalization', { epsilon: node.number('epsilon', 0) })];
  return made(node, [reading.layer(node, 0)], specs, { gamma, beta, moving_mean: mean, moving_variance: variance });
}

const addition = arithmetic('add', 'Add');
const normalizing = alone(normalization);
const padded = alone(padding);

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(Object.entries<Operation>({
  Conv2D: alone((node, reading) => convolution(node, reading, { depthwise: false, fused: false })),
  _FusedConv2D: alone((node, reading) => convolution(node, reading, { depthwise: false, fused: true })),
  DepthwiseConv2dNative: alone((node, reading) => convolution(node, reading, { depthwise: true, fused: false })),
  FusedDepthwiseConv2dNative: alone((node, reading) => convolution(node, reading, { depthwise: true, fused: true })),
  MatMul: alone((node, reading) => matrixProduct(node, reading, false)),
  _FusedMatMul: alone((node, reading) => matrixProduct(node, reading, true)),
  BiasAdd: { ...addition, flow: first },
  Add: addition,
  AddV2: addition,
  AddN: merging('Add', ({ inputs }) => inputs),
  Sub: arithmetic('subtract', undefined),
  Mul: arithmetic('multiply', 'Multiply'),
  RealDiv: arithmetic('divide', undefined),
  Maximum: merging('Maximum', ({ inputs }) => inputs),
  ConcatV2: merging('Concatenate', ({ inputs }) => inputs.slice(0, -1), requireLastAxis),
  FusedBatchNorm: normalizing,
  FusedBatchNormV2: normalizing,
  FusedBatchNormV3: normalizing,
  Relu: activating('relu'),
  Relu6: activating('relu6'),
  Elu: activating('elu'),
  Selu: activating('selu'),
  Sigmoid: activating('sigmoid'),
  Tanh: activating('tanh'),
  Softplus: activating('softplus'),
  Softmax: activating('softmax'),
  LeakyRelu: plainly('LeakyReLU', (node) => ({ alpha: node.number('alpha', 0.2) })),
  MaxPool: pooling('MaxPooling2D'),
  AvgPool: pooling('AveragePooling2D'),
  Mean: summarizing('GlobalAveragePooling2D', 'GlobalAveragePooling1D'),
  Max: summarizing('GlobalMaxPooling2D', 'GlobalMaxPooling1D'),
  Pad: padded,
  PadV2: padded,
  Reshape: shaping(reshape),
  Squeeze: shaping(squeeze),
  ExpandDims: shaping(expand),
}));
