// A TensorFlow graph from one of its nodes back to its input, as layers of ours.
import { commonFolder } from '../source-files.js';
import type { Json, Parsed, SourceGraph, SourceLayer, StoredWeight } from '../source.js';
import { GraphNodes } from './nodes.js';
import { OPERATIONS } from './operations.js';
import { outputNode } from './outputs.js';
import { Reading } from './reading.js';
import { inputSizes, reachedFrom } from './walk.js';

export interface GraphSource {
  readonly parsed: Parsed;
  /** The model.json, whose signature may name inputs and outputs. */
  readonly model: Json;
  /** The GraphDef. */
  readonly topology: Json;
  /** By the names of the constants they are. */
  readonly weights: ReadonlyMap<string, StoredWeight>;
}

/**
 * @param asked the node that it ends in; undefined where that is the only output the graph names
 * @throws OP_NOT_ALLOWED, MODEL_CORRUPT, MODEL_NOT_SUPPORTED; OUTPUT_NODE_UNKNOWN and OUTPUT_NODE_NEEDED at `/output_node`
 */
export function readGraph({ parsed, model, topology, weights }: GraphSource, asked: string | undefined): SourceGraph {
  const nodes = new GraphNodes(topology, parsed);
  const output = outputNode(nodes, model, asked, parsed);
  const { order, placeholder, uses } = reachedFrom(output, nodes, (node) => OPERATIONS.get(node.op)?.flow(node), parsed);
  const folder = commonFolder(order.map(({ name }) => name));
  for (const node of order) node.layerName = node.name.slice(folder.length);
  const sizes = inputSizes(placeholder, model);
  const reading = new Reading(nodes, weights, uses, sizes?.[0] ?? undefined);
  reading.gives(placeholder, undefined);
  const layers = new Set<SourceLayer>();
  for (const node of order) {
    const layer = OPERATIONS.get(node.op)!.read(node, reading);
    reading.gives(node, layer);
    if (layer) layers.add(layer);
  }
  return { layers: [...layers], inputShape: sizes?.slice(1) };
}
