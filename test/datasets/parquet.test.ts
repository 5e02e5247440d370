// The Parquet reader over files that pyarrow wrote (parquet/make.py): every kind of flat column and codec, and each way a file can be wrong.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ERRORS } from '#contract/errors.js';
import { parquetWithin } from '#datasets/readers/parquet.js';
import { RowProblems } from '#datasets/row-problems.js';
import { placed } from '../support/idx.js';
import { share } from '../support/share.js';
import { file, ingest, refusal, values } from '../support/tables.js';

const ROWS = 40;
const parquet = (name: string): Promise<Buffer> => readFile(new URL(`parquet/${name}.parquet`, import.meta.url));
const sent = (bytes: Buffer) => file(bytes, 'data.parquet');

/** The values of make.py, as somebody would write them as text. */
const CSV = ['f64,f32,i64,i8,when,flag,colour,label', ...Array.from({ length: ROWS }, (_, i) =>
  [i % 7 === 3 ? '' : i / 4, i / 8, i * 1_000_003, i - 20, Date.UTC(2020, 0, 1) + 1000 * i, i % 11 === 5 ? '' : i % 3 === 0, ['red', 'blue', 'green', ''][i % 4], i % 2 ? 'yes' : 'no'].join(','))].join('\n');

/** Ten times what one of these files takes. */
const PATIENCE_MS = 1_000;

/** `accepted`, or code and message of the refusal; anything else fails the test. */
async function outcome(bytes: Buffer, patienceMs = PATIENCE_MS): Promise<string> {
  const { sourceFolder, outFolder: scratchFolder } = await placed(sent(bytes), null);
  const options = { classNames: null, task: undefined, maxBytes: 100_000_000, problems: new RowProblems('skip'), scratchFolder, pictures: {} };
  try {
    const raw = await parquetWithin(() => patienceMs).read([{ name: 'data.parquet', path: join(sourceFolder, '0') }], options);
    await raw.close?.();
    return 'accepted';
  } catch (problem) {
    const { code = '', message } = problem as NodeJS.ErrnoException;
    expect(Object.keys(ERRORS)).toContain(code);
    return `${code}: ${message}`;
  }
}

const damagedAt = async (name: string, at: number, change: number): Promise<Buffer> => {
  const bytes = Buffer.from(await parquet(name));
  bytes[at]! ^= change;
  return bytes;
};

/** A length of a Snappy literal that is negative, from where the library goes on for 2³⁰ steps. */
async function endless(): Promise<Buffer> {
  const bytes = Buffer.from(await parquet('snappy'));
  bytes.set([0xfc, 0, 0, 0, 0x80], 228);
  return bytes;
}

const PROGRAM = `
  import { parquetWithin } from './datasets/readers/parquet.js';
  import { RowProblems } from './datasets/row-problems.js';
  const [path, scratchFolder] = process.argv.slice(1);
  const options = { classNames: null, maxBytes: 1e8, problems: new RowProblems('skip'), scratchFolder, pictures: {} };
  await parquetWithin(() => ${PATIENCE_MS}).read([{ name: 'data.parquet', path }], options).then((raw) => raw.close().then(() => console.log('accepted')), ({ code }) => console.log(code));
`;

/** What a process of its own says of a file, once it has ended without being told to. */
async function saidByItself(bytes: Buffer): Promise<string> {
  const { sourceFolder, outFolder } = await placed(sent(bytes), null);
  const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM, join(sourceFolder, '0'), outFolder], { cwd: dist, env: {}, timeout: 60_000 });
  return stdout.trim();
}

describe('a table in Parquet', () => {
  it.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'groups', 'delta'])('gives the bytes that the CSV of the same values gives: %s', async (name) => {
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
      expect(await outcome(bytes.subarray(0, Math.floor((bytes.length * percent) / 100)))).toMatch(/^TABLE_CORRUPT: /);
    }
    expect(await outcome(Buffer.from('PAR1'))).toMatch(/^TABLE_CORRUPT: /);
    expect(await outcome(Buffer.from('PAR1PAR1PAR1'))).toMatch(/^TABLE_CORRUPT: /);
  });

  // Each made the library loop for minutes or for ever, or fill memory.
  it.each([
    ['none', 359, 255], ['none', 1836, 255], ['snappy', 233, 255], ['snappy', 1546, 255],
    ['groups', 16, 128], ['groups', 20, 128], ['groups', 20, 255], ['groups', 112, 128],
  ])('is refused at once where it announces more than it has: %s, byte %i', async (name, at, change) => {
    expect(await refusal(sent(await damagedAt(name, at, change)))).toMatch(/^TABLE_CORRUPT: .*(runs? of values|a page announces)/);
  });

  it('is refused when decoding it does not end', async () => {
    expect(await outcome(await endless())).toMatch(/^TABLE_CORRUPT: .*decoding it takes longer than a sound file of its size would/);
  });

  it('leaves no thread behind that would keep the process, whether it is read or refused', async () => {
    for (const [bytes, said] of [[await parquet('delta'), 'accepted'], [await endless(), 'TABLE_CORRUPT']] as const) {
      expect(await saidByItself(bytes)).toBe(said);
    }
  });

  it('is refused, or read, when any byte of it is another', async () => {
    const files = await Promise.all(['none', 'snappy', 'groups', 'delta'].map(parquet));
    // The first four bytes tell that it is Parquet at all.
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), share(), fc.integer({ min: 1, max: 255 }), async (which, part, change) => {
        const damaged = Buffer.from(files[which]!);
        damaged[4 + Math.floor(part * (damaged.length - 4))]! ^= change;
        expect(await outcome(damaged)).toMatch(/^(accepted$|[A-Z_]+: )/);
      }),
      { numRuns: 150 },
    );
  }, 240_000);
});
