// What layers of a network give for examples: one number for each of their units or channels.
import type { Architecture } from '../contract/layers.js';
import { volume } from '../contract/shape.js';
import { trace } from '../models/architecture.js';
import type { Weights } from '../models/weights.js';
import type { Examples } from './examples.js';
import { plainPass } from './forward.js';
import type { Tensor, TensorFlow } from './native.js';
import { buildNetwork } from './network.js';

/** Numbers that all layers may give at once (64 MiB). */
const MOST_ACTIVATIONS = 2 ** 24;

/** float32 [examples × width], row by row. */
export interface Activations {
  values: Float32Array;
  width: number;
}

/** By layer. Where a layer gives something for many places or times, the mean over them is taken: its size would be that of the picture. */
export async function pooledActivations(tf: TensorFlow, architecture: Architecture, weights: Weights, examples: Examples, layers: readonly string[]): Promise<Map<string, Activations>> {
  const traced = trace(architecture);
  const perExample = traced.reduce((sum, { output }) => sum + volume(output), 0);
  const batchSize = Math.max(1, Math.min(examples.count, Math.floor(MOST_ACTIVATIONS / perExample)));
  const found = new Map(layers.map((name) => {
    const width = traced.find(({ layer }) => layer.name === name)!.output.at(-1)!;
    return [name, { width, values: new Float32Array(examples.count * width) }] as const;
  }));
  const network = await buildNetwork(tf, architecture, weights);
  const pass = plainPass(tf, examples, (inputs) => Object.fromEntries(network.outputsOf(layers, inputs).map((output, at) => [layers[at]!, pooled(tf, output)])), batchSize);
  try {
    let start = 0;
    for await (const batch of pass.results()) {
      const size = Math.min(batchSize, examples.count - start);
      let from = 0;
      for (const { width, values } of found.values()) {
        values.set(batch.subarray(from, from + size * width), start * width);
        from += size * width;
      }
      start += size;
    }
  } finally {
    pass.dispose();
    network.dispose();
  }
  return found;
}

const pooled = (tf: TensorFlow, output: Tensor): Tensor => (output.rank < 3 ? output : tf.mean(output, Array.from({ length: output.rank - 2 }, (_, at) => at + 1)));
