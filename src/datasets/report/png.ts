// Writes pictures as PNG (W3C PNG, third edition): 8 bits a channel, no filter, one piece of zlib data. Nothing here reads one.
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import type { Shape } from '../../contract/shape.js';

export const PNG = 'image/png';
/** By channels: grey, grey and alpha, colour, colour and alpha. */
const COLOUR_TYPES: Readonly<Record<number, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 };
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Whether rows of that shape can be shown as pictures: height, width and 1 to 4 channels. */
export const isPicture = (shape: Shape): boolean => shape.length === 3 && shape[2]! in COLOUR_TYPES;

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1 to 4. */
  readonly channels: number;
  /** 0 to 255, row after row. */
  readonly values: Uint8Array;
}

export async function pngOf({ width, height, channels, values }: Picture): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = COLOUR_TYPES[channels]!;
  // Each line begins with the kind of its filter: 0 is none.
  const lineBytes = width * channels;
  const lines = new Uint8Array(height * (lineBytes + 1));
  for (let line = 0; line < height; line += 1) lines.set(values.subarray(line * lineBytes, (line + 1) * lineBytes), line * (lineBytes + 1) + 1);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', await promisify(deflate)(lines)), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
