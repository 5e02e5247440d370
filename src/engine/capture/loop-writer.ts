// One program as a loop of a graph: what begins and ends a step, and the step's operations between.
import { volume } from '../../contract/shape.js';
import { attr, type AttrValue, type Graph, type GraphType } from './graph-def.js';
import { nodes, resultVariable, resultWidth, tableVariable, type Loop, type LoopGraph } from './loop-spec.js';
import { NATIVE_UPDATES } from './passes/native-updates.js';
import type { Attribute, Operation, Update, ValueId, ValueType } from './program.js';

export class LoopWriter {
  private readonly names = new Map<ValueId, string>();
  private readonly handles = new Map<string, string>();
  private readonly frame: Record<string, AttrValue>;
  /** A node inside the loop: what has no other input hangs on it, so that it belongs to the step. */
  private step = '';

  constructor(
    private readonly graph: Graph,
    private readonly spec: LoopGraph,
    private readonly name: string,
    private readonly loop: Loop,
  ) {
    // One step at a time: a step needs the state that the one before it wrote.
    this.frame = { frame_name: attr.text(name), parallel_iterations: attr.int(1) };
  }

  write(): void {
    const { graph, name } = this;
    const int = { T: attr.type('int32') };
    const count = this.given(nodes.steps(name), 'int32', []);
    const order = this.given(nodes.order(name), 'int32', [-1, this.loop.rowsPerStep]);
    const vectors = Object.entries(this.loop.feeds).flatMap(([input, feed]) =>
      feed.from === 'vector' ? [[input, this.given(nodes.vector(name, input), feed.dtype, [-1])] as const] : [],
    );

    const zero = graph.ints([0], []);
    const first = graph.node('Enter', [zero], { ...int, is_constant: attr.bool(false), ...this.frame });
    const again = `${name}/next`;
    const index = graph.node('Merge', [first, again], { ...int, N: attr.int(2) });
    const goesOn = graph.node('LoopCond', [graph.node('Less', [index, count], int)]);
    const turn = graph.node('Switch', [index, goesOn], int);
    const exit = graph.node('Exit', [turn], int);
    this.step = graph.node('Identity', [`${turn}:1`], int);

    this.writeInputs(order, new Map(vectors));
    const reads = this.writeSources();
    for (const operation of this.loop.program.operations) this.writeOperation(operation);
    const effects = [...this.writeAssigns(reads), ...this.writeUpdates(reads), this.writeResults()];
    const next = graph.node('AddV2', [this.step, graph.ints([1], [], [this.step]), ...effects.map((node) => `^${node}`)], int);
    graph.node('NextIteration', [next], int, again);

    const results = graph.handle(resultVariable(name), 'float32', this.resultShape, [exit]);
    graph.node('ReadVariableOp', [results, `^${exit}`], { dtype: attr.type('float32') }, nodes.results(name));
  }

  /** A value given with the call, the same in every step. */
  private given(placeholder: string, dtype: GraphType, shape: readonly number[]): string {
    const node = this.graph.node('Placeholder', [], { dtype: attr.type(dtype), shape: attr.shape(shape) }, placeholder);
    return this.graph.node('Enter', [node], { T: attr.type(dtype), is_constant: attr.bool(true), ...this.frame });
  }

  /** The handle of a variable: made before the loop and the same in every step, for making it again costs as much as a small operation. */
  private handleOf(name: string, dtype: GraphType, shape: readonly number[]): string {
    const known = this.handles.get(name);
    if (known !== undefined) return known;
    const outside = this.graph.handle(name, dtype, shape);
    const inside = this.graph.node('Enter', [outside], { T: attr.type('resource'), is_constant: attr.bool(true), ...this.frame });
    this.handles.set(name, inside);
    return inside;
  }

  private writeInputs(order: string, vectors: ReadonlyMap<string, string>): void {
    const { loop } = this;
    const rows = this.ofStep(order, 'int32');
    for (const [id, source] of loop.program.sources) {
      if (source.kind !== 'input') continue;
      const feed = loop.feeds[source.name]!;
      const { shape } = loop.program.types.get(id)!;
      if (feed.from === 'table') this.names.set(id, this.rowsOf(feed.table, rows, shape));
      else this.names.set(id, this.ofStep(vectors.get(source.name)!, feed.dtype));
    }
  }

