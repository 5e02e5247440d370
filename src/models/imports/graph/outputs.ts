// Which node's output the network ends in: the one that was asked for, or the only one that the graph itself names.
import { ServiceError } from '../../../contract/errors.js';
import { isRecord, type Json, type Parsed } from '../source.js';
import type { GraphNode, GraphNodes } from './nodes.js';

/** Names that are shown of many. */
const SHOWN = 12;
const NEAREST = 5;

/**
 * @param asked the name of a node, with ":0" behind it or not
 * @throws OUTPUT_NODE_UNKNOWN, OUTPUT_NODE_NEEDED, both at `/output_node`; MODEL_CORRUPT
 */
export function outputNode(nodes: GraphNodes, model: Json, asked: string | undefined, parsed: Parsed): GraphNode {
  if (asked !== undefined) return named(nodes, asked);
  const found = signedOutputs(nodes, model, parsed) ?? ends(nodes);
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (!only) throw parsed.corrupt('nothing in its graph is an output');
  throw ServiceError.of('OUTPUT_NODE_NEEDED', found.length, listed(found.map(({ shown }) => shown))).at('/output_node');
}

const listed = (names: readonly string[]): string => [...names.slice(0, SHOWN), ...(names.length > SHOWN ? ['…'] : [])].join(', ');

function named(nodes: GraphNodes, asked: string): GraphNode {
  const found = nodes.get(asked) ?? nodes.get(asked.replace(/:0$/, ''));
  if (found) return found;
  throw ServiceError.of('OUTPUT_NODE_UNKNOWN', asked.slice(0, 128), nearest(nodes, asked).join(', ')).at('/output_node');
}

/** What the signature calls outputs; undefined where there is no signature. */
function signedOutputs(nodes: GraphNodes, model: Json, parsed: Parsed): GraphNode[] | undefined {
  const outputs = Object.values(signatureOf(model, 'outputs'));
  if (outputs.length === 0) return undefined;
  const names = outputs.map((output) => parsed.text(isRecord(output) ? output.name : undefined, 'the name of an output in its signature').replace(/:0$/, ''));
  return [...new Set(names)].map((name) => {
    const node = nodes.get(name);
    if (!node) throw parsed.corrupt(`its signature names an output "${name.slice(0, 128)}" that there is not`);
    return node;
  });
}

/** Inputs or outputs as the converter has noted them, in the place of today or that of earlier versions. */
export function signatureOf({ signature, userDefinedMetadata }: Json, side: 'inputs' | 'outputs'): Json {
  const written = isRecord(signature) ? signature : isRecord(userDefinedMetadata) ? userDefinedMetadata.signature : undefined;
  const entries = isRecord(written) ? written[side] : undefined;
  return isRecord(entries) ? entries : {};
}

/** Nodes whose outputs nothing takes. */
function ends(nodes: GraphNodes): GraphNode[] {
  const all = [...nodes.all()];
  const taken = new Set(all.flatMap(({ inputs }) => inputs.map((input) => input.replace(/:\d+$/, ''))));
  return all.filter(({ name, op }) => op !== 'Const' && !taken.has(name));
}

/** By Dice's coefficient of the pairs of letters that both names have. */
function nearest(nodes: GraphNodes, asked: string): string[] {
  const wanted = pairsOf(asked);
  const scored = [...nodes.all()].filter(({ op }) => op !== 'Const').map(({ name, shown }) => {
    const pairs = pairsOf(name);
    const shared = [...pairs].filter((pair) => wanted.has(pair)).length;
    return { shown, score: (2 * shared) / Math.max(1, pairs.size + wanted.size) };
  });
  return scored.sort((one, other) => other.score - one.score).slice(0, NEAREST).map(({ shown }) => shown);
}

const pairsOf = (name: string): Set<string> => new Set(Array.from({ length: Math.max(0, name.length - 1) }, (_, at) => name.slice(at, at + 2).toLowerCase()));
