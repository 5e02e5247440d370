// Tests of datasets/packed*.ts: what is written is read back, however it came and is cut, and nothing else is.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { copyFile, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { PARTS, partsIn, type PartName } from '#contract/parts.js';
import { openPacked } from '#datasets/packed.js';
import { PackedWriter } from '#datasets/packed-writer.js';
import type { RowValues } from '#datasets/rows.js';
import { pack, partInMemory, valuesOf, type InMemory } from '../support/packed.js';
import { temporaryFolder } from '../support/store.js';

const small: InMemory = {
  shape: [1, 2, 1],
  classNames: ['cat', 'dog'],
  split: { from: 'images', test_fraction: 0.2, seed: 1 },
  parts: {
    train: { inputs: Uint8Array.of(1, 2, 3, 4, 5, 255), labels: Int32Array.of(0, 1, 1) },
    test: { inputs: Uint8Array.of(9, 8), labels: Int32Array.of(1) },
  },
};
const SMALL_DIGEST = '8ec49912dd56abe873da8d0357c35ee99b236cb9322b404cba2803a5284993ca';

const WITH_VALIDATION: InMemory = { ...small, parts: { ...small.parts, validation: { inputs: Uint8Array.of(7, 7, 6, 6), labels: Int32Array.of(1, 0) } } };
const WITH_VALIDATION_DIGEST = '35e24fca43cebbf1ab48ef6a6baff97eb9d130102701dfc4555a66798c6c70a4';

/** Everything is read: index, labels, each chunk. */
async function readAll(folder: string, parts: readonly PartName[] = PARTS): Promise<void> {
  for (const name of parts) await partInMemory(folder, name);
}

