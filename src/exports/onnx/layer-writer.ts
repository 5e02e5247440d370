// What the writers of layers are given.
import type { LayerClass, LayerConfig } from '../../contract/layers.js';
import type { Shape } from '../../contract/shape.js';
import type { OnnxValue } from './layout.js';
import type { OnnxModel } from './model.js';

export interface LayerPlace<C extends LayerClass> {
  model: OnnxModel;
  config: LayerConfig<C>;
  /** What it takes. */
  inputs: readonly OnnxValue[];
  /** The first of them: the only one, unless the layer merges. */
  input: OnnxValue;
  /** Shape of what it gives. */
  output: Shape;
  /** One of its weights, by the name that our rules give it. */
  weight: (name: string) => { values: Float32Array; shape: Shape };
}

export type LayerWriter<C extends LayerClass> = (place: LayerPlace<C>) => OnnxValue;
export type LayerWriters<C extends LayerClass> = { [Each in C]: LayerWriter<Each> };

/** Values with their axes in another order: axis `at` of the result is axis `order[at]` of what is given. */
export function transposed(values: Float32Array, shape: Shape, order: readonly number[]): { values: Float32Array; shape: Shape } {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const target = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(values.length);
  const place = target.map(() => 0);
  let from = 0;
  for (let at = 0; at < result.length; at += 1) {
    result[at] = values[from]!;
    for (let axis = target.length - 1; axis >= 0; axis -= 1) {
      place[axis]! += 1;
      from += steps[axis]!;
      if (place[axis]! < target[axis]!) break;
      from -= steps[axis]! * target[axis]!;
      place[axis] = 0;
    }
  }
  return { values: result, shape: target };
}
