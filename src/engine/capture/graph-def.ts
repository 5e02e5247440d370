// A TensorFlow graph under construction, and its SavedModel form (tensorflow/core/framework/graph.proto, node_def.proto,
// attr_value.proto, tensor.proto; protobuf/saved_model.proto). The numbers below are the fields' numbers there.
import * as proto from './protobuf.js';

/** tensorflow/core/framework/types.proto */
const TYPES = { float32: 1, uint8: 4, int32: 3, bool: 10, resource: 20 } as const;
export type GraphType = keyof typeof TYPES;

/** An encoded AttrValue. */
export type AttrValue = Uint8Array & { readonly attr?: never };

const shapeProto = (shape: readonly number[]): Uint8Array => proto.message(...shape.map((size) => proto.bytes(2, proto.integer(1, size))));

export const attr = {
  text: (value: string): AttrValue => proto.text(2, value),
  int: (value: number): AttrValue => proto.integer(3, value),
  float: (value: number): AttrValue => proto.float(4, value),
  bool: (value: boolean): AttrValue => proto.integer(5, value ? 1 : 0),
  type: (value: GraphType): AttrValue => proto.integer(6, TYPES[value]),
  typeCode: (code: number): AttrValue => proto.integer(6, code),
  shape: (shape: readonly number[]): AttrValue => proto.bytes(7, shapeProto(shape)),
  ints: (values: readonly number[]): AttrValue => proto.bytes(1, proto.message(...values.map((value) => proto.integer(3, value)))),
  tensor: (type: GraphType, shape: readonly number[], content: Uint8Array): AttrValue =>
    proto.bytes(8, proto.message(proto.integer(1, TYPES[type]), proto.bytes(2, shapeProto(shape)), proto.bytes(4, content))),
};

/** The oldest reader of graphs like these; TensorFlow 2.21 writes it too. */
const PRODUCER_VERSION = 1882;

export class Graph {
  private readonly nodes: Uint8Array[] = [];
  private readonly names = new Map<string, number>();

  /** Adds a node and returns its name. Inputs are names, `name:1` for another output, `^name` to run after. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, AttrValue>> = {}, name = this.nameFor(op)): string {
    this.nodes.push(
      proto.message(
        proto.text(1, name),
        proto.text(2, op),
        // Control inputs stand last.
        ...[...inputs.filter((input) => !input.startsWith('^')), ...inputs.filter((input) => input.startsWith('^'))].map((input) => proto.text(3, input)),
        ...Object.entries(attributes).map(([key, value]) => proto.bytes(5, proto.message(proto.text(1, key), proto.bytes(2, value)))),
      ),
    );
    return name;
  }

  constant(type: GraphType, shape: readonly number[], content: Uint8Array, after: readonly string[] = []): string {
    return this.node('Const', after.map((node) => `^${node}`), { dtype: attr.type(type), value: attr.tensor(type, shape, content) });
  }

  /** The variable of that name. Nodes that name the same one share it. */
  handle(name: string, dtype: GraphType, shape: readonly number[], after: readonly string[] = []): string {
    return this.node('VarHandleOp', after.map((node) => `^${node}`), {
      dtype: attr.type(dtype),
      shape: attr.shape(shape),
      shared_name: attr.text(name),
      container: attr.text(''),
    });
  }

  ints(values: readonly number[], shape: readonly number[], after: readonly string[] = []): string {
    return this.constant('int32', shape, new Uint8Array(Int32Array.from(values).buffer), after);
  }

  get size(): number {
    return this.nodes.length;
  }

  /** The bytes of `saved_model.pb`: one graph, tagged "serve", without files of variables. */
  savedModel(): Uint8Array {
    const graph = proto.message(...this.nodes.map((node) => proto.bytes(1, node)), proto.bytes(4, proto.integer(1, PRODUCER_VERSION)));
    const metaGraph = proto.message(proto.bytes(1, proto.text(4, 'serve')), proto.bytes(2, graph));
    return proto.message(proto.integer(1, 1), proto.bytes(2, metaGraph));
  }

  private nameFor(op: string): string {
    const count = this.names.get(op) ?? 0;
    this.names.set(op, count + 1);
    return `${op}_${count}`;
  }
}