describe('a packed data set', () => {
  it('is read back as it was written', async () => {
    const folder = await temporaryFolder();
    const content = await pack(folder, small);
    const packed = await openPacked(folder);
    await packed.close();
    expect(packed.content).toEqual(content);
    for (const name of partsIn(small.parts)) expect(await partInMemory(folder, name)).toEqual(small.parts[name]);
  });

  it('may have a validation part, of which its digest knows', async () => {
    const folder = await temporaryFolder();
    const content = await pack(folder, WITH_VALIDATION);
    expect(content).toMatchObject({
      parts: { train: { examples: 3 }, validation: { examples: 2, class_counts: [1, 1] }, test: { examples: 1 } },
      digest: WITH_VALIDATION_DIGEST,
      size_bytes: 12 + 24,
    });
    for (const name of PARTS) expect(await partInMemory(folder, name)).toEqual(WITH_VALIDATION.parts[name]);
  });

  it('of two parts has no file of a third, and none is read', async () => {
    const folder = await temporaryFolder();
    await pack(folder, small);
    expect((await readdir(folder)).sort()).toEqual(['packed.json', 'test.inputs.u8', 'test.labels.i32', 'train.inputs.u8', 'train.labels.i32']);
    await expect(partInMemory(folder, 'validation')).rejects.toThrow('no validation part');
  });

  it('says what it holds', async () => {
    expect(await pack(await temporaryFolder(), small)).toEqual({
      input_shape: [1, 2, 1],
      task: 'classification',
      class_names: ['cat', 'dog'],
      parts: { train: { examples: 3, class_counts: [1, 2] }, test: { examples: 1, class_counts: [0, 1] } },
      split: small.split,
      preprocessing: { input: { shape: [1, 2, 1], dtype: 'uint8' }, steps: [{ divide_by: 255 }], look: { mean: 45 / 255, deviation: expect.closeTo(0.36833, 4) as unknown, edge: 45 / 255, margin: 0 } },
      digest: SMALL_DIGEST,
      size_bytes: 8 + 16,
    });
  });

  it('has another digest when shape, names, values or parts differ, and the same whatever the split is said to be', async () => {
    const digest = async (change: Partial<InMemory>) =>
      (await pack(await temporaryFolder(), { ...small, ...change })).digest;
    const { train, test } = small.parts;
    const digests = [
      await digest({}),
      await digest({ shape: [2, 1, 1] }),
      await digest({ classNames: ['cat', 'cow'] }),
      await digest({ parts: { train, test: { ...test, labels: Int32Array.of(0) } } }),
      await digest({ parts: { train, test: { ...test, inputs: Uint8Array.of(9, 7) } } }),
      await digest({ parts: { train: test, test: train } }),
      await digest({ parts: { train, validation: test, test } }),
      await digest({ parts: { train, validation: train, test } }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(await digest({ split: null })).toBe(digests[0]);
  });

  it('gives chunks in any order, each into its place', async () => {
    const folder = await temporaryFolder();
    await writeRows(folder, { dtype: 'float32', chunkRows: 2, train: 5, validation: 0, test: 1 }, [5]);
    const packed = await openPacked(folder);
    const { rows } = await packed.part('train');
    const target = new Float32Array(2 * 5).fill(-1);
    await rows.read([2, 0], target, 1);
    await packed.close();
    expect(rows).toMatchObject({ count: 5, chunkRows: 2, dtype: 'float32' });
    expect([...target]).toEqual([-1, -1, 8.5, 9.5, 0.5, 1.5, 2.5, 3.5, -1, -1]);
  });

  it('without its last word is none: the index comes last', async () => {
    const folder = await temporaryFolder();
    const writer = await PackedWriter.open(folder, { ...small, dtype: 'uint8' });
    await writer.add('train', small.parts.train.inputs, small.parts.train.labels);
    await writer.close();
    await expect(openPacked(folder)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it('of version 1, which has no checksums, is still read', async () => {
    const folder = await temporaryFolder();
    const content = await pack(folder, small);
    await writeFile(join(folder, 'packed.json'), `${JSON.stringify({ record: 'packed', schema_version: 1, content })}\n`);
    for (const name of partsIn(small.parts)) expect(await partInMemory(folder, name)).toEqual(small.parts[name]);
    await truncate(join(folder, 'train.inputs.u8'), 5);
    await expect(readAll(folder, ['train'])).rejects.toMatchObject({ code: 'STORE_CORRUPT', message: expect.stringContaining('train.inputs.u8') });
  });

  it('of version 2, of a time when all had classes, is read as a classification', async () => {
    const folder = await temporaryFolder();
    const { task, ...content } = await pack(folder, small);
    const { index } = JSON.parse(await readFile(join(folder, 'packed.json'), 'utf8')) as { index: { arrays: object } };
    const before = { content, arrays: index.arrays };
    const record = { record: 'packed', schema_version: 2, crc32: crc32(JSON.stringify(before)), index: before };
    await writeFile(join(folder, 'packed.json'), `${JSON.stringify(record)}\n`);
    const packed = await openPacked(folder);
    await packed.close();
    expect(packed.content).toEqual({ ...content, task: 'classification' });
    expect(task).toBe('classification');
    for (const name of partsIn(small.parts)) expect(await partInMemory(folder, name)).toEqual(small.parts[name]);
  });

  it('is refused without an index, with one that cannot be read, or of another version', async () => {
    const folder = await temporaryFolder();
    await expect(openPacked(folder)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    for (const index of ['', 'null', '{"schema_version":4,"content":{}}', '{"schema_version":3,"content":{}}', '{"schema_version":2,"index":{},"crc32":1}', '{"schema_version":1}']) {
      await writeFile(join(folder, 'packed.json'), index);
      await expect(openPacked(folder)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    }
  });
});

/** Values that tell where they stand: of row r, width 2, 2r + 0.5 and 2r + 1.5, or those numbers as bytes. */
const valuesAt = (dtype: 'uint8' | 'float32', from: number, rows: number): RowValues =>
  dtype === 'uint8'
    ? Uint8Array.from({ length: 2 * rows }, (_, at) => 2 * from + at)
    : Float32Array.from({ length: 2 * rows }, (_, at) => 2 * from + at + 0.5);

interface Written {
  dtype: 'uint8' | 'float32';
  chunkRows: number;
  train: number;
  validation: number;
  test: number;
}

/** Writes the parts by turns, so many rows at a time; the sizes are gone through again and again. */
async function writeRows(folder: string, { dtype, chunkRows, ...counts }: Written, sizes: readonly number[]) {
  const writer = await PackedWriter.open(folder, { shape: [2], dtype, classNames: ['a', 'b', 'c'] }, chunkRows);
  const done: Record<PartName, number> = { train: 0, validation: 0, test: 0 };
  for (let turn = 0; PARTS.some((name) => done[name] < counts[name]); turn += 1) {
    const name = PARTS[turn % 3]!;
    const rows = Math.min(sizes[turn % sizes.length]!, counts[name] - done[name]);
    await writer.add(name, valuesAt(dtype, done[name], rows), Int32Array.from({ length: rows }, (_, at) => (done[name] + at) % 3));
    done[name] += rows;
  }
  return writer.finish(null);
}

describe('any packed data set', () => {
  const written = fc.record({
    dtype: fc.constantFrom('uint8' as const, 'float32' as const),
    chunkRows: fc.integer({ min: 1, max: 9 }),
    train: fc.integer({ min: 0, max: 40 }),
    validation: fc.integer({ min: 0, max: 9 }),
    test: fc.integer({ min: 0, max: 12 }),
  });

  it('is read as it was written, and has the same digest whatever its chunks and however its rows came', async () => {
    await fc.assert(
      fc.asyncProperty(written, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }), async (form, sizes) => {
        const folder = await temporaryFolder();
        const content = await writeRows(folder, form, sizes);
        const atOnce = await writeRows(await temporaryFolder(), { ...form, chunkRows: 1000 }, [1000]);
        expect(content).toEqual(atOnce);
        expect(content.parts.validation?.examples ?? 0).toBe(form.validation);
        for (const name of partsIn(content.parts)) {
          const { inputs, labels } = await partInMemory(folder, name);
          expect(inputs).toEqual(valuesAt(form.dtype, 0, form[name]));
          expect([...labels]).toEqual(Array.from({ length: form[name] }, (_, at) => at % 3));
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('a packed file that is not what was written', () => {
  const FORM: Written = { dtype: 'uint8', chunkRows: 4, train: 30, validation: 6, test: 9 };
  const FILES = ['packed.json', 'train.inputs.u8', 'train.labels.i32', 'validation.inputs.u8', 'validation.labels.i32', 'test.inputs.u8', 'test.labels.i32'];
  const sound = async (): Promise<string> => {
    const folder = await temporaryFolder();
    await writeRows(folder, FORM, [7]);
    return folder;
  };
  const refusal = (name: string) => ({ code: 'STORE_CORRUPT', message: expect.stringContaining(`${name} of the packed data set`) });

  it('is found and named wherever one bit of it is flipped', async () => {
    const [folder, whole] = [await sound(), await temporaryFolder()];
    for (const name of FILES) await copyFile(join(folder, name), join(whole, name));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...FILES), fc.nat(), fc.integer({ min: 0, max: 7 }), async (name, place, bit) => {
        const path = join(folder, name);
        const bytes = await readFile(path);
        bytes[place % bytes.length]! ^= 1 << bit;
        await writeFile(path, bytes);
        const failure = await readAll(folder).then(() => undefined, (problem: unknown) => problem);
        await copyFile(join(whole, name), path);
        expect(failure ?? 'read').toMatchObject(refusal(name));
      }),
      { numRuns: 200 },
    );
    await readAll(folder);
  });

  it.each(FILES)('is found and named where %s is shorter, longer, empty or missing', async (name) => {
    const folder = await sound();
    const path = join(folder, name);
    const bytes = await readFile(path);
    const { size } = await stat(path);
    for (const length of [0, 1, size >> 1, size - 1, size + 1]) {
      await truncate(path, length);
      await expect(readAll(folder)).rejects.toMatchObject(refusal(name));
      await writeFile(path, bytes);
    }
    await rm(path);
    await expect(readAll(folder)).rejects.toMatchObject(refusal(name));
  });

  it('is found where it is cut off while it is open', async () => {
    const folder = await sound();
    const packed = await openPacked(folder);
    const { rows } = await packed.part('train');
    await truncate(join(folder, 'train.inputs.u8'), 50);
    await expect(valuesOf(rows)).rejects.toMatchObject(refusal('train.inputs.u8'));
    await packed.close();
  });

  it('is found chunk by chunk: the others are read', async () => {
    const folder = await sound();
    const path = join(folder, 'train.inputs.u8');
    const bytes = await readFile(path);
    bytes[2 * 4 * 3] = 255; // in chunk 3
    await writeFile(path, bytes);
    const packed = await openPacked(folder);
    const { rows } = await packed.part('train');
    const target = new Uint8Array(2 * 4);
    await rows.read([2], target, 0);
    expect(target).toEqual(valuesAt('uint8', 8, 4));
    await expect(rows.read([3], target, 0)).rejects.toMatchObject(refusal('train.inputs.u8'));
    await packed.close();
  });
});
