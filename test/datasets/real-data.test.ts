// Real data sets through the whole ingest: MNIST of two parts, notMNIST of one.
import { expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Look } from '#contract/dataset.js';
import type { RowValues } from '#datasets/rows.js';
import { readSource } from '#datasets/read-source.js';
import { lookWarnings } from '#transfer/looks.js';
import { partInMemory } from '../support/packed.js';
import { describeReal } from '../support/real-data.js';
import { temporaryFolder } from '../support/store.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(240_000);

const TEST_FILES = ['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz'];
const TRAIN_FILES = ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'];

async function ingest(folder: string, names: string[], classNames: string[] | null) {
  const sourceFolder = await temporaryFolder();
  const outFolder = await temporaryFolder();
  for (const [number, name] of names.entries()) await copyFile(join(folder, name), join(sourceFolder, String(number)));
  const source = { files: names.map((name) => ({ name, size_bytes: 0, sha256: '' })), generate: null, url: null, class_names: classNames, on_bad_rows: 'skip' as const };
  const content = await readSource({ sourceFolder, source, outFolder, maxBytes: 100_000_000 });
  return { content, outFolder };
}

/** As the IDX file was, header included. */
const sha256OfImages = (examples: number, inputs: RowValues): string => {
  const header = Buffer.from([0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28]);
  header.writeUInt32BE(examples, 4);
  return createHash('sha256').update(header).update(inputs).digest('hex');
};

describeReal('MNIST', (folder) => {
  it('is read as 60,000 and 10,000 digits, byte for byte those of the published files', async () => {
    const { content, outFolder } = await ingest(join(folder, 'mnist'), [...TRAIN_FILES, ...TEST_FILES], null);
    expect(content).toMatchObject({
      input_shape: [28, 28, 1],
      class_names: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      parts: {
        train: { examples: 60_000, class_counts: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949] },
        test: { examples: 10_000, class_counts: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009] },
      },
      split: null,
      size_bytes: 70_000 * (784 + 4),
    });
    const train = await partInMemory(outFolder, 'train');
    const test = await partInMemory(outFolder, 'test');
    expect(sha256OfImages(60_000, train.inputs)).toMatch(/^ba891046.*76db$/);
    expect(sha256OfImages(10_000, test.inputs)).toMatch(/^0fa7898d.*94ce7$/);
    expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...test.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });
});

describeReal('notMNIST', (folder) => {
  it('has one part, of which a fifth of each letter becomes the test part', async () => {
    const { content } = await ingest(join(folder, 'notmnist'), TEST_FILES, [...'ABCDEFGHIJ']);
    expect(content).toMatchObject({
      class_names: [...'ABCDEFGHIJ'],
      parts: {
        train: { examples: 8000, class_counts: new Array<number>(10).fill(800) },
        test: { examples: 2000, class_counts: new Array<number>(10).fill(200) },
      },
      split: { from: 't10k-images-idx3-ubyte.gz', test_fraction: 0.2, seed: 1 },
    });
  });

  it('looks brighter than MNIST, and has no margin: a network that goes from one to the other is warned of both', async () => {
    const looks: (Look | undefined)[] = [];
    for (const name of ['mnist', 'notmnist']) looks.push((await ingest(join(folder, name), TEST_FILES, null)).content.preprocessing.look);
    const [digits, letters] = looks;
    expect(digits!.mean).toBeCloseTo(0.13, 2);
    expect(digits!.edge).toBeLessThan(0.001);
    expect(lookWarnings(digits, letters, 28).map(({ code }) => code)).toEqual(['BRIGHTNESS_DIFFERS', 'MARGIN_DIFFERS']);
    expect(lookWarnings(letters, digits, 28)).toHaveLength(2);
  });
});
