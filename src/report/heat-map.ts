// Maps of an explanation as pictures: the example in grey, and over it in colour what speaks for the output, or against it. The same map and picture are the same bytes.
import { pngOf, type Picture } from '../datasets/report/png.js';
import { quantile } from './bootstrap.js';

export interface HeatMap {
  /** Of the values, row after row; the map lies over the whole picture, whatever its size. */
  shape: readonly [height: number, width: number];
  values: ArrayLike<number>;
  /** Whether 0 is the middle, and colours say which side of it a value is on; otherwise it is the least, and colours say how much. */
  signed: boolean;
}

export interface Overlay {
  png: Buffer;
  width: number;
  height: number;
  /** The value from which on colours are full: the 99th percentile of the sizes of the values, so that single ones do not leave the rest pale. 0 of a map of zeros, which has no colour. */
  scale: number;
}

/** Pictures are enlarged to this side at least, in pixels. */
const LEAST_SIDE = 224;
const FULL_FROM = 0.99;
/** How much of a pixel is its colour, where the map is full: the picture shows through everywhere. */
const STRONGEST = 0.85;

type Colour = readonly [red: number, green: number, blue: number];
/** Vermilion and blue of the palette of Okabe & Ito (2008), which are told apart with any kind of colour vision. */
const FOR: Colour = [0xd5, 0x5e, 0x00];
const AGAINST: Colour = [0x00, 0x72, 0xb2];
/** From little to much, each lighter than the one before it, from blue over vermilion to yellow: the order is that of the lightness, which everyone sees. */
const MUCH: readonly Colour[] = [[0x00, 0x32, 0x68], [0x8a, 0x2f, 0x6b], [0xd5, 0x5e, 0x00], [0xf0, 0xe4, 0x42]];
/** Of red, green and blue in how light a colour is (ITU-R BT.709). */
const LIGHTNESS: Colour = [0.2126, 0.7152, 0.0722];

/** @param picture of 1 to 4 channels: grey or colour, with or without transparency, which is left out */
export async function heatMapOver(picture: Picture, map: HeatMap): Promise<Overlay> {
  const times = Math.max(1, Math.ceil(LEAST_SIDE / Math.max(picture.width, picture.height)));
  const [width, height] = [picture.width * times, picture.height * times];
  const scale = scaleOf(map.values);
  const grey = greyOf(picture);
  const [rows, columns] = [placesBetween(map.shape[0], height), placesBetween(map.shape[1], width)];
  const values = new Uint8Array(width * height * 3);
  for (let row = 0, at = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1, at += 3) {
      const light = grey[Math.floor(row / times) * picture.width + Math.floor(column / times)]!;
      values.set(painted(light, scale === 0 ? 0 : between(map, rows[row]!, columns[column]!) / scale, map.signed), at);
    }
  }
  return { png: await pngOf({ width, height, channels: 3, values }), width, height, scale };
}

/** The shares of a pixel's channels together, [height × width × channels] → [height × width]: what they add up to over the picture stays. */
export function overChannels(values: Float32Array, channels: number): Float32Array {
  const sums = new Float32Array(values.length / channels);
  for (let pixel = 0; pixel < sums.length; pixel += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) sum += values[pixel * channels + channel]!;
    sums[pixel] = sum;
  }
  return sums;
}

/** Where fewer than one in a hundred values is not 0, the largest of them. */
function scaleOf(values: ArrayLike<number>): number {
  const ascending = Float64Array.from(values, Math.abs).sort();
  return quantile(ascending, FULL_FROM) || ascending.at(-1)!;
}

function greyOf({ width, height, channels, values }: Picture): Float64Array {
  const isColour = channels >= 3;
  return Float64Array.from({ length: width * height }, (_, pixel) =>
    isColour ? LIGHTNESS.reduce((sum, share, channel) => sum + share * values[pixel * channels + channel]!, 0) : values[pixel * channels]!);
}

/** Between which two of `from` places each of `to` lies, and how far on the way: middles of pixels lie on middles, and nothing lies beyond the first or the last. */
interface Between {
  low: number;
  high: number;
  share: number;
}
const placesBetween = (from: number, to: number): Between[] =>
  Array.from({ length: to }, (_, at) => {
    const place = Math.min(from - 1, Math.max(0, ((at + 0.5) * from) / to - 0.5));
    const low = Math.floor(place);
    return { low, high: Math.min(from - 1, low + 1), share: place - low };
  });

/** Bilinear. */
function between({ shape, values }: HeatMap, row: Between, column: Between): number {
  const along = (of: number): number => {
    const [left, right] = [values[of * shape[1] + column.low]!, values[of * shape[1] + column.high]!];
    return left + column.share * (right - left);
  };
  const [above, below] = [along(row.low), along(row.high)];
  return above + row.share * (below - above);
}

/** A grey pixel with the map over it. @param amount of the scale: from -1, or from 0, to 1; beyond that it is as much as can be shown */
function painted(light: number, amount: number, signed: boolean): Colour {
  const size = Math.min(1, signed ? Math.abs(amount) : Math.max(0, amount));
  const colour = signed ? (amount < 0 ? AGAINST : FOR) : colourOf(size);
  const share = STRONGEST * size;
  const mixed = (channel: 0 | 1 | 2): number => Math.round((1 - share) * light + share * colour[channel]);
  return [mixed(0), mixed(1), mixed(2)];
}

function colourOf(size: number): Colour {
  const place = size * (MUCH.length - 1);
  const low = Math.min(Math.floor(place), MUCH.length - 2);
  const [before, after] = [MUCH[low]!, MUCH[low + 1]!];
  const mixed = (channel: 0 | 1 | 2): number => before[channel] + (place - low) * (after[channel] - before[channel]);
  return [mixed(0), mixed(1), mixed(2)];
}
