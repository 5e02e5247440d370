// The article's example on the real digits: the accuracy that an independent implementation gives too.
import { beforeAll, expect, it, jest } from '@jest/globals';
import { join } from 'node:path';
import type { DatasetSource } from '#contract/dataset.js';
import { openPacked } from '#datasets/packed.js';
import { readSource } from '#datasets/read-source.js';
import { loadTensorFlow } from '#engine/native.js';
import { trainRun } from '#engine/train-run.js';
import { prepareData } from '#engine/training-data.js';
import { copyFile, mkdir } from 'node:fs/promises';
import { everyTestFreesItsTensors, pretrain, specOf } from '../support/networks.js';
import { describeReal } from '../support/real-data.js';
import { temporaryFolder } from '../support/store.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(240_000);

const FILES = ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz', 't10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz'];

/** The data set as an upload would leave it: files under their numbers, read into the training format. */
async function packedMnist(folder: string): Promise<string> {
  const [sourceFolder, outFolder] = [join(await temporaryFolder(), 'source'), await temporaryFolder()];
  await mkdir(sourceFolder);
  for (const [index, name] of FILES.entries()) await copyFile(join(folder, 'mnist', name), join(sourceFolder, String(index)));
  const files = FILES.map((name) => ({ name, size_bytes: 0, sha256: '' }));
  const source: DatasetSource = { files, generate: null, url: null, class_names: null, on_bad_rows: 'skip' };
  await readSource({ sourceFolder, source, outFolder, maxBytes: 2 ** 30 });
  return outFolder;
}

describeReal('the article’s network on MNIST', (folder) => {
  const { tf } = loadTensorFlow();
  everyTestFreesItsTensors(tf);
  let read: string;
  beforeAll(async () => {
    read = await packedMnist(folder);
  });

  // A NumPy implementation of the same gives 93.83 ± 0.10 %. 97 % would mean another optimizer, 92 % a mistake.
  it.each([1, 2, 3])('reaches 93.8 ± 0.4 %% on the test digits with seed %i', async (seed) => {
    const packed = await openPacked(read);
    const { content } = packed;
    const spec = specOf(
      pretrain({ model: { architecture: 'mlp', hidden: [128] }, training: { seed } }),
      { id: 'ds_0197a2c4d5e67f8091a2b3c4d5e6f708', content },
    );
    expect(spec.stages[0]).toMatchObject({ epochs: 5, steps: 9375, learning_rate: 0.01 });
    const data = await prepareData(packed, spec);
    const quiet = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };
    const { result } = await trainRun(tf, spec, spec.runs[0]!, data, null, quiet);
    await packed.close();
    expect(result.metrics.test_accuracy).toBeGreaterThanOrEqual(0.934);
    expect(result.metrics.test_accuracy).toBeLessThanOrEqual(0.942);
  });
});
