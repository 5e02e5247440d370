// Tests of the NumPy reader through the whole ingest: what it accepts, and each way arrays and archives can be wrong (reliability.md B23 to B28, B34).
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { ERRORS } from '#contract/errors.js';
import { readSource } from '#datasets/read-source.js';
import { fourFiles, placed, type NamedBytes } from '../support/idx.js';
import { bytesOf, int64Array, npyBytes, npyOf, uint8Array, zipOf, type Entry } from '../support/numpy.js';
import { partInMemory } from '../support/packed.js';
import { share } from '../support/share.js';

const MAX_BYTES = 1_000_000;
const TRAIN = [0, 1, 2, 0, 1, 2, 0];
const TEST = [2, 1, 0];
/** The pixels that the IDX files of the same labels have. */
const pixels = (labels: readonly number[]): number[] => labels.flatMap((_, example) => Array.from({ length: 6 }, (__, at) => (example * 7 + at) % 256));
const arraysOf = (named: Record<string, Buffer>): NamedBytes[] => Object.entries(named).map(([name, bytes]) => ({ name: `${name}.npy`, bytes }));
const FOUR = arraysOf({
  x_train: uint8Array([7, 2, 3], pixels(TRAIN)),
  y_train: int64Array([7], TRAIN),
  x_test: uint8Array([3, 2, 3], pixels(TEST)),
  y_test: int64Array([3], TEST),
});
const npz = (arrays: readonly Entry[], more: Partial<Entry> = {}): NamedBytes[] => [{ name: 'data.npz', bytes: zipOf(arrays.map((array) => ({ ...array, ...more }))) }];

const ingest = async (files: readonly NamedBytes[], classNames: string[] | null = null) => readSource({ ...(await placed(files, classNames)), maxBytes: MAX_BYTES });

/** The failure's code and message; the folder must have been left without an index. */
async function refusal(files: readonly NamedBytes[], { classNames = null, maxBytes = MAX_BYTES }: { classNames?: string[] | null; maxBytes?: number } = {}): Promise<string> {
  const place = await placed(files, classNames);
  const failure = await readSource({ ...place, maxBytes }).then(() => 'accepted', (error: { code?: string; message?: string }) => `${error.code}: ${error.message}`);
  expect(await readdir(place.outFolder)).not.toContain('packed.json');
  return failure;
}

/** Two classes in turn, with inputs of this array. */
const whole = (x: Buffer, count: number): NamedBytes[] => arraysOf({ x, y: int64Array([count], Array.from({ length: count }, (_, at) => at % 2)) });
const values = async (files: readonly NamedBytes[]): Promise<number[]> => {
  const place = await placed(files);
  await readSource({ ...place, maxBytes: MAX_BYTES });
  const parts = [await partInMemory(place.outFolder, 'train'), await partInMemory(place.outFolder, 'test')];
  return parts.flatMap(({ inputs }) => [...inputs]);
};

