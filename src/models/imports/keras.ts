// Models as Keras saves them: .keras, a zip archive of config.json and model.weights.h5, and the .h5 of Keras 2 and 3.
import { Hdf5Object } from './hdf5.js';
import { readText, type ModelFile, type SourceFiles } from './source-files.js';
import { kerasModel, type LayerPlace, type WeightFinder } from './keras-graph.js';
import { Parsed, type SourceModel, type StoredWeight } from './source.js';

const CONFIG_FILE = 'config.json';
const WEIGHTS_FILE = 'model.weights.h5';

/** config.json and model.weights.h5, where both are there. */
export function kerasFilesOf({ files }: SourceFiles): { config: ModelFile; weights: ModelFile } | undefined {
  const [config, weights] = [CONFIG_FILE, WEIGHTS_FILE].map((name) => files.find((file) => file.name === name));
  return config && weights && { config, weights };
}

/** @throws MODEL_CORRUPT, MODEL_NOT_SUPPORTED, LAYER_NOT_ALLOWED for links to other files */
export async function readKerasArchive({ config, weights }: { config: ModelFile; weights: ModelFile }): Promise<SourceModel> {
  const parsed = new Parsed(config.name);
  const topology = parsed.json(await readText(config));
  return kerasModel(topology, new SavedWeights(Hdf5Object.open(weights.name, await weights.read())), parsed);
}

/** @throws MODEL_CORRUPT, MODEL_NOT_SUPPORTED, LAYER_NOT_ALLOWED for links to other files */
export async function readKerasH5(file: ModelFile): Promise<SourceModel> {
  const root = Hdf5Object.open(file.name, await file.read());
  const parsed = new Parsed(file.name);
  const config = root.text('model_config');
  const weights = root.child('model_weights');
  if (config === undefined || !weights) throw parsed.corrupt('it holds weights and no network; save the whole model');
  return kerasModel(parsed.json(Buffer.from(config)), new LegacyWeights(weights), parsed);
}

/** Weights of Keras 3: under the class of their layer and a count, numbered, those of an RNN in its cell. */
class SavedWeights implements WeightFinder {
  private readonly claimed = new Set<string>();

  constructor(private readonly root: Hdf5Object) {}

  find({ savedAs }: LayerPlace, _name: string, index: number): StoredWeight | undefined {
    for (const path of [`${savedAs}/vars/${index}`, `${savedAs}/cell/vars/${index}`]) {
      const found = this.root.at(path);
      if (!found) continue;
      this.claimed.add(path);
      return found.stored();
    }
    return undefined;
  }

  /** What random numbers a layer draws is no weight of the network. */
  left(): readonly string[] {
    const layers = this.root.child('layers')?.arrays() ?? [];
    return layers.map((path) => `layers/${path}`).filter((path) => !this.claimed.has(path) && !path.includes('/seed_generator/'));
  }
}

/** What Keras 3 calls weights that had another name before. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = { depthwise_kernel: ['kernel'] };

/** Weights of the .h5 of Keras: in the group of the outermost layer, under paths that name layer and weight, with ":0" behind or not. */
class LegacyWeights implements WeightFinder {
  private readonly claimed = new Set<string>();
  private readonly paths: readonly string[];

  constructor(private readonly root: Hdf5Object) {
    this.paths = root.arrays();
  }

  find({ names }: LayerPlace, name: string): StoredWeight | undefined {
    const [group, layer] = [names[0]!, names.at(-1)!];
    const wanted = [name, ...(OTHER_NAMES[name] ?? [])];
    const path = this.paths.find((each) => {
      const [outermost, ...inside] = each.replace(/:0$/, '').split('/');
      return !this.claimed.has(each) && outermost === group && wanted.includes(inside.at(-1)!) && inside.includes(layer);
    });
    if (path === undefined) return undefined;
    this.claimed.add(path);
    return this.root.at(path)!.stored();
  }

  left(): readonly string[] {
    return this.paths.filter((path) => !this.claimed.has(path) && !path.includes('seed_generator'));
  }
}