  /** The step's own element, or row, of what was given for all steps of the call. */
  private ofStep(all: string, dtype: GraphType): string {
    const { graph, step } = this;
    const types = { Tparams: attr.type(dtype), Tindices: attr.type('int32'), Taxis: attr.type('int32') };
    return graph.node('GatherV2', [all, step, graph.ints([0], [], [step])], { ...types, batch_dims: attr.int(0) });
  }

  private reshape(value: string, dtype: GraphType, shape: readonly number[]): string {
    const target = this.graph.ints(shape, [shape.length], [this.step]);
    return this.graph.node('Reshape', [value, target], { T: attr.type(dtype), Tshape: attr.type('int32') });
  }

  private rowsOf(name: string, rows: string, shape: readonly number[]): string {
    const { graph } = this;
    const table = this.spec.tables[name]!;
    const source = this.handleOf(tableVariable(name), table.dtype, table.shape);
    const gathered = graph.node('ResourceGather', [source, rows], {
      dtype: attr.type(table.dtype),
      Tindices: attr.type('int32'),
      batch_dims: attr.int(0),
      validate_indices: attr.bool(true),
    });
    const shaped = this.reshape(gathered, table.dtype, shape);
    if (table.dtype !== 'uint8') return shaped;
    const widened = graph.node('Cast', [shaped], { SrcT: attr.type('uint8'), DstT: attr.type('float32'), Truncate: attr.bool(false) });
    return (table.divideBy ?? []).reduce((value, divisor) => {
      const by = graph.constant('float32', [], new Uint8Array(Float32Array.of(divisor).buffer), [this.step]);
      return graph.node('RealDiv', [value, by], { T: attr.type('float32') });
    }, widened);
  }

  /** Variables are read once a step; constants are written down. Returns the read of each variable. */
  private writeSources(): Map<string, string> {
    const { program } = this.loop;
    const reads = new Map<string, string>();
    for (const [id, source] of program.sources) {
      const { dtype, shape } = program.types.get(id)!;
      if (source.kind === 'constant') this.names.set(id, this.writeConstant({ dtype, shape }, source.bytes));
      // Written once its update is: a graph may name what comes later.
      if (source.kind === 'updated') this.names.set(id, this.updatedNode(source.name));
      if (source.kind !== 'variable') continue;
      const variable = this.handleOf(source.name, dtype, shape);
      const read = this.graph.node('ReadVariableOp', [variable, `^${this.step}`], { dtype: attr.type(dtype) });
      this.names.set(id, read);
      reads.set(source.name, read);
    }
    return reads;
  }

  private writeOperation({ op, attributes, inputs, outputs }: Operation): void {
    const operands = inputs.map((id) => this.names.get(id)!);
    const own = Object.fromEntries(attributes.map((attribute) => [attribute.name, encode(attribute)]));
    const implied = this.impliedAttributes(op, inputs);
    const node = this.graph.node(op, operands.length > 0 ? operands : [`^${this.step}`], { ...implied, ...own });
    outputs.forEach((id, index) => this.names.set(id, index === 0 ? node : `${node}:${index}`));
  }

  /** Attributes that eager execution infers from the inputs and a graph must state. */
  private impliedAttributes(op: string, inputs: readonly ValueId[]): Record<string, AttrValue> {
    const attributes = IMPLIED_TYPES[op];
    if (!attributes) return {};
    const { types } = this.loop.program;
    return Object.fromEntries(attributes.map(([name, input]) => [name, attr.type(types.get(inputs[input]!)!.dtype)]));
  }

  /** A variable may be written only after it was read: without the edge the two race (docs/decisions/recorded-steps.md, "Write after read"). */
  private writeAssigns(reads: ReadonlyMap<string, string>): string[] {
    return [...this.loop.program.writes].map(([name, id]) => {
      const { dtype, shape } = this.spec.variables.get(name)!;
      const read = reads.get(name);
      const variable = this.handleOf(name, dtype, shape);
      return this.graph.node('AssignVariableOp', [variable, this.names.get(id)!, ...(read ? [`^${read}`] : [])], { dtype: attr.type(dtype) });
    });
  }

