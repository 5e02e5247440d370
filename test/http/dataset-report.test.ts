// GET /v1/datasets/{id}/report, /preview and /examples/{index}: what a data set is before anything is trained on it.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';
import type { DatasetExample, DatasetReport } from '#contract/dataset-report.js';
import type { Dataset } from '#contract/dataset.js';
import { blocksOf, textOf } from '../docs/markdown.js';
import { TestApp } from '../support/app.js';
import { idxBytes, labelsOf, type NamedBytes } from '../support/idx.js';
import { bytesOf, int64Array, npyBytes } from '../support/numpy.js';
import { expectProblem } from '../support/requests.js';
import { temporaryFolder } from '../support/store.js';
import { file } from '../support/tables.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.open();
});

const report = async (id: string): Promise<DatasetReport> => (await app.get(`/v1/datasets/${id}/report`)).json<DatasetReport>();
const codes = ({ warnings }: DatasetReport): string[] => warnings.map(({ code }) => code);

/** Vectors of two columns, the second of which never changes, and their classes. */
function vectors(rows: readonly (readonly [number, number])[], names: readonly ['train' | 'test', number[]][]): NamedBytes[] {
  let from = 0;
  return names.flatMap(([part, labels]) => {
    const mine = rows.slice(from, (from += labels.length));
    return [
      { name: `x_${part}.npy`, bytes: npyBytes('<f4', [mine.length, 2], bytesOf(Float32Array.from(mine.flat()))) },
      { name: `y_${part}.npy`, bytes: int64Array([labels.length], labels) },
    ];
  });
}

/** The pixels of a PNG without filters. */
function pixelsOf(png: Buffer): { width: number; height: number; pixels: number[][] } {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const length = png.readUInt32BE(33);
  expect(png.subarray(37, 41).toString()).toBe('IDAT');
  const lines = inflateSync(png.subarray(41, 41 + length));
  const line = lines.length / height;
  return { width, height, pixels: Array.from({ length: height }, (_, at) => [...lines.subarray(at * line + 1, (at + 1) * line)]) };
}

