// TensorFlow.js Layers models, their weights in fewer bits where that is asked for.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TensorFlow } from '../../engine/native.js';
import { CHANNEL_MODEL_FILE, LOADER, LOADER_FILE } from '../load-by-channel.js';
import { LAYERS_SHARD, tfjsLayers, tfjsLayersByChannel } from '../tfjs-layers.js';
import type { Exported, Format } from './format.js';
import { ownBuffer, tensorRunner } from './tensors.js';

const MODEL_FILE = 'model.json';
const byChannel = ({ quantisation }: Exported): 'uint8' | 'uint16' | undefined =>
  quantisation?.by === 'channel' && quantisation.dtype !== 'float16' ? quantisation.dtype : undefined;

export const TFJS_LAYERS: Format = {
  runtime: 'TensorFlow.js (tf.loadLayersModel)',
  tolerance: 1e-6,
  async write(_tf, exported, folder) {
    const { architecture, weights, quantisation } = exported;
    const dtype = byChannel(exported);
    const files = dtype ? tfjsLayersByChannel(architecture, weights, dtype) : tfjsLayers(architecture, weights, quantisation);
    const written: [string, string | Uint8Array][] = [[dtype ? CHANNEL_MODEL_FILE : MODEL_FILE, `${JSON.stringify(files.model, null, 1)}\n`], [LAYERS_SHARD, files.weights]];
    if (dtype) written.push([LOADER_FILE, LOADER]);
    for (const [name, content] of written) await writeFile(join(folder, name), content, { flag: 'wx', mode: 0o600 });
    return written.map(([name]) => name);
  },
  async open(tf, exported, folder) {
    const artifacts = byChannel(exported) ? await channelArtifacts(folder) : await manifestArtifacts(folder);
    return tensorRunner(tf, await tf.loadLayersModel(tf.io.fromMemory(artifacts)), exported.architecture.input_shape);
  },
};

type Artifacts = Exclude<Parameters<TensorFlow['io']['fromMemory']>[0], ArrayBuffer>;

async function manifestArtifacts(folder: string): Promise<Artifacts> {
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(join(folder, MODEL_FILE), 'utf8')) as { modelTopology: object; weightsManifest: { weights: never[] }[] };
  return { modelTopology, weightSpecs: weightsManifest.flatMap(({ weights }) => weights), weightData: ownBuffer(await readFile(join(folder, LAYERS_SHARD))) };
}

/** By the very module that travels with the files. */
async function channelArtifacts(folder: string): Promise<Artifacts> {
  const { artifacts } = (await import(pathToFileURL(join(folder, LOADER_FILE)).href)) as { artifacts: (model: unknown, bytes: ArrayBuffer) => Artifacts };
  return artifacts(JSON.parse(await readFile(join(folder, CHANNEL_MODEL_FILE), 'utf8')), ownBuffer(await readFile(join(folder, LAYERS_SHARD))));
}
