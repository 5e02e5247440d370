// The digest of weights: what it is made of and what it tells apart.
import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { weightsDigest, type Weights } from '#models/weights.js';
import { dense, network } from '../support/networks.js';

const SMALL = network([2, 1, 1], [{ class_name: 'Flatten' }, { ...dense(2, 'linear'), name: 'a' }, { ...dense(1, 'linear'), name: 'b' }]);
const VALUES: Record<string, number[]> = { 'a/kernel': [1, -2, 0.5, 4], 'a/bias': [0, 1e-3], 'b/kernel': [3, 7], 'b/bias': [-0.25] };
const weightsFrom = (values: Record<string, number[]>): Weights =>
  new Map(Object.entries(values).map(([path, list]) => [path, Float32Array.from(list)]));

/** Little-endian float32, written out byte by byte. */
const littleEndian = (values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => bytes.writeFloatLE(value, 4 * at));
  return bytes;
};

describe('the digest of weights', () => {
  it('is SHA-256 over name, shape, dtype and little-endian bytes, in the order of the network', () => {
    const expected = createHash('sha256')
      .update('a/kernel\0').update('2,2\0').update('float32\0').update(littleEndian([1, -2, 0.5, 4]))
      .update('a/bias\0').update('2\0').update('float32\0').update(littleEndian([0, 1e-3]))
      .update('b/kernel\0').update('2,1\0').update('float32\0').update(littleEndian([3, 7]))
      .update('b/bias\0').update('1\0').update('float32\0').update(littleEndian([-0.25]))
      .digest('hex');
    expect(weightsDigest(SMALL, weightsFrom(VALUES))).toBe(expected);
  });

  it('does not depend on the order of the map', () => {
    const reversed = Object.fromEntries(Object.entries(VALUES).reverse());
    expect(weightsDigest(SMALL, weightsFrom(reversed))).toBe(weightsDigest(SMALL, weightsFrom(VALUES)));
  });

  it('reads a window on a larger buffer as its own values', () => {
    const all = Float32Array.from(Object.values(VALUES).flat());
    let at = 0;
    const windows = new Map(Object.entries(VALUES).map(([path, { length }]) => [path, all.subarray(at, (at += length))]));
    expect(weightsDigest(SMALL, windows)).toBe(weightsDigest(SMALL, weightsFrom(VALUES)));
  });

  const renamed = { ...SMALL, layers: SMALL.layers.map((layer) => (layer.name === 'b' ? { ...layer, name: 'c' } : layer)) };
  const transposed = { ...SMALL, input_shape: [1, 1, 1], layers: [SMALL.layers[0]!, { ...SMALL.layers[1]!, config: { units: 4 } }, SMALL.layers[2]!] };
  it.each([
    ['a value', SMALL, { ...VALUES, 'a/bias': [0, 2e-3] }],
    ['the sign of zero', SMALL, { ...VALUES, 'a/bias': [-0, 1e-3] }],
    ['the order of values', SMALL, { ...VALUES, 'b/kernel': [7, 3] }],
    ['a name', renamed, { ...VALUES, 'c/kernel': [3, 7], 'c/bias': [-0.25] }],
    ['a shape of the same values', transposed, VALUES],
  ])('changes with %s', (_, architecture, values) => {
    expect(weightsDigest(architecture as typeof SMALL, weightsFrom(values))).not.toBe(weightsDigest(SMALL, weightsFrom(VALUES)));
  });
});
