// Tests of the IDX reader through the whole ingest: what it accepts, and each way a file can be wrong (reliability.md B33, B35).
import { describe, expect, it } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readSource } from '#datasets/read-source.js';
import { looksReadable } from '#datasets/readers/registry.js';
import { fourFiles, idxBytes, imagesOf, labelsOf, placed, replaced, twoFiles, zipped, type NamedBytes } from '../support/idx.js';
import { partInMemory } from '../support/packed.js';

const MAX_BYTES = 1_000_000;
const TRAIN = [0, 1, 2, 0, 1, 2, 0];
const TEST = [2, 1, 0];

const ingest = async (files: readonly NamedBytes[], classNames: string[] | null = null, maxBytes = MAX_BYTES) =>
  readSource({ ...(await placed(files, classNames)), maxBytes });

/** The failure's code and message; the folder must have been left without an index. */
async function refusal(files: readonly NamedBytes[], classNames: string[] | null = null, maxBytes = MAX_BYTES): Promise<string> {
  const place = await placed(files, classNames);
  const failure = await readSource({ ...place, maxBytes }).then(
    () => 'accepted',
    (error: { code?: string; message?: string }) => `${error.code}: ${error.message}`,
  );
  expect(await readdir(place.outFolder)).not.toContain('packed.json');
  return failure;
}

describe('IDX files that are sound', () => {
  it('become both parts, with classes from the labels', async () => {
    const place = await placed(fourFiles(TRAIN, TEST));
    const content = await readSource({ ...place, maxBytes: MAX_BYTES });
    expect(content).toMatchObject({
      input_shape: [2, 3, 1],
      class_names: ['0', '1', '2'],
      parts: { train: { examples: 7, class_counts: [3, 2, 2] }, test: { examples: 3, class_counts: [1, 1, 1] } },
      split: null,
    });
    const { inputs, labels } = await partInMemory(place.outFolder, 'train');
    expect([...labels]).toEqual(TRAIN);
    expect([...inputs.subarray(6, 12)]).toEqual([7, 8, 9, 10, 11, 12]);
  });

  it('have one digest, plain or gzip, in whatever order, of one gzip member or several', async () => {
    const files = fourFiles(TRAIN, TEST);
    const { digest } = await ingest(files);
    expect((await ingest(zipped(files))).digest).toBe(digest);
    expect((await ingest([...zipped(files)].reverse())).digest).toBe(digest);
    const { bytes } = files[0]!;
    const members = Buffer.concat([gzipSync(bytes.subarray(0, 9)), gzipSync(bytes.subarray(9))]);
    expect((await ingest(replaced(files, 0, members))).digest).toBe(digest);
  });

  it('may have channels', async () => {
    const files = [{ name: 'images', bytes: imagesOf([0, 1, 0, 1], [2, 2, 3]) }, { name: 'labels', bytes: labelsOf([0, 1, 0, 1]) }];
    expect((await ingest(files)).input_shape).toEqual([2, 2, 3]);
  });

  it.each([['train.img', 'train.lab', 'test.img', 'test.lab'], ['my_Train_images', 'my_train_labels', 'T10K-images', 'my-test-labels'], ['latest-train-x', 'latest-train-y', 'latest-test-x', 'latest-test-y']])(
    'tell their part by names such as %s, %s, %s and %s',
    async (...names) => {
      const files = fourFiles(TRAIN, TEST).map((file, at) => ({ ...file, name: names[at]! }));
      expect((await ingest(files)).parts.test.examples).toBe(3);
    },
  );

  it.each([['validation-images', 'validation-labels'], ['val.x', 'val.y'], ['my_valid_x', 'my_valid_y']])('may have a third part, by names such as %s and %s', async (...names) => {
    const validation = twoFiles([1, 0, 1]).map((file, at) => ({ ...file, name: names[at]! }));
    const place = await placed([...validation, ...fourFiles(TRAIN, TEST)]);
    const content = await readSource({ ...place, maxBytes: MAX_BYTES });
    expect(content).toMatchObject({ parts: { train: { examples: 7 }, validation: { examples: 3, class_counts: [1, 2, 0] }, test: { examples: 3 } }, split: null });
    expect([...(await partInMemory(place.outFolder, 'validation')).labels]).toEqual([1, 0, 1]);
  });

  it('take class names, which may name classes no example has', async () => {
    const content = await ingest(fourFiles(TRAIN, TEST), ['a', 'b', 'c', 'd']);
    expect(content.class_names).toEqual(['a', 'b', 'c', 'd']);
    expect(content.parts.train.class_counts).toEqual([3, 2, 2, 0]);
  });

  it('of one part are split into train and test, and that is recorded', async () => {
    const labels = Array.from({ length: 50 }, (_, at) => (at < 10 ? 0 : 3));
    const place = await placed(twoFiles(labels));
    const content = await readSource({ ...place, maxBytes: MAX_BYTES });
    expect(content.split).toEqual({ from: 'images', test_fraction: 0.2, seed: 1 });
    expect(content.parts).toEqual({
      train: { examples: 40, class_counts: [8, 0, 0, 32] },
      test: { examples: 10, class_counts: [2, 0, 0, 8] },
    });
    // The first pixel tells each example's index: pictures have kept their labels, and their order.
    for (const part of ['train', 'test'] as const) {
      const { inputs, labels: kept } = await partInMemory(place.outFolder, part);
      const indices = Array.from(kept, (_, at) => Array.from({ length: 50 }, (__, index) => index).find((index) => (index * 7) % 256 === inputs[at * 6]!)!);
      expect([...kept]).toEqual(indices.map((index) => labels[index]));
      expect(indices).toEqual([...indices].sort((a, b) => a - b));
    }
    expect((await ingest(twoFiles(labels))).digest).toBe(content.digest);
  });
});

