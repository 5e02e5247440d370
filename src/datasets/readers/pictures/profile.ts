// The colour profile of a picture, which is code for the decoder beside the pixels: a PNG of 20 kB may hold one that unpacks to 20 MB, and the decoder
// takes eight times that for it. PNG 11.3.2.3 (iCCP), ICC.1:2022 annex B.4 (JPEG), WebP's container (ICCP).
import { inflateSync } from 'node:zlib';
import type { PictureKind } from './kinds.js';

/** Larger than any that a scanner or a printer's maker ships for pictures. */
export const MOST_PROFILE_BYTES = 2 ** 22;

/** Whether the picture has a profile larger than is read. What is damaged is left to the decoder. */
export function hasLargeProfile(bytes: Uint8Array, kind: PictureKind): boolean {
  const profileIn = PROFILES[kind];
  return profileIn !== undefined && profileIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) > MOST_PROFILE_BYTES;
}

/** Bytes of the profile once unpacked, or more than are read; 0 where there is none. */
const PROFILES: Partial<Record<PictureKind, (bytes: Buffer) => number>> = {
  png(bytes) {
    const chunk = chunkIn(bytes, 8, 'iCCP', { lengthAt: 0, isBigEndian: true, headBytes: 8, tailBytes: 4, until: 'IDAT' });
    // A name, a zero byte, the method.
    return chunk === undefined ? 0 : unpackedBytes(chunk.subarray(chunk.indexOf(0) + 2));
  },
  webp: (bytes) => chunkIn(bytes, 12, 'ICCP', { lengthAt: 4, isBigEndian: false, headBytes: 8, tailBytes: 0 })?.length ?? 0,
  // Its pieces are looked for wherever they may be: decoders pass over what lies between markers.
  jpeg(bytes) {
    let sum = 0;
    for (let at = bytes.indexOf(ICC_PROFILE); at >= 0; at = bytes.indexOf(ICC_PROFILE, at + 1)) {
      if (at >= 4 && bytes[at - 4] === 0xff && bytes[at - 3] === APP2) sum += bytes.readUInt16BE(at - 2);
    }
    return sum;
  },
};
const APP2 = 0xe2;
const ICC_PROFILE = Buffer.from('ICC_PROFILE\0');

interface ChunkForm {
  /** From the chunk's beginning; the name is in the other half of the first eight bytes. */
  readonly lengthAt: 0 | 4;
  readonly isBigEndian: boolean;
  readonly headBytes: number;
  readonly tailBytes: number;
  /** Behind this one there is none. */
  readonly until?: string;
}

function chunkIn(bytes: Buffer, from: number, wanted: string, { lengthAt, isBigEndian, headBytes, tailBytes, until }: ChunkForm): Buffer | undefined {
  for (let at = from; at + headBytes <= bytes.length; ) {
    const length = isBigEndian ? bytes.readUInt32BE(at + lengthAt) : bytes.readUInt32LE(at + lengthAt);
    const name = bytes.toString('latin1', at + 4 - lengthAt, at + 8 - lengthAt);
    if (name === wanted) return bytes.subarray(at + headBytes, at + headBytes + length);
    if (name === until) return undefined;
    // Chunks of WebP begin at even places.
    at += headBytes + length + tailBytes + (isBigEndian ? 0 : length % 2);
  }
  return undefined;
}

function unpackedBytes(packed: Buffer): number {
  try {
    return inflateSync(packed, { maxOutputLength: MOST_PROFILE_BYTES }).length;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? MOST_PROFILE_BYTES + 1 : 0;
  }
}
