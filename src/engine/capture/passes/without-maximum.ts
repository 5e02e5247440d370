// Maximum written with Minimum: a defect of TensorFlow's own optimizer answered.
import type { Rule } from './rewrite.js';

/**
 * Writes Maximum(a, b) as −Minimum(−a, −b), which is the same to the bit. TensorFlow 2.21's graph optimizer takes
 * Maximum(x, Mul(x, c)) for a leaky ReLU of slope c, whatever c is; above 1 that is the minimum (found by the test of random
 * programs; docs/decisions/recorded-steps.md, "Maximum is written with Minimum").
 */
export const withoutMaximum: Rule = ({ op, attributes, inputs, outputs }, around) => {
  if (op !== 'Maximum') return undefined;
  const negated = inputs.map((id) => ({ op: 'Neg', attributes, inputs: [id], outputs: [around.value(around.typeOf(id))] }));
  const least = { op: 'Minimum', attributes, inputs: negated.flatMap((one) => one.outputs), outputs: [around.value(around.typeOf(outputs[0]!))] };
  return { operations: [...negated, least, { op: 'Neg', attributes, inputs: least.outputs, outputs }] };
};