describe('an IDX file', () => {
  const files = fourFiles(TRAIN, TEST);
  const images = Buffer.from(files[0]!.bytes);
  const zipOf = (bytes: Uint8Array, layers: number): Uint8Array => (layers === 0 ? bytes : zipOf(gzipSync(bytes), layers - 1));
  const flipped = (bytes: Uint8Array, at: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at]! ^= 0xff;
    return copy;
  };
  const huge = idxBytes([0xffffffff, 0xffffffff, 0xffffffff], [1, 2, 3]);
  const zipped0 = gzipSync(images);

  it.each<[string, Uint8Array, string, RegExp]>([
    ['that is empty', new Uint8Array(), 'FORMAT_UNKNOWN', /neither IDX nor NumPy/],
    ['with another magic', flipped(images, 0), 'FORMAT_UNKNOWN', /neither IDX nor NumPy/],
    ['that is a picture', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'FORMAT_UNKNOWN', /neither IDX nor NumPy/],
    ['wrapped in gzip ten times', zipOf(images, 10), 'FORMAT_UNKNOWN', /neither IDX nor NumPy/],
    ['of an unknown type', idxBytes([7, 2, 3], new Uint8Array(42), 0x07), 'IDX_CORRUPT', /unknown type \(0x07\)/],
    ['of floats', idxBytes([7, 2, 3], new Uint8Array(168), 0x0d), 'IDX_CORRUPT', /float32 .* read as uint8/],
    ['of two dimensions', idxBytes([7, 6], new Uint8Array(42)), 'IDX_CORRUPT', /2 dimensions/],
    ['of no dimensions', Buffer.from([0, 0, 8, 0]), 'IDX_CORRUPT', /0 dimensions/],
    ['of 255 dimensions', Buffer.from([0, 0, 8, 255, 1, 1, 1]), 'IDX_CORRUPT', /255 dimensions/],
    ['that ends inside its header', images.subarray(0, 10), 'IDX_CORRUPT', /ends inside its header/],
    ['that ends early', images.subarray(0, -1), 'IDX_CORRUPT', /7 × 2 × 3 values, but only 41 follow/],
    ['with trailing data', Buffer.concat([images, Buffer.of(0)]), 'IDX_CORRUPT', /more data follow/],
    ['of 2^96 values that are not there', huge, 'IDX_CORRUPT', /4294967295 × 4294967295 × 4294967295 values, but only 3 follow/],
    ['whose gzip holds too little', gzipSync(images.subarray(0, -1)), 'IDX_CORRUPT', /but only 41 follow/],
    ['whose gzip holds too much', gzipSync(Buffer.concat([images, Buffer.alloc(9)])), 'IDX_CORRUPT', /more data follow/],
    ['whose gzip is cut off', zipped0.subarray(0, -5), 'IDX_CORRUPT', /gzip data end early/],
    ['whose gzip fails its checksum', flipped(zipped0, zipped0.length - 6), 'IDX_CORRUPT', /gzip data are damaged/],
    ['whose gzip is followed by text', Buffer.concat([zipped0, Buffer.from('and so on')]), 'IDX_CORRUPT', /gzip/],
    ['whose gzip is followed by zeros', Buffer.concat([zipped0, Buffer.alloc(100_000)]), 'IDX_CORRUPT', /100000 bytes follow the end/],
  ])('%s is refused', async (_, bytes, code, why) => {
    const failure = await refusal(replaced(files, 0, bytes));
    expect(failure).toMatch(new RegExp(`^${code}: "train-images-idx3-ubyte"`));
    expect(failure).toMatch(why);
  });
});

