// Arithmetic of the shapes of images and sequences.
import type { Shape } from '../../contract/shape.js';
import { Misfit, written } from './rule.js';

export type Pair = readonly [number, number];
export type Padding = 'valid' | 'same';

export const asPair = (value: number | number[] | undefined, usual: Pair): Pair =>
  value === undefined ? usual : typeof value === 'number' ? [value, value] : [value[0]!, value[1]!];

/** [[top, bottom], [left, right]] from any of the forms that Keras allows. */
export function asMargin(value: number | number[] | number[][] | undefined, usual: number): readonly [Pair, Pair] {
  const [vertical, horizontal] = Array.isArray(value) ? value : [value ?? usual, value ?? usual];
  return [asPair(vertical, [0, 0]), asPair(horizontal, [0, 0])];
}

/** Height, width and channels of an image-like shape. */
export function image(shape: Shape): [number, number, number] {
  if (shape.length !== 3) throw new Misfit(`it takes height × width × channels and is given ${written(shape)}`);
  return [shape[0]!, shape[1]!, shape[2]!];
}

/** Steps and channels of a sequence-like shape. */
export function sequence(shape: Shape): [number, number] {
  if (shape.length !== 2) throw new Misfit(`it takes steps × channels and is given ${written(shape)}`);
  return [shape[0]!, shape[1]!];
}

/** Size along one axis after a window slides over it. */
export function slide(size: number, window: number, stride: number, padding: Padding): number {
  if (padding === 'same') return Math.ceil(size / stride);
  if (window > size) throw new Misfit(`its window of ${window} is larger than the ${size} it slides over`);
  return Math.floor((size - window) / stride) + 1;
}

/** Height and width after a window slides over an image. */
export const slideOver = (input: Shape, window: Pair, strides: Pair, padding: Padding): Pair => {
  const [height, width] = image(input);
  return [slide(height, window[0], strides[0], padding), slide(width, window[1], strides[1], padding)];
};