  /** Each update of a variable runs after its read and after the update before it. */
  private writeUpdates(reads: ReadonlyMap<string, string>): string[] {
    const last = new Map(reads);
    const nodes = this.loop.program.updates.filter(({ native }) => native).map((update) => {
      const node = this.writeUpdate(update, last);
      for (const name of update.variables.values()) last.set(name, node);
      return node;
    });
    this.writeReadsOfUpdated(last);
    return nodes;
  }

  private updatedNode(variable: string): string {
    return `${this.name}/updated/${variable}`;
  }

  /** @param last the last update of each variable */
  private writeReadsOfUpdated(last: ReadonlyMap<string, string>): void {
    const { sources, types } = this.loop.program;
    for (const [id, source] of sources) {
      if (source.kind !== 'updated') continue;
      const { dtype, shape } = types.get(id)!;
      this.graph.node('ReadVariableOp', [this.handleOf(source.name, dtype, shape), `^${last.get(source.name)!}`], { dtype: attr.type(dtype) }, this.updatedNode(source.name));
    }
  }

  /** TensorFlow's operation changes the variable in place, or a copy of it while a part of the step still holds what it read. */
  private writeUpdate({ rule, operands, variables }: Update, last: ReadonlyMap<string, string>): string {
    const { op, variables: roles, operands: order, flags } = NATIVE_UPDATES[rule];
    const changed = roles.map((role) => variables.get(role)!);
    const handles = changed.map((name) => {
      const { dtype, shape } = this.spec.variables.get(name)!;
      return this.handleOf(name, dtype, shape);
    });
    const after = [...new Set(changed.flatMap((name) => last.get(name) ?? []))].map((node) => `^${node}`);
    const values = order.map((role) => this.names.get(operands.get(role)!)!);
    const settings = Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, attr.bool(value)]));
    return this.graph.node(op, [...handles, ...values, ...after], { T: attr.type('float32'), ...settings });
  }

  /** A constant that is one number everywhere is written as that number: the gradients of a large network hold hundreds of megabytes of ones. */
  private writeConstant({ dtype, shape }: ValueType, bytes: Uint8Array): string {
    const { graph, step } = this;
    const words = dtype === 'bool' ? undefined : new Int32Array(bytes.slice().buffer);
    if (!words || words.length < FILL_FROM || !words.every((word) => word === words[0])) return graph.constant(dtype, shape, bytes, [step]);
    const inputs = [graph.ints(shape, [shape.length], [step]), graph.constant(dtype, [], bytes.slice(0, 4), [step])];
    return graph.node('Fill', inputs, { T: attr.type(dtype), index_type: attr.type('int32') });
  }

  private get resultShape(): readonly number[] {
    return [this.loop.mostSteps, resultWidth(this.loop.program)];
  }

  /** The step's results, all of them float32, as its row of the loop's table of results. */
  private writeResults(): string {
    const { graph, step } = this;
    const { outputs, types } = this.loop.program;
    const float = attr.type('float32');
    const flat = [...outputs.values()].map((id) => this.reshape(this.names.get(id)!, 'float32', [volume(types.get(id)!.shape)]));
    const joined = { T: float, N: attr.int(flat.length), Tidx: attr.type('int32') };
    const row = flat.length === 1 ? flat[0]! : graph.node('ConcatV2', [...flat, graph.ints([0], [], [step])], joined);
    const table = this.handleOf(resultVariable(this.name), 'float32', this.resultShape);
    return graph.node('ResourceScatterUpdate', [table, step, row], { dtype: attr.type('float32'), Tindices: attr.type('int32') });
  }
}

/** Uniform constants of this many elements are filled in when the graph runs. */
const FILL_FROM = 1024;

/** By operation: attribute name and the input whose element type it is. */
const IMPLIED_TYPES: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  ExpandDims: [['T', 0], ['Tdim', 1]],
};

function encode({ kind, value }: Attribute): AttrValue {
  if (kind === 'string') return attr.text(String(value));
  if (kind === 'bool') return attr.bool(Boolean(value));
  if (kind === 'shape') return attr.shape(value as readonly number[]);
  if (kind === 'float') return attr.float(Number(value));
  if (kind === 'type') return attr.typeCode(Number(value));
  return Array.isArray(value) ? attr.ints(value) : attr.int(Number(value));
}