describe('IDX files that do not make a data set', () => {
  const files = fourFiles(TRAIN, TEST);
  const renamed = (...names: string[]): NamedBytes[] => files.map((file, at) => ({ ...file, name: names[at]! }));

  it.each<[string, readonly NamedBytes[], RegExp]>([
    ['images alone', files.slice(0, 1), /1 of images \("train-images-idx3-ubyte"\) and no file of labels; needed are/],
    ['labels alone', files.slice(1, 2), /no file of images and 1 of labels/],
    ['three files', files.slice(0, 3), /2 of images .* and 1 of labels/],
    ['six files of two parts', [...files, ...files.slice(0, 2)], /several can be told to be the train part/],
    ['eight files', [...files, ...files], /4 of images .* and 4 of labels/],
    ['images of train with labels of test', [files[0]!, files[3]!], /images of the train part, .* labels of the test part/],
    ['two pairs whose names tell nothing', renamed('a', 'b', 'c', 'd'), /of images, "a", "c", none can be told to be the train part/],
    ['two pairs both named train', renamed('train-a', 'train-b', 'train-c', 'train-d'), /several can be told to be the train part/],
    ['two pairs named train and test at once', renamed('train-test-a', 'train-test-b', 'test-c', 'test-d'), /none can be told to be the train part/],
    ['more images than labels', replaced(files, 1, labelsOf(TRAIN.slice(1))), /7 images, .* 6 labels/],
    ['parts of different height', replaced(files, 2, imagesOf(TEST, [3, 3])), /2 × 3 × 1 in .* and 3 × 3 × 1 in/],
    ['grey and colour parts', replaced(files, 2, imagesOf(TEST, [2, 3, 3])), /2 × 3 × 1 in .* and 2 × 3 × 3 in/],
    ['no examples', twoFiles([]), /holds no values \(0 × 2 × 3\)/],
    ['images without height', replaced(files, 0, idxBytes([7, 0, 3], [])), /holds no values \(7 × 0 × 3\)/],
    ['images of more than 1024 × 1024', [{ name: 'i', bytes: imagesOf([0], [1025, 1024]) }, { name: 'l', bytes: labelsOf([0]) }], /1025 × 1024 × 1 values; at most 1048576/],
  ])('%s: IDX_PARTS says what was found', async (_, given, why) => {
    const failure = await refusal(given);
    expect(failure).toMatch(/^IDX_PARTS: /);
    expect(failure).toMatch(why);
  });

  it('are refused before unpacking where they would be larger than allowed', async () => {
    const bomb = gzipSync(idxBytes([50_000, 28, 28], []));
    const labels = gzipSync(idxBytes([50_000], []));
    const failure = await refusal([{ name: 'images.gz', bytes: bomb }, { name: 'labels.gz', bytes: labels }]);
    expect(failure).toBe('DATASET_TOO_LARGE: The data set holds 39.4 MB once unpacked; at most 1 MB are accepted.');
    const exact = 10 * (6 + 4);
    expect(await refusal(files, null, exact - 1)).toMatch(/^DATASET_TOO_LARGE: .* 100 bytes .* 99 bytes/);
    expect((await ingest(files, null, exact)).size_bytes).toBe(exact);
  });

  it('are refused where a label has no class name, with the place', async () => {
    expect(await refusal(files, ['a', 'b'])).toMatch(/^LABEL_OUT_OF_RANGE: "train-labels-idx1-ubyte" gives example 2 the label 2; the 2 classes/);
  });

  it('are refused with fewer than two classes', async () => {
    expect(await refusal(twoFiles([0, 0, 0]))).toMatch(/^CLASSES_TOO_FEW/);
    expect(await refusal(twoFiles([4, 4, 4]))).toMatch(/^CLASSES_TOO_FEW: The data set has 1 class/);
  });

  it('are refused where a class to be split has one example', async () => {
    expect(await refusal(twoFiles([0, 0, 1, 2, 2]), ['cat', 'dog', 'emu'])).toBe(
      'CLASS_TOO_SMALL: Class "dog" has too few examples (1); a train/test split needs 2.',
    );
  });

  it('leave no index of an earlier reading behind', async () => {
    const place = await placed(files);
    await readSource({ ...place, maxBytes: MAX_BYTES });
    await writeFile(join(place.sourceFolder, '0'), 'damaged');
    await expect(readSource({ ...place, maxBytes: MAX_BYTES })).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' });
    expect(await readdir(place.outFolder)).not.toContain('packed.json');
  });
});

describe('looksReadable', () => {
  it('knows IDX, gzip and zip by their first bytes, and leaves open what is shorter', () => {
    for (const start of [[], [0], [0, 0, 8, 3], [0x1f, 0x8b], [0x50, 0x4b, 3, 4]]) expect(looksReadable(Uint8Array.from(start))).toBe(true);
    for (const start of [[0x1f, 0], [0x89, 0x50]]) expect(looksReadable(Uint8Array.from(start))).toBe(false);
  });
});
