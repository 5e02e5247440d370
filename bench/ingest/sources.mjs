// What the bench of the ingest reads: pictures in a zip and a large CSV, the same from the same seed, written as they are drawn.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import { writeZip } from './zip-writer.mjs';

const SIDE = 64;
const CHANNELS = 3;
const CLASSES = 10;
/** Pictures that are encoded together. */
const AT_ONCE = 32;
const COLUMNS = 10;
/** Rows are put together of so many pieces, each one of so many: 8 · 10⁹ different rows, and no number is written twice. */
const PIECES = [2, 3, 5];
const PIECES_OF_EACH = 2_000;
const BLOCK_BYTES = 2 ** 20;

/** Numbers from 0 to 1 (Numerical Recipes' generator). @param {number} seed */
function drawing(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** JPEGs of soft waves in colour, in a folder for each class. @param {string} path @param {number} pictures */
export const writePictures = (path, pictures) => writeZip(path, picturesOf(pictures));

/** @param {number} pictures @returns {AsyncGenerator<import('./zip-writer.mjs').NamedFile>} */
async function* picturesOf(pictures) {
  const draw = drawing(1);
  for (let from = 0; from < pictures; from += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, pictures - from) }, (_, at) => from + at);
    yield* await Promise.all(numbers.map(async (number) => ({ name: `class-${number % CLASSES}/${number}.jpg`, bytes: await jpegOf(wavesOf(draw)) })));
  }
}

/** @param {Uint8Array} pixels @returns {Promise<Buffer>} */
const jpegOf = (pixels) => sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: CHANNELS } }).jpeg({ quality: 85 }).toBuffer();

/** For each channel a wave across and one down. @param {() => number} draw */
function wavesOf(draw) {
  const pixels = new Uint8Array(SIDE * SIDE * CHANNELS);
  for (let channel = 0; channel < CHANNELS; channel += 1) {
    const [across, down] = [waveOf(draw), waveOf(draw)];
    for (let row = 0, at = channel; row < SIDE; row += 1) {
      for (let column = 0; column < SIDE; column += 1, at += CHANNELS) pixels[at] = 128 + across[column] + down[row];
    }
  }
  return pixels;
}

/** @param {() => number} draw */
function waveOf(draw) {
  const [height, length, start] = [20 + 40 * draw(), 8 + 40 * draw(), 7 * draw()];
  return Float64Array.from({ length: SIDE }, (_, at) => height * Math.sin(start + (2 * Math.PI * at) / length));
}

/** A CSV of ten numbers as Python writes them, 17 digits, and a class. Returns how many rows it has. @param {string} path @param {number} bytes at least so many */
export async function writeTable(path, bytes) {
  const draw = drawing(2);
  const pieces = PIECES.map((columns) => Array.from({ length: PIECES_OF_EACH }, () => Array.from({ length: columns }, () => numberOf(draw)).join(',')));
  let rows = 0;
  async function* blocks() {
    yield `${Array.from({ length: COLUMNS }, (_, column) => `x${column}`).join(',')},label\n`;
    for (let written = 0; written < bytes; ) {
      let block = '';
      for (; block.length < BLOCK_BYTES; rows += 1) {
        for (const some of pieces) block += `${some[Math.floor(draw() * PIECES_OF_EACH)]},`;
        block += `class-${rows % CLASSES}\n`;
      }
      yield block;
      written += block.length;
    }
  }
  await pipeline(Readable.from(blocks(), { objectMode: false }), createWriteStream(path));
  return rows;
}

/** @param {() => number} draw */
const numberOf = (draw) => String((draw() + draw() / 2 ** 32 - 0.5) * 10);
