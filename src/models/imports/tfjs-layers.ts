// A TensorFlow.js Layers model: a model.json with the topology that Keras writes, and its weights by the names of their layers.
import type { SourceFiles } from './source-files.js';
import { kerasModel, type LayerPlace, type WeightFinder } from './keras-graph.js';
import type { SourceModel, StoredWeight } from './source.js';
import { readBeside } from './tfjs-beside.js';
import type { Description } from './tfjs-description.js';
import { readWeights } from './tfjs-manifest.js';

/** @throws MODEL_CORRUPT, MODEL_NOT_SUPPORTED, LAYER_NOT_ALLOWED, LAYER_UNUSED */
export async function readTfjsLayers(source: SourceFiles, { parsed, topology, groups }: Description): Promise<SourceModel> {
  const weights = new LayerWeights(await readWeights(source, parsed, groups));
  return { ...kerasModel(topology, weights, parsed), ...(await readBeside(source)) };
}

class LayerWeights implements WeightFinder {
  private readonly claimed = new Set<string>();

  constructor(private readonly byName: ReadonlyMap<string, StoredWeight>) {}

  /** `layer/weight`, or with more in between and before: an RNN's cell, the network that holds the layer. */
  find({ names }: LayerPlace, weight: string): StoredWeight | undefined {
    const layer = names.at(-1)!;
    const fits = (path: readonly string[]): boolean => path.at(-1) === weight && path.includes(layer);
    const exact = `${layer}/${weight}`;
    const name = this.byName.has(exact) && !this.claimed.has(exact)
      ? exact
      : [...this.byName.keys()].find((each) => !this.claimed.has(each) && fits(each.replace(/:0$/, '').split('/')));
    if (name === undefined) return undefined;
    this.claimed.add(name);
    return this.byName.get(name);
  }

  left(): readonly string[] {
    return [...this.byName.keys()].filter((name) => !this.claimed.has(name));
  }
}
