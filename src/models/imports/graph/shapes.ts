// Nodes that give the same numbers in another shape.
import type { LayerSpec } from '../../../contract/layers.js';
import { volume, type Shape } from '../../../contract/shape.js';
import { checkedLayer } from '../checked-layer.js';
import type { GraphNode } from './nodes.js';
import type { Reading } from './reading.js';

/** How a node is written that gives the shape of what it has, for the layers that follow. */
export type Reshaping = (input: Shape) => LayerSpec[];

/** @throws MODEL_NOT_SUPPORTED where it does not leave the examples of a batch apart */
export function reshape(node: GraphNode, reading: Reading): Reshaping {
  const [batch, ...sizes] = targetOf(node, reading);
  return (input) => {
    const open = sizes.filter((size) => size === -1).length;
    const keepsBatch = batch === 'batch' || (batch === -1 && open === 0) || (batch !== -1 && batch === reading.batch);
    const isSizes = open <= 1 && sizes.every((size) => size === -1 || (size !== 'batch' && size > 0));
    if (!keepsBatch || !isSizes) throw node.unsupported(`makes [${[batch, ...sizes].join(', ')}] of a batch of [${input.join(', ')}]`);
    const known = volume((sizes as number[]).filter((size) => size !== -1));
    return shaped(node, input, (sizes as number[]).map((size) => (size === -1 ? volume(input) / known : size)));
  };
}

export function squeeze(node: GraphNode): Reshaping {
  const asked = node.integers(node.has('squeeze_dims') ? 'squeeze_dims' : 'axis');
  return (input) => {
    const axes = asked.map((axis) => fromFront(axis, input.length + 1));
    const isFit = axes.length > 0 && axes.every((axis) => axis > 0 && input[axis - 1] === 1);
    if (!isFit) throw node.unsupported(`takes the axes [${asked.join(', ')}] away from a batch of [${input.join(', ')}]`);
    return shaped(node, input, input.filter((_, at) => !axes.includes(at + 1)));
  };
}

export function expand(node: GraphNode, reading: Reading): Reshaping {
  const [asked, ...more] = reading.integers(node, 1);
  return (input) => {
    const axis = asked === undefined ? 0 : fromFront(asked, input.length + 2);
    if (more.length > 0 || axis < 1 || axis > input.length + 1) throw node.unsupported(`adds axis ${[asked, ...more].join(', ')} to a batch of [${input.join(', ')}]`);
    return shaped(node, input, [...input.slice(0, axis - 1), 1, ...input.slice(axis - 1)]);
  };
}

/** The axis counted from the front, that of the batch being 0. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

function shaped(node: GraphNode, input: Shape, target: Shape): LayerSpec[] {
  if (target.join() === input.join()) return [];
  if (target.length === 1 && target[0] === volume(input)) return [checkedLayer(node.shown, 'Flatten', {})];
  return [checkedLayer(node.shown, 'Reshape', { target_shape: target })];
}

/** The sizes that a Reshape is given: a constant, or what Keras puts together of the size of the batch and numbers. */
function targetOf(node: GraphNode, reading: Reading): (number | 'batch')[] {
  const giver = reading.giver(node, 1);
  if (giver.op !== 'Pack') return reading.integers(node, 1);
  if (giver.integer('axis', 0) !== 0 || giver.inputs.length > 8) throw node.unsupported(`takes its shape from "${giver.shown}", which is no list of sizes`);
  return giver.inputs.map((_, index) => {
    if (!reading.isConstant(giver, index)) return batchSize(reading.giver(giver, index), reading);
    const [size, ...more] = reading.integers(giver, index);
    if (size === undefined || more.length > 0) throw giver.corrupt(`input ${index} is no number`);
    return size;
  });
}

/** The first size of the shape of something that the network runs through, where examples are always first. */
function batchSize(slice: GraphNode, reading: Reading): 'batch' {
  const refuse = (): Error => slice.unsupported('computes a size; those of a batch, by a StridedSlice of a Shape, are read');
  if (slice.op !== 'StridedSlice') throw refuse();
  const shape = reading.giver(slice, 0);
  const [begin, end, step] = [1, 2, 3].map((index) => reading.integers(slice, index).join());
  const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask'].map((name) => slice.integer(name, 0));
  const isFirst = begin === '0' && end === '1' && step === '1' && slice.integer('shrink_axis_mask', 0) === 1 && masks.every((mask) => mask === 0);
  if (!isFirst || shape.op !== 'Shape' || !reading.isOfNetwork(reading.giver(shape, 0))) throw refuse();
  return 'batch';
}
