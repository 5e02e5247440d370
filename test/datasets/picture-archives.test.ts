// Archives of pictures that are wrong or mean harm (reliability.md B23 to B28): each is refused by name, quickly, in little memory, and leaves nothing.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { PROBLEMS_FILE, REPORT_FILE } from '#datasets/report/report-files.js';
import { endOf } from '../../bench/ingest/zip-writer.mjs';
import type { NamedBytes } from '../support/idx.js';
import type { Entry } from '../support/numpy.js';
import { greyPng, ingest, pngs, refusal, tarFile, zipFile, type Asked } from '../support/pictures.js';
import { startProgram } from '../support/program.js';
import { temporaryFolder } from '../support/store.js';

let pictures: NamedBytes[];
beforeAll(async () => {
  pictures = await pngs('cats/1.png', 'dogs/2.png', 'cats/3.png', 'dogs/4.png');
});

async function expectRefusal(files: readonly NamedBytes[], expected: string | RegExp, asked: Asked = {}): Promise<void> {
  const { failure, outFolder } = await refusal(files, asked);
  expect(failure).toMatch(expected);
  expect((await readdir(outFolder)).sort()).toEqual([PROBLEMS_FILE, REPORT_FILE]); // why, and nothing of what was read
}

/** The archive with its second entry changed. */
const withEntry = (entry: Partial<Entry>): NamedBytes[] => [zipFile(pictures.map((picture, at) => (at === 1 ? { ...picture, ...entry } : picture)))];
const withTarEntry = async (entry: object): Promise<NamedBytes[]> => [await tarFile(pictures.map((picture, at) => (at === 1 ? { ...picture, ...entry } : picture)))];

