// Single pictures, sound and not (reliability.md B29, B30): what each becomes, and why one is left out.
import { describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import { decodeAlike, decodePicture } from '#datasets/readers/pictures/decode.js';
import { PROBLEMS_FILE, REPORT_FILE } from '#datasets/report/report-files.js';
import sharp from 'sharp';
import { examplesOf, greyPng, ingest, plain, refusal, zipFile, type Asked } from '../support/pictures.js';
import { startProgram } from '../support/program.js';

const SIDE = 8;
const RED = '#ff0000';
/** Two classes of this picture, two each. */
const all = (bytes: Uint8Array, name = 'x.jpg') => [zipFile(['a/1', 'a/2', 'b/1', 'b/2'].map((place) => ({ name: `${place}${name}`, bytes })))];
async function becomes(bytes: Uint8Array, asked: Asked = {}) {
  const { content, rows } = await examplesOf(all(bytes), { onBadRows: 'refuse', ...asked });
  const { pixels } = rows[0]!;
  const channels = content.input_shape[2]!;
  return { shape: content.input_shape, at: (row: number, column: number) => pixels.slice((row * content.input_shape[1]! + column) * channels, (row * content.input_shape[1]! + column + 1) * channels) };
}
const near = (pixel: readonly number[], expected: readonly number[], by = 6): void => {
  expect(pixel.length).toBe(expected.length);
  pixel.forEach((value, at) => expect(Math.abs(value - expected[at]!)).toBeLessThanOrEqual(by));
};

/** A bitmap of these rows from the top, each pixel its bytes. @param palette blue, green, red, 0 of each colour */
function bmp(rows: readonly (readonly number[])[], bits: number, { palette = [], topDown = false, compression = 0 }: { palette?: number[]; topDown?: boolean; compression?: number } = {}): Buffer {
  const head = Buffer.alloc(54);
  head.write('BM');
  head.writeUInt32LE(54 + palette.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(rows[0]!.length / (bits / 8), 18);
  head.writeInt32LE(topDown ? -rows.length : rows.length, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(bits, 28);
  head.writeUInt32LE(compression, 30);
  head.writeUInt32LE(palette.length / 4, 46);
  const padded = rows.map((row) => Buffer.concat([Buffer.from(row), Buffer.alloc((4 - (row.length % 4)) % 4)]));
  return Buffer.concat([head, Buffer.from(palette), ...(topDown ? padded : padded.reverse())]);
}

describe('a picture', () => {
  it.each(['jpeg', 'png', 'webp', 'gif'] as const)('may be %s, whatever its name', async (format) => {
    const { shape, at } = await becomes(await plain(RED).toFormat(format, { lossless: true }).toBuffer());
    expect(shape).toEqual([6, 8, 3]);
    near(at(2, 2), [254, 0, 0]);
  });

  it('is the first frame of an animation', async () => {
    const frames = await sharp([await plain('#00ff00').png().toBuffer(), await plain('#0000ff').png().toBuffer()], { join: { animated: true } }).gif().toBuffer();
    const { shape, at } = await becomes(frames);
    expect(shape).toEqual([6, 8, 3]);
    near(at(0, 0), [0, 255, 0]);
  });

  it('may be a bitmap of 24 or 32 bits, or of 8 with a palette, from the bottom or the top', async () => {
    const rows = [[0, 0, 255, 0, 255, 0, 255, 0, 0], [1, 2, 3, 4, 5, 6, 7, 8, 9]];
    for (const topDown of [false, true]) {
      const { shape, at } = await becomes(bmp(rows, 24, { topDown }));
      expect([shape, at(0, 0), at(0, 2), at(1, 1)]).toEqual([[2, 3, 3], [255, 0, 0], [0, 0, 255], [6, 5, 4]]);
    }
    expect((await becomes(bmp([[1, 2, 3, 0], [4, 5, 6, 0]], 32))).at(1, 0)).toEqual([6, 5, 4]);
    expect((await becomes(bmp([[1, 0]], 8, { palette: [1, 2, 3, 0, 4, 5, 6, 0] }))).at(0, 0)).toEqual([6, 5, 4]);
    const grey = await becomes(bmp([[1, 0]], 8, { palette: [9, 9, 9, 0, 7, 7, 7, 0] }));
    expect([grey.shape, grey.at(0, 0)]).toEqual([[1, 2, 1], [7]]);
  });

  it('is turned upright as its EXIF says', async () => {
    const lying = await sharp({ create: { width: 16, height: 8, channels: 3, background: '#000000' } }).composite([{ input: await plain('#ffffff', 8, 8).png().toBuffer(), left: 0, top: 0 }]).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const { shape, at } = await becomes(lying);
    expect(shape).toEqual([16, 8, 3]);
    near(at(1, 4), [255, 255, 255], 20);
    near(at(14, 4), [0, 0, 0], 20);
  });

  it('is composed on white where it is transparent', async () => {
    near((await becomes(await plain({ r: 0, g: 0, b: 0, alpha: 0 }).png().toBuffer())).at(0, 0), [255, 255, 255]);
    near((await becomes(await plain({ r: 0, g: 0, b: 0, alpha: 0.5 }).png().toBuffer())).at(0, 0), [127, 127, 127]);
  });

  it('of 16 bits has its upper eight', async () => {
    const deep = await sharp(new Uint16Array(SIDE * SIDE).fill(0xabcd), { raw: { width: SIDE, height: SIDE, channels: 1 } }).toColourspace('grey16').png().toBuffer();
    const { shape, at } = await becomes(deep);
    expect([shape, at(0, 0)]).toEqual([[8, 8, 1], [0xab]]);
  });

  it('in CMYK or with a colour profile comes in sRGB', async () => {
    near((await becomes(await plain(RED).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer())).at(0, 0), [254, 0, 0], 40);
    const wide = await plain('#00ff00').withIccProfile('p3').png().toBuffer();
    near((await becomes(wide)).at(0, 0), [0, 255, 0], 3);
  });

  it('keeps every shade of grey, and has three channels beside coloured ones', async () => {
    const shades = Uint8Array.from({ length: 256 }, (_, at) => at);
    const grey = await greyPng(shades, 16, 16);
    const { shape, at } = await becomes(grey);
    expect([shape, ...shades].slice(1)).toEqual(Array.from(shades, (shade) => at(shade >> 4, shade % 16)[0]));
    expect(shape).toEqual([16, 16, 1]);
    const colour = await plain(RED, 16, 16).png().toBuffer();
    const { content, rows } = await examplesOf([zipFile([{ name: 'a/1.png', bytes: grey }, { name: 'a/2.png', bytes: grey }, { name: 'b/3.png', bytes: colour }, { name: 'b/4.png', bytes: colour }])]);
    expect(content.input_shape).toEqual([16, 16, 3]);
    expect(rows.find(({ label }) => label === 'a')!.pixels).toEqual([...shades].flatMap((shade) => [shade, shade, shade]));
  });
});

describe('a picture whose size is known', () => {
  const noise = (channels: 1 | 3 | 4, [width, height] = [12, 10]) =>
    sharp(Uint8Array.from({ length: width * height * channels }, (_, at) => (at * at * 31 + at * 7) % 256), { raw: { width: width, height: height, channels } });
  const KINDS: [string, () => Promise<Buffer>][] = [
    ['JPEG', () => noise(3).jpeg().toBuffer()],
    ['grey JPEG', () => noise(1).toColourspace('b-w').jpeg().toBuffer()],
    ['JPEG in CMYK', () => noise(3).toColourspace('cmyk').jpeg().toBuffer()],
    ['JPEG on its side', () => noise(3, [10, 12]).withMetadata({ orientation: 6 }).jpeg().toBuffer()],
    ['PNG with a profile', () => noise(3).withIccProfile('p3').png().toBuffer()],
    ['PNG with transparency', () => noise(4).png().toBuffer()],
    ['PNG of 16 bits', () => noise(3).toColourspace('rgb16').png().toBuffer()],
    ['PNG with a palette', () => noise(3).png({ palette: true, colours: 16 }).toBuffer()],
    ['GIF', () => noise(3).gif().toBuffer()],
    ['WebP', () => noise(4).webp({ lossless: true }).toBuffer()],
    ['bitmap', () => Promise.resolve(bmp(Array.from({ length: 10 }, (_, row) => Array.from({ length: 36 }, (_, at) => (row * 36 + at * 5) % 256)), 24))],
  ];

  it.each(KINDS)('is decoded to the same bytes in one step: %s', async (_, made) => {
    const bytes = await made();
    for (const channels of [1, 3] as const) {
      const form = { height: 10, width: 12, channels, fit: 'cover' } as const;
      expect(Buffer.from((await decodeAlike(bytes, form))!)).toEqual(Buffer.from(await decodePicture(bytes, form)));
      expect(await decodeAlike(bytes, { ...form, height: 9 })).toBeUndefined();
      expect(await decodeAlike(bytes, { ...form, height: 20 })).toBeUndefined();
    }
  });

  it('gives the rows it would give beside one of another size', async () => {
    const pictures = await Promise.all(['a/1', 'a/2', 'b/1', 'b/2'].map(async (name, at) => ({ name, bytes: await noise(at === 2 ? 1 : 3).png().toBuffer() })));
    const other = { name: 'b/3', bytes: await noise(3, [40, 40]).png().toBuffer() };
    const [alike, mixed] = [await examplesOf([zipFile(pictures)]), await examplesOf([zipFile([...pictures, other])], { pictures: { height: 10, width: 12 } })];
    expect(alike.content.input_shape).toEqual([10, 12, 3]);
    const pixelsOf = ({ rows }: typeof alike) => new Set(rows.map(({ pixels }) => pixels.join()));
    expect([...pixelsOf(alike)].filter((pixels) => !pixelsOf(mixed).has(pixels))).toEqual([]);
  });

  it('has three channels where the first is grey and a later one is not', async () => {
    const pictures = await Promise.all(['a/1', 'a/2', 'b/1', 'b/2'].map(async (name, at) => ({ name, bytes: at === 3 ? await noise(3).png().toBuffer() : await greyPng(new Uint8Array(120).fill(at), 10, 12) })));
    expect((await examplesOf([zipFile(pictures)])).content.input_shape).toEqual([10, 12, 3]);
  });
});

describe('a picture that cannot be read', () => {
  const noisy = (format: 'jpeg' | 'png' | 'webp' | 'gif') => sharp({ create: { width: 64, height: 64, channels: 3, background: RED, noise: { type: 'gaussian', mean: 128, sigma: 40 } } }).toFormat(format).toBuffer();
  const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);
  /** Of one bit a pixel, all of them black: about 50 kB. */
  const wide = (): Buffer => {
    const chunk = (name: string, data: Buffer): Buffer => {
      const named = Buffer.concat([Buffer.from(name), data]);
      const ends = Buffer.alloc(8);
      ends.writeUInt32BE(data.length, 0);
      ends.writeUInt32BE(crc32(named), 4);
      return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
    };
    const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    head.writeUInt32BE(20_000, 0);
    head.writeUInt32BE(20_000, 4);
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.alloc(20_000 * 2_501))), chunk('IEND', Buffer.alloc(0))]);
  };
  const wideBmp = (): Buffer => {
    const head = bmp([[0, 0, 0, 0]], 32);
    head.writeInt32LE(20_000, 18);
    head.writeInt32LE(20_000, 22);
    return head;
  };
  it.each<[string, string, () => Promise<Uint8Array> | Uint8Array]>([
    ['a JPEG that ends early', 'PICTURE_CORRUPT', async () => half(await noisy('jpeg'))],
    ['a PNG that ends early', 'PICTURE_CORRUPT', async () => half(await noisy('png'))],
    ['a WebP that ends early', 'PICTURE_CORRUPT', async () => half(await noisy('webp'))],
    ['a GIF that ends early', 'PICTURE_CORRUPT', async () => half(await noisy('gif'))],
    ['a BMP that ends early', 'PICTURE_CORRUPT', () => bmp([[1, 2, 3, 0], [4, 5, 6, 0]], 32).subarray(0, 60)],
    ['a compressed BMP', 'PICTURE_CORRUPT', () => bmp([[1, 0]], 8, { palette: [1, 2, 3, 0, 4, 5, 6, 0], compression: 1 })],
    ['a BMP of a colour that it lacks', 'PICTURE_CORRUPT', () => bmp([[1, 9]], 8, { palette: [1, 2, 3, 0, 4, 5, 6, 0] })],
    ['a PNG of 20,000 × 20,000', 'IMAGE_TOO_LARGE', wide],
    ['a BMP of 20,000 × 20,000', 'IMAGE_TOO_LARGE', wideBmp],
    ['nothing', 'PICTURE_FORMAT', () => new Uint8Array()],
    ['text', 'PICTURE_FORMAT', () => Buffer.from('this is no picture')],
    ['a drawing in SVG', 'PICTURE_FORMAT', () => Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['a PDF', 'PICTURE_FORMAT', () => Buffer.from('%PDF-1.7\n1 0 obj')],
    ['HEIC', 'PICTURE_FORMAT', () => Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')],
    ['a TIFF', 'PICTURE_FORMAT', () => plain(RED).tiff().toBuffer()],
    ['a JPEG in name and first bytes alone', 'PICTURE_CORRUPT', () => Buffer.from('\xff\xd8\xff<svg xmlns="http://www.w3.org/2000/svg"/>', 'latin1')],
  ])('is left out, or a reason to refuse: %s', async (_, code, make) => {
    const good = await plain(RED, 64, 64).png().toBuffer();
    const files = [zipFile([...['a/1', 'a/2', 'b/3', 'b/4'].map((name) => ({ name: `${name}.png`, bytes: good })), { name: 'b/5.jpg', bytes: await make() }])];
    expect((await ingest(files)).content).toMatchObject({ input_shape: [64, 64, 3], parts: { train: { examples: 2 }, test: { examples: 2 } } });
    const { failure, outFolder } = await refusal(files, { onBadRows: 'refuse' });
    expect(failure).toMatch(new RegExp(`^ROWS_REFUSED: "pictures.zip", "b/5.jpg" cannot be read: .* \\(${code}\\)\\.`));
    expect((await readdir(outFolder)).sort()).toEqual([PROBLEMS_FILE, REPORT_FILE]); // why, and nothing of what was read
  });

  it('is not the only one: then nothing is left of them', async () => {
    expect((await refusal(all(Buffer.from('text')))).failure).toBe('NO_PICTURES: "pictures.zip" holds no picture that could be read: all 4 were left out.');
  });
});

describe('The API process', () => {
  it('tells pictures from other files without a decoder of pictures in it', async () => {
    const program = startProgram(new URL('format-told.ts', import.meta.url), []);
    expect(await program.next()).toEqual({ format: 'images', before: false, after: true });
    await program.end('SIGKILL');
  });
});
