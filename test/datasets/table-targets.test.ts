// Values in the place of classes: when a column of a table is predicted as numbers, and which rows cannot be.
import { describe, expect, it } from '@jest/globals';
import { file, ingest, refusal, values, type Asked } from '../support/tables.js';

/** Prices of ten houses, and a row or more below them. */
const houses = (...more: string[]): string => `size,price\n${[...Array.from({ length: 10 }, (_, at) => `${at},${at + 0.5}`), ...more].join('\n')}`;
const whole = `size,rooms\n${Array.from({ length: 10 }, (_, at) => `${at},${at % 2}`).join('\n')}`;
const REGRESSION: Asked = { task: 'regression' };

describe('a target whose numbers are not all whole', () => {
  it('is a value to predict, in float32, of which a fifth goes to the test part by seed', async () => {
    const { content, labels } = await values(file(houses()));
    expect(content).toMatchObject({ task: 'regression', class_names: [], target: { names: ['price'] }, parts: { train: { examples: 8, class_counts: [] }, test: { examples: 2 } }, split: { test_fraction: 0.2, seed: 1 } });
    expect([...labels].sort((one, other) => one - other)).toEqual(Array.from({ length: 10 }, (_, at) => at + 0.5));
    const mean = labels.slice(0, 8).reduce((sum, value) => sum + value, 0) / 8;
    expect(content.target!.mean[0]).toBeCloseTo(mean, 10);
    expect((await ingest(file(houses()))).digest).toBe(content.digest);
    expect((await ingest(file(houses().split('\n').slice(1).map((row) => `{"size": ${row.split(',')[0]}, "price": ${row.split(',')[1]}}`).join('\n'), 'houses.jsonl'))).digest).toBe(content.digest);
  });

  it('is of classes where the request says so, or names classes', async () => {
    const text = `x,y\n${Array.from({ length: 8 }, (_, at) => `${at},${at % 2 ? '1.5' : '2.5'}`).join('\n')}`;
    expect(await ingest(file(text))).toMatchObject({ task: 'regression' });
    expect(await ingest(file(text), { task: 'classification' })).toMatchObject({ task: 'classification', class_names: ['1.5', '2.5'] });
    expect(await ingest(file(text), { classNames: ['2.5', '1.5'] })).toMatchObject({ task: 'classification', class_names: ['2.5', '1.5'] });
  });

  it('may be that of a table in three parts, whose train part alone gives mean and deviation', async () => {
    const text = 'x,y,split\n1,1.5,train\n2,3.5,train\n3,50,validation\n4,60.25,test\n5,70,test\n';
    const { content, labels } = await values(file(text));
    expect(content).toMatchObject({ target: { names: ['y'], mean: [2.5], deviation: [1] }, split: null, parts: { train: { examples: 2 }, validation: { examples: 1 }, test: { examples: 2 } } });
    expect(labels).toEqual([1.5, 3.5, 60.25, 70]);
  });

  it('may be predicted from pixels', async () => {
    const text = `y,a,b,c,d\n${Array.from({ length: 10 }, (_, at) => `${at / 4},${at},1,2,3`).join('\n')}`;
    expect(await ingest(file(text), { table: { shape: [2, 2] } })).toMatchObject({ task: 'regression', input_shape: [2, 2, 1], target: { names: ['y'] } });
  });
});

describe('whole numbers', () => {
  it('are classes, and values where the request says so', async () => {
    expect(await ingest(file(whole))).toMatchObject({ task: 'classification', class_names: ['0', '1'] });
    expect(await ingest(file(whole.replaceAll(',1', ',1.0').replaceAll(',0', ',0.0')))).toMatchObject({ task: 'classification' });
    expect(await ingest(file(whole), REGRESSION)).toMatchObject({ task: 'regression', target: { names: ['rooms'] } });
  });

  it('of more than 10,000 kinds are values only where the request says so', async () => {
    const text = `x,y\n${Array.from({ length: 10_001 }, (_, at) => `${at % 7},${at}`).join('\n')}`;
    expect(await refusal(file(text))).toMatch(/^TABLE_COLUMNS: .*"y" holds more than 10000 different values.*ask for the task "regression"/);
    expect(await ingest(file(text), REGRESSION)).toMatchObject({ task: 'regression', parts: { train: { examples: 8001 }, test: { examples: 2000 } } });
  });
});

describe('a row whose value cannot be read is told with its place, and left out', () => {
  const many = (row: string): string => houses(...Array.from({ length: 30 }, (_, at) => `${at},${at}`), row);

  it.each([
    ['without one', '5,', /line 42, column "price".*has no value to predict \(LABEL_MISSING\)/],
    ['with a word', '5,dear', /line 42, column "price".*"dear" is no number \(NOT_A_NUMBER\)/],
    ['with an infinity', '5,Infinity', /line 42, column "price".*NOT_A_NUMBER/],
    ['with a number beyond float32', '5,1e39', /line 42, column "price".*"1e39" is no number \(NOT_A_NUMBER\)/],
  ])('%s', async (_, row, said) => {
    const { parts, task } = await ingest(file(many(row)));
    expect([task, parts.train.examples + parts.test.examples]).toEqual(['regression', 40]);
    expect(await refusal(file(many(row)), { onBadRows: 'refuse' })).toMatch(said);
  });

  it('all of them, where the task is regression and the target holds words', async () => {
    expect(await refusal(file('x,y\n1,a\n2,b\n3,a\n4,b'), REGRESSION)).toMatch(/^TABLE_EMPTY: .*none of its 4 rows/);
  });

  it('and a target of one value is refused', async () => {
    expect(await refusal(file('x,y\n1,2.5\n2,2.5\n3,2.5\n4,2.5'))).toMatch(/^TARGET_CONSTANT: .*y/);
  });
});
