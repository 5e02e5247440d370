// A table that is read as another was, so that a model of the one is a base for the other.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import { TestApp } from '../support/app.js';
import { file } from '../support/tables.js';
import { expectProblem, fineTune, upload } from '../support/requests.js';

/** Sizes around a mean, a colour that is told apart, a code that looks like a number and is none, and what is to be told. */
const table = (names: string, row: (at: number) => string, rows = 40): string => `${names}\n${Array.from({ length: rows }, (_, at) => row(at)).join('\n')}\n`;
const SOURCE = table('size,colour,code,kind', (at) => `${at + 100},${['red', 'blue'][at % 2]!},0${at % 3},${at % 2 ? 'ant' : 'bee'}`);
const TARGET = table('more,code,colour,size,sort', (at) => `${at},0${at % 3},${['blue', 'green', ''][at % 3]!},${at * 2},${at % 2 ? 'x' : 'y'}`);

let app: TestApp;
let source: Dataset;
const sent = (text: string, wanted: object) => upload(app.url, file(text), [['table', JSON.stringify(wanted)]]);
const read = (text: string, wanted: object): Promise<Dataset> => app.uploaded(file(text), [['table', JSON.stringify(wanted)]]);
beforeAll(async () => {
  app = await TestApp.open();
  source = await read(SOURCE, { target: 'kind', columns: { code: 'categorical' } });
});
const refused = async (text: string, wanted: object, status: number, code: string, pointer: string): Promise<void> => {
  const before = await app.traces();
  expectProblem(await sent(text, wanted), status, code, [pointer]);
  expect(await app.traces()).toEqual(before);
};

describe('A table that is read like another', () => {
  it('has its columns, categories and standardisation, found by name', async () => {
    const like = await read(TARGET, { like: source.id, target: 'sort' });
    expect(like).toMatchObject({ status: 'ready', content: { class_names: ['x', 'y'] }, source: { table: { like: source.id, target: 'sort' } } });
    expect(like.content!.preprocessing).toEqual(source.content!.preprocessing);
    expect(like.source.like).toEqual({ columns: source.content!.preprocessing.columns, literal: ['code'] });
    expect(like.content!.preprocessing.columns!.map(({ name, kind }) => [name, kind])).toEqual([['size', 'numeric'], ['colour', 'categorical'], ['code', 'categorical']]);
  });

  it('has what the other does not have as its input for all others, and a missing number as its mean', async () => {
    const like = await read('colour,code,size,sort\nred,00,100,x\ngreen,07,,y\nblue,01,101,x\n,02,102,y\n', { like: source.id, target: 'sort' });
    const [, colour, code] = like.content!.preprocessing.columns! as [unknown, { at: number; categories: unknown[] }, { at: number; categories: unknown[] }];
    expect([colour.categories, code.categories]).toEqual([['blue', 'red'], ['00', '01', '02']]);
    const rows: number[][] = [];
    for (const [part, { examples }] of Object.entries(like.content!.parts)) {
      for (let at = 0; at < examples; at += 1) rows.push((await app.get(`/v1/datasets/${like.id}/examples/${at}?part=${part}`)).json<{ values: number[] }>().values);
    }
    const green = rows.find((values) => values[0] === 0)!;
    expect(green.slice(1)).toEqual([0, 0, 1, 0, 0, 0, 1]);
    expect(rows.map((values) => values.slice(1).reduce((sum, value) => sum + value, 0))).toEqual([2, 2, 2, 2]);
  });

  it('gives the other’s own bytes where it is the other', async () => {
    const same = await read(SOURCE, { like: source.id, target: 'kind' });
    expect(same.content!.digest).toBe(source.content!.digest);
  });

  it('is what a model of the other goes on with, which refuses the table as it is', async () => {
    const base = await app.model(source.id);
    const [alone, like] = [await read(TARGET, { target: 'sort' }), await read(TARGET, { like: source.id, target: 'sort' })];
    expect((await app.post('/v1/jobs', fineTune(alone.id, base.id, { kind: 'parameter' }))).status).toBe(422);
    const job = await app.attempt((await app.submit(fineTune(like.id, base.id, { kind: 'parameter' }))).id);
    expect(job).toMatchObject({ status: 'succeeded', error: null });
  });

  it('may be named by a third, and outlives the other', async () => {
    const other = await read(SOURCE, { target: 'kind', columns: { code: 'categorical' } });
    const like = await read(TARGET, { like: other.id, target: 'sort' });
    expect((await app.delete(`/v1/datasets/${other.id}`)).status).toBe(204);
    const third = await read(TARGET, { like: like.id, target: 'sort' });
    expect([third.content!.digest, third.source.like]).toEqual([like.content!.digest, like.source.like]);
  });

  it('is invalid where it lacks a column, or would predict one', async () => {
    expect(await read('size,code,sort\n1,00,x\n2,01,y\n', { like: source.id })).toMatchObject({ status: 'invalid', error: { code: 'TABLE_COLUMNS', message: expect.stringContaining('no column "colour", which the data set that "like" names has') as unknown } });
    expect(await read(TARGET, { like: source.id, target: 'size' })).toMatchObject({ status: 'invalid', error: { code: 'TABLE_COLUMNS', message: expect.stringContaining('"size" is an input') as unknown } });
  });

  it('leaves out a row whose text stands where the other has a number', async () => {
    const like = await read('colour,code,size,sort\nred,00,100,x\nred,00,100,y\nred,00,many,x\nblue,01,101,x\nblue,02,102,y\n', { like: source.id, target: 'sort' });
    expect((await app.get(`/v1/datasets/${like.id}/report`)).json()).toMatchObject({ problems: { total: 1, first: [{ field: 'size', code: 'NOT_A_NUMBER', line: 4 }] } });
  });
});

describe('A table is refused', () => {
  it('where there is nothing that it could be read like', async () => {
    await refused(TARGET, { like: 'ds_0197a2c4d5e67f8091a2b3c4d5e6f708' }, 422, 'DATASET_UNKNOWN', '/table/like');
    await refused(TARGET, { like: (await app.generated()).id }, 422, 'INVALID_VALUE', '/table/like');
    const unread = (await sent(SOURCE, {})).json<Dataset>();
    await refused(TARGET, { like: unread.id }, 409, 'DATASET_NOT_READY', '/table/like');
  });

  it('where it says itself what becomes of columns', async () => {
    await refused(TARGET, { like: source.id, columns: { size: 'ignore' } }, 422, 'INVALID_VALUE', '/table/columns');
    await refused(TARGET, { like: source.id, shape: [2, 2] }, 422, 'INVALID_VALUE', '/table/shape');
  });
});
