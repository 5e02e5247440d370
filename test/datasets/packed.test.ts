// Tests of datasets/packed.ts: what is written is read back, and nothing else is.
import { describe, expect, it } from '@jest/globals';
import { readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openPacked, writePacked, type PackedSource } from '#datasets/packed.js';
import { temporaryFolder } from '../support/store.js';

const small: PackedSource = {
  shape: [1, 2, 1],
  classNames: ['cat', 'dog'],
  split: { from: 'images', test_fraction: 0.2, seed: 1 },
  parts: {
    train: { inputs: Uint8Array.of(1, 2, 3, 4, 5, 255), labels: Int32Array.of(0, 1, 1) },
    test: { inputs: Uint8Array.of(9, 8), labels: Int32Array.of(1) },
  },
};

describe('a packed data set', () => {
  it('is read back as it was written', async () => {
    const folder = await temporaryFolder();
    const content = await writePacked(folder, small);
    const packed = await openPacked(folder);
    expect(packed.content).toEqual(content);
    expect(await packed.part('train')).toEqual({ examples: 3, ...small.parts.train });
    expect(await packed.part('test')).toEqual({ examples: 1, ...small.parts.test });
  });

  it('says what it holds', async () => {
    expect(await writePacked(await temporaryFolder(), small)).toEqual({
      input_shape: [1, 2, 1],
      class_names: ['cat', 'dog'],
      parts: { train: { examples: 3, class_counts: [1, 2] }, test: { examples: 1, class_counts: [0, 1] } },
      split: small.split,
      preprocessing: { input: { shape: [1, 2, 1], dtype: 'uint8' }, steps: [{ divide_by: 255 }] },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      size_bytes: 8 + 16,
    });
  });

  it('has another digest when shape, names, values or parts differ, and the same whatever the split is said to be', async () => {
    const digest = async (change: Partial<PackedSource>) =>
      (await writePacked(await temporaryFolder(), { ...small, ...change })).digest;
    const { train, test } = small.parts;
    const digests = [
      await digest({}),
      await digest({ shape: [2, 1, 1] }),
      await digest({ classNames: ['cat', 'cow'] }),
      await digest({ parts: { train, test: { ...test, labels: Int32Array.of(0) } } }),
      await digest({ parts: { train, test: { ...test, inputs: Uint8Array.of(9, 7) } } }),
      await digest({ parts: { train: test, test: train } }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(await digest({ split: null })).toBe(digests[0]);
  });

  it('is refused without an index, with one that cannot be read, or of another version', async () => {
    const folder = await temporaryFolder();
    await expect(openPacked(folder)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    for (const index of ['', 'null', '{"schema_version":2,"content":{}}', '{"schema_version":1}']) {
      await writeFile(join(folder, 'packed.json'), index);
      await expect(openPacked(folder)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    }
  });

  it('is refused where any array is longer or shorter than the index tells', async () => {
    const folder = await temporaryFolder();
    await writePacked(folder, small);
    const arrays = (await readdir(folder)).filter((name) => name !== 'packed.json');
    expect(arrays).toHaveLength(4);
    for (const name of arrays) {
      for (const change of [-1, 1]) {
        await writePacked(folder, small);
        const { size } = await stat(join(folder, name));
        await truncate(join(folder, name), size + change);
        const packed = await openPacked(folder);
        await expect(packed.part(name.startsWith('train') ? 'train' : 'test')).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
      }
    }
  });
});