describe('a zip of pictures', () => {
  it.each<[string, () => NamedBytes[], RegExp]>([
    ['with an entry that leads upwards', () => withEntry({ name: '../../x.png' }), /^UNSAFE_PATH: "pictures.zip" holds an entry that could lie outside of it: ..\/..\/x.png/],
    ['with an absolute entry', () => withEntry({ name: '/abs/x.png' }), /^UNSAFE_PATH/],
    ['with a drive', () => withEntry({ name: 'C:\\x.png' }), /^UNSAFE_PATH/],
    ['with backslashes', () => withEntry({ name: 'a\\..\\b.png' }), /^UNSAFE_PATH/],
    ['with a zero byte in a name', () => withEntry({ name: 'cats/x\0.png' }), /^UNSAFE_PATH/],
    ['with a name of 5,000 characters', () => withEntry({ name: `cats/${'x'.repeat(4991)}.png` }), /^UNSAFE_PATH: .* \(5000 characters\)\.$/],
    ['with a symbolic link', () => withEntry({ mode: 0o120777 }), /^UNSAFE_PATH: .* dogs\/2.png, which is no plain file/],
    ['with a device', () => withEntry({ mode: 0o020666 }), /^UNSAFE_PATH/],
    ['with a link and then a file of its name', () => [zipFile([{ name: 'cats/x.png', bytes: Buffer.from('/etc/passwd'), mode: 0o120777 }, { ...pictures[0]!, name: 'cats/x.png' }])], /^UNSAFE_PATH/],
    ['with a name twice', () => withEntry({ name: 'cats/1.png' }), /^ARCHIVE_CORRUPT: .* it holds "cats\/1.png" twice/],
    ['with a name twice, written in two ways', () => withEntry({ name: './cats//1.png' }), /^ARCHIVE_CORRUPT: .* twice/],
    ['with two names of which one system makes one', () => withEntry({ name: 'Cats/1.PNG' }), /^ARCHIVE_CORRUPT: .* it holds "cats\/1.png" and "Cats\/1.PNG", which are one name on many systems/],
    ['with two names for an entry', () => withEntry({ localName: 'dogs/3.png' }), /^ARCHIVE_CORRUPT: .* by different names/],
    ['with two sizes for an entry', () => withEntry({ localSizeBytes: 7 }), /^ARCHIVE_CORRUPT: .* different sizes/],
    ['whose entry is larger than announced', () => withEntry({ method: 8, sizeBytes: 10 }), /^ARCHIVE_CORRUPT/],
    ['whose entry is smaller than announced', () => withEntry({ method: 8, sizeBytes: 9_000 }), /^ARCHIVE_CORRUPT/],
    ['whose checksum is wrong', () => withEntry({ checksum: 1 }), /^ARCHIVE_CORRUPT: .* the checksum of "dogs\/2.png" is wrong/],
    ['that is encrypted', () => withEntry({ encrypted: true, method: 8 }), /^ARCHIVE_CORRUPT: .* is encrypted/],
    ['packed by an unknown method', () => withEntry({ method: 12 }), /^ARCHIVE_CORRUPT: .* packed by method 12/],
    ['with bytes behind its end', () => [{ name: 'pictures.zip', bytes: Buffer.concat([zipFile(pictures).bytes, Buffer.from('junk')]) }], /^ARCHIVE_CORRUPT/],
    ['with bytes before its beginning', () => [{ name: 'pictures.zip', bytes: Buffer.concat([Buffer.from('junk'), zipFile(pictures).bytes]) }], /^FORMAT_UNKNOWN/],
    ['that is none', () => [{ name: 'pictures.zip', bytes: Buffer.from('PK\x03\x04 and then nothing of the kind') }], /^ARCHIVE_CORRUPT/],
  ])('%s is refused', async (_, files, expected) => expectRefusal(files(), expected));

  it('cut off anywhere is refused', async () => {
    const { bytes } = zipFile(pictures.map((picture) => ({ ...picture, method: 8 })));
    for (let part = 1; part < 20; part += 1) {
      await expectRefusal([{ name: 'pictures.zip', bytes: bytes.subarray(0, Math.floor((bytes.length * part) / 20)) }], /^ARCHIVE_CORRUPT/);
    }
  });

  it('with another archive among the pictures leaves that one out', async () => {
    const files = [zipFile([...pictures, { name: 'cats/inner.zip', bytes: zipFile(pictures).bytes }])];
    expect((await ingest(files)).content.parts).toMatchObject({ train: { examples: 2 }, test: { examples: 2 } });
    await expectRefusal(files, /^ROWS_REFUSED: "pictures.zip", "cats\/inner.zip" cannot be read: it is a zip archive; .* \(PICTURE_FORMAT\)/, { onBadRows: 'refuse' });
  });

  it('of pictures too large to be read in one piece is read, and refused where one is not what is announced', async () => {
    let state = 1;
    const noise = (): Uint8Array => Uint8Array.from({ length: 600 * 500 }, () => (state = Math.imul(state, 1_664_525) + 1_013_904_223) >>> 24);
    const large = await Promise.all(pictures.map(async ({ name }) => ({ name, bytes: await greyPng(noise(), 500, 600) })));
    expect(Math.min(...large.map(({ bytes }) => bytes.length))).toBeGreaterThan(2 ** 18);
    const [stored, deflated] = [await ingest([zipFile(large)]), await ingest([zipFile(large.map((one) => ({ ...one, method: 8 as const })))])];
    expect(deflated.content.digest).toBe(stored.content.digest);
    for (const wrong of [{ checksum: 1 }, { method: 8 as const, sizeBytes: 2 ** 18 + 1 }, { method: 8 as const, sizeBytes: 2 ** 20 }]) {
      await expectRefusal([zipFile(large.map((one, at) => (at === 1 ? { ...one, ...wrong } : one)))], /^ARCHIVE_CORRUPT/);
    }
  });

  it('of more entries than a zip without zip64 can have is read', async () => {
    const more = Array.from({ length: 65_600 }, (_, at) => ({ name: `.left/${at}`, bytes: new Uint8Array() }));
    expect((await ingest([zipFile([...pictures, ...more])])).content.parts.train.examples).toBe(2);
  });

  it('of a million entries is refused before they are read', async () => {
    await expectRefusal([{ name: 'pictures.zip', bytes: Buffer.concat([zipFile(pictures).bytes.subarray(0, 30), endOf(1_000_000, 0, 30)]) }], /^ARCHIVE_CORRUPT: .* it has 1000000 entries; at most 250000 are read/);
  });
});

