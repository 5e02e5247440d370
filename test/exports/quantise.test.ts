import { describe, expect, it } from '@jest/globals';
import { dequantised, halfBits, quantise } from '#exports/quantise.js';
import { tfjsLayersByChannel, tfjsLayers, type ChannelWeight, type ManifestWeight } from '#exports/tfjs-layers.js';
import { mlp } from '../support/networks.js';

const VALUES = Float32Array.of(-1, -0.5, 0, 0.3, 2);

describe('the affine quantiser', () => {
  it('gives the levels of tensorflowjs-converter, a tie going to the even number', () => {
    const { levels, scale, min } = quantise(VALUES, 'uint8');
    // -0.5 lies between the levels 42 and 43.
    expect([...levels]).toEqual([0, 42, 85, 111, 255]);
    expect(scale).toBeCloseTo(0.011764705882352941, 17);
    expect(min).toBeCloseTo(-1, 15);
  });

  it('gives back what the converter gives back', () => {
    const back = [-1, -0.5058823529411764, 0, 0.3058823529411765, 2];
    dequantised(quantise(VALUES, 'uint8')).forEach((value, at) => expect(value).toBeCloseTo(back[at]!, 7));
  });

  it('has a constant stand for itself', () => {
    expect(quantise([0.7, 0.7], 'uint8')).toEqual({ levels: Uint8Array.of(0, 0), scale: 1, min: 0.7 });
  });

  it.each([[[-3, 5, 0, 0.1]], [[0, 9, 4]], [[-8, 0]]])('leaves a zero a zero: %j', (values) => {
    const back = dequantised(quantise(values, 'uint8'));
    expect(Math.abs(back[values.indexOf(0)]!)).toBeLessThan(1e-12);
  });

  it('keeps every value within half a level, in either type', () => {
    const values = Float32Array.from({ length: 1000 }, (_, at) => Math.sin(at) * 3 + 0.5);
    for (const type of ['uint8', 'uint16'] as const) {
      const quantised = quantise(values, type);
      const back = dequantised(quantised);
      // Half a level for the value, and as much for the zero that is moved to a level.
      values.forEach((value, at) => expect(Math.abs(back[at]! - value)).toBeLessThanOrEqual(quantised.scale * 1.001));
    }
  });
});

describe('half floats', () => {
  it.each([
    [0, 0x0000], [1, 0x3c00], [-2, 0xc000], [65_504, 0x7bff], [0.1, 0x2e66], [5.960464477539063e-8, 0x0001], [2 ** -26, 0], [2 ** -14, 0x0400], [1e9, 0x7bff],
    // Half-way between two: the even one.
    [1 + 2 ** -11, 0x3c00], [1 + 3 * 2 ** -11, 0x3c02], [2 ** -25, 0],
    // Rounded up to the next power of two.
    [1.9999, 0x4000],
  ])('has %f as the bits %i', (value, bits) => {
    expect(halfBits(value)).toBe(bits);
  });
});

describe('the files of a quantised model', () => {
  const architecture = mlp(2, 3, [2, 2, 1]);
  const weights = new Map([
    ['dense_1/kernel', Float32Array.of(-1, 10, -0.5, 20, 0, 30, 2, 50)],
    ['dense_1/bias', Float32Array.of(0.25, -0.25)],
    ['dense_2/kernel', Float32Array.of(1, 2, 3, 4, 5, 6)],
    ['dense_2/bias', Float32Array.of(0, 0, 1)],
  ]);

  it('carries by tensor how in the manifest of TF.js, and leaves biases as they are', () => {
    const { model, weights: bytes } = tfjsLayers(architecture, weights, { dtype: 'uint8', by: 'tensor' });
    const [{ weights: entries }] = (model as { weightsManifest: [{ weights: ManifestWeight[] }] }).weightsManifest;
    expect(entries.map(({ quantization }) => quantization?.dtype)).toEqual(['uint8', undefined, 'uint8', undefined]);
    expect(entries[0]!.quantization).toMatchObject({ original_dtype: 'float32', scale: 51 / 255 });
    expect(bytes).toHaveLength(8 + 2 * 4 + 6 + 3 * 4);
  });

  it('has by channel a scale and a least value for each of them', () => {
    const { model } = tfjsLayersByChannel(architecture, weights, 'uint8');
    const [kernel] = (model as { weights: ChannelWeight[] }).weights;
    expect(kernel!.channels!.scale).toEqual([3 / 255, 40 / 255]);
    expect(kernel!.channels!.min[1]).toBe(10);
  });
});
