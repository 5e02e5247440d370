// A TensorFlow.js Graph model: a model.json with a graph that was made to be run, and its constants by the names of their nodes.
import { readGraph } from './graph/read-graph.js';
import type { SourceFiles } from './source-files.js';
import type { SourceModel } from './source.js';
import { readBeside } from './tfjs-beside.js';
import type { Description } from './tfjs-description.js';
import { readWeights } from './tfjs-manifest.js';

/**
 * @param outputNode the node whose output the network gives
 * @throws what `readGraph` throws
 */
export async function readTfjsGraph(source: SourceFiles, { parsed, model, topology, groups }: Description, outputNode: string | undefined): Promise<SourceModel> {
  const weights = await readWeights(source, parsed, groups);
  const graph = readGraph({ parsed, model, topology, weights }, outputNode);
  // What is cut off has constants too, and so have the shapes of layers.
  return { graph, unclaimed: () => [], file: parsed.file, frozen: true, ...(await readBeside(source)) };
}
