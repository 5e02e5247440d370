// Layers that make one value of two or more.
import type { MergingClass } from '../../contract/branches.js';
import type { Shape } from '../../contract/shape.js';
import { Misfit, written } from './rule.js';
import type { RulesOf } from './rules-of.js';

const misfit = (rule: string, inputs: readonly Shape[]): Misfit => new Misfit(`${rule} and is given ${inputs.map(written).join(' and ')}`);

/** One shape from all: equal along each axis, where a size of 1 counts for every position of the others (squeeze and excite). */
function broadcast(inputs: readonly Shape[]): Shape {
  const [first] = inputs as [Shape];
  const merged = first.map((_, axis) => Math.max(...inputs.map((shape) => shape[axis]!)));
  const fits = inputs.every((shape) => shape.length === merged.length && shape.every((size, axis) => size === 1 || size === merged[axis]));
  if (fits) return merged;
  throw misfit('it takes inputs of one shape, or of size 1 along an axis', inputs);
}

function equal(inputs: readonly Shape[]): Shape {
  const [first] = inputs as [Shape];
  if (inputs.every((shape) => written(shape) === written(first))) return first;
  throw misfit('it takes inputs of one shape', inputs);
}

const elementwise = { merge: broadcast, keras: () => ({}) };

export const MERGING_RULES: RulesOf<MergingClass> = {
  Add: elementwise,
  Multiply: elementwise,
  Average: elementwise,
  // tfjs's gradient of a maximum does not sum over positions that shared a value.
  Maximum: { merge: equal, keras: () => ({}) },
  Concatenate: {
    merge(inputs) {
      const [first] = inputs as [Shape];
      const sides = (shape: Shape): string => written(shape.slice(0, -1));
      const fits = first.length > 0 && inputs.every((shape) => shape.length === first.length && sides(shape) === sides(first));
      if (!fits) throw misfit('it takes inputs that differ in their last size alone', inputs);
      return [...first.slice(0, -1), inputs.reduce((sum, shape) => sum + shape.at(-1)!, 0)];
    },
    keras: () => ({ axis: -1 }),
  },
};
