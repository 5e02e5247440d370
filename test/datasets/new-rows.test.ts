// New rows of a table become the very values that the same rows became for training.
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TableWanted } from '#contract/dataset.js';
import { csvOf } from '#datasets/readers/csv.js';
import { encodedRows, type NewRow } from '#datasets/tables/new-rows.js';
import { file, values } from '../support/tables.js';

const TYPED: TableWanted = { target: 'kind', columns: { zip: 'categorical' } };
const SIZES = ['1', '-2.5', '7e2', '', 'NA', '0.125', ' 3 '];
const COLOURS = ['red', 'blue', '', 'n/a', ' green ', 'violet'];
const ZIPS = ['01', '1', '007', '', '12'];

/** Whose part is said, so that their order is known. */
const row = fc.tuple(fc.constantFrom(...SIZES), fc.constantFrom(...COLOURS), fc.constantFrom(...ZIPS));

it('are encoded as training encoded the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 4, maxLength: 40 }), async (rows) => {
      // The first and the last keep both parts there, and both kinds of columns what they are.
      const all = [['1', 'red', '01'], ['2', 'blue', '02'], ...rows, ['1', 'red', '01'], ['4', 'blue', '7']];
      const part = (at: number): string => (at < 2 || (at < all.length - 2 && at % 3 > 0) ? 'train' : 'test');
      const lines = all.map((cells, at) => `${cells.join(',')},${at % 2 ? 'a' : 'b'},${part(at)}`);
      const text = `size,colour,zip,kind,split\n${lines.join('\n')}\n`;
      const { content, inputs } = await values(file(text), { table: TYPED });
      const columns = content.preprocessing.columns!;
      expect(columns.map(({ kind }) => kind)).toEqual(['numeric', 'categorical', 'categorical']);

      const table = await csvOf('rows.csv', Buffer.from(text));
      const places = columns.map(({ name }) => table.columns.indexOf(name));
      const read: NewRow[] = [];
      for await (const some of table.rows(() => expect('a bad row').toBe('none'))) read.push(...some.map(({ line, cells }) => ({ line, cells: places.map((place) => cells[place]!) })));
      const encoded = encodedRows(columns, read, (at, column, detail) => expect([at, column, detail]).toBe('none') as never);
      const width = encoded.length / all.length;
      const inOrder = ['train', 'test'].flatMap((name) => all.flatMap((_, at) => (part(at) === name ? [[...encoded.subarray(at * width, (at + 1) * width)]] : [])));
      expect(inOrder).toEqual(inputs);
    }),
    { numRuns: 25 },
  );
});