describe('the report of a data set', () => {
  it('says what was found in it', async () => {
    const rows = [[1, 7], [2, 7], [3, 7], [1, 7], [5, 7], [2, 7]] as const;
    const dataset = await app.uploaded(vectors(rows, [['train', [0, 1, 0, 1]], ['test', [0, 1]]]), [['class_names', '["ant","bee","Bee"]']]);
    const found = await report(dataset.id);
    expect(found).toMatchObject({ object: 'dataset_report', dataset: dataset.id, status: 'ready', error: null, rows: { read: 6, skipped: 0 } });
    expect(found.problems).toEqual({ total: 0, by_code: {}, listed: 0, first: [] });
    expect(found.findings!.input).toEqual({ shape: [2], dtype: 'float32', values_by: 'column' });
    expect(found.findings!.classes.map(({ examples }) => examples)).toEqual([3, 3, 0]);
    expect(found.findings!.parts.train).toEqual({
      examples: 4, class_counts: [2, 2, 0],
      values: [{ min: 1, max: 3, mean: 1.75, deviation: Math.sqrt(0.6875), missing: 0 }, { min: 7, max: 7, mean: 7, deviation: 0, missing: 0 }],
    });
    expect(found.findings!.duplicates).toEqual({
      checked_share: 1, near: { checked: false, complete: true }, across_parts: { exact: 1, near: 0 }, within_parts: { exact: 1, near: 0 }, label_conflicts: 1,
    });
    const example = Object.fromEntries(found.warnings.map(({ code, examples }) => [code, examples[0]]));
    expect(example).toEqual({
      CLASS_SMALL: { rows: [], classes: ['ant'], columns: [] },
      LABEL_TYPO: { rows: [], classes: ['Bee', 'bee'], columns: [] },
      DUPLICATES_ACROSS_PARTS: { rows: [{ part: 'train', index: 1 }, { part: 'test', index: 1 }], classes: ['bee'], columns: [] },
      DUPLICATES_WITHIN_PART: { rows: [{ part: 'train', index: 0 }, { part: 'train', index: 3 }], classes: ['ant', 'bee'], columns: [] },
      LABEL_CONFLICT: { rows: [{ part: 'train', index: 0 }, { part: 'train', index: 3 }], classes: ['ant', 'bee'], columns: [] },
      CONSTANT_INPUT: { rows: [], classes: [], columns: [1] },
    });
  });

  it('warns of classes that are missing in a part or out of balance', async () => {
    const rows = Array.from({ length: 25 }, (_, at) => [at, at] as const);
    const dataset = await app.uploaded(vectors(rows, [['train', [...Array<number>(20).fill(0), 1, 1]], ['test', [0, 0, 2]]]));
    const found = await report(dataset.id);
    expect(codes(found)).toEqual(['CLASS_SMALL', 'CLASS_IMBALANCE', 'CLASS_MISSING_IN_TRAIN', 'CLASS_MISSING_IN_TEST']);
    expect(found.warnings.map(({ examples }) => examples.map(({ classes }) => classes.join()))).toEqual([['1', '2'], ['0,1'], ['2'], ['1']]);
  });

  it('has nothing to warn of in glyphs, and does not change what their digest is over', async () => {
    const [one, other] = [await app.generated('glyph_digits', 240), await app.generated('glyph_digits', 240)];
    expect(codes(await report(one.id))).toEqual([]);
    expect(one.content!.digest).toBe(other.content!.digest);
    expect(await report(one.id)).toEqual({ ...(await report(other.id)), dataset: one.id });
  });

  it('is tagged, and not sent again to a client that has it', async () => {
    const { id } = await app.generated('glyph_digits', 100);
    const { headers } = await app.get(`/v1/datasets/${id}/report`);
    const again = await app.get(`/v1/datasets/${id}/report`, { 'if-none-match': String(headers.etag) });
    expect([again.status, again.bytes.length]).toEqual([304, 0]);
  });

  it('gives all row problems as NDJSON, none here', async () => {
    const { id } = await app.generated('glyph_digits', 100);
    const answer = await app.get(`/v1/datasets/${id}/report`, { accept: 'application/x-ndjson' });
    expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([200, 'application/x-ndjson', '']);
  });

  it('is there for an invalid data set too, published before anyone sees that it is', async () => {
    const files = [{ name: 'images', bytes: idxBytes([4, 2, 3], new Uint8Array(24)) }, { name: 'labels', bytes: labelsOf([0, 0, 1, 2]) }];
    const dataset = await app.uploaded(files);
    expect(dataset).toMatchObject({ status: 'invalid', error: { code: 'CLASS_TOO_SMALL' } });
    expect(await report(dataset.id)).toEqual({
      object: 'dataset_report', dataset: dataset.id, status: 'invalid', error: dataset.error, rows: { read: 0, skipped: 0 }, warnings: [], findings: null,
      problems: { total: 0, by_code: {}, listed: 0, first: [] },
    });
    const mine = (await app.traces()).paths.filter((path) => path.includes(dataset.id) && path.includes('/report/'));
    expect(mine.map((path) => path.split('/').at(-1))).toEqual(['problems.ndjson', 'report.json']);
    expectProblem(await app.get(`/v1/datasets/${dataset.id}/preview`), 409, 'DATASET_NOT_READY', []);
    expect((await app.delete(`/v1/datasets/${dataset.id}`)).status).toBe(204);
    expect((await app.traces()).paths.filter((path) => path.includes(dataset.id))).toEqual([]);
  });

  it('is 409 while the data set is being read, 404 for none, and for one that was read by an earlier version', async () => {
    const { id } = (await app.post('/v1/datasets', { generate: { name: 'glyph_digits', examples: 100 } })).json<Dataset>();
    for (const what of ['report', 'preview', 'examples/0']) {
      expect(expectProblem(await app.get(`/v1/datasets/${id}/${what}`), 409, 'DATASET_NOT_READY', []).detail).toContain('validating');
      expectProblem(await app.get(`/v1/datasets/ds_1/${what}`), 404, 'DATASET_NOT_FOUND', []);
    }
    await app.read(id);
    await rm(join(app.folder, 'datasets', id, 'packed', 'report.json'));
    expectProblem(await app.get(`/v1/datasets/${id}/report`), 404, 'REPORT_NOT_FOUND', []);
    expectProblem(await app.get(`/v1/datasets/${id}/preview`), 404, 'REPORT_NOT_FOUND', []);
    expect((await app.get(`/v1/datasets/${id}/examples/0`)).status).toBe(200);
  });
});

/** A table of three classes, with whatever else is planted in it. */
const pets = (...more: string[]): NamedBytes[] => {
  const rows = Array.from({ length: 120 }, (_, at) => `${at},${(at * 7) % 11},${['cat', 'dog', 'hen'][at % 3]}`);
  return file(['age,weight,label', ...rows, ...more].join('\n'));
};

