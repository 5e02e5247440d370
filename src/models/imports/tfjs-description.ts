// The model.json of a TensorFlow.js model: which kind it is, its topology, and a manifest of the weights that lie in shards beside it.
import { ServiceError } from '../../contract/errors.js';
import { readText, type ModelFile, type SourceFiles } from './source-files.js';
import { isRecord, Parsed, type Json } from './source.js';
import { readGroups, type WeightGroup } from './tfjs-manifest.js';

export const MODEL_FILE = 'model.json';
/** What Teachable Machine says of its network: labels, and by its name the range of pixels. */
export const METADATA_FILE = 'metadata.json';

/** The file that describes the model: model.json, or the only JSON file there is. */
export const modelFileOf = ({ files }: SourceFiles): ModelFile | undefined => {
  const described = files.filter(({ name }) => name.endsWith('.json'));
  return files.find(({ name }) => name === MODEL_FILE) ?? (described.length === 1 ? described[0] : undefined);
};

/** What model.json says, before any of its shards is looked at. */
export interface Description {
  readonly parsed: Parsed;
  readonly format: 'tfjs_layers' | 'tfjs_graph';
  /** All of it. */
  readonly model: Json;
  /** Of layers as Keras writes them, or a graph of TensorFlow. */
  readonly topology: Json;
  readonly groups: readonly WeightGroup[];
}

/** @throws MODEL_FORMAT, MODEL_CORRUPT, UNSAFE_PATH */
export async function readDescription(file: ModelFile): Promise<Description> {
  const parsed = new Parsed(file.name);
  const model = parsed.record(parsed.json(await readText(file)), 'the file');
  const { modelTopology: topology } = model;
  if (!isRecord(topology)) throw ServiceError.of('MODEL_FORMAT', file.name, 'holds no topology of layers, and no graph');
  const isGraph = model.format === 'graph-model' || Array.isArray(topology.node);
  return { parsed, format: isGraph ? 'tfjs_graph' : 'tfjs_layers', model, topology, groups: readGroups(model.weightsManifest, parsed) };
}
