// The Parquet reader over files that pyarrow wrote (parquet/make.py): every kind of flat column and codec, and each way a file can be wrong.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { ERRORS } from '#contract/errors.js';
import { file, ingest, refusal, values } from '../support/tables.js';

const ROWS = 40;
const parquet = (name: string): Promise<Buffer> => readFile(new URL(`parquet/${name}.parquet`, import.meta.url));
const sent = (bytes: Buffer) => file(bytes, 'data.parquet');

/** The values of make.py, as somebody would write them as text. */
const CSV = ['f64,f32,i64,i8,when,flag,colour,label', ...Array.from({ length: ROWS }, (_, i) =>
  [i % 7 === 3 ? '' : i / 4, i / 8, i * 1_000_003, i - 20, Date.UTC(2020, 0, 1) + 1000 * i, i % 11 === 5 ? '' : i % 3 === 0, ['red', 'blue', 'green', ''][i % 4], i % 2 ? 'yes' : 'no'].join(','))].join('\n');

/** The data set's digest, or a code of the error table; anything else fails the test. */
async function outcome(bytes: Buffer): Promise<string> {
  const said = await refusal(sent(bytes));
  expect(said).toMatch(/^(accepted$|[A-Z_]+: )/);
  const code = said.split(':')[0]!;
  if (code !== 'accepted') expect(Object.keys(ERRORS)).toContain(code);
  return code;
}

describe('a table in Parquet', () => {
  it.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'groups'])('gives the bytes that the CSV of the same values gives: %s', async (name) => {
    const { digest, preprocessing, parts } = await ingest(file(CSV));
    expect(await ingest(sent(await parquet(name)))).toMatchObject({ digest, preprocessing, parts, class_names: ['no', 'yes'] });
  });

  it('may lie in gzip, and says the row of what cannot be read', async () => {
    const { digest } = await ingest(file(CSV));
    const bytes = await parquet('snappy');
    expect((await ingest(sent(gzipSync(bytes)))).digest).toBe(digest);
    expect(await refusal(sent(bytes), { onBadRows: 'refuse', table: { missing: 'bad_row' } })).toMatch(/^ROWS_REFUSED: "data.parquet", line 4, column "(f64|colour)"/);
  });

  it('gives values to predict too', async () => {
    const { content, labels } = await values(sent(await parquet('groups')), { task: 'regression', table: { target: 'f32' } });
    expect(content).toMatchObject({ task: 'regression', target: { names: ['f32'] } });
    expect([...labels].sort((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, i) => i / 8));
  });

  it.each([
    ['a nested column', 'nested', /^TABLE_COLUMNS: .*the nested column "list"; flat columns are read/],
    ['a codec that is not read', 'lz4', /^TABLE_CORRUPT: .*LZ4/],
  ])('is refused by name with %s', async (_, name, expected) => {
    expect(await refusal(sent(await parquet(name)))).toMatch(expected);
  });

  it('is refused when it is cut anywhere', async () => {
    const bytes = await parquet('groups');
    for (let percent = 5; percent < 100; percent += 5) {
      expect(await outcome(bytes.subarray(0, Math.floor((bytes.length * percent) / 100)))).toMatch(/^TABLE_CORRUPT$/);
    }
    expect(await outcome(Buffer.from('PAR1'))).toBe('TABLE_CORRUPT');
    expect(await outcome(Buffer.from('PAR1PAR1PAR1'))).toBe('TABLE_CORRUPT');
  });

  it('is refused, or read, when any byte of it is another', async () => {
    const files = [await parquet('none'), await parquet('snappy'), await parquet('groups')];
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: 1, max: 255 }), async (which, part, change) => {
        const damaged = Buffer.from(files[which]!);
        damaged[Math.floor(part * damaged.length)]! ^= change;
        const startMs = performance.now();
        await outcome(damaged);
        expect(performance.now() - startMs).toBeLessThan(5_000);
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});
