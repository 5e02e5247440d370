// A TensorFlow SavedModel of one file: a frozen graph with its signature (tensorflow/core/protobuf/saved_model.proto, meta_graph.proto;
// tensorflow/core/framework/graph.proto, node_def.proto, attr_value.proto, tensor.proto, tensor_shape.proto).
import { encoder } from './protobuf.js';
import { INPUT_NAME, OUTPUT_NAME, placeInfo, PRODUCER_VERSION, tensorShape, type InferenceGraph, type NodeDef } from './graph-def.js';

const encode = encoder(
  'SavedModel',
  {
    SavedModel: { savedModelSchemaVersion: ['int64', 1], metaGraphs: ['MetaGraphDef[]', 2] },
    MetaGraphDef: { metaInfoDef: ['MetaInfoDef', 1], graphDef: ['GraphDef', 2], signatureDef: ['SignatureDef{}', 5] },
    MetaInfoDef: { tags: ['string[]', 4] },
    SignatureDef: { inputs: ['TensorInfo{}', 1], outputs: ['TensorInfo{}', 2], methodName: ['string', 3] },
    TensorInfo: { name: ['string', 1], dtype: ['DataType', 2], tensorShape: ['TensorShapeProto', 3] },
    GraphDef: { node: ['NodeDef[]', 1], versions: ['VersionDef', 4] },
    VersionDef: { producer: ['int32', 1] },
    NodeDef: { name: ['string', 1], op: ['string', 2], input: ['string[]', 3], attr: ['AttrValue{}', 5] },
    AttrValue: { list: ['ListValue', 1], s: ['bytes', 2], i: ['int64', 3], f: ['float', 4], b: ['bool', 5], type: ['DataType', 6], shape: ['TensorShapeProto', 7], tensor: ['TensorProto', 8] },
    ListValue: { i: ['int64[]', 3] },
    TensorProto: { dtype: ['DataType', 1], tensorShape: ['TensorShapeProto', 2], tensorContent: ['bytes', 4] },
    TensorShapeProto: { dim: ['Dim[]', 2] },
    Dim: { size: ['int64', 1] },
  },
  { DataType: { DT_INVALID: 0, DT_FLOAT: 1, DT_INT32: 3, DT_BOOL: 10 } },
  { AttrValue: 'value' },
);

export const SAVED_MODEL_FILE = 'saved_model.pb';
/** The tag and the signature that every loader looks for first. */
export const SERVE = 'serve';
export const SIGNATURE = 'serving_default';

/** The bytes of `saved_model.pb`. There are no variables, so that there is no other file. */
export function savedModelBytes({ nodes, constants, input, output }: InferenceGraph): Uint8Array {
  const values = new Map(constants.map((constant) => [constant.name, constant]));
  const whole = (node: NodeDef): NodeDef => {
    const constant = values.get(node.name);
    if (!constant) return node;
    const { dtype, shape, bytes } = constant;
    return { ...node, attr: { ...node.attr, value: { tensor: { dtype, tensorShape: tensorShape(shape), tensorContent: bytes } } } };
  };
  return encode({
    savedModelSchemaVersion: 1,
    metaGraphs: [
      {
        metaInfoDef: { tags: [SERVE] },
        graphDef: { node: nodes.map(whole), versions: { producer: PRODUCER_VERSION } },
        signatureDef: { [SIGNATURE]: { inputs: { [INPUT_NAME]: placeInfo(input) }, outputs: { [OUTPUT_NAME]: placeInfo(output) }, methodName: 'tensorflow/serving/predict' } },
      },
    ],
  });
}
