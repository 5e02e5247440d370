// Tables through the whole ingest: what is read and how, and each way a table can be wrong (reliability.md B31, B32, B52).
import { describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { fourFiles } from '../support/idx.js';
import { file, ingest, refusal, values } from '../support/tables.js';

const TRAIN = [0, 1, 2, 0, 1, 2, 0];
const TEST = [2, 1, 0];
const pixelsOf = (example: number): number[] => Array.from({ length: 6 }, (_, at) => (example * 7 + at) % 256);
/** The pixels that the IDX files of the same labels have, a row each. */
const pixelTable = (labels: readonly number[], part = ''): string[] => labels.map((label, example) => [label, ...pixelsOf(example), ...(part && [part])].join(','));
const HEADER = 'label,a,b,c,d,e,f';
const SHAPE = { shape: [2, 3] };
/** Rows of two classes, enough for a split. */
const rowsOf = (...cells: string[]): string => cells.map((cell, at) => `${cell},${at % 2 === 0 ? 'yes' : 'no'}`).join('\n');
const sound = rowsOf('1', '2', '3', '4', '5', '6', '7', '8', '9', '10');

describe('a table of pixels', () => {
  it('gives the bytes that IDX files of the same pixels give, by names of files and by a column', async () => {
    const { digest } = await ingest(fourFiles(TRAIN, TEST));
    const two = [
      { name: 'train.csv', bytes: Buffer.from([HEADER, ...pixelTable(TRAIN)].join('\n')) },
      { name: 'test.csv', bytes: Buffer.from([HEADER, ...pixelTable(TEST)].join('\r\n')) },
    ];
    expect(await ingest(two, { table: SHAPE })).toMatchObject({ digest, split: null, preprocessing: { steps: [{ divide_by: 255 }] } });
    const mixed = [...pixelTable(TRAIN, 'train'), ...pixelTable(TEST, 'test')];
    expect((await ingest(file([`${HEADER},split`, ...mixed].join('\n')), { table: SHAPE })).digest).toBe(digest);
    expect((await ingest(file([`${HEADER},part`, ...mixed.slice(7), ...mixed.slice(0, 7)].join('\n')), { table: SHAPE })).digest).toBe(digest);
  });

  it('is split like IDX files of one part, without a header too', async () => {
    const labels = [...TRAIN, ...TRAIN];
    const { digest, split } = await ingest([{ name: 'images', bytes: fourFiles(labels, TEST)[0]!.bytes }, { name: 'labels', bytes: fourFiles(labels, TEST)[1]!.bytes }]);
    const content = await ingest(file(pixelTable(labels).join('\n')), { table: { ...SHAPE, target: 'column 1' } });
    expect(content).toMatchObject({ digest, split: { test_fraction: split!.test_fraction, seed: 1, from: 'data.csv' } });
    expect(content.preprocessing).not.toHaveProperty('columns');
  });

  it('leaves out a row whose values are no pixels, and refuses a shape that does not fit', async () => {
    const rows = [HEADER, ...pixelTable([...TRAIN, ...TRAIN]), '0,1,2,3,4,5,256', '0,1,2,3,4,5,', '0,1,2,3,4,5,0.5'];
    expect((await ingest(file(rows.join('\n')), { table: SHAPE })).parts.train.examples).toBe(11);
    expect(await refusal(file(rows.join('\n')), { table: SHAPE, onBadRows: 'refuse' })).toMatch(/ROWS_REFUSED: "data.csv", line 16, column "f".*256 is no whole number.*NOT_A_PIXEL/);
    expect(await refusal(file(rows.join('\n')), { table: { shape: [3, 3] } })).toMatch(/^TABLE_COLUMNS: .*takes 9 columns of pixels, but there are 6/);
  });
});

describe('columns', () => {
  it('of numbers are standardised by the train part alone, and missing ones are its mean', async () => {
    const text = 'x,label,split\n1,a,train\n3,b,train\n,a,train\n100,a,test\nNA,b,test\n';
    const { content, inputs } = await values(file(text));
    expect(content.preprocessing.columns).toEqual([{ name: 'x', kind: 'numeric', at: 0, mean: 2, deviation: 1 }]);
    expect(inputs).toEqual([[-1], [1], [0], [98], [0]]);
  });

  it('have a validation part where rows or files say so, which fits nothing', async () => {
    const text = 'x,label,split\n1,a,train\n3,b,train\n50,a,valid\n70,b,dev\n80,b,validation\n100,a,test\nNA,b,test\n';
    const { parts, preprocessing } = await ingest(file(text));
    expect(parts).toMatchObject({ train: { examples: 2 }, validation: { examples: 3, class_counts: [1, 2] }, test: { examples: 2 } });
    expect(preprocessing.columns).toMatchObject([{ mean: 2, deviation: 1 }]);
    const named = ['train', 'val', 'test'].map((part) => ({ name: `${part}.csv`, bytes: Buffer.from(`x,label\n1,a\n2,b\n`) }));
    expect((await ingest(named)).parts).toMatchObject({ train: { examples: 2 }, validation: { examples: 2 }, test: { examples: 2 } });
  });

  it('of a whole are fitted on the rows that the split leaves to train', async () => {
    const { content, inputs } = await values(file(`x,y\n${sound}`));
    const mean = inputs.slice(0, 8).reduce((sum, [x]) => sum + x!, 0) / 8;
    const square = inputs.slice(0, 8).reduce((sum, [x]) => sum + x! * x!, 0) / 8;
    expect([content.parts.train.examples, mean, square]).toEqual([8, expect.closeTo(0, 6), expect.closeTo(1, 6)]);
  });

  it('of texts become one input a category, with one more for what train does not have', async () => {
    const text = 'c,label,split\nred,a,train\nblue,b,train\n,a,train\ngreen,a,test\nred,b,test\nNULL,b,test\n';
    const { content, inputs, labels } = await values(file(text));
    expect(content).toMatchObject({ input_shape: [4], class_names: ['a', 'b'], preprocessing: { columns: [{ name: 'c', kind: 'categorical', at: 0, categories: ['blue', 'red', null] }] } });
    expect(inputs).toEqual([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]);
    expect(labels).toEqual([0, 1, 0, 0, 1, 1]);
  });

  it('may be declared of another kind, or left out', async () => {
    const text = `id,zip,x,y\n${Array.from({ length: 10 }, (_, at) => `n${at},0${at % 2},${at},${at % 2}`).join('\n')}`;
    const { preprocessing } = await ingest(file(text), { table: { columns: { id: 'ignore', zip: 'categorical' } } });
    expect(preprocessing.columns).toMatchObject([{ name: 'zip', categories: ['00', '01'] }, { name: 'x', kind: 'numeric', at: 3 }]);
  });

  it('keep the hundred most frequent categories', async () => {
    const cells = Array.from({ length: 320 }, (_, at) => (at < 200 ? `c${at % 100}` : `r${at}`));
    const { input_shape: shape } = await ingest(file(`c,y\n${rowsOf(...cells)}`));
    expect(shape).toEqual([101]);
  });

  it.each([[',', 'a,b'], [';', 'semicolon'], ['\t', 'tab'], ['|', 'bar']])('are told apart by %j', async (separator) => {
    const { digest } = await ingest(file(`x,z,y\n${sound.replaceAll(',', ',5,')}`));
    expect((await ingest(file(`x,z,y\n${sound.replaceAll(',', ',5,')}`.replaceAll(',', separator), 'data.txt'))).digest).toBe(digest);
  });

  it('are predicted by their name: label, class, target or y, else the last', async () => {
    const names = async (header: string) => (await ingest(file(`${header}\n${sound}`))).class_names;
    expect([await names('x,anything'), await names('x,Label')]).toEqual([['no', 'yes'], ['no', 'yes']]);
    expect((await ingest(file(`y,z\n${Array.from({ length: 8 }, (_, at) => `${at % 2},${at}`).join('\n')}`))).class_names).toEqual(['0', '1']);
  });
});

describe('classes', () => {
  it('that are all whole numbers are in the order of the numbers, others in that of code units', async () => {
    const table = (names: string[]): string => `x,y\n${[...names, ...names].map((name, at) => `${at},${name}`).join('\n')}`;
    expect((await ingest(file(table(['10', '9', '1'])))).class_names).toEqual(['1', '9', '10']);
    expect((await ingest(file(table(['b', 'B', 'a', '10', '9'])))).class_names).toEqual(['10', '9', 'B', 'a', 'b']);
  });

  it('are named by class_names, by name or by number', async () => {
    const text = (labels: string[]): string => `x,y\n${[...labels, ...labels].map((label, at) => `${at},${label}`).join('\n')}`;
    expect((await values(file(text(['b', 'a'])), { classNames: ['b', 'a'] })).content.class_names).toEqual(['b', 'a']);
    expect((await values(file(text(['0', '1'])), { classNames: ['zero', 'one'] })).content.class_names).toEqual(['zero', 'one']);
  });
});

describe('text', () => {
  const plain = `x,y\n${sound}\n`;

  it.each<[string, Buffer | string]>([
    ['a byte order mark', `\ufeff${plain}`],
    ['UTF-16, little-endian', Buffer.from(`\ufeff${plain}`, 'utf16le')],
    ['UTF-16, big-endian', Buffer.from(`\ufeff${plain}`, 'utf16le').swap16()],
    ['CRLF', plain.replaceAll('\n', '\r\n')],
    ['CRLF and LF in turn', plain.replace(/\n/g, (_, at: number) => (at % 2 ? '\n' : '\r\n'))],
    ['no line end at its end', plain.trimEnd()],
    ['quotes', plain.replaceAll('yes', '"yes"')],
    ['spaces around', plain.replaceAll(',', ' , ')],
    ['gzip around it', gzipSync(plain)],
  ])('with %s reads the same', async (_, bytes) => {
    expect((await ingest(file(bytes))).digest).toBe((await ingest(file(plain))).digest);
  });
});

describe('a row that cannot be read is told with its place, and left out', () => {
  it.each<[string, string, string, RegExp]>([
    ['with too few fields', 'x,z,y', '5', /line 12 cannot be read: has 1 fields, not 2 \(FIELD_COUNT\)/],
    ['with too many', 'x,y', '5,yes,6', /line 12.*has 3 fields, not 2 \(FIELD_COUNT\)/],
    ['with a word among numbers', 'x,y', 'abc,yes', /line 12, column "x".*"abc" is no number \(NOT_A_NUMBER\)/],
    ['with an infinity', 'x,y', 'Inf,yes', /line 12, column "x".*NOT_A_NUMBER/],
    ['with JavaScript’s infinity', 'x,y', '-Infinity,yes', /line 12, column "x".*NOT_A_NUMBER/],
    ['with 1e309', 'x,y', '1e309,yes', /line 12, column "x".*"1e309" is no number \(NOT_A_NUMBER\)/],
    ['with 1e39, which is no float32', 'x,y', '1e39,yes', /line 12, column "x".*NOT_A_NUMBER/],
    ['with a hexadecimal number', 'x,y', '0x10,yes', /line 12, column "x".*"0x10" is no number/],
    ['with a formula', 'x,y', '=cmd(),yes', /line 12, column "x".*"=cmd\(\)" is no number/],
    ['without a label', 'x,y', '5,', /line 12, column "y".*LABEL_MISSING/],
    ['with a label of an invisible character', 'x,y', '5,"a\u200bb"', /line 12, column "y".*LABEL_UNKNOWN/],
  ])('%s', async (_, __, row, said) => {
    const many = rowsOf(...Array.from({ length: 10 }, (___, at) => String(at)));
    // So many numbers that one word does not make a column of texts.
    const text = `x,y\n${many}\n${row}\n${rowsOf(...Array.from({ length: 20 }, () => '7'))}`;
    expect((await ingest(file(text))).parts.train.examples).toBe(24);
    expect(await refusal(file(text), { onBadRows: 'refuse' })).toMatch(said);
  });

  it('with a label that class_names does not have', async () => {
    const asked = { classNames: ['yes', 'no'] };
    expect((await ingest(file(`x,y\n${sound}\n5,maybe`), asked)).parts.train.examples).toBe(8);
    expect(await refusal(file(`x,y\n${sound}\n5,maybe`), { ...asked, onBadRows: 'refuse' })).toMatch(/ROWS_REFUSED: "data.csv", line 12, column "y".*"maybe".*LABEL_UNKNOWN/);
  });

  it('with a missing value, where those are bad rows', async () => {
    const text = `x,y\n${sound}\nNaN,yes\n`;
    expect((await ingest(file(text))).parts.train.examples).toBe(9);
    expect((await ingest(file(text), { table: { missing: 'bad_row' } })).parts.train.examples).toBe(8);
    expect(await refusal(file(text), { table: { missing: 'bad_row' }, onBadRows: 'refuse' })).toMatch(/line 12, column "x".*VALUE_MISSING/);
  });
});

describe('a table is refused', () => {
  it.each<[string, Buffer | string, RegExp]>([
    ['that is empty', '', /^FORMAT_UNKNOWN/],
    ['of a header alone', 'x,y\n', /^TABLE_EMPTY: .*no rows below its columns/],
    ['of one class', `x,y\n1,a\n2,a\n3,a`, /^CLASSES_TOO_FEW/],
    ['with a class of one row', `x,y\n1,a\n2,a\n3,b`, /^CLASS_TOO_SMALL/],
    ['with two columns of one name', `x,x,y\n1,2,a\n`, /^TABLE_COLUMNS: .*"data.csv" has two columns named "x"/],
    ['with an open quote', `x,y\n1,a\n2,"b\n3,c\n`, /^TABLE_CORRUPT: .*quote/],
    ['with a quote within a word', `x,y\n1,a"b\n`, /^TABLE_CORRUPT: .*line 2/],
    ['that is no UTF-8', Buffer.from([...Buffer.from('x,y\n1,'), 0xe9, 0x0a, 0x32, 0x2c, 0x62]), /^TABLE_CORRUPT: .*no UTF-8/],
    ['with 10,001 columns', `${Array.from({ length: 10_001 }, (_, at) => `c${at}`).join()}\n`, /^TABLE_COLUMNS: .*10001 columns; at most 10000/],
    ['with one line of 100 MB', Buffer.alloc(100_000_000, 'a,'), /^TABLE_CORRUPT: .*line 1 is longer than 1048576 bytes/],
    ['with a line of 2 MB further down', `x,y\n${sound}\n${'a'.repeat(2 ** 21)},b\n`, /^TABLE_CORRUPT: .*line 12 is longer/],
    ['whose gzip is cut off', gzipSync(`x,y\n${sound}`).subarray(0, -9), /^TABLE_CORRUPT: .*gzip/],
    ['of bad rows alone', `x,z,y\n1\n2\n`, /^TABLE_EMPTY: .*none of its 2 rows/],
    ['whose target has too many values', `x,y\n${Array.from({ length: 10_001 }, (_, at) => `1,${at}`).join('\n')}`, /^TABLE_COLUMNS: .*column "y" holds more than 10000 different values/],
    ['with a column of 10,001 texts', `x,y\n${Array.from({ length: 10_001 }, (_, at) => `t${at},${at % 2}`).join('\n')}`, /^TABLE_COLUMNS: .*column "x" holds texts, more than 10000/],
    ['with a part that has no rows', 'x,y,split\n1,a,train\n2,b,train\n', /^TABLE_PARTS: .*the test part has no rows/],
  ])('%s', async (_, bytes, said) => {
    expect(await refusal(file(bytes))).toMatch(said);
  });

  it('whose columns are not those that the request names', async () => {
    expect(await refusal(file(`x,y\n${sound}`), { table: { target: 'price' } })).toMatch(/^TABLE_COLUMNS: .*there is no column "price"; the columns are "x", "y"/);
    expect(await refusal(file(`x,y\n${sound}`), { table: { columns: { price: 'ignore' } } })).toMatch(/^TABLE_COLUMNS: .*there is no column "price"/);
    expect(await refusal(file(`x,y\n${sound}`), { table: { columns: { x: 'ignore' } } })).toMatch(/^TABLE_COLUMNS: .*no column is left/);
  });

  it('that does not go with another', async () => {
    const files = (one: string, other: string, header = 'x,y') => [...file(`x,y\n${sound}`, one), ...file(`${header}\n${sound}`, other)];
    expect(await refusal(files('train.csv', 'more.csv'))).toMatch(/^TABLE_PARTS: .*"more.csv" has not one/);
    expect(await refusal(files('train.csv', 'test.csv', 'z,y'))).toMatch(/^TABLE_COLUMNS: .*different columns: only one of them has "x"/);
    expect((await ingest(files('a.csv', 'b.csv'))).parts.train.examples).toBe(16);
  });

  it('that is larger than is accepted, as text and as inputs', async () => {
    expect(await refusal(file(gzipSync(`x,y\n${sound}`)), { maxBytes: 50 })).toMatch(/^DATASET_TOO_LARGE/);
    expect(await refusal(file(`x,y\n${sound}`), { maxBytes: 79 })).toMatch(/^DATASET_TOO_LARGE/);
  });
});

describe('lines of JSON', () => {
  const lines = (...objects: unknown[]): string => objects.map((object) => JSON.stringify(object)).join('\n');

  it('give what a CSV of the same cells gives', async () => {
    const csv = await ingest(file('x,c,y\n1,a,u\n2,,v\n3,b,u\n4,a,v\n'));
    const jsonl = await ingest(file(lines({ x: 1, c: 'a', y: 'u' }, { y: 'v', x: 2 }, { x: 3, c: 'b', y: 'u' }, { x: 4, c: 'a', y: 'v' }), 'data.jsonl'), { table: { target: 'y' } });
    expect(jsonl).toMatchObject({ digest: csv.digest, preprocessing: csv.preprocessing });
  });

  it('may hold lists of numbers, a column for each place', async () => {
    const { preprocessing } = await ingest(file(lines(...[0, 1, 2, 3].map((at) => ({ x: [[at, 1], [2, at]], label: at % 2 === 0 }))), 'a.jsonl'));
    expect(preprocessing.columns!.map(({ name }) => name)).toEqual(['x[0][0]', 'x[0][1]', 'x[1][0]', 'x[1][1]']);
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '{"x": 1,', /line 5 .*NOT_JSON/],
    ['no object', '[1, 2]', /line 5 .*no JSON object \(NOT_JSON\)/],
    ['an object within', '{"x": {"a": 1}, "label": "u"}', /line 5, column "x".*holds an object/],
    ['a shorter list', '{"x": [1], "label": "u"}', /line 5, column "x\[1\]".*FIELD_COUNT/],
    ['a number beyond float32', '{"x": [1, 1e400], "label": "u"}', /line 5, column "x\[1\]".*NOT_A_NUMBER/],
  ])('of which one holds %s leave it out', async (_, line, said) => {
    const rows = Array.from({ length: 44 }, (__, at) => ({ x: [at, 2], label: at % 2 ? 'u' : 'v' }));
    const text = `${lines(...rows.slice(0, 4))}\n${line}\n${lines(...rows.slice(4))}`;
    expect(await refusal(file(text, 'a.jsonl'), { onBadRows: 'refuse' })).toMatch(said);
  });

  it('of which one is longer than 1 MiB leave it out', async () => {
    const rows = lines(...Array.from({ length: 8 }, (_, at) => ({ x: at, label: at % 2 ? 'u' : 'v' })));
    const text = `${rows}\n{"x": "${'a'.repeat(3_000_000)}"}\n${rows}`;
    expect((await ingest(file(text, 'a.jsonl'))).parts.train.examples).toBe(12);
    expect(await refusal(file(text, 'a.jsonl'), { onBadRows: 'refuse' })).toMatch(/line 9 .*LINE_TOO_LONG/);
  });
});
