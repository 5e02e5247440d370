// Two recordings of one network, of different numbers of examples, as one graph that takes any number.
import { isDeepStrictEqual } from 'node:util';
import type { Attribute, Operation, Program, ValueId } from '../engine/capture/program.js';
import { bytesOf } from '../store/array-file.js';
import type { Weights } from '../models/weights.js';
import { INPUT_NAME, OUTPUT_NAME, tensorShape, type AttrValue, type Constant, type GraphPlace, type GraphType, type InferenceGraph, type NodeDef } from './graph-def.js';

const TYPES = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' } as const satisfies Record<string, GraphType>;
/** Types as numbers, which recorded attributes have (tensorflow/core/framework/types.proto). */
const TYPE_NAMES: Readonly<Record<number, GraphType>> = { 1: 'DT_FLOAT', 3: 'DT_INT32', 10: 'DT_BOOL' };

/** Operations that take -1 for a size that follows from the others, and which of their inputs holds sizes. */
const SIZES_INPUT: Readonly<Record<string, number>> = { Reshape: 1, Slice: 2 };
/** The operation that takes the sizes of what it gives, all of them. */
const TRANSPOSED = 'Conv2DBackpropInput';

export class GraphWriter {
  private readonly nodes: NodeDef[] = [];
  private readonly constants: Constant[] = [];
  private readonly names = new Map<ValueId, string>();
  private readonly uses = new Map<string, number>();
  /** The node that gives the number of examples, as a vector of one, once something needs it. */
  private examples: string | undefined;

  /** @param some @param others recordings that differ in the number of examples alone */
  constructor(private readonly weights: Weights, private readonly some: Program, private readonly others: Program) {
    const form = ({ operations, outputs }: Program): unknown => [operations, [...outputs]];
    if (!isDeepStrictEqual(form(some), form(others))) throw new Error('the network does other operations on another number of examples');
  }

  write(): InferenceGraph {
    const { some } = this;
    for (const [id, source] of some.sources) {
      if (source.kind === 'input') this.input(id);
      if (source.kind === 'variable') this.names.set(id, this.constant(source.name, 'DT_FLOAT', some.types.get(id)!.shape, bytesOf(this.weights.get(source.name)!)));
    }
    for (const operation of some.operations) this.operation(operation);
    const [output] = some.outputs.values();
    this.node('Identity', [this.value(output!)], { T: { type: 'DT_FLOAT' } }, OUTPUT_NAME);
    return { nodes: this.nodes, constants: this.constants, input: this.inputPlace, output: { node: OUTPUT_NAME, shape: this.openShape(output!) } };
  }

  private get inputPlace(): GraphPlace {
    const [id] = [...this.some.sources].find(([, { kind }]) => kind === 'input')!;
    return { node: INPUT_NAME, shape: this.openShape(id) };
  }

  private input(id: ValueId): void {
    this.names.set(id, this.node('Placeholder', [], { dtype: { type: 'DT_FLOAT' }, shape: { shape: tensorShape(this.openShape(id)) } }, INPUT_NAME));
  }

  /** With -1 for what differs between the recordings. */
  private openShape(id: ValueId): number[] {
    const others = this.others.types.get(id)!.shape;
    return this.some.types.get(id)!.shape.map((size, axis) => (size === others[axis] ? size : -1));
  }

  private operation({ op, attributes, inputs, outputs }: Operation): void {
    const operands = inputs.map((id, at) => this.operand(op, at, id));
    const node = this.node(op, operands, Object.fromEntries([...impliedTypes(op), ...attributes.map(attribute)]));
    outputs.forEach((id, at) => this.names.set(id, at === 0 ? node : `${node}:${at}`));
  }

  private operand(op: string, at: number, id: ValueId): string {
    const isSizes = at === SIZES_INPUT[op];
    if (!isSizes && !(op === TRANSPOSED && at === 0)) return this.value(id);
    const sizes = this.openIntegers(id);
    if (sizes.filter((size) => size === -1).length === 0) return this.value(id);
    if (sizes.filter((size) => size === -1).length > 1) throw new Error(`${op} has two sizes that follow from the number of examples`);
    return isSizes ? this.integers(sizes) : this.sizesOf(sizes.slice(1));
  }

