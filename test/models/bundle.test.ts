// The files of a model, written and read back.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { freshWeights } from '#engine/fresh-weights.js';
import { weightsOf } from '#models/architecture.js';
import {
  BUNDLE_FILES, describeFiles, GOLDEN_FILE, MANIFEST_FILE, MODEL_FILE, readWeights, WEIGHTS_FILE, writeBundle, writeManifest, type BundleContent,
} from '#models/bundle.js';
import { publishModel, findModel, getModel, listModelIds } from '#models/registry.js';
import { baseModel, cnn, mlp } from '../support/networks.js';
import { temporaryFolder, temporaryStore } from '../support/store.js';

const ARCHITECTURE = cnn();
const CONTENT: BundleContent = {
  architecture: ARCHITECTURE,
  weights: freshWeights(ARCHITECTURE, 3),
  labels: ['a', 'b', 'c'],
  preprocessing: { input: { shape: [8, 8, 1], dtype: 'uint8' }, steps: [{ divide_by: 255 }] },
  golden: { inputs: [], input_shape: [8, 8, 1], outputs: [], tolerance: 1e-5 },
  metrics: { test_accuracy: 0.5 },
  report: { runs: [] },
  run: { threads: 1 },
};
const contentOf = async <T>(folder: string, name: string): Promise<T> => JSON.parse(await readFile(join(folder, name), 'utf8')) as T;

describe('a bundle', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeBundle(folder, CONTENT);
  });

  it('holds every file it promises, and the manifest only once that is written', async () => {
    expect((await readdir(folder)).sort()).toEqual([...BUNDLE_FILES].sort());
  });

  it('gives back the weights that were written, to the byte', async () => {
    expect(await readWeights(folder, ARCHITECTURE)).toEqual(CONTENT.weights);
  });

  it('lists in model.json the weights that lie in the weights file, in its order', async () => {
    const model = await contentOf<{ weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[] }>(folder, MODEL_FILE);
    const [group, ...others] = model.weightsManifest;
    expect(others).toEqual([]);
    expect(group!.paths).toEqual([WEIGHTS_FILE]);
    expect(group!.weights).toEqual(weightsOf(ARCHITECTURE).map(({ path, shape }) => ({ name: path, shape, dtype: 'float32' })));
    const count = group!.weights.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
    expect((await readFile(join(folder, WEIGHTS_FILE))).length).toBe(4 * count);
  });

  it('keeps the architecture in model.json, so that the file alone says what the service built', async () => {
    const model = await contentOf<{ userDefinedMetadata: unknown }>(folder, MODEL_FILE);
    expect(model.userDefinedMetadata).toEqual({ rootstock: { architecture: ARCHITECTURE } });
  });

  it.each([
    ['labels.json', CONTENT.labels],
    ['preprocessing.json', CONTENT.preprocessing],
    [GOLDEN_FILE, CONTENT.golden],
    ['metrics.json', CONTENT.metrics],
    ['report.json', CONTENT.report],
    ['run.json', CONTENT.run],
  ])('says in %s what it was given', async (name, value) => {
    expect(await contentOf(folder, name)).toEqual(value);
  });

  it('describes its files by size and digest', async () => {
    const described = await describeFiles(folder, BUNDLE_FILES);
    expect(described.map(({ name }) => name)).toEqual([...BUNDLE_FILES]);
    for (const file of described) {
      const bytes = await readFile(join(folder, file.name));
      expect(file).toEqual({
        name: file.name,
        size_bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        media_type: file.name.endsWith('.bin') ? 'application/octet-stream' : 'application/json',
      });
    }
  });

  it('is refused by an architecture whose weights are not those in the file', async () => {
    await expect(readWeights(folder, mlp())).rejects.toThrow('group1-shard1of1.bin holds 272 values, the architecture 123');
    const torn = await temporaryFolder();
    await writeBundle(torn, CONTENT);
    await truncate(join(torn, WEIGHTS_FILE), 4 * 271);
    await expect(readWeights(torn, ARCHITECTURE)).rejects.toThrow('holds 271 values');
  });
});

describe('publishing a model', () => {
  it('lets it appear, whole, once it has a manifest', async () => {
    const store = await temporaryStore();
    const staging = await store.stage('test');
    await writeBundle(staging.path, CONTENT);
    const model = { ...baseModel(ARCHITECTURE), files: await describeFiles(staging.path, BUNDLE_FILES) };
    await writeManifest(staging.path, model);
    expect(await contentOf<object>(staging.path, MANIFEST_FILE)).toEqual({ schema_version: 2, ...model });
    expect(await findModel(store, model.id)).toBeUndefined();

    await store.seal(staging);
    expect(await publishModel(store, model, staging)).toBe(true);
    expect(await getModel(store, model.id)).toEqual({ ...model, aliases: [], metadata: {}, notes: null, stage: 'none', stage_history: [], version: null });
    expect(await listModelIds(store)).toEqual([model.id]);
  });

  it.each(['mdl_0197a2c4d5e67f8091a2b3c4d5e6f709', '../jobs', ''])('finds no model by the id %j', async (id) => {
    const store = await temporaryStore();
    expect(await findModel(store, id)).toBeUndefined();
    await expect(getModel(store, id)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });
});
