// Operations that change nothing: tfjs casts float32 to float32 and reshapes to the shape a value has.
import type { Rule } from './rewrite.js';

const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((size, axis) => size === b[axis]);

/** A reshape of a reshape is one reshape, and one back to the first shape is none. */
export const withoutNoOps: Rule = ({ op, attributes, inputs, outputs }, around) => {
  if (op !== 'Cast' && op !== 'Reshape' && op !== 'Identity') return undefined;
  const [from, to] = [around.typeOf(inputs[0]!), around.typeOf(outputs[0]!)];
  if (from.dtype === to.dtype && same(from.shape, to.shape)) return { sameAs: inputs[0]! };
  const earlier = around.makerOf(inputs[0]!);
  if (op !== 'Reshape' || earlier?.op !== 'Reshape') return undefined;
  if (same(around.typeOf(earlier.inputs[0]!).shape, to.shape)) return { sameAs: earlier.inputs[0]! };
  return { operations: [{ op, attributes, inputs: [earlier.inputs[0]!, inputs[1]!], outputs }] };
};
