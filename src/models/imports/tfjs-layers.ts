// A TensorFlow.js Layers model: model.json with the topology and a manifest of weights, and the shards that hold them one after the other.
// Beside it may lie the metadata.json of Teachable Machine, or what a bundle of ours holds.
import { volume } from '../../contract/shape.js';
import { ServiceError } from '../../contract/errors.js';
import { readText, type ModelFile, type SourceFiles } from './source-files.js';
import { isRecord, Parsed, type Json, type LayerPlace, type SourceGolden, type SourceModel, type StoredWeight, type WeightFinder } from './source.js';
import { readStored, storedBytes, type StoredType } from './stored-type.js';

export const MODEL_FILE = 'model.json';
/** What Teachable Machine says of its network: labels, and by its name the range of pixels. */
export const METADATA_FILE = 'metadata.json';
/** Teachable Machine gives its networks `pixel / 127 - 1` (capture() in its libraries/image). */
const TEACHABLE_RANGE: readonly [number, number] = [-1, 255 / 127 - 1];
const MOST_SHARDS = 2_000;

/** The file that describes the model: model.json, or the only JSON file there is. */
export const modelFileOf = ({ files }: SourceFiles): ModelFile | undefined => {
  const described = files.filter(({ name }) => name.endsWith('.json'));
  return files.find(({ name }) => name === MODEL_FILE) ?? (described.length === 1 ? described[0] : undefined);
};

/** What model.json says, before any of its shards is looked at. */
export interface Description {
  readonly parsed: Parsed;
  readonly topology: Json;
  readonly groups: readonly WeightGroup[];
}

/** Weights that lie one after the other in some shards. */
interface WeightGroup {
  /** Names of shards, none of which leads out of the folder of the model. */
  readonly paths: readonly string[];
  readonly weights: readonly unknown[];
}

/** @throws MODEL_FORMAT for a Graph model, MODEL_CORRUPT, UNSAFE_PATH */
export async function readDescription(file: ModelFile): Promise<Description> {
  const parsed = new Parsed(file.name);
  const model = parsed.record(parsed.json(await readText(file)), 'the file');
  if (model.format === 'graph-model' || (isRecord(model.modelTopology) && Array.isArray(model.modelTopology.node))) {
    throw ServiceError.of('MODEL_FORMAT', file.name, 'is a TensorFlow.js Graph model');
  }
  if (!isRecord(model.modelTopology)) throw ServiceError.of('MODEL_FORMAT', file.name, 'holds no topology of layers');
  return { parsed, topology: model.modelTopology, groups: readGroups(model.weightsManifest, parsed) };
}

function readGroups(manifest: unknown, parsed: Parsed): WeightGroup[] {
  const named = new Set<string>();
  return parsed.list(manifest, 'weightsManifest').map((value) => {
    const group = parsed.record(value, 'a group of weights');
    const paths = parsed.list(group.paths, 'paths').map((path) => requireSafe(path, parsed));
    for (const path of paths) {
      if (named.has(path)) throw parsed.corrupt(`it names the shard "${path.slice(0, 128)}" twice`);
      named.add(path);
    }
    if (named.size > MOST_SHARDS) throw parsed.corrupt(`it names more than ${MOST_SHARDS} shards`);
    return { paths, weights: parsed.list(group.weights, 'weights') };
  });
}

/** @throws what `readDescription` throws */
export async function readTfjsLayers(source: SourceFiles, file: ModelFile): Promise<SourceModel> {
  const { parsed, topology, groups } = await readDescription(file);
  return { topology, weights: await readWeights(source, parsed, groups), file: file.name, ...(await readBeside(source)) };
}

/** A weight of the manifest and where its bytes are. */
interface Spec {
  name: string;
  shape: number[];
  type: StoredType;
  start: number;
  bytes: number;
}

async function readWeights(source: SourceFiles, parsed: Parsed, manifest: readonly WeightGroup[]): Promise<WeightFinder> {
  const known = new Map(source.files.map((file) => [file.name, file]));
  const specs = new Map<string, Spec & { shards: ModelFile[] }>();
  for (const { paths, weights } of manifest) {
    const shards = paths.map((path) => {
      const file = known.get(path);
      if (!file) throw parsed.corrupt(`its shard "${path.slice(0, 128)}" was not sent`);
      return file;
    });
    let start = 0;
    for (const written of weights) {
      const spec = readSpec(written, start, parsed);
      if (specs.has(spec.name)) throw parsed.corrupt(`two weights are named "${spec.name.slice(0, 128)}"`);
      specs.set(spec.name, { ...spec, shards });
      start += spec.bytes;
    }
    const held = shards.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (held !== start) throw parsed.corrupt(`its shards hold ${held} bytes, its weights ${start}`);
  }
  const groups = new Map<ModelFile[], Buffer>();
  for (const { shards } of specs.values()) {
    if (!groups.has(shards)) groups.set(shards, Buffer.concat(await Promise.all(shards.map((shard) => shard.read()))));
  }
  return new ManifestWeights(parsed, [...specs.values()].map((spec) => ({ ...spec, held: groups.get(spec.shards)! })));
}

