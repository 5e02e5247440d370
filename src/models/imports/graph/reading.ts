// What a node's reader can ask of the graph around it: its constants, the layers whose outputs it takes, and who else takes them.
import type { SourceLayer, StoredWeight } from '../source.js';
import type { GraphNode, GraphNodes } from './nodes.js';

/** What a reader makes of a node: the layer that gives its output, or undefined for the input of the network. */
export type Output = SourceLayer | undefined;

/** Of a shape, axes or margins. */
const MOST_INTEGERS = 64;

export class Reading {
  private readonly outputs = new Map<GraphNode, Output>();

  constructor(
    private readonly nodes: GraphNodes,
    private readonly weights: ReadonlyMap<string, StoredWeight>,
    /** How often the output of a node is taken. */
    private readonly uses: ReadonlyMap<GraphNode, number>,
    /** Examples in a batch, where the graph fixes them. */
    readonly batch: number | undefined,
  ) {}

  gives(node: GraphNode, output: Output): void {
    this.outputs.set(node, output);
  }

  /** The node that gives an input. @throws MODEL_CORRUPT where there is none */
  giver(node: GraphNode, index: number): GraphNode {
    const input = node.inputs[index];
    if (input === undefined) throw node.corrupt(`it has ${node.inputs.length} inputs and needs more`);
    return this.nodes.giver(input, node);
  }

  isConstant(node: GraphNode, index: number): boolean {
    return this.giver(node, index).op === 'Const';
  }

  /** @throws MODEL_NOT_SUPPORTED where it is computed, MODEL_CORRUPT where its numbers are not there */
  constant(node: GraphNode, index: number): StoredWeight {
    const giver = this.giver(node, index);
    if (giver.op !== 'Const') throw node.unsupported(`takes what "${giver.shown}" computes where a constant is read`);
    const stored = this.weights.get(giver.name);
    if (!stored) throw giver.corrupt('no weight of the manifest has its name');
    return stored;
  }

  /** The whole numbers of a small constant. */
  integers(node: GraphNode, index: number): number[] {
    const stored = this.constant(node, index);
    const count = stored.shape.reduce((product, size) => product * size, 1);
    if (count > MOST_INTEGERS) throw node.corrupt(`input ${index} holds ${count} numbers`);
    const values = Array.from(stored.values());
    if (!values.every((value) => Number.isSafeInteger(value))) throw node.corrupt(`input ${index} holds other numbers than whole ones`);
    return values;
  }

  /** @throws MODEL_NOT_SUPPORTED where it is a constant */
  layer(node: GraphNode, index: number): Output {
    const giver = this.giver(node, index);
    if (!this.outputs.has(giver)) throw node.unsupported(`takes the constant "${giver.shown}" where the values of the network are read`);
    return this.outputs.get(giver);
  }

  layers(node: GraphNode, count = node.inputs.length): Output[] {
    return Array.from({ length: count }, (_, index) => this.layer(node, index));
  }

  /** Whether nothing else takes what that input gives, so that its layer may do the node's work too. */
  isOwn(node: GraphNode, index: number): boolean {
    return this.uses.get(this.giver(node, index)) === 1;
  }

  /** Whether it is one of the nodes that the network runs through. */
  isOfNetwork(node: GraphNode): boolean {
    return this.outputs.has(node);
  }
}
