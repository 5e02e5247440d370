// Pictures and archives of them for tests, sound ones and others.
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { pack, type Header } from 'tar-stream';
import type { BadRowPolicy, PicturesWanted } from '#contract/dataset.js';
import { readSource } from '#datasets/read-source.js';
import { placed, type NamedBytes } from './idx.js';
import { zipOf, type Entry } from './numpy.js';
import { partInMemory } from './packed.js';

export const MAX_BYTES = 100_000_000;

/** A PNG of one grey channel. */
export const greyPng = (pixels: Uint8Array, height: number, width: number): Promise<Buffer> =>
  sharp(pixels, { raw: { height, width, channels: 1 } }).toColourspace('b-w').png({ compressionLevel: 1 }).toBuffer();

/** A picture of one colour. */
export const plain = (colour: string | { r: number; g: number; b: number; alpha: number }, width = 8, height = 6) =>
  sharp({ create: { width, height, channels: typeof colour === 'string' ? 3 : 4, background: colour } });

/** Grey pictures of 2 × 3 pixels, whose bytes tell their numbers. */
export async function pngs(...names: string[]): Promise<NamedBytes[]> {
  return Promise.all(names.map(async (name, at) => ({ name, bytes: await greyPng(Uint8Array.from({ length: 6 }, (_, pixel) => at * 7 + pixel), 2, 3) })));
}

export const zipFile = (entries: readonly Entry[], name = 'pictures.zip'): NamedBytes => ({ name, bytes: zipOf(entries) });

/** A tar archive; an entry may have a type of its own. */
export async function tarFile(entries: readonly (NamedBytes & Partial<Header>)[], name = 'pictures.tar'): Promise<NamedBytes> {
  const archive = pack();
  for (const { bytes, ...header } of entries) archive.entry(header, Buffer.from(bytes));
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of Readable.from(archive)) pieces.push(piece as Buffer);
  return { name, bytes: Buffer.concat(pieces) };
}

export interface Asked {
  classNames?: string[] | null;
  pictures?: PicturesWanted;
  onBadRows?: BadRowPolicy;
  maxBytes?: number;
}

async function place(files: readonly NamedBytes[], { classNames = null, pictures, onBadRows = 'skip', maxBytes = MAX_BYTES }: Asked) {
  const { source, ...folders } = await placed(files, classNames);
  return { ...folders, maxBytes, source: { ...source, on_bad_rows: onBadRows, ...(pictures && { pictures }) } };
}

export async function ingest(files: readonly NamedBytes[], asked: Asked = {}) {
  const ready = await place(files, asked);
  const content = await readSource(ready);
  return { content, outFolder: ready.outFolder };
}

/** Inputs and labels of each example, train first. */
export async function examplesOf(files: readonly NamedBytes[], asked: Asked = {}) {
  const { content, outFolder } = await ingest(files, asked);
  const width = content.input_shape.reduce((product, size) => product * size, 1);
  const rows: { part: 'train' | 'test'; label: string; pixels: number[] }[] = [];
  for (const part of ['train', 'test'] as const) {
    const { inputs, labels } = await partInMemory(outFolder, part);
    labels.forEach((label, at) => rows.push({ part, label: content.class_names[label]!, pixels: [...inputs.subarray(at * width, (at + 1) * width)] }));
  }
  return { content, rows };
}

/** The failure's code and message, and what it left behind. */
export async function refusal(files: readonly NamedBytes[], asked: Asked = {}): Promise<{ failure: string; outFolder: string }> {
  const ready = await place(files, asked);
  const failure = await readSource(ready).then(() => 'accepted', (error: { code?: string; message?: string }) => `${error.code}: ${error.message}`);
  return { failure, outFolder: ready.outFolder };
}