  /** An int32 constant, with -1 for what differs between the recordings. */
  private openIntegers(id: ValueId): number[] {
    const [some, others] = [this.some, this.others].map(({ sources }) => {
      const source = sources.get(id);
      return source?.kind === 'constant' ? [...new Int32Array(source.bytes.slice().buffer)] : [];
    });
    return some!.map((size, at) => (size === others![at] ? size : -1));
  }

  /** The node of a value; that of a constant is written when it is first needed. */
  private value(id: ValueId): string {
    const known = this.names.get(id) ?? this.constantValue(id);
    this.names.set(id, known);
    return known;
  }

  private constantValue(id: ValueId): string {
    const [source, other] = [this.some.sources.get(id), this.others.sources.get(id)];
    if (source?.kind !== 'constant' || other?.kind !== 'constant') throw new Error(`value %${id} has no node`);
    const { dtype, shape } = this.some.types.get(id)!;
    if (Buffer.compare(source.bytes, other.bytes) === 0) return this.constant(this.nameFor('Const'), TYPES[dtype], shape, source.bytes);
    // What a state begins with: one number everywhere, for each example.
    const [axis, ...rest] = this.openShape(id);
    const isUniform = dtype === 'float32' && axis === -1 && !rest.includes(-1) && new Set(new Float32Array(source.bytes.slice().buffer)).size === 1;
    if (!isUniform) throw new Error(`a constant follows from the number of examples: ${dtype} [${shape.join(', ')}]`);
    const number = this.constant(this.nameFor('Const'), 'DT_FLOAT', [], source.bytes.slice(0, 4));
    return this.node('Fill', [this.sizesOf(rest), number], { T: { type: 'DT_FLOAT' }, index_type: { type: 'DT_INT32' } });
  }

  /** A node that gives the number of examples, and these sizes behind it. */
  private sizesOf(rest: readonly number[]): string {
    return this.node('ConcatV2', [this.exampleCount(), this.integers(rest), this.integer(0)], { N: { i: '2' }, T: { type: 'DT_INT32' }, Tidx: { type: 'DT_INT32' } });
  }

  private exampleCount(): string {
    this.examples ??= (() => {
      const shape = this.node('Shape', [INPUT_NAME], { T: { type: 'DT_FLOAT' }, out_type: { type: 'DT_INT32' } });
      const masks = Object.fromEntries(['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((name) => [name, { i: '0' }]));
      return this.node('StridedSlice', [shape, this.integers([0]), this.integers([1]), this.integers([1])], { ...masks, T: { type: 'DT_INT32' }, Index: { type: 'DT_INT32' } });
    })();
    return this.examples;
  }

  private integers(values: readonly number[]): string {
    return this.constant(this.nameFor('Const'), 'DT_INT32', [values.length], bytesOf(Int32Array.from(values)));
  }

  private integer(value: number): string {
    return this.constant(this.nameFor('Const'), 'DT_INT32', [], bytesOf(Int32Array.of(value)));
  }

  private constant(name: string, dtype: GraphType, shape: readonly number[], bytes: Uint8Array): string {
    this.constants.push({ name, dtype, shape, bytes });
    return this.node('Const', [], { dtype: { type: dtype } }, name);
  }

  private node(op: string, input: readonly string[], attr: Record<string, AttrValue>, name = this.nameFor(op)): string {
    this.nodes.push({ name, op, input: [...input], attr });
    return name;
  }

  /** No name of a weight, which has a slash, is like these. */
  private nameFor(op: string): string {
    const count = this.uses.get(op) ?? 0;
    this.uses.set(op, count + 1);
    return `${op}_${count}`;
  }
}

/** Attributes that eager execution infers from the inputs and a graph must state. */
const impliedTypes = (op: string): [string, AttrValue][] => (op === 'ExpandDims' ? [['T', { type: 'DT_FLOAT' }], ['Tdim', { type: 'DT_INT32' }]] : []);

function attribute({ name, kind, value }: Attribute): [string, AttrValue] {
  if (kind === 'string') return [name, { s: Buffer.from(String(value)).toString('base64') }];
  if (kind === 'bool') return [name, { b: Boolean(value) }];
  if (kind === 'float') return [name, { f: Number(value) }];
  if (kind === 'type') return [name, { type: TYPE_NAMES[Number(value)]! }];
  if (kind === 'shape') return [name, { shape: tensorShape(value as readonly number[]) }];
  return [name, Array.isArray(value) ? { list: { i: value.map(String) } } : { i: String(value) }];
}