describe('NumPy arrays that are sound', () => {
  it('give the bytes that IDX files of the same pixels give, as files, gzip, stored and deflated', async () => {
    const { digest, parts } = await ingest(fourFiles(TRAIN, TEST));
    for (const files of [FOUR, FOUR.map(({ name, bytes }) => ({ name: `${name}.gz`, bytes: gzipSync(bytes) })), npz(FOUR), npz(FOUR, { method: 8 }), npz([...FOUR].reverse())]) {
      expect(await ingest(files)).toMatchObject({ digest, parts, split: null, preprocessing: { steps: [{ divide_by: 255 }] } });
    }
  });

  it.each([['X_train', 'Y_train', 'X_test', 'Y_test'], ['train_images', 'train_labels', 'test_images', 'test_labels'], ['data-train', 'target-train', 'data-test', 'target-test'], ['xtrain', 'ytrain', 'xtest', 'ytest']])(
    'may be called %s, %s, %s and %s',
    async (...names) => {
      const { digest } = await ingest(FOUR);
      expect((await ingest(npz(FOUR.map(({ bytes }, at) => ({ name: `${names[at]}.npy`, bytes }))))).digest).toBe(digest);
    },
  );

  it.each([['x_val', 'y_val'], ['x_valid', 'y_valid'], ['validation_images', 'validation_labels'], ['XVal', 'YVal']])('may have a third part, called %s and %s', async (x, y) => {
    const place = await placed([...arraysOf({ [x]: uint8Array([2, 2, 3], pixels([2, 0])), [y]: int64Array([2], [2, 0]) }), ...FOUR]);
    const { parts, split, digest } = await readSource({ ...place, maxBytes: MAX_BYTES });
    expect({ parts, split }).toMatchObject({ parts: { train: { examples: 7 }, validation: { examples: 2, class_counts: [1, 0, 1] }, test: { examples: 3 } }, split: null });
    expect(await partInMemory(place.outFolder, 'validation')).toEqual({ inputs: Uint8Array.from(pixels([2, 0])), labels: Int32Array.of(2, 0) });
    expect(digest).not.toBe((await ingest(FOUR)).digest);
  });

  it.each<[string, NodeJS.ArrayBufferView, number[]]>([
    ['<f4', Float32Array.of(0.5, -1, 3e38, 0), [0.5, -1, Math.fround(3e38), 0]],
    ['<f8', Float64Array.of(0.1, 2, -3, 4), [Math.fround(0.1), 2, -3, 4]],
    ['>f4', Uint8Array.of(0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0x3f, 0, 0, 0), [1, -2, 0, 0.5]],
    ['<f2', Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff), [1, -2, 2 ** -24, 65504]],
    ['|i1', Int8Array.of(-128, 127, 0, 1), [-128, 127, 0, 1]],
    ['<i2', Int16Array.of(-32768, 32767, 0, 1), [-32768, 32767, 0, 1]],
    ['>i2', Uint8Array.of(0x80, 0, 0x7f, 0xff, 0, 0, 0, 1), [-32768, 32767, 0, 1]],
    ['<u2', Uint16Array.of(65535, 2, 3, 4), [65535, 2, 3, 4]],
    ['<i4', Int32Array.of(-5, 6, 7, 8), [-5, 6, 7, 8]],
    ['<u4', Uint32Array.of(5, 6, 7, 8), [5, 6, 7, 8]],
    ['<i8', BigInt64Array.of(-5n, 6n, 7n, 8n), [-5, 6, 7, 8]],
    ['<u8', BigUint64Array.of(5n, 6n, 7n, 8n), [5, 6, 7, 8]],
    ['|b1', Uint8Array.of(0, 1, 1, 0), [0, 1, 1, 0]],
  ])('of type %s become float32', async (descr, data, expected) => {
    expect((await values(whole(npyBytes(descr, [4, 1], bytesOf(data)), 4))).sort()).toEqual([...expected].sort());
  });

  it.each([1, 2, 3])('are read in version %i of the format', async (version) => {
    expect((await ingest(whole(npyBytes('|u1', [4, 2], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), { version }), 4))).input_shape).toEqual([2]);
  });

  it('are vectors, pictures, and pictures with channels', async () => {
    const shapes = await Promise.all([[4, 5], [4, 2, 3], [4, 2, 3, 3]].map(async (shape) => (await ingest(whole(uint8Array(shape, new Array<number>(shape.reduce((a, b) => a * b)).fill(1)), 4))).input_shape));
    expect(shapes).toEqual([[5], [2, 3, 1], [2, 3, 3]]);
  });

  const x = uint8Array([4, 1], [1, 2, 3, 4]);
  it.each<[string, Buffer, string[]]>([
    ['texts', npyBytes('<U4', [4], Buffer.concat(['dog', 'cat', 'dog', 'cat'].map((word) => Buffer.from(Uint32Array.from(word.padEnd(4, '\0'), (letter) => letter.codePointAt(0)!).buffer)))), ['cat', 'dog']],
    ['bytes', npyBytes('|S3', [4], Buffer.from('bir' + 'ant' + 'bir' + 'ant')), ['ant', 'bir']],
    ['a column', int64Array([4, 1], [0, 1, 0, 1]), ['0', '1']],
    ['whole numbers of another type', npyBytes('<u2', [4], bytesOf(Uint16Array.of(0, 1, 0, 1))), ['0', '1']],
    ['true and false', npyBytes('|b1', [4], Uint8Array.of(0, 1, 0, 1)), ['0', '1']],
  ])('may have labels that are %s', async (_, y, names) => {
    const content = await ingest(arraysOf({ x, y }));
    expect(content).toMatchObject({ class_names: names, parts: { train: { class_counts: [1, 1] }, test: { class_counts: [1, 1] } } });
  });

  it('take the order of classes from the request where labels are texts', async () => {
    const y = npyBytes('|S3', [4], Buffer.from('birantbirant'));
    expect((await ingest(arraysOf({ x, y }), ['bir', 'ant', 'cow'])).class_names).toEqual(['bir', 'ant', 'cow']);
    expect(await refusal(arraysOf({ x, y }), { classNames: ['bir', 'cow'] })).toBe('NPY_PARTS: The NumPy arrays do not make a data set: "y.npy" holds the label "ant", which class_names does not have.');
  });
});

