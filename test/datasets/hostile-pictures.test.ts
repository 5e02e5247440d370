// Pictures that mean harm (reliability.md B30): profiles that are bombs, and files that are a picture and something else at once.
import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { examplesOf, plain, refusal, zipFile } from '../support/pictures.js';
import { startProgram } from '../support/program.js';
import { temporaryFolder } from '../support/store.js';

const good = await plain('#ff0000').png().toBuffer();
const jpeg = await plain('#ff0000').jpeg().toBuffer();
const webp = await plain('#ff0000').withIccProfile('p3').webp({ lossless: true }).toBuffer();
const profile = (await sharp(await plain('#ff0000').withIccProfile('p3').jpeg().toBuffer()).metadata()).icc!;

/** A sound profile with so many bytes behind it, which its header counts in. */
function profileOf(bytes: number): Buffer {
  const made = Buffer.alloc(bytes);
  profile.copy(made);
  made.writeUInt32BE(bytes, 0);
  return made;
}

function chunk(name: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}
const IHDR_END = 33;
const pngWith = (...chunks: Buffer[]): Buffer => Buffer.concat([good.subarray(0, IHDR_END), ...chunks, good.subarray(IHDR_END)]);
const pngProfile = (bytes: Uint8Array): Buffer => pngWith(chunk('iCCP', Buffer.concat([Buffer.from('icc\0\0'), deflateSync(bytes)])));

function segment(marker: number, data: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(2 + data.length, 2);
  return Buffer.concat([head, data]);
}
const jpegWith = (...segments: Buffer[]): Buffer => Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
function jpegProfile(bytes: Buffer, count: number): Buffer {
  const size = Math.ceil(bytes.length / count);
  return jpegWith(...Array.from({ length: count }, (_, at) => segment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0'), Buffer.from([at + 1, count]), bytes.subarray(at * size, (at + 1) * size)]))));
}
/** The profile of a WebP, replaced. */
function webpProfile(bytes: Buffer): Buffer {
  const at = webp.indexOf('ICCP');
  const [length, whole] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32LE(bytes.length);
  const rest = webp.subarray(at + 8 + profile.length + (profile.length % 2));
  const body = Buffer.concat([webp.subarray(8, at + 4), length, bytes, Buffer.alloc(bytes.length % 2), rest]);
  whole.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from('RIFF'), whole, body]);
}

const MANY = 20_000_000;
const around = (bytes: Uint8Array) => [zipFile([...['a/1', 'a/2', 'b/3', 'b/4'].map((name) => ({ name, bytes: good })), { name: 'b/5', bytes }].map(({ name, bytes: held }) => ({ name: `${name}.png`, bytes: held })))];

describe('a colour profile that is a bomb', () => {
  it.each<[string, () => Uint8Array]>([
    ['of 20 MB in a PNG of 20 kB', () => pngProfile(profileOf(MANY))],
    ['of zeros', () => pngProfile(Buffer.alloc(60_000_000))],
    ['of 255 pieces in a JPEG', () => jpegProfile(profileOf(255 * 65_000), 255)],
    ['of pieces in a JPEG with stray bytes before them', () => Buffer.concat([jpegWith(segment(0xfe, Buffer.from('x'))).subarray(0, 7), Buffer.from('stray'), jpegProfile(profileOf(255 * 65_000), 255).subarray(2)])],
    ['in a WebP', () => webpProfile(profileOf(MANY))],
  ])('is a reason to leave its picture out: %s', async (_, make) => {
    expect((await refusal(around(make()), { onBadRows: 'refuse' })).failure).toMatch(/^ROWS_REFUSED: "pictures.zip", "b\/5.png" cannot be read: its colour profile has more than 4194304 bytes \(IMAGE_TOO_LARGE\)/);
  });

  it('costs little, also where every picture has one', async () => {
    const folder = await temporaryFolder();
    const bytes = pngProfile(profileOf(MANY));
    await writeFile(join(folder, '0'), zipFile(Array.from({ length: 20 }, (_, at) => ({ name: `${'ab'[at % 2]!}/${at}.png`, bytes }))).bytes);
    const program = startProgram(new URL('read-measured.ts', import.meta.url), [folder, 'pictures.zip']);
    const { failure, seconds, grownBytes } = await program.next<{ failure: string; seconds: number; grownBytes: number }>();
    await program.end('SIGKILL');
    expect({ failure, quick: seconds < 5, small: grownBytes < 100e6 }).toEqual({ failure: 'NO_PICTURES', quick: true, small: true });
  });

  it.each<[string, () => Uint8Array]>([
    ['as large as is read', () => pngProfile(profileOf(2 ** 22))],
    ['of a size that is a lie', () => pngProfile(Buffer.concat([Buffer.from([0x0b, 0xeb, 0xc2, 0]), profile.subarray(4)]))],
    ['of other bytes', () => jpegProfile(Buffer.alloc(60_000, 7), 1)],
  ])('is none, and its picture is read: %s', async (_, make) => {
    expect((await examplesOf(around(make()), { onBadRows: 'refuse' })).rows).toHaveLength(5);
  });
});

describe('a picture that is something else too', () => {
  const archive = zipFile([{ name: 'etc/passwd', bytes: Buffer.from('x') }]).bytes;
  const page = Buffer.from('<html><script>alert(1)</script></html>');
  it.each<[string, Uint8Array]>([
    ['a zip behind a PNG', Buffer.concat([good, archive])],
    ['a zip behind a JPEG', Buffer.concat([jpeg, archive])],
    ['a page in a comment of a JPEG', jpegWith(segment(0xfe, page))],
    ['a page in a text of a PNG', pngWith(chunk('tEXt', Buffer.concat([Buffer.from('Comment\0'), page])))],
    ['a document within the first kilobyte of a JPEG', Buffer.concat([jpegWith(segment(0xfe, Buffer.from('%PDF-1.7\n1 0 obj<<>>'))), Buffer.from('\n%%EOF')])],
  ])('is the picture it begins as, and nothing else of it is read: %s', async (_, bytes) => {
    const { content, rows } = await examplesOf(around(bytes), { onBadRows: 'refuse' });
    expect(content.input_shape).toEqual([6, 8, 3]);
    expect(rows).toHaveLength(5);
    for (const { pixels } of rows) expect(pixels.every((value, at) => Math.abs(value - (at % 3 === 0 ? 255 : 0)) <= 6)).toBe(true);
  });

  it('is no archive of pictures, though one that reads zip from its end would find them', async () => {
    const bytes = Buffer.concat([good, around(good)[0]!.bytes]);
    expect((await refusal([{ name: 'pictures.zip', bytes }])).failure).toMatch(/^FORMAT_UNKNOWN: "pictures.zip"/);
  });
});
