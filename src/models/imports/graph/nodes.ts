// The nodes of a TensorFlow graph (GraphDef, as JSON): their names, what each takes, and what is said of each.
import { ServiceError } from '../../../contract/errors.js';
import { isRecord, type Json, type Parsed } from '../source.js';

/** Nodes that give what they are given. */
const PASSING: ReadonlySet<string> = new Set(['Identity', 'StopGradient']);

export class GraphNode {
  /** What its layer is called: its name without the folder that all layers lie in. */
  layerName: string;

  constructor(
    readonly name: string,
    readonly op: string,
    /** Names of the nodes whose outputs it takes. What only has to happen before it (`^name`) is left out: nothing here has an effect. */
    readonly inputs: readonly string[],
    private readonly attributes: Json,
    private readonly parsed: Parsed,
  ) {
    this.layerName = name;
  }

  get shown(): string {
    return this.name.slice(0, 128);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.attributes, name);
  }

  /** Texts are base64. */
  text(name: string, usual: string): string {
    const value = this.attribute(name)?.s;
    return value === undefined ? usual : this.decoded(value, name);
  }

  texts(name: string): string[] {
    return this.listOf(name, 's').map((value) => this.decoded(value, name));
  }

  flag(name: string): boolean {
    return this.attribute(name)?.b === true;
  }

  /** Whole numbers are written as texts. */
  integer(name: string, usual: number): number {
    const value = this.attribute(name)?.i;
    return value === undefined ? usual : this.whole(value, name);
  }

  integers(name: string): number[] {
    return this.listOf(name, 'i').map((value) => this.whole(value, name));
  }

  number(name: string, usual: number): number {
    const value = this.attribute(name)?.f ?? usual;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.corrupt(`its ${name} is no number`);
    return value;
  }

  /** A type, by name or by number; undefined where it is not said. */
  type(name: string): unknown {
    return this.attribute(name)?.type;
  }

  /** The value of an attribute of another kind. */
  attribute(name: string): Json | undefined {
    const value = this.has(name) ? this.attributes[name] : undefined;
    if (value !== undefined && !isRecord(value)) throw this.corrupt(`its ${name.slice(0, 64)} is no attribute`);
    return value;
  }

  corrupt(why: string): ServiceError {
    return this.parsed.corrupt(`node "${this.shown}" (${this.op.slice(0, 64)}): ${why}`);
  }

  /** What of it cannot be said by the layers there are. */
  unsupported(why: string): ServiceError {
    return ServiceError.of('MODEL_NOT_SUPPORTED', `node "${this.shown}" (${this.op.slice(0, 64)}) ${why}`);
  }

  private listOf(name: string, kind: 's' | 'i'): readonly unknown[] {
    const list = this.attribute(name)?.list;
    if (list === undefined) return [];
    const values = isRecord(list) ? (list[kind] ?? []) : list;
    if (!Array.isArray(values) || values.length > MOST_VALUES) throw this.corrupt(`its ${name} is no list`);
    return values;
  }

  private decoded(value: unknown, name: string): string {
    if (typeof value !== 'string' || value.length > 1024) throw this.corrupt(`its ${name} is no text`);
    return Buffer.from(value, 'base64').toString('utf8');
  }

  private whole(value: unknown, name: string): number {
    const number = wholeNumber(value);
    if (number === undefined) throw this.corrupt(`its ${name} is no whole number`);
    return number;
  }
}

/** Of one attribute; a node of a picture has four. */
const MOST_VALUES = 64;

/** A whole number as protocol buffers write it in JSON: those of 64 bits as texts. */
export function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

/** All nodes by their names. */
export class GraphNodes {
  private readonly byName = new Map<string, GraphNode>();
  /** Of nodes that only pass on. */
  private readonly givers = new Map<GraphNode, GraphNode>();

  /** @throws MODEL_CORRUPT */
  constructor(
    topology: Json,
    private readonly parsed: Parsed,
  ) {
    for (const value of parsed.list(topology.node, 'the nodes of its graph')) {
      const written = parsed.record(value, 'a node');
      const [name, op] = [parsed.text(written.name, 'the name of a node'), parsed.text(written.op, 'the op of a node')];
      if (this.byName.has(name)) throw parsed.corrupt(`two of its nodes are named "${name.slice(0, 128)}"`);
      const inputs = parsed.list(written.input ?? [], 'the inputs of a node').map((input) => parsed.text(input, 'an input of a node'));
      const attributes = parsed.record(written.attr ?? {}, 'the attributes of a node');
      this.byName.set(name, new GraphNode(name, op, inputs.filter((input) => !input.startsWith('^')), attributes, parsed));
    }
  }

  get(name: string): GraphNode | undefined {
    return this.byName.get(name);
  }

  all(): Iterable<GraphNode> {
    return this.byName.values();
  }

  /**
   * The node that gives an input of another, past those that only pass it on.
   * @throws MODEL_CORRUPT, MODEL_NOT_SUPPORTED for a further output of a node
   */
  giver(input: string, taker: GraphNode): GraphNode {
    const passed: GraphNode[] = [];
    let node = this.taken(input, taker);
    while (PASSING.has(node.op) && !this.givers.has(node)) {
      const [next] = node.inputs;
      if (next === undefined) throw node.corrupt('it takes nothing');
      passed.push(node);
      if (passed.length > this.byName.size) throw this.parsed.corrupt(`its nodes form a circle at "${taker.shown}"`);
      node = this.taken(next, node);
    }
    const giver = this.givers.get(node) ?? node;
    for (const each of passed) this.givers.set(each, giver);
    return giver;
  }

  private taken(input: string, taker: GraphNode): GraphNode {
    const [name, output] = [input.replace(/:\d+$/, ''), /:(\d+)$/.exec(input)?.[1] ?? '0'];
    const node = this.byName.get(name);
    if (!node) throw taker.corrupt(`it takes the output of a node "${name.slice(0, 128)}" that there is not`);
    if (Number(output) !== 0) throw taker.unsupported(`takes output ${output.slice(0, 16)} of "${node.shown}"; the first is read`);
    return node;
  }
}