describe('NumPy arrays of values', () => {
  const x = uint8Array([10, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const y = npyBytes('<f8', [10], bytesOf(Float64Array.from({ length: 10 }, (_, at) => 2 * (at + 1))));
  const asked = async (files: readonly NamedBytes[], task: 'classification' | 'regression', classNames: string[] | null = null) => {
    const place = await placed(files, classNames);
    return readSource({ ...place, source: { ...place.source, task }, maxBytes: MAX_BYTES });
  };

  it('are a regression: a fifth of all tests, and mean and deviation are those of the train part', async () => {
    const place = await placed(arraysOf({ x, y }));
    const content = await readSource({ ...place, maxBytes: MAX_BYTES });
    const [train, test] = [await partInMemory(place.outFolder, 'train'), await partInMemory(place.outFolder, 'test')];
    for (const { inputs, labels } of [train, test]) expect([...labels]).toEqual(Array.from(inputs, (value) => 2 * value));
    const mean = train.labels.reduce((sum, value) => sum + value, 0) / 8;
    const deviation = Math.sqrt(train.labels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 8);
    expect(content).toMatchObject({ task: 'regression', class_names: [], parts: { train: { examples: 8, class_counts: [] }, test: { examples: 2 } }, split: { test_fraction: 0.2, seed: 1 } });
    expect(content.target!.names).toEqual(['y']);
    expect(content.target!.mean[0]).toBeCloseTo(mean, 12);
    expect(content.target!.deviation[0]).toBeCloseTo(deviation, 12);
    expect(content.size_bytes).toBe(10 * (1 + 4));
  });

  it('may be several for each example, in three parts', async () => {
    const rows = (count: number) => ({ x: uint8Array([count, 1], Array.from({ length: count }, (_, at) => at)), y: npyBytes('<f4', [count, 2], bytesOf(Float32Array.from({ length: 2 * count }, (_, at) => at))) });
    const [train, val, test] = [rows(4), rows(2), rows(3)];
    const place = await placed(arraysOf({ x_train: train.x, y_train: train.y, x_val: val.x, y_val: val.y, x_test: test.x, y_test: test.y }));
    const content = await readSource({ ...place, maxBytes: MAX_BYTES });
    expect(content).toMatchObject({ target: { names: ['y_1', 'y_2'], mean: [3, 4] }, parts: { train: { examples: 4 }, validation: { examples: 2 }, test: { examples: 3 } }, split: null });
    expect([...(await partInMemory(place.outFolder, 'test')).labels]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('are classes where the request says so, or names classes; whole numbers are values where it says so', async () => {
    const classes = arraysOf({ x: uint8Array([4, 1], [1, 2, 3, 4]), y: npyBytes('<f8', [4], bytesOf(Float64Array.of(0, 1, 0, 1))) });
    expect(await asked(classes, 'classification')).toMatchObject({ task: 'classification', class_names: ['0', '1'] });
    expect(await ingest(classes, ['no', 'yes'])).toMatchObject({ task: 'classification', class_names: ['no', 'yes'] });
    expect(await asked(arraysOf({ x: uint8Array([4, 1], [1, 2, 3, 4]), y: int64Array([4], [-5, 700, 20, 3]) }), 'regression')).toMatchObject({ task: 'regression', class_names: [] });
    await expect(asked(arraysOf({ x, y: npyBytes('<f8', [10], bytesOf(new Float64Array(10).fill(0.5))) }), 'classification')).rejects.toMatchObject({ code: 'LABEL_OUT_OF_RANGE' });
    await expect(asked(fourFiles(TRAIN, TEST), 'regression')).rejects.toMatchObject({ code: 'IDX_PARTS' });
  });
});

describe('NumPy arrays that are not sound', () => {
  const good = Uint8Array.of(1, 2, 3, 4);
  it.each<[string, Buffer, string]>([
    ['pickled objects', npyBytes('|O', [4, 1], good), 'PICKLE_REFUSED'],
    ['records', npyBytes("[('a', '<f4')]", [4, 1], good), 'NPY_CORRUPT: "x.npy" is not a sound NumPy array: its elements are records'],
    ['complex numbers', npyBytes('<c8', [4, 1], good), 'its elements are "<c8", which is not read'],
    ['Fortran order', npyBytes('|u1', [4, 2], Buffer.concat([good, good]), { fortran: true }), 'numpy.ascontiguousarray'],
    ['a dictionary that runs code', npyOf("__import__('os').system('true')", good), 'its header cannot be read'],
    ['a negative dimension', npyOf("{'descr': '|u1', 'fortran_order': False, 'shape': (-4, 1), }", good), 'its header cannot be read'],
    ['more than memory has', npyBytes('|u1', [4, 2 ** 40], good), 'NPY_PARTS: The NumPy arrays do not make a data set: an example of "x.npy" has'],
    ['more examples than are accepted', npyBytes('<f8', [2 ** 40, 4], good), 'holds 1099511627776 examples, "y.npy" 4 labels'],
    ['data that end early', npyBytes('|u1', [4, 2], good), 'the data end early'],
    ['data that go on', npyBytes('|u1', [4, 1], Buffer.concat([good, good])), 'more data follow'],
    ['a header that is cut off', npyBytes('|u1', [4, 1], good).subarray(0, 40), 'it ends inside its header'],
    ['a version to come', npyBytes('|u1', [4, 1], good, { version: 9 }), 'it has version 9'],
    ['a value that is no number', npyBytes('<f4', [4, 1], bytesOf(Float32Array.of(1, 2, NaN, 4))), 'VALUE_NOT_FINITE: "x.npy" holds a value that is no finite number in example 2.'],
    ['a value past float32', npyBytes('<f8', [4, 1], bytesOf(Float64Array.of(1, 1e300, 3, 4))), 'in example 1'],
    ['no values', npyBytes('|u1', [4, 0], new Uint8Array()), 'holds no values (4, 0)'],
    ['one number', npyBytes('|u1', [4], good), 'examples are vectors, or pictures'],
  ])('with %s are refused', async (_, x, expected) => {
    expect(await refusal(whole(x, 4))).toContain(expected);
  });

  it.each<[string, NamedBytes[], string]>([
    ['a label of no class', arraysOf({ x: uint8Array([2, 1], [1, 2]), y: int64Array([2], [0, -1]) }), 'LABEL_OUT_OF_RANGE'],
    ['one value for all', arraysOf({ x: uint8Array([3, 1], [1, 2, 3]), y: npyBytes('<f4', [3], bytesOf(Float32Array.of(0.5, 0.5, 0.5))) }), 'TARGET_CONSTANT'],
    ['a value that is no number', arraysOf({ x: uint8Array([2, 1], [1, 2]), y: npyBytes('<f4', [2], bytesOf(Float32Array.of(0, NaN))) }), 'VALUE_NOT_FINITE: "y.npy" holds a value that is no finite number in example 1.'],
    ['labels as large as a thousand million', arraysOf({ x: uint8Array([2, 1], [1, 2]), y: int64Array([2], [0, 1e9]) }), 'LABEL_OUT_OF_RANGE'],
    ['one class', arraysOf({ x: uint8Array([2, 1], [1, 2]), y: int64Array([2], [0, 0]) }), 'CLASSES_TOO_FEW'],
    ['labels of one hot', arraysOf({ x: uint8Array([2, 1], [1, 2]), y: int64Array([2, 2], [0, 1, 1, 0]) }), '"y.npy" is (2, 2); labels are one number or text for each example'],
    ['fewer labels', arraysOf({ x: uint8Array([2, 1], [1, 2]), y: int64Array([1], [0]) }), 'each example needs one'],
    ['names that say nothing', arraysOf({ a: uint8Array([2, 1], [1, 2]), b: int64Array([2], [0, 1]) }), 'found "a.npy", "b.npy"; needed are "x" and "y"'],
    ['half a third part', [...FOUR, ...arraysOf({ x_val: uint8Array([1, 2, 3], pixels([0])) })], 'with "x_val" and "y_val" if there are any'],
    ['parts of two shapes', arraysOf({ x_train: uint8Array([2, 1], [1, 2]), y_train: int64Array([2], [0, 1]), x_test: uint8Array([1, 2], [1, 2]), y_test: int64Array([1], [0]) }), 'all parts need one shape and type'],
    ['a validation part of another shape', [...FOUR, ...arraysOf({ x_val: uint8Array([1, 3, 2], pixels([0])), y_val: int64Array([1], [0]) })], 'all parts need one shape and type'],
    ['a validation part and no test part', [...FOUR.slice(0, 2), ...arraysOf({ x_val: uint8Array([1, 2, 3], pixels([0])), y_val: int64Array([1], [0]) })], 'with "x_val" and "y_val" if there are any'],
    ['a fourth part', [...FOUR, ...FOUR.map(({ name, bytes }) => ({ name: name.replace('train', 'dev').replace('test', 'val'), bytes }))], 'which are 8 arrays'],
  ])('with %s are refused', async (_, files, expected) => {
    expect(await refusal(files)).toContain(expected);
  });

  it('larger than accepted are refused before anything of them is read', async () => {
    expect(await refusal(FOUR, { maxBytes: 50 })).toContain('DATASET_TOO_LARGE');
    expect(await refusal(npz(FOUR), { maxBytes: 50 })).toContain('DATASET_TOO_LARGE');
  });

  it('of two formats at once are refused', async () => {
    expect(await refusal([...FOUR.slice(0, 2), ...fourFiles(TRAIN, TEST).slice(2)])).toContain('FORMAT_UNKNOWN');
  });
});

describe('an archive', () => {
  const more = (entry: Partial<Entry>, at = 0): NamedBytes[] => [{ name: 'data.npz', bytes: zipOf(FOUR.map((array, index) => (index === at ? { ...array, ...entry } : array))) }];
  it.each<[string, NamedBytes[], string]>([
    ['whose entry leads upwards', more({ name: '../x_train.npy' }, 1), 'UNSAFE_PATH: "data.npz" holds an entry that could lie outside of it: ../x_train.npy.'],
    ['whose entry is absolute', more({ name: '/etc/x_train.npy' }, 1), 'UNSAFE_PATH'],
    ['whose entry has a drive', more({ name: 'C:\\x_train.npy' }, 1), 'UNSAFE_PATH'],
    ['whose entry has a backslash', more({ name: 'a\\..\\b.npy' }, 1), 'UNSAFE_PATH'],
    ['with a symbolic link', more({ mode: 0o120777 }, 1), 'UNSAFE_PATH'],
    ['with a device', more({ mode: 0o060666 }, 1), 'UNSAFE_PATH'],
    ['with a name twice', more({ name: 'x_train.npy' }, 1), 'it holds "x_train.npy" twice'],
    ['with two names for an entry', more({ localName: 'y_other.npy' }, 1), 'by different names'],
    ['that is encrypted', more({ encrypted: true, method: 8 }, 1), '"y_train.npy" is encrypted'],
    ['packed by another method', more({ method: 12 }, 1), 'is packed by method 12'],
    ['whose entry is larger than announced', more({ method: 8, sizeBytes: 10 }, 1), 'ARCHIVE_CORRUPT'],
    ['whose entry is smaller than announced', more({ method: 8, sizeBytes: 9_000 }, 1), 'ARCHIVE_CORRUPT'],
    ['whose checksum is wrong', more({ checksum: 1 }, 1), 'the checksum of "y_train.npy" is wrong'],
    ['whose entries overlap', [{ name: 'data.npz', bytes: zipOf([{ name: 'x.npy', bytes: uint8Array([2, 400], new Array<number>(800).fill(1)) }, ...Array.from({ length: 9 }, (_, at) => ({ name: `${at}.npy`, localName: 'x.npy', at: 0, bytes: uint8Array([2, 400], new Array<number>(800).fill(1)) }))]) }], 'ARCHIVE_BOMB: "data.npz" is refused as a decompression bomb: its entries overlap'],
    ['of nothing', npz([]), 'NO_PICTURES'],
    ['of other files', npz([{ name: 'readme.txt', bytes: Buffer.from('hello') }]), 'NO_PICTURES'],
  ])('%s is refused', async (_, files, expected) => {
    expect(await refusal(files)).toContain(expected);
  });

  it('cut off anywhere is refused', async () => {
    const [{ bytes }] = npz(FOUR, { method: 8 }) as [NamedBytes];
    for (let part = 1; part < 20; part += 1) {
      const cut = await refusal([{ name: 'data.npz', bytes: bytes.subarray(0, Math.floor((bytes.length * part) / 20)) }]);
      expect(cut).toMatch(/^(ARCHIVE_CORRUPT|FORMAT_UNKNOWN): /);
    }
  });

  it('or array with any bytes changed is read or refused by name', async () => {
    const files = [npz(FOUR)[0]!, npz(FOUR, { method: 8 })[0]!, FOUR[0]!];
    const change = fc.record({ which: fc.nat(files.length - 1), at: share(), to: fc.uint8Array({ minLength: 1, maxLength: 4 }) });
    await fc.assert(
      fc.asyncProperty(change, async ({ which, at, to }) => {
        const bytes = Buffer.from(files[which]!.bytes);
        bytes.set(to.subarray(0, bytes.length - Math.floor(at * bytes.length)), Math.floor(at * bytes.length));
        const sent = which === 2 ? [{ ...FOUR[0]!, bytes }, ...FOUR.slice(1)] : [{ ...files[which]!, bytes }];
        const end = await readSource({ ...(await placed(sent)), maxBytes: MAX_BYTES }).then(() => 'accepted', (error: { code?: string }) => error.code ?? 'no code');
        expect(['accepted', ...Object.keys(ERRORS)]).toContain(end);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
