// A TensorFlow graph in the JSON form of its protocol buffers (tensorflow/core/framework/graph.proto and what it imports): what the model.json
// of a TF.js Graph model holds as it is, and what a SavedModel is written from.

export type GraphType = 'DT_FLOAT' | 'DT_INT32' | 'DT_BOOL';

export interface TensorShape {
  dim: { size: string }[];
}
/** One kind of value; which one says the key. */
export interface AttrValue {
  list?: { i: string[] };
  /** In base64. */
  s?: string;
  i?: string;
  f?: number;
  b?: boolean;
  type?: GraphType;
  shape?: TensorShape;
  tensor?: { dtype: GraphType; tensorShape: TensorShape; tensorContent?: Uint8Array };
}
export interface NodeDef {
  name: string;
  op: string;
  input: string[];
  attr: Record<string, AttrValue>;
}

/** What a node of the op Const holds. */
export interface Constant {
  name: string;
  dtype: GraphType;
  shape: readonly number[];
  /** Little-endian, row-major. */
  bytes: Uint8Array;
}

/** A network as a graph, for any number of examples at once. */
export interface InferenceGraph {
  nodes: NodeDef[];
  /** Of the Const nodes, which stand among the nodes without their values. */
  constants: Constant[];
  /** The nodes that take and give what the network takes and gives; -1 stands for the number of examples. */
  input: GraphPlace;
  output: GraphPlace;
}
export interface GraphPlace {
  node: string;
  shape: readonly number[];
}

export const tensorShape = (shape: readonly number[]): TensorShape => ({ dim: shape.map((size) => ({ size: String(size) })) });

/** How a signature names a value. */
export const placeInfo = ({ node, shape }: GraphPlace) => ({ name: `${node}:0`, dtype: 'DT_FLOAT' as const, tensorShape: tensorShape(shape) });

/** The names of what the signature takes and gives. */
export const INPUT_NAME = 'inputs';
export const OUTPUT_NAME = 'outputs';

/** The reader of graphs like these that src/engine/capture writes for. */
export const PRODUCER_VERSION = 1882;
