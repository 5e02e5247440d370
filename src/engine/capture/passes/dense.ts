// The matrix products and biases of dense and convolutional layers as the operations TensorFlow has for them, which its graph
// optimizer then fuses (MatMul or Conv2D with BiasAdd and the activation).
import type { Attribute, Operation, ValueId } from '../program.js';
import type { Rule, Surroundings } from './rewrite.js';

const typeOf = (attributes: readonly Attribute[]): Attribute => attributes.find(({ name }) => name === 'T')!;
const flag = (attributes: readonly Attribute[], name: string): boolean => attributes.find((one) => one.name === name)?.value === true;
const channelsLast: Attribute = { name: 'data_format', kind: 'string', value: 'NHWC' };

/** The matrix behind a batch of one, or a matrix as it is; undefined for anything else. */
function matrixOf(id: ValueId, around: Surroundings): { id: ValueId; before: Operation[] } | undefined {
  const { dtype, shape } = around.typeOf(id);
  if (shape.length === 2) return { id, before: [] };
  if (shape.length !== 3 || shape[0] !== 1) return undefined;
  const matrix = around.value({ dtype, shape: shape.slice(1) });
  return { id: matrix, before: [reshape(id, matrix, around)] };
}

function reshape(from: ValueId, to: ValueId, around: Surroundings): Operation {
  const attributes: Attribute[] = [{ name: 'T', kind: 'type', value: 1 }, { name: 'Tshape', kind: 'type', value: 3 }];
  return { op: 'Reshape', attributes, inputs: [from, around.integers(around.typeOf(to).shape)], outputs: [to] };
}

/** tfjs multiplies matrices as a batch of one; a plain MatMul does the same. */
export const plainMatMul: Rule = ({ op, attributes, inputs, outputs }, around) => {
  if (op !== 'BatchMatMulV2') return undefined;
  const [a, b] = inputs.map((id) => matrixOf(id, around));
  if (!a || !b) return undefined;
  const result = around.typeOf(outputs[0]!);
  const product = around.value({ dtype: result.dtype, shape: result.shape.slice(-2) });
  const transposes = (['a', 'b'] as const).map(
    (side, at): Attribute => ({ name: `transpose_${side}`, kind: 'bool', value: flag(attributes, at === 0 ? 'adj_x' : 'adj_y') }),
  );
  const multiply = { op: 'MatMul', attributes: [typeOf(attributes), ...transposes], inputs: [a.id, b.id], outputs: [product] };
  return { operations: [...a.before, ...b.before, multiply, reshape(product, outputs[0]!, around)] };
};

/** A vector added along the last axis is a bias. One that is added after a reshape can be added before it. */
export const biasAdd: Rule = ({ op, attributes, inputs, outputs }, around) => {
  if (op !== 'Add' && op !== 'AddV2') return undefined;
  const [value, bias] = inputs as [ValueId, ValueId];
  const result = around.typeOf(outputs[0]!);
  const [valueShape, biasShape] = [around.typeOf(value).shape, around.typeOf(bias).shape];
  if (result.dtype !== 'float32' || valueShape.length < 2 || biasShape.length !== 1 || valueShape.at(-1) !== biasShape[0]) return undefined;
  const add = (to: ValueId, from: ValueId): Operation => ({
    op: 'BiasAdd',
    attributes: [typeOf(attributes), channelsLast],
    inputs: [from, bias],
    outputs: [to],
  });
  const maker = around.makerOf(value);
  const inner = maker?.op === 'Reshape' ? around.typeOf(maker.inputs[0]!) : undefined;
  if (!inner || inner.shape.length < 2 || inner.shape.at(-1) !== biasShape[0]) return { operations: [add(outputs[0]!, value)] };
  const early = around.value(inner);
  return { operations: [add(early, maker!.inputs[0]!), reshape(early, outputs[0]!, around)] };
};