describe('the report of a table', () => {
  const read = (...more: string[]) => app.uploaded(pets(...more));

  it('has nothing to warn of where there is nothing', async () => {
    const { id } = await read();
    expect(await report(id)).toMatchObject({ rows: { read: 120, skipped: 0 }, warnings: [] });
  });

  it('warns of a small class whose name may be a typo, and of nothing else', async () => {
    const { id, status } = await read('200,3,caat', '201,4,caat');
    const found = await report(id);
    expect([status, codes(found)]).toEqual(['ready', ['CLASS_SMALL', 'CLASS_IMBALANCE', 'LABEL_TYPO']]);
    const { warnings } = found;
    expect(warnings.find(({ code }) => code === 'CLASS_SMALL')!.examples).toEqual([{ rows: [], classes: ['caat'], columns: [] }]);
    expect(warnings.find(({ code }) => code === 'LABEL_TYPO')!.examples).toEqual([{ rows: [], classes: ['caat', 'cat'], columns: [] }]);
  });

  it.each([
    ['a class of one example', pets('200,3,caat'), 'CLASS_TOO_SMALL'],
    ['one class', file(`age,weight,label\n${Array.from({ length: 20 }, (_, at) => `${at},1,cat`).join('\n')}`), 'CLASSES_TOO_FEW'],
  ])('is there for %s, which is refused', async (_what, files, code) => {
    const { id, status, error } = await app.uploaded(files);
    expect([status, error?.code]).toEqual(['invalid', code]);
    expect(await report(id)).toMatchObject({ status: 'invalid', error: { code }, findings: null });
  });

  it('counts the rows left out by their codes, and lists them all as NDJSON, whole or in part', async () => {
    const bad = Array.from({ length: 1_200 }, (_, at) => (at % 2 === 0 ? `${at},cat` : `${at},1,`));
    const { id } = await read(...bad);
    const { rows, problems, warnings } = await report(id);
    expect(rows).toEqual({ read: 120, skipped: 1_200 });
    expect(problems).toMatchObject({ total: 1_200, by_code: { FIELD_COUNT: 600, LABEL_MISSING: 600 }, listed: 1_200 });
    expect(problems.first).toHaveLength(1_000);
    expect(warnings).toMatchObject([{ code: 'ROWS_SKIPPED', count: 1_200 }]);
    const whole = await app.get(`/v1/datasets/${id}/report`, { accept: 'application/x-ndjson' });
    const listed = whole.text.trim().split('\n').map((line) => JSON.parse(line) as unknown);
    expect(listed).toHaveLength(1_200);
    expect(listed.slice(0, 1_000)).toEqual(problems.first);
    expect(listed[0]).toMatchObject({ file: 'data.csv', entry: null, line: 122, code: 'FIELD_COUNT' });
    const part = await app.get(`/v1/datasets/${id}/report`, { accept: 'application/x-ndjson', range: 'bytes=10-19' });
    expect([part.status, part.text]).toEqual([206, whole.text.slice(10, 20)]);
  });

  it('lists the rows for which a data set is refused, not only the first', async () => {
    const { id, error } = await app.uploaded(pets('1,cat', '2,dog', '3'), [['on_bad_rows', 'refuse']]);
    expect(error).toMatchObject({ code: 'ROWS_REFUSED' });
    expect(error!.message).toContain('the first of 3 rows');
    expect((await report(id)).problems.first.map(({ line }) => line)).toEqual([122, 123, 124]);
  });
});

describe('the report that the guide shows', () => {
  it('is the answer to the table that the guide makes', async () => {
    const blocks = blocksOf(textOf('docs/guide.md'));
    const at = blocks.findIndex(({ info }) => info === 'json of a report');
    const folder = await temporaryFolder();
    await promisify(execFile)('bash', ['-euc', blocks[at - 1]!.code], { cwd: folder });
    const { id } = await app.uploaded([{ name: 'pets.csv', bytes: await readFile(join(folder, 'pets.csv')) }]);
    const { findings, dataset, ...shown } = await report(id);
    expect([findings === null, dataset]).toEqual([false, id]);
    expect(shown).toEqual(JSON.parse(blocks[at]!.code));
  });
});

