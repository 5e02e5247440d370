// A real data set three times, from its first examples on: as IDX files, as a zip of pictures by class folder, each numbered as in the
// files, and as tables of its pixels. Rows go into the three as they are read, so that as good as nothing of them is held in memory.
// Also run outside of Jest, in whose realm loops over single cells take several times as long.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import type { DatasetSource } from '#contract/dataset.js';
import { readSource } from '#datasets/read-source.js';
import { wholeRows } from '#datasets/whole-rows.js';
import { writeZip, type NamedFile } from '../../bench/ingest/zip-writer.mjs';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const PICTURES_AT_ONCE = 64;
const IDX_HEADER_BYTES = 16;

interface Part {
  /** Of the names of its IDX files. */
  prefix: string;
  /** Its pictures' folder in the zip. */
  folder: string;
  table: string;
}
const TRAIN = { prefix: 'train', folder: 'train/', table: 'train.csv' };
const TEST = { prefix: 't10k', folder: 'test/', table: 'test.csv' };
export const MNIST: readonly Part[] = [TRAIN, TEST];
/** One part, which the service splits. */
export const NOT_MNIST: readonly Part[] = [{ ...TEST, folder: '', table: 'letters.csv' }];

export interface SamePixels {
  /** Where the published files lie, as gzip. */
  folder: string;
  parts: readonly Part[];
  classNames: readonly string[];
  /** Most of each part; all unless given. */
  examples?: number;
}

/** What was packed: how many examples of each part, the digest, and that of each file of arrays. */
export interface Packed {
  examples: { train: number; test: number };
  digest: string;
  arrays: Record<string, string>;
}

type Options = Partial<Pick<DatasetSource, 'class_names' | 'table'>>;

/** Each way to give the pixels: writes its files, and says what is asked for beside them. */
const FORMS = {
  async idx({ folder, parts, classNames, examples = Infinity }: SamePixels, source: Source): Promise<Options> {
    for (const { prefix } of parts) {
      const labels = await labelsOf(folder, prefix, examples);
      await source.add(`${prefix}-images`, idxOf([labels.length, SIDE, SIDE], rowsOf(folder, prefix, labels.length)));
      await source.add(`${prefix}-labels`, idxOf([labels.length], [labels]));
    }
    return { class_names: [...classNames] };
  },

  async pictures({ folder, parts, classNames, examples = Infinity }: SamePixels, source: Source): Promise<Options> {
    await writeZip(source.next('pictures.zip'), picturesOf(folder, parts, classNames, examples));
    return {};
  },

  async tables({ folder, parts, classNames, examples = Infinity }: SamePixels, source: Source): Promise<Options> {
    for (const { prefix, table } of parts) {
      const labels = await labelsOf(folder, prefix, examples);
      await source.add(table, linesOf(labels, rowsOf(folder, prefix, labels.length), classNames));
    }
    return { table: { target: 'label', shape: [SIDE, SIDE] } };
  },
};
export type PixelForm = keyof typeof FORMS;

export async function packedFrom(form: PixelForm, same: SamePixels): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'rootstock-pixels-'));
  try {
    const source = new Source(folder);
    return await source.packed(await FORMS[form](same, source));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Files as an accepted data set has them, written as they come. */
class Source {
  private readonly names: string[] = [];
  constructor(private readonly folder: string) {}

  /** The path of one more file. */
  next(name: string): string {
    return join(this.folder, String(this.names.push(name) - 1));
  }

  add(name: string, pieces: AsyncIterable<Uint8Array | string>): Promise<void> {
    return pipeline(Readable.from(pieces, { objectMode: false }), createWriteStream(this.next(name)));
  }

  async packed(options: Options): Promise<Packed> {
    const files = await Promise.all(this.names.map(async (name, at) => ({ name, size_bytes: (await stat(join(this.folder, String(at)))).size, sha256: '0'.repeat(64) })));
    const source = { files, generate: null, url: null, class_names: null, on_bad_rows: 'refuse' as const, ...options };
    const outFolder = await mkdtemp(join(this.folder, 'packed-'));
    const { parts, digest } = await readSource({ sourceFolder: this.folder, source, outFolder, maxBytes: 1e9 });
    const arrays: Record<string, string> = {};
    for (const name of (await readdir(outFolder)).filter((file) => /\.(u8|f32|i32)$/.test(file)).sort()) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(join(outFolder, name)), hash);
      arrays[name] = hash.digest('hex');
    }
    return { examples: { train: parts.train.examples, test: parts.test.examples }, digest, arrays };
  }
}

const labelsOf = async (folder: string, prefix: string, most: number): Promise<Uint8Array> =>
  gunzipSync(await readFile(join(folder, `${prefix}-labels-idx1-ubyte.gz`))).subarray(8).subarray(0, most);

/** The first rows of a part, some at a time. */
async function* rowsOf(folder: string, prefix: string, rows: number): AsyncGenerator<Uint8Array> {
  const file = createReadStream(join(folder, `${prefix}-images-idx3-ubyte.gz`)).pipe(createGunzip());
  let left = rows;
  for await (const some of wholeRows(withoutHeader(file), PIXELS)) {
    yield some.subarray(0, left * PIXELS);
    left -= some.length / PIXELS;
    if (left <= 0) return;
  }
}

async function* withoutHeader(pieces: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let left = IDX_HEADER_BYTES;
  for await (const piece of pieces) {
    yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

async function* idxOf(dimensions: readonly number[], values: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.set([8, dimensions.length], 2);
  dimensions.forEach((size, at) => header.writeUInt32BE(size, 4 + 4 * at));
  yield header;
  yield* values;
}

async function* picturesOf(folder: string, parts: readonly Part[], classNames: readonly string[], most: number): AsyncGenerator<NamedFile> {
  for (const { prefix, folder: inside } of parts) {
    const labels = await labelsOf(folder, prefix, most);
    let from = 0;
    for await (const rows of rowsOf(folder, prefix, labels.length)) {
      const pictures = [...Array(rows.length / PIXELS).keys()];
      for (let at = 0; at < pictures.length; at += PICTURES_AT_ONCE) {
        yield* await Promise.all(pictures.slice(at, at + PICTURES_AT_ONCE).map(async (picture) => ({
          name: `${inside}${classNames[labels[from + picture]!]}/${from + picture}.png`,
          bytes: await pngOf(rows.subarray(picture * PIXELS, (picture + 1) * PIXELS)),
        })));
      }
      from += pictures.length;
    }
  }
}

const pngOf = (pixels: Uint8Array): Promise<Buffer> =>
  sharp(pixels, { raw: { height: SIDE, width: SIDE, channels: 1 } }).toColourspace('b-w').png({ compressionLevel: 1 }).toBuffer();

async function* linesOf(labels: Uint8Array, pieces: AsyncIterable<Uint8Array>, classNames: readonly string[]): AsyncGenerator<string> {
  yield `label,${Array.from({ length: PIXELS }, (_, pixel) => `pixel${pixel}`).join(',')}\n`;
  let row = 0;
  for await (const rows of pieces) {
    for (let at = 0; at < rows.length; at += PIXELS, row += 1) yield `${classNames[labels[row]!]},${rows.subarray(at, at + PIXELS).join(',')}\n`;
  }
}
