// The files of a model: written into a staging folder, read back from a published one. The manifest is written last.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Preprocessing } from '../contract/dataset.js';
import type { Architecture } from '../contract/layers.js';
import type { BundleFile, Model } from '../contract/model.js';
import { weightsOf } from './architecture.js';
import { kerasTopology } from './keras-topology.js';
import { bytesOf } from '../store/array-file.js';
import { digestOf, isWhole } from '../store/file-digest.js';
import type { Weights } from './weights.js';
import { volume } from '../contract/shape.js';

export const MODEL_FILE = 'model.json';
export const WEIGHTS_FILE = 'group1-shard1of1.bin';
export const LABELS_FILE = 'labels.json';
export const PREPROCESSING_FILE = 'preprocessing.json';
export const GOLDEN_FILE = 'golden.json';
export const MANIFEST_FILE = 'manifest.json';
export const REPORT_FILE = 'report.json';
/** The report as a page, where there is one. */
export const REPORT_PAGE = 'report.html';
/** What a transfer by low rank changed, where there is such: its factors, and what is new. */
export const DELTA_FILE = 'lora.safetensors';
export const MANIFEST_VERSION = 2;
/** Every file of a bundle but its page, the change of low rank, and the manifest, which lists them. */
export const BUNDLE_FILES = [
  MODEL_FILE, WEIGHTS_FILE, LABELS_FILE, PREPROCESSING_FILE, GOLDEN_FILE, 'metrics.json', REPORT_FILE, 'run.json',
] as const;

const MEDIA_TYPES: Record<string, string> = { json: 'application/json', bin: 'application/octet-stream', html: 'text/html; charset=utf-8', png: 'image/png' };

/** Pairs a model must reproduce anywhere: inputs as the network takes them, the outputs they gave. */
export interface Golden {
  inputs: number[][];
  input_shape: number[];
  outputs: number[][];
  /** Largest difference of any output that still counts as the same. */
  tolerance: number;
}

export interface BundleContent {
  architecture: Architecture;
  weights: Weights;
  labels: string[];
  preprocessing: Preprocessing;
  golden: Golden;
  /** The last value of each metric of the main run. */
  metrics: object;
  /** Of a transfer what it came to; else the runs. */
  report: object;
  /** The report of a transfer as a page. */
  page?: string;
  /** The bytes of the file of the change alone, where it is of low rank. */
  delta?: Uint8Array | undefined;
  /** What made the model: spec, seed, digests, versions, threads, device. */
  run: object;
}

/** Writes every file of a bundle but the manifest. @returns their names */
export async function writeBundle(folder: string, content: BundleContent): Promise<string[]> {
  const weights = weightsOf(content.architecture);
  const model = {
    format: 'layers-model',
    generatedBy: 'rootstock',
    convertedBy: null,
    modelTopology: kerasTopology(content.architecture),
    weightsManifest: [
      { paths: [WEIGHTS_FILE], weights: weights.map(({ path, shape }) => ({ name: path, shape, dtype: 'float32' })) },
    ],
    userDefinedMetadata: { rootstock: { architecture: content.architecture } },
  };
  const bytes = Buffer.concat(weights.map(({ path }) => bytesOf(content.weights.get(path)!)));
  await writeFile(join(folder, WEIGHTS_FILE), bytes, { mode: 0o600 });
  const json: Record<string, object> = {
    [MODEL_FILE]: model,
    [LABELS_FILE]: content.labels,
    [PREPROCESSING_FILE]: content.preprocessing,
    [GOLDEN_FILE]: content.golden,
    'metrics.json': content.metrics,
    [REPORT_FILE]: content.report,
    'run.json': content.run,
  };
  for (const [name, value] of Object.entries(json)) {
    await writeFile(join(folder, name), `${JSON.stringify(value, null, 1)}\n`, { mode: 0o600 });
  }
  const more = Object.entries({ [REPORT_PAGE]: content.page, [DELTA_FILE]: content.delta }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  for (const [name, value] of more) await writeFile(join(folder, name), value, { mode: 0o600 });
  return [...BUNDLE_FILES, ...more.map(([name]) => name)];
}

/** Size and digest of each file of a written bundle. */
export async function describeFiles(folder: string, names: readonly string[]): Promise<BundleFile[]> {
  const files: BundleFile[] = [];
  for (const name of names) {
    const mediaType = MEDIA_TYPES[name.split('.').at(-1)!] ?? 'application/octet-stream';
    files.push({ name, ...(await digestOf(join(folder, name))), media_type: mediaType });
  }
  return files;
}

/** The first thing that keeps a folder from being the bundle of that model, whole; undefined where nothing does. Reads all of it. */
export async function bundleProblem(folder: string, id: string): Promise<string | undefined> {
  let files: BundleFile[];
  try {
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8')) as Model;
    if (manifest.id !== id) return `${MANIFEST_FILE} is of ${manifest.id}`;
    files = manifest.files;
  } catch {
    return `${MANIFEST_FILE} cannot be read`;
  }
  for (const file of files) if (!(await isWhole(join(folder, file.name), file))) return `${file.name} is not what the manifest says`;
  return undefined;
}

export const isBundleWhole = async (folder: string, id: string): Promise<boolean> => (await bundleProblem(folder, id)) === undefined;

/** The last file of a bundle. No manifest, no model. */
export const writeManifest = (folder: string, model: Model): Promise<void> =>
  writeFile(join(folder, MANIFEST_FILE), `${JSON.stringify({ schema_version: MANIFEST_VERSION, ...model }, null, 1)}\n`, { mode: 0o600 });

/** The weights of a published bundle, checked against the architecture that its manifest names. */
export async function readWeights(folder: string, architecture: Architecture): Promise<Weights> {
  const bytes = await readFile(join(folder, WEIGHTS_FILE));
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const weights = new Map<string, Float32Array>();
  let offset = 0;
  for (const { path, shape } of weightsOf(architecture)) {
    const length = volume(shape);
    weights.set(path, values.subarray(offset, offset + length));
    offset += length;
  }
  if (offset !== values.length) throw new Error(`${WEIGHTS_FILE} holds ${values.length} values, the architecture ${offset}`);
  return weights;
}