describe('the report of pictures', () => {
  it('tells of a picture that is in two parts, and of one that is nearly', async () => {
    const glyphs = (await app.generated('glyph_digits', 120)).id;
    const pixels = async (index: number): Promise<number[]> => (await app.get(`/v1/datasets/${glyphs}/examples/${index}`)).json<DatasetExample>().values.map((value) => value!);
    const train = await Promise.all(Array.from({ length: 20 }, (_, at) => pixels(at)));
    const test = [...(await Promise.all(Array.from({ length: 10 }, (_, at) => pixels(50 + at)))), train[4]!, train[7]!.map((value) => Math.round(value * 0.99))];
    const images = (of: number[][]): Buffer => idxBytes([of.length, 28, 28], Uint8Array.from(of.flat()));
    const labels = (of: number[][]): Buffer => labelsOf(of.map((_, at) => at % 2));
    const dataset = await app.uploaded([
      { name: 'train-images', bytes: images(train) }, { name: 'train-labels', bytes: labels(train) },
      { name: 'test-images', bytes: images(test) }, { name: 'test-labels', bytes: labels(test) },
    ]);
    const { findings, warnings } = await report(dataset.id);
    expect(findings!.duplicates).toMatchObject({ near: { checked: true, complete: true }, across_parts: { exact: 1, near: 1 }, within_parts: { exact: 0, near: 0 } });
    expect(warnings.find(({ code }) => code === 'DUPLICATES_ACROSS_PARTS')).toMatchObject({
      count: 2,
      examples: [
        { rows: [{ part: 'train', index: 4 }, { part: 'test', index: 10 }] },
        { rows: [{ part: 'train', index: 7 }, { part: 'test', index: 11 }] },
      ],
    });
  });
});

describe('the preview of a data set', () => {
  it('shows ten of each class, a line for each, the examples that the report names', async () => {
    const { id } = await app.generated('glyph_digits', 240);
    const answer = await app.get(`/v1/datasets/${id}/preview`);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/png']);
    const sheet = (await report(id)).findings!.preview!;
    expect([sheet.columns, sheet.cell_width, sheet.cells.length]).toEqual([10, 56, 100]);
    expect(sheet.cells.map(({ label }) => label)).toEqual(Array.from({ length: 100 }, (_, at) => Math.floor(at / 10)));
    const { width, height, pixels } = pixelsOf(answer.bytes);
    expect([width, height]).toEqual([582, 582]);
    const cell = sheet.cells[23]!;
    const { values } = (await app.get(`/v1/datasets/${id}/examples/${cell.index}?part=${cell.part}`)).json<DatasetExample>();
    const shown = Array.from({ length: 784 }, (_, at) => pixels[2 + 2 * 58 + 2 * Math.floor(at / 28)]![2 + 3 * 58 + 2 * (at % 28)]!);
    expect(shown).toEqual(values);
    const again = await app.generated('glyph_digits', 240);
    expect((await app.get(`/v1/datasets/${again.id}/preview`)).bytes.equals(answer.bytes)).toBe(true);
  });

  it('is 404 for vectors, and so is an example of them as PNG', async () => {
    const { id } = await app.uploaded(vectors([[1, 2], [3, 4], [5, 6], [7, 8]], [['train', [0, 1]], ['test', [0, 1]]]));
    expectProblem(await app.get(`/v1/datasets/${id}/preview`), 404, 'NOT_PICTURES', []);
    expectProblem(await app.get(`/v1/datasets/${id}/examples/1`, { accept: 'image/png' }), 404, 'NOT_PICTURES', []);
  });
});

describe('an example of a data set', () => {
  it('is given with its values and class, or as PNG of the same pixels', async () => {
    const { id, content } = await app.generated('glyph_letters', 240);
    const path = `/v1/datasets/${id}/examples/7?part=test`;
    const example = (await app.get(path)).json<DatasetExample>();
    expect(example).toMatchObject({ object: 'dataset_example', dataset: id, part: 'test', index: 7, shape: [28, 28, 1], class_name: content!.class_names[example.label!] });
    const png = await app.get(path, { accept: 'image/png' });
    expect(png.headers['content-type']).toBe('image/png');
    expect(pixelsOf(png.bytes).pixels.flat()).toEqual(example.values);
    const again = await app.get(path, { accept: 'image/png', 'if-none-match': String(png.headers.etag) });
    expect([again.status, again.bytes.length]).toEqual([304, 0]);
    expect((await app.get(path, { 'if-none-match': String(png.headers.etag) })).status).toBe(200);
  });

  it.each([
    ['200', 404, 'EXAMPLE_NOT_FOUND'],
    ['-1', 422, 'INVALID_VALUE'],
    ['1.5', 422, 'INVALID_VALUE'],
    ['x', 422, 'INVALID_VALUE'],
    ['0?part=validate', 422, 'INVALID_VALUE'],
    ['0?parts=test', 422, 'UNKNOWN_FIELD'],
  ])('is none at "%s"', async (index, status, code) => {
    const { id } = await app.generated('glyph_digits', 240);
    expectProblem(await app.get(`/v1/datasets/${id}/examples/${index}`), status, code);
  });
});
