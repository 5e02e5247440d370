// Model files as others write them: TensorFlow.js bundles saved by tfjs itself, and what is damaged in them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as tfModule from '@tensorflow/tfjs-node-gpu';
import type { ModelImportForm } from '#contract/model.js';
import type { TensorFlow } from '#engine/native.js';
import { stream } from '#engine/random.js';
import { readModel, type ReadModel } from '#models/imports/read-model.js';
import type { NamedBytes } from './idx.js';

export type TfjsModel = tfModule.LayersModel;

/** Draws every weight anew, so that nothing of the network is zero or one by its beginning: variances stay positive. */
export function drawWeights(tf: TensorFlow, model: TfjsModel, seed = 1): void {
  const numbers = stream(seed, 'test/weights');
  const drawn = model.weights.map(({ name, shape }) => {
    const isSpread = name.includes('variance');
    const size = shape.reduce<number>((product, each) => product * (each ?? 1), 1);
    return tf.tensor(Float32Array.from({ length: size }, () => (isSpread ? 0.5 : -0.25) + numbers.below(1000) / 2000), shape as number[]);
  });
  model.setWeights(drawn);
  tf.dispose(drawn);
}

/** model.json and its shard, as `model.save` writes them. */
export async function tfjsFiles(tf: TensorFlow, model: TfjsModel): Promise<NamedBytes[]> {
  let files: NamedBytes[] = [];
  await model.save(tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const manifest = { format: 'layers-model', modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] };
    files = [json('model.json', manifest), { name: 'weights.bin', bytes: Buffer.from(weightData as ArrayBuffer) }];
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  }));
  return files;
}

export const json = (name: string, value: unknown): NamedBytes => ({ name, bytes: Buffer.from(JSON.stringify(value)) });

/** The files with one of them changed, as JSON. */
export const changed = (files: readonly NamedBytes[], change: (model: never) => void, name = 'model.json'): NamedBytes[] =>
  files.map((file) => {
    if (file.name !== name) return file;
    const value = JSON.parse(Buffer.from(file.bytes).toString()) as never;
    change(value);
    return json(name, value);
  });

/** Reads files as the import does, from a folder of its own. */
export async function readFiles(files: readonly NamedBytes[], options: ModelImportForm = {}): Promise<ReadModel> {
  const folder = await mkdtemp(join(tmpdir(), 'rootstock-model-'));
  try {
    const sent = await Promise.all(files.map(async ({ name, bytes }, number) => {
      const path = join(folder, String(number));
      await writeFile(path, bytes);
      return { name, path };
    }));
    return await readModel(sent, options, 2 ** 30);
  } finally {
    await rm(folder, { recursive: true });
  }
}
