// The part of a graph that an output comes from, back to the one input: without recursion, since a graph may be a chain of any length.
import { ServiceError } from '../../../contract/errors.js';
import { wholeNumber, type GraphNode, type GraphNodes } from './nodes.js';
import { signatureOf } from './outputs.js';
import { isRecord, type Json, type Parsed } from '../source.js';

export interface Reached {
  /** Each after those it takes; the last is the output. Constants and nodes that only pass on are not among them. */
  readonly order: readonly GraphNode[];
  readonly placeholder: GraphNode;
  /** How often the output of each is taken, that of the last by the network's user. */
  readonly uses: ReadonlyMap<GraphNode, number>;
}

/** The inputs of a node that values flow through; undefined for an op that is not read. */
export type Flow = (node: GraphNode) => readonly string[] | undefined;

const PLACEHOLDER = 'Placeholder';

/** @throws OP_NOT_ALLOWED, MODEL_CORRUPT, MODEL_NOT_SUPPORTED */
export function reachedFrom(output: GraphNode, nodes: GraphNodes, flow: Flow, parsed: Parsed): Reached {
  const order: GraphNode[] = [];
  const uses = new Map<GraphNode, number>();
  const done = new Set<GraphNode>();
  const visiting = new Set<GraphNode>();
  const end = nodes.giver(output.name, output);
  uses.set(end, 1);
  const path: { node: GraphNode; givers: GraphNode[] }[] = [];

  const enter = (node: GraphNode): void => {
    if (visiting.has(node)) throw parsed.corrupt(`its nodes form a circle at "${node.shown}"`);
    const inputs = node.op === PLACEHOLDER ? [] : flow(node);
    if (inputs === undefined) throw ServiceError.of('OP_NOT_ALLOWED', node.shown, node.op.slice(0, 64));
    if (inputs.length === 0 && node.op !== PLACEHOLDER) throw node.corrupt('it takes nothing');
    const givers = inputs.map((input) => nodes.giver(input, node)).filter(({ op }) => op !== 'Const');
    for (const giver of givers) uses.set(giver, (uses.get(giver) ?? 0) + 1);
    visiting.add(node);
    path.push({ node, givers: givers.reverse() });
  };

  if (end.op === 'Const') throw parsed.corrupt(`"${end.shown}" is a constant`);
  enter(end);
  while (path.length > 0) {
    const { node, givers } = path.at(-1)!;
    const next = givers.pop();
    if (next && !done.has(next)) enter(next);
    else if (!next) {
      path.pop();
      visiting.delete(node);
      done.add(node);
      order.push(node);
    }
  }
  return { order: order.filter(({ op }) => op !== PLACEHOLDER), placeholder: onlyInput(order, parsed), uses };
}

function onlyInput(order: readonly GraphNode[], parsed: Parsed): GraphNode {
  const [input, ...others] = order.filter(({ op }) => op === PLACEHOLDER);
  if (!input) throw parsed.corrupt('what it gives is computed from constants alone');
  if (others.length > 0) throw ServiceError.of('MODEL_NOT_SUPPORTED', `it has ${1 + others.length} inputs, "${input.shown}" and "${others[0]!.shown}" among them; one is read`);
  const type = input.type('dtype');
  if (type !== undefined && type !== 'DT_FLOAT' && type !== 1) throw input.unsupported(`is of the type ${JSON.stringify(type).slice(0, 32)}; DT_FLOAT is read`);
  return input;
}

/**
 * Sizes along each axis, the batch's first, null where they are left open; undefined where they are not said. What the signature says of
 * an input holds where its node says nothing.
 * @throws MODEL_CORRUPT, MODEL_NOT_SUPPORTED
 */
export function inputSizes(placeholder: GraphNode, model: Json): (number | null)[] | undefined {
  const said = Object.values(signatureOf(model, 'inputs')).find((input): input is Json => isRecord(input) && typeof input.name === 'string' && input.name.replace(/:0$/, '') === placeholder.name);
  const sizes = sizesOf(placeholder.attribute('shape')?.shape, placeholder) ?? sizesOf(said?.tensorShape, placeholder);
  if (sizes && (sizes.length < 2 || sizes.length > 5)) throw placeholder.unsupported(`takes ${sizes.length} axes; a batch of examples has 2 to 5`);
  return sizes;
}

function sizesOf(shape: unknown, placeholder: GraphNode): (number | null)[] | undefined {
  if (!isRecord(shape) || shape.unknownRank === true || shape.dim === undefined) return undefined;
  const dims: unknown[] = Array.isArray(shape.dim) ? shape.dim : [];
  if (dims.length > 8) throw placeholder.corrupt('its shape is none');
  return dims.map((dim) => {
    const size = isRecord(dim) ? wholeNumber(dim.size) : undefined;
    if (size === undefined || size === 0) throw placeholder.corrupt('its shape is none');
    return size < 0 ? null : size;
  });
}