describe('a tar of pictures', () => {
  it.each<[string, () => Promise<NamedBytes[]>, RegExp]>([
    ['with an entry that leads upwards', () => withTarEntry({ name: '../../x.png' }), /^UNSAFE_PATH/],
    ['with an absolute entry', () => withTarEntry({ name: '/abs/x.png' }), /^UNSAFE_PATH/],
    ['with backslashes', () => withTarEntry({ name: 'a\\..\\b.png' }), /^UNSAFE_PATH/],
    ['with a name of 5,000 characters', () => withTarEntry({ name: `cats/${'x'.repeat(4991)}.png` }), /^UNSAFE_PATH/],
    ['with a folder that leads upwards', () => withTarEntry({ name: '../dogs', type: 'directory', bytes: new Uint8Array() }), /^UNSAFE_PATH/],
    ['with a symbolic link', () => withTarEntry({ type: 'symlink', linkname: '/etc/passwd', bytes: new Uint8Array() }), /^UNSAFE_PATH: .* dogs\/2.png, which is no plain file/],
    ['with a hard link', () => withTarEntry({ type: 'link', linkname: 'cats/1.png', bytes: new Uint8Array() }), /^UNSAFE_PATH/],
    ['with a device', () => withTarEntry({ type: 'block-device', bytes: new Uint8Array() }), /^UNSAFE_PATH/],
    ['with a pipe', () => withTarEntry({ type: 'fifo', bytes: new Uint8Array() }), /^UNSAFE_PATH/],
    ['with a name twice', () => withTarEntry({ name: 'cats/1.png' }), /^ARCHIVE_CORRUPT: .* twice/],
    ['with two names of which one system makes one', () => withTarEntry({ name: 'CATS/1.png' }), /^ARCHIVE_CORRUPT: .* one name on many systems/],
    ['with bytes behind its end', async () => [{ name: 'p.tar', bytes: Buffer.concat([(await tarFile(pictures)).bytes, Buffer.alloc(512, 'junk')]) }], /^ARCHIVE_CORRUPT/],
    ['in gzip with bytes behind its end', async () => [{ name: 'p.tar.gz', bytes: Buffer.concat([gzipSync((await tarFile(pictures)).bytes), Buffer.from('junk')]) }], /^ARCHIVE_CORRUPT/],
    ['larger than accepted', async () => [await tarFile([{ name: 'cats/1.png', bytes: Buffer.alloc(200_000, 'x') }])], /^DATASET_TOO_LARGE/],
  ])('%s is refused', async (_, files, expected) => expectRefusal(await files(), expected, { maxBytes: 100_000 }));

  it.each([['as it is', (bytes: Uint8Array) => bytes], ['in gzip', (bytes: Uint8Array) => gzipSync(bytes)]])('cut off anywhere is refused, %s', async (_, packed) => {
    const bytes = packed((await tarFile(pictures)).bytes);
    for (let part = 2; part < 20; part += 1) {
      await expectRefusal([{ name: 'p.tar', bytes: bytes.subarray(0, Math.floor((bytes.length * part) / 20)) }], /^(ARCHIVE_CORRUPT|FORMAT_UNKNOWN)/);
    }
  });

  it('cut off between two entries is refused', async () => {
    const { bytes } = await tarFile(pictures);
    await expectRefusal([{ name: 'p.tar', bytes: bytes.subarray(0, -1024) }], /^ARCHIVE_CORRUPT: .* it is cut off/);
  });
});

describe('an archive that unpacks to far more than it is', () => {
  const zeros = Buffer.alloc(150_000_000);
  const bombs: [string, () => Promise<NamedBytes>, string][] = [
    ['a zip of zeros', async () => zipFile([{ name: 'cats/1.png', bytes: zeros, method: 8 }]), 'ARCHIVE_BOMB'],
    ['a tar of zeros in gzip', async () => ({ name: 'p.tar.gz', bytes: gzipSync((await tarFile([{ name: 'cats/1.png', bytes: zeros }])).bytes) }), 'ARCHIVE_BOMB'],
    ['a zip whose entries overlap', async () => zipFile([{ name: 'cats/0.png', bytes: deflateRawSync(zeros) }, ...Array.from({ length: 999 }, (_, at) => ({ name: `cats/${at}.png1`, localName: 'cats/0.png', at: 0, bytes: deflateRawSync(zeros.subarray(0, 1000)) }))]), 'ARCHIVE_BOMB'],
    ['a zip that lies about the size of its entry', async () => zipFile([{ name: 'cats/1.png', bytes: zeros, method: 8, sizeBytes: 1000 }, { name: 'dogs/1.png', bytes: zeros.subarray(0, 9), method: 8 }]), 'ARCHIVE_CORRUPT'],
    ['a zip of zips of zeros', async () => zipFile(Array.from({ length: 16 }, (_, at) => ({ name: `lib ${at}.zip`, bytes: zipFile([{ name: 'x', bytes: zeros.subarray(0, 30_000_000), method: 8 }]).bytes, method: 8 as const }))), 'NO_PICTURES'],
  ];

  it.each(bombs)('is refused within 5 seconds and 100 MB: %s', async (_, make, code) => {
    const folder = await temporaryFolder();
    const { name, bytes } = await make();
    await writeFile(join(folder, '0'), bytes);
    const program = startProgram(new URL('read-measured.ts', import.meta.url), [folder, name]);
    const { failure, seconds, grownBytes } = await program.next<{ failure: string; seconds: number; grownBytes: number }>();
    await program.end('SIGKILL');
    expect({ failure, quick: seconds < 5, small: grownBytes < 100e6 }).toEqual({ failure: code, quick: true, small: true });
  });
});