/** A name among those that were sent, in the folder of the model or below it. @throws UNSAFE_PATH */
function requireSafe(path: unknown, parsed: Parsed): string {
  const name = parsed.text(path, 'a path');
  const leadsOut = name === '' || name.startsWith('/') || /[\\:]/.test(name) || name.split('/').includes('..');
  if (leadsOut) throw ServiceError.of('UNSAFE_PATH', parsed.file, name.slice(0, 128));
  return name.replace(/^(?:\.\/)+/, '');
}

function readSpec(written: unknown, start: number, parsed: Parsed): Spec {
  const spec = parsed.record(written, 'a weight');
  const name = parsed.text(spec.name, 'the name of a weight');
  const shape = parsed.sizes(spec.shape, `the shape of ${name.slice(0, 128)}`);
  const type = typeOf(spec, name, parsed);
  const bytes = volume(shape) * storedBytes(type);
  if (!Number.isSafeInteger(bytes)) throw parsed.corrupt(`the weight ${name.slice(0, 128)} is too large`);
  return { name, shape, type, start, bytes };
}

function typeOf({ dtype, quantization }: Json, name: string, parsed: Parsed): StoredType {
  if (quantization === undefined) {
    if (dtype === 'float32' || dtype === 'int32') return { dtype };
    throw parsed.corrupt(`the weight ${name.slice(0, 128)} is of the type ${String(dtype).slice(0, 32)}`);
  }
  const { dtype: stored, scale, min } = parsed.record(quantization, 'quantization');
  if (dtype === 'float32' && stored === 'float16') return { dtype: stored };
  if (dtype === 'float32' && (stored === 'uint8' || stored === 'uint16') && typeof scale === 'number' && typeof min === 'number') return { dtype: stored, scale, min };
  throw parsed.corrupt(`the weight ${name.slice(0, 128)} is quantised in a way that is not known (${String(stored).slice(0, 32)})`);
}

class ManifestWeights implements WeightFinder {
  private readonly byName: Map<string, StoredWeight>;
  private readonly claimed = new Set<string>();

  constructor(parsed: Parsed, specs: readonly (Spec & { held: Buffer })[]) {
    const stored = ({ name, shape, type, start, bytes, held }: Spec & { held: Buffer }): StoredWeight => ({
      shape,
      values() {
        if (held.length < start + bytes) throw parsed.corrupt(`the bytes of ${name.slice(0, 128)} are not there`);
        return readStored(held.subarray(start, start + bytes), type);
      },
    });
    this.byName = new Map(specs.map((spec) => [spec.name, stored(spec)]));
  }

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

type Beside = Pick<SourceModel, 'labels' | 'inputRange' | 'golden'>;

/** What other files say of the model. What they do not say in a form that is known is not taken for anything. */
async function readBeside({ files }: SourceFiles): Promise<Beside> {
  const read = async (name: string): Promise<unknown> => {
    const file = files.find((each) => each.name === name);
    return file && new Parsed(name).json(await readText(file));
  };
  const metadata = await read(METADATA_FILE);
  const isTeachable = isRecord(metadata) && typeof metadata.packageName === 'string' && metadata.packageName.startsWith('@teachablemachine/');
  const labels = asLabels(isTeachable ? metadata.labels : await read('labels.json'));
  const golden = asGolden(await read('golden.json'));
  return {
    ...(labels && { labels }),
    ...(isTeachable && metadata.packageName === '@teachablemachine/image' && { inputRange: TEACHABLE_RANGE }),
    ...(golden && { golden }),
  };
}

const asLabels = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.every((label): label is string => typeof label === 'string' && label.length <= 128) ? value : undefined;

const isTable = (value: unknown): value is number[][] =>
  Array.isArray(value) && value.every((row) => Array.isArray(row) && row.every((each) => typeof each === 'number'));

function asGolden(value: unknown): SourceGolden | undefined {
  if (!isRecord(value)) return undefined;
  const { inputs, outputs, tolerance } = value;
  return isTable(inputs) && isTable(outputs) && inputs.length === outputs.length && typeof tolerance === 'number' ? { inputs, outputs, tolerance } : undefined;
}
