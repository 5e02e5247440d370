// Maps over pictures: of the expected size, with colour where the map has something to say, and the same bytes each time.
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { Picture } from '#datasets/report/png.js';
import { heatMapOver, overChannels, type HeatMap } from '#report/heat-map.js';

/** A picture of one grey value. */
const plain = (width: number, height: number, channels = 1, value = 100): Picture => ({ width, height, channels, values: new Uint8Array(width * height * channels).fill(value) });

async function decoded(picture: Picture, map: HeatMap) {
  const overlay = await heatMapOver(picture, map);
  const { data, info } = await sharp(overlay.png).raw().toBuffer({ resolveWithObject: true });
  return { ...overlay, info, at: (row: number, column: number): number[] => [...data.subarray((row * info.width + column) * 3, (row * info.width + column + 1) * 3)] };
}

describe('a map over a picture', () => {
  it.each([[28, 28, 224, 224], [28, 14, 224, 112], [224, 224, 224, 224], [300, 200, 300, 200], [100, 60, 300, 180], [1, 1, 224, 224]])('of %d × %d pixels is %d × %d', async (width, height, wide, high) => {
    const { info, ...overlay } = await decoded(plain(width, height), { shape: [2, 2], values: [0, 0, 0, 1], signed: false });
    expect(info).toMatchObject({ width: wide, height: high, channels: 3, format: 'raw' });
    expect(overlay).toMatchObject({ width: wide, height: high });
  });

  it('with two sides is vermilion for, blue against, and the picture where it says nothing', async () => {
    const { at, scale } = await decoded(plain(24, 8), { shape: [1, 3], values: [-2, 0, 2], signed: true });
    expect(scale).toBe(2);
    const [red, green, blue] = [0, 1, 2].map((channel) => (colour: number[]) => Math.round(0.15 * 100 + 0.85 * colour[channel]!));
    const full = (colour: number[]): number[] => [red!(colour), green!(colour), blue!(colour)];
    expect(at(0, 0)).toEqual(full([0x00, 0x72, 0xb2]));
    // The middle of 240 columns lies between two pixels: one part in 160 from 0.
    for (const channel of at(40, 119)) expect(Math.abs(channel - 100)).toBeLessThanOrEqual(1);
    expect(at(79, 239)).toEqual(full([0xd5, 0x5e, 0x00]));
  });

  it('with one side is the picture at 0, and lighter and yellow where there is most', async () => {
    const { at } = await decoded(plain(28, 28, 1, 0), { shape: [1, 3], values: [0, 1, 2], signed: false });
    expect(at(0, 0)).toEqual([0, 0, 0]);
    expect(at(0, 223)).toEqual([0xf0, 0xe4, 0x42].map((channel) => Math.round(0.85 * channel)));
    const lightness = ([red, green, blue]: number[]): number => 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    const along = Array.from({ length: 224 }, (_, column) => lightness(at(100, column)));
    expect(along.every((value, column) => column === 0 || value >= along[column - 1]! - 1)).toBe(true);
  });

  it('lies over all of it, its places between those that it has', async () => {
    const { at } = await decoded(plain(224, 224, 1, 0), { shape: [2, 2], values: [0, 1, 0, 1], signed: true });
    // The middle of the left half and beyond is 0, that of the right half and beyond is full, in between it rises.
    for (const column of [0, 30, 55]) expect(at(50, column)).toEqual([0, 0, 0]);
    for (const column of [168, 200, 223]) expect(at(200, column)).toEqual(at(0, 223));
    expect(at(0, 112)[0]).toBe(Math.round(0.85 * (112.5 / 112 - 0.5) * 0xd5));
  });

  it('shows the picture in grey, pixel by pixel', async () => {
    const picture: Picture = { width: 2, height: 1, channels: 3, values: Uint8Array.of(255, 0, 0, 10, 200, 30) };
    const { at } = await decoded(picture, { shape: [1, 1], values: [0], signed: true });
    const grey = (red: number, green: number, blue: number): number[] => Array<number>(3).fill(Math.round(0.2126 * red + 0.7152 * green + 0.0722 * blue));
    expect(at(111, 111)).toEqual(grey(255, 0, 0));
    expect(at(0, 112)).toEqual(grey(10, 200, 30));
    const transparent: Picture = { width: 1, height: 1, channels: 2, values: Uint8Array.of(77, 0) };
    expect((await decoded(transparent, { shape: [1, 1], values: [0], signed: false })).at(5, 5)).toEqual([77, 77, 77]);
  });

  it('is not left pale by single values: its colours are full from the 99th percentile on', async () => {
    const values = Float32Array.from({ length: 1000 }, (_, at) => (at === 999 ? 1e6 : at % 2 === 0 ? 1 : -1));
    expect((await heatMapOver(plain(8, 8), { shape: [10, 100], values, signed: true })).scale).toBe(1);
    const one = Float32Array.from({ length: 1000 }, (_, at) => (at === 3 ? 5 : 0));
    expect((await heatMapOver(plain(8, 8), { shape: [10, 100], values: one, signed: false })).scale).toBe(5);
    expect((await heatMapOver(plain(8, 8), { shape: [2, 2], values: new Float32Array(4), signed: false })).scale).toBe(0);
  });

  it('is the same bytes each time', async () => {
    const map: HeatMap = { shape: [5, 7], values: Float32Array.from({ length: 35 }, (_, at) => Math.sin(at)), signed: true };
    const [one, again] = await Promise.all([heatMapOver(plain(30, 20), map), heatMapOver(plain(30, 20), map)]);
    expect(again.png.equals(one.png)).toBe(true);
  });
});

it('shares of channels add up in their pixel', () => {
  expect(overChannels(Float32Array.of(1, 2, 3, -1, -1, 4), 3)).toEqual(Float32Array.of(6, 2));
});
