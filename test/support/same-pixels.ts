// The first examples of a real data set twice: as IDX files, and as a zip of pictures by class folder, each numbered as in the files.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { idxBytes, type NamedBytes } from './idx.js';
import { greyPng, ingest, zipFile } from './pictures.js';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const AT_ONCE = 64;

interface Part {
  prefix: string;
  folder: string;
}
const TRAIN = { prefix: 'train', folder: 'train/' };
const TEST = { prefix: 't10k', folder: 'test/' };
export const MNIST: readonly Part[] = [TRAIN, TEST];
/** One part, which the service splits. */
export const NOT_MNIST: readonly Part[] = [{ ...TEST, folder: '' }];

/** The digests of both. @param examples most of each part */
export async function digestsOf(folder: string, parts: readonly Part[], names: readonly string[], examples = Infinity): Promise<{ idx: string; pictures: string }> {
  const files: NamedBytes[] = [];
  const pictures: NamedBytes[] = [];
  for (const { prefix, folder: inside } of parts) {
    const labels = gunzipSync(await readFile(join(folder, `${prefix}-labels-idx1-ubyte.gz`))).subarray(8).subarray(0, examples);
    const pixels = gunzipSync(await readFile(join(folder, `${prefix}-images-idx3-ubyte.gz`))).subarray(16).subarray(0, labels.length * PIXELS);
    const header = (dimensions: number[], values: Uint8Array): Buffer => Buffer.concat([idxBytes(dimensions, []), values]);
    files.push({ name: `${prefix}-images`, bytes: header([labels.length, SIDE, SIDE], pixels) }, { name: `${prefix}-labels`, bytes: header([labels.length], labels) });
    for (let from = 0; from < labels.length; from += AT_ONCE) {
      pictures.push(...(await Promise.all([...labels.subarray(from, from + AT_ONCE)].map(async (label, at) => ({
        name: `${inside}${names[label]}/${from + at}.png`,
        bytes: await greyPng(pixels.subarray((from + at) * PIXELS, (from + at + 1) * PIXELS), SIDE, SIDE),
      })))));
    }
  }
  const asked = { maxBytes: 1e9, onBadRows: 'refuse' as const };
  const idx = await ingest(files, { ...asked, classNames: [...names] });
  return { idx: idx.content.digest, pictures: (await ingest([zipFile(pictures)], asked)).content.digest };
}
