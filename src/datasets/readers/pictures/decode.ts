// The one door to the decoder of pictures, sharp with libvips. Only processes that read data sets come here.
import sharp, { type Sharp } from 'sharp';
import type { PictureFit } from '../../../contract/dataset.js';
import type { RowProblem } from '../../../contract/row-problem.js';
import { decodeBmp, readBmpHead } from './bmp.js';
import { kindOf, sayOther, type PictureKind } from './kinds.js';
import { hasLargeProfile, MOST_PROFILE_BYTES } from './profile.js';

/** Each picture is decoded by one thread; several are decoded at a time. Nothing is read twice, so nothing is kept. */
sharp.concurrency(1);
sharp.cache(false);
// Whatever a file pretends to be, libvips has no other decoder to give it to.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif'] });

const MOST_PIXELS = 50_000_000;
export const BACKGROUND = '#ffffff';
const FITS: Readonly<Record<PictureFit, 'cover' | 'contain' | 'fill'>> = { cover: 'cover', contain: 'contain', stretch: 'fill' };

/** Why a picture cannot be read. */
export class PictureProblem extends Error {
  override readonly name = 'PictureProblem';
  constructor(readonly code: RowProblem['code'], detail: string) {
    super(detail);
  }
}

/** Of a picture as it is seen, turned upright. */
export interface PictureHead {
  readonly width: number;
  readonly height: number;
  readonly grey: boolean;
}

export interface PictureForm {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly fit: PictureFit;
}

/** Reads what the header says; the pixels may still turn out to be damaged. @throws PictureProblem */
export async function readHead(bytes: Uint8Array): Promise<PictureHead> {
  const kind = readableKind(bytes);
  return told(async () => {
    if (kind === 'bmp') {
      const head = readBmpHead(bytes);
      requirePixels(head.width, head.height);
      return head;
    }
    const { width, height, autoOrient, space } = await opened(bytes).metadata();
    requirePixels(width, height);
    return { ...autoOrient, grey: space === 'b-w' || space === 'grey16' };
  });
}

/**
 * The pixels, uint8 [height, width, channels]: the first frame, upright, in sRGB or grey, composed on white, 8 bits, in the size of the form.
 * @throws PictureProblem
 */
export async function decodePicture(bytes: Uint8Array, form: PictureForm): Promise<Uint8Array> {
  const { height, width, channels, fit } = form;
  const kind = kindOf(bytes);
  return told(async () => {
    const { data, info } = await whole(pixelsOf(bytes, kind), bytes, kind)
      .resize({ width, height, fit: FITS[fit], background: BACKGROUND })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== channels || data.length !== height * width * channels) {
      throw new RangeError(`a picture became ${info.height} × ${info.width} × ${info.channels}, not ${height} × ${width} × ${channels}`);
    }
    return data;
  });
}

/**
 * The same pixels of a picture that has the size of the form, without a look at its header before.
 * @returns undefined where it has another size
 * @throws PictureProblem
 */
export async function decodeAlike(bytes: Uint8Array, { height, width, channels }: PictureForm): Promise<Uint8Array | undefined> {
  const kind = readableKind(bytes);
  try {
    return await told(async () => {
      if (kind === 'bmp' && !isOfSize(readBmpHead(bytes), height, width)) return undefined;
      const { data, info } = await whole(pixelsOf(bytes, kind, height * width), bytes, kind).toColourspace(channels === 1 ? 'b-w' : 'srgb').toBuffer({ resolveWithObject: true });
      return isOfSize(info, height, width) ? data : undefined;
    });
  } catch (problem) {
    if (problem instanceof PictureProblem && problem.code === 'IMAGE_TOO_LARGE') return undefined;
    throw problem;
  }
}

const isOfSize = (size: { readonly height: number; readonly width: number }, height: number, width: number): boolean => size.height === height && size.width === width;

/** @throws PictureProblem for what is given to no decoder */
function readableKind(bytes: Uint8Array): PictureKind {
  const kind = kindOf(bytes);
  if (kind === undefined) throw new PictureProblem('PICTURE_FORMAT', sayOther(bytes));
  if (hasLargeProfile(bytes, kind)) throw new PictureProblem('IMAGE_TOO_LARGE', `its colour profile has more than ${MOST_PROFILE_BYTES} bytes`);
  return kind;
}

/** A JPEG is never transparent, and only its EXIF may say that it is to be turned: to ask libvips for nothing is a tenth of the work that a small picture is. */
function whole(picture: Sharp, bytes: Uint8Array, kind: PictureKind | undefined): Sharp {
  const isPlain = kind === 'jpeg' && !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('Exif');
  return (isPlain ? picture : picture.autoOrient().flatten({ background: BACKGROUND })).raw({ depth: 'uchar' });
}

// A warning is no damage: many cameras leave stray bytes behind.
const opened = (bytes: Uint8Array, mostPixels = MOST_PIXELS): Sharp => sharp(bytes, { failOn: 'error', limitInputPixels: mostPixels });

function pixelsOf(bytes: Uint8Array, kind: PictureKind | undefined, mostPixels = MOST_PIXELS): Sharp {
  if (kind !== 'bmp') return opened(bytes, mostPixels);
  const { data, width, height, channels } = decodeBmp(bytes);
  return sharp(data, { raw: { width, height, channels } });
}

function requirePixels(width: number, height: number): void {
  if (width * height > MOST_PIXELS) throw tooLarge(`it is ${width} × ${height}`);
}

const tooLarge = (what: string): PictureProblem => new PictureProblem('IMAGE_TOO_LARGE', `${what}; at most ${MOST_PIXELS} pixels are read`);

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (problem) {
    if (problem instanceof PictureProblem || problem instanceof RangeError) throw problem;
    const [message] = (problem as Error).message.split('\n');
    throw /exceeds pixel limit/.test(message!) ? tooLarge('it is larger') : new PictureProblem('PICTURE_CORRUPT', message!.slice(0, 200));
  }
}
