// An ONNX model under construction (onnx/onnx.proto3, IR version 8, operators of opset 17). The numbers are the fields' numbers there.
import type { Shape } from '../../contract/shape.js';
import { bytesOf } from '../../store/array-file.js';
import { encoder } from '../protobuf.js';

export const OPSET = 17;
const IR_VERSION = 8;

const TENSOR_TYPES = { FLOAT: 1, INT64: 7, INT32: 6 } as const;
const ATTRIBUTE_TYPES = { FLOAT: 1, INT: 2, STRING: 3, INTS: 7 } as const;

const encode = encoder(
  'ModelProto',
  {
    ModelProto: { irVersion: ['int64', 1], producerName: ['string', 2], graph: ['GraphProto', 7], opsetImport: ['OperatorSetIdProto[]', 8], metadataProps: ['StringStringEntryProto[]', 14] },
    OperatorSetIdProto: { domain: ['string', 1], version: ['int64', 2] },
    StringStringEntryProto: { key: ['string', 1], value: ['string', 2] },
    GraphProto: { node: ['NodeProto[]', 1], name: ['string', 2], initializer: ['TensorProto[]', 5], input: ['ValueInfoProto[]', 11], output: ['ValueInfoProto[]', 12] },
    NodeProto: { input: ['string[]', 1], output: ['string[]', 2], name: ['string', 3], opType: ['string', 4], attribute: ['AttributeProto[]', 5] },
    AttributeProto: { name: ['string', 1], f: ['float', 2], i: ['int64', 3], s: ['bytes', 4], ints: ['int64[]', 8], type: ['int32', 20] },
    TensorProto: { dims: ['int64[]', 1], dataType: ['int32', 2], name: ['string', 8], rawData: ['bytes', 9] },
    ValueInfoProto: { name: ['string', 1], type: ['TypeProto', 2] },
    TypeProto: { tensorType: ['TensorType', 1] },
    TensorType: { elemType: ['int32', 1], shape: ['TensorShapeProto', 2] },
    TensorShapeProto: { dim: ['Dimension[]', 1] },
    Dimension: { dimValue: ['int64', 1], dimParam: ['string', 2] },
  },
);

export type OnnxAttribute = string | readonly number[] | { f: number } | { i: number };

/** What a model is called for the number of examples. */
const BATCH = 'N';
export const INPUT = 'inputs';
export const OUTPUT = 'outputs';

export class OnnxModel {
  private readonly nodes: object[] = [];
  private readonly initializers: object[] = [];
  private readonly counts = new Map<string, number>();
  private readonly lists = new Map<string, string>();

  /**
   * Adds a node and returns the name of one output.
   * @param output its name @default a new one
   * @param skipped how many outputs before that one nobody needs
   */
  node(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}, { output = this.nameFor(opType), skipped = 0 }: { output?: string; skipped?: number } = {}): string {
    this.nodes.push({ name: output, opType, input: inputs, output: [...Array<string>(skipped).fill(''), output], attribute: Object.entries(attributes).map(([name, value]) => ({ name, ...written(value) })) });
    return output;
  }

  floats(values: Float32Array, shape: Shape, name = this.nameFor('floats')): string {
    this.initializers.push({ name, dataType: TENSOR_TYPES.FLOAT, dims: shape, rawData: bytesOf(values) });
    return name;
  }

  number(value: number): string {
    return this.floats(Float32Array.of(value), []);
  }

  /** A vector of whole numbers, such as a shape. */
  integers(values: readonly number[]): string {
    const known = this.lists.get(values.join());
    if (known !== undefined) return known;
    const name = this.nameFor('integers');
    this.initializers.push({ name, dataType: TENSOR_TYPES.INT64, dims: [values.length], rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer) });
    this.lists.set(values.join(), name);
    return name;
  }

  /** @param metadata what travels in the file, by key */
  bytes(input: Shape, output: Shape, metadata: Readonly<Record<string, string>>): Uint8Array {
    return encode({
      irVersion: IR_VERSION,
      producerName: 'rootstock',
      opsetImport: [{ domain: '', version: OPSET }],
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: { name: 'rootstock', node: this.nodes, initializer: this.initializers, input: [valueInfo(INPUT, input)], output: [valueInfo(OUTPUT, output)] },
    });
  }

  private nameFor(stem: string): string {
    const count = this.counts.get(stem) ?? 0;
    this.counts.set(stem, count + 1);
    return `${stem}_${count}`;
  }
}

function written(value: OnnxAttribute): object {
  if (typeof value === 'string') return { s: Buffer.from(value), type: ATTRIBUTE_TYPES.STRING };
  if ('f' in value) return { f: value.f, type: ATTRIBUTE_TYPES.FLOAT };
  return 'i' in value ? { i: value.i, type: ATTRIBUTE_TYPES.INT } : { ints: value, type: ATTRIBUTE_TYPES.INTS };
}

const valueInfo = (name: string, shape: Shape): object => ({
  name,
  type: { tensorType: { elemType: TENSOR_TYPES.FLOAT, shape: { dim: [{ dimParam: BATCH }, ...shape.map((size) => ({ dimValue: size }))] } } },
});
