// A TensorFlow.js Graph model: the graph as JSON, and its constants, weights among them, in one shard.
import { INPUT_NAME, OUTPUT_NAME, placeInfo, PRODUCER_VERSION, tensorShape, type Constant, type GraphType, type InferenceGraph, type NodeDef } from './graph-def.js';

export const GRAPH_SHARD = 'group1-shard1of1.bin';
const MANIFEST_TYPES = { DT_FLOAT: 'float32', DT_INT32: 'int32', DT_BOOL: 'bool' } as const satisfies Record<GraphType, string>;

export interface TfjsGraphFiles {
  /** model.json. */
  model: object;
  /** The one shard. */
  weights: Uint8Array;
}

export function tfjsGraph({ nodes, constants, input, output }: InferenceGraph): TfjsGraphFiles {
  const values = new Map(constants.map((constant) => [constant.name, constant]));
  const signature = { inputs: { [INPUT_NAME]: placeInfo(input) }, outputs: { [OUTPUT_NAME]: placeInfo(output) } };
  const model = {
    format: 'graph-model',
    generatedBy: 'rootstock',
    convertedBy: null,
    signature,
    modelTopology: { node: nodes.map((node) => withType(node, values.get(node.name))), library: {}, versions: { producer: PRODUCER_VERSION } },
    weightsManifest: [{ paths: [GRAPH_SHARD], weights: constants.map(({ name, shape, dtype }) => ({ name, shape, dtype: MANIFEST_TYPES[dtype] })) }],
  };
  return { model, weights: Buffer.concat(constants.map(({ bytes }) => bytes)) };
}

/** The converter writes type and shape of a constant, and leaves its numbers to the shard. */
function withType(node: NodeDef, constant: Constant | undefined): NodeDef {
  if (!constant) return node;
  const { dtype, shape } = constant;
  return { ...node, attr: { ...node.attr, value: { tensor: { dtype, tensorShape: tensorShape(shape) } } } };
}
