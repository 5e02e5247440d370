// TensorFlow.js Graph models: inference alone.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordGraph } from '../record-graph.js';
import { GRAPH_SHARD, tfjsGraph } from '../tfjs-graph.js';
import type { Format } from './format.js';
import { ownBuffer, tensorRunner } from './tensors.js';

const MODEL_FILE = 'model.json';

export const TFJS_GRAPH: Format = {
  runtime: 'TensorFlow.js (tf.loadGraphModel)',
  tolerance: 1e-6,
  async write(tf, { architecture, weights }, folder) {
    const graph = tfjsGraph(await recordGraph(tf, architecture, weights));
    await writeFile(join(folder, MODEL_FILE), `${JSON.stringify(graph.model)}\n`, { flag: 'wx', mode: 0o600 });
    await writeFile(join(folder, GRAPH_SHARD), graph.weights, { flag: 'wx', mode: 0o600 });
    return [MODEL_FILE, GRAPH_SHARD];
  },
  async open(tf, { architecture }, folder) {
    const { modelTopology, weightsManifest, signature } = JSON.parse(await readFile(join(folder, MODEL_FILE), 'utf8')) as {
      modelTopology: object; signature: object; weightsManifest: { weights: never[] }[];
    };
    const artifacts = { format: 'graph-model', modelTopology, signature, weightSpecs: weightsManifest.flatMap(({ weights }) => weights), weightData: ownBuffer(await readFile(join(folder, GRAPH_SHARD))) };
    return tensorRunner(tf, await tf.loadGraphModel(tf.io.fromMemory(artifacts)), architecture.input_shape);
  },
};
