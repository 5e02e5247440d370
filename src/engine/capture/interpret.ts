// The reference: a program run op by op through the native backend. A replay must give the same values.
import type { Tensor, TensorFlow } from '../native.js';
import { nativeBackend } from '../native-backend.js';
import type { AttributeKind, Program, ValueId } from './program.js';

const ATTRIBUTE_CODES: Record<AttributeKind, string> = {
  string: 'TF_ATTR_STRING', int: 'TF_ATTR_INT', float: 'TF_ATTR_FLOAT', bool: 'TF_ATTR_BOOL', type: 'TF_ATTR_TYPE', shape: 'TF_ATTR_SHAPE',
};

/** One step from this state: what the variables become and what comes out. The tensors belong to the caller. */
export function interpret(
  tf: TensorFlow,
  program: Program,
  inputs: Readonly<Record<string, Tensor>>,
  state: ReadonlyMap<string, Tensor>,
): { state: Map<string, Tensor>; outputs: Map<string, Tensor> } {
  const backend = nativeBackend(tf);
  const values = new Map<ValueId, Tensor>();
  const constant = (id: ValueId, bytes: Uint8Array): Tensor => {
    const { dtype, shape } = program.types.get(id)!;
    const typed = dtype === 'float32' ? new Float32Array(bytes.slice().buffer) : dtype === 'int32' ? new Int32Array(bytes.slice().buffer) : bytes;
    return tf.tensor(typed, [...shape], dtype);
  };
  for (const [id, source] of program.sources) {
    if (source.kind === 'constant') values.set(id, constant(id, source.bytes));
    else values.set(id, source.kind === 'input' ? inputs[source.name]! : state.get(source.name)!);
  }
  for (const { op, attributes, inputs: operands, outputs } of program.operations) {
    const native = attributes.map(({ name, kind, value }) => ({ name, type: backend.binding[ATTRIBUTE_CODES[kind]]!, value }));
    const results = backend.executeMultipleOutputs(op, native, operands.map((id) => values.get(id)!), outputs.length);
    results.forEach((tensor, index) => values.set(outputs[index]!, tensor));
  }
  const named = (entries: ReadonlyMap<string, ValueId>): Map<string, Tensor> =>
    new Map([...entries].map(([name, id]) => [name, tf.clone(values.get(id)!)]));
  const results = { state: new Map([...state].map(([name, tensor]) => [name, tf.clone(tensor)])), outputs: named(program.outputs) };
  for (const [name, tensor] of named(program.writes)) {
    results.state.get(name)?.dispose();
    results.state.set(name, tensor);
  }
  // Everything but what was given and what is given back.
  for (const [id, tensor] of values) {
    const source = program.sources.get(id);
    if (source === undefined || source.kind === 'constant') tensor.dispose();
  }
  return results;
}
