// The weights of a TensorFlow.js model: a manifest of groups, each with its weights one after the other in some shards.
import { volume } from '../../contract/shape.js';
import { ServiceError } from '../../contract/errors.js';
import type { ModelFile, SourceFiles } from './source-files.js';
import type { Json, Parsed, StoredWeight } from './source.js';
import { readStored, storedBytes, type StoredType } from './stored-type.js';

const MOST_SHARDS = 2_000;

/** Weights that lie one after the other in some shards. */
export interface WeightGroup {
  /** Names of shards, none of which leads out of the folder of the model. */
  readonly paths: readonly string[];
  readonly weights: readonly unknown[];
}

/** @throws MODEL_CORRUPT, UNSAFE_PATH */
export function readGroups(manifest: unknown, parsed: Parsed): WeightGroup[] {
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

/** A weight of the manifest and where its bytes are. */
interface Spec {
  name: string;
  shape: number[];
  type: StoredType;
  start: number;
  bytes: number;
}

/**
 * By their names, in the order of the manifest. Sizes are held to those of the shards before any of them is read.
 * @throws MODEL_CORRUPT
 */
export async function readWeights(source: SourceFiles, parsed: Parsed, manifest: readonly WeightGroup[]): Promise<ReadonlyMap<string, StoredWeight>> {
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
  return new Map([...specs.values()].map((spec) => [spec.name, stored(spec, groups.get(spec.shards)!, parsed)]));
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

const stored = ({ name, shape, type, start, bytes }: Spec, held: Buffer, parsed: Parsed): StoredWeight => ({
  shape,
  values() {
    if (held.length < start + bytes) throw parsed.corrupt(`the bytes of ${name.slice(0, 128)} are not there`);
    return readStored(held.subarray(start, start + bytes), type);
  },
});
