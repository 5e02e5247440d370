// Pictures of soft waves in two classes as NumPy arrays in an .npz: made in a moment, and read without a decoder.
import { zipOf } from '../ingest/zip-writer.mjs';

const CHANNELS = 3;

/** @param {number} pictures @param {number} side */
export function npzOfWaves(pictures, side) {
  const pixels = new Uint8Array(pictures * side * side * CHANNELS);
  const labels = Uint8Array.from({ length: pictures }, (_, picture) => picture % 2);
  for (let picture = 0, at = 0; picture < pictures; picture += 1) {
    const [length, start] = [6 + 20 * labels[picture] + (picture % 7), picture];
    for (let row = 0; row < side; row += 1) {
      for (let column = 0; column < side; column += 1) {
        for (let channel = 0; channel < CHANNELS; channel += 1, at += 1) pixels[at] = 128 + 100 * Math.sin(start + (row + column * (channel + 1)) / length);
      }
    }
  }
  return zipOf([{ name: 'x.npy', bytes: npyOf([pictures, side, side, CHANNELS], pixels) }, { name: 'y.npy', bytes: npyOf([pictures], labels) }]);
}

/** An array of uint8. @param {number[]} shape @param {Uint8Array} values */
function npyOf(shape, values) {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = Buffer.alloc(128, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(118, 8);
  header.write(text, 10, 'latin1');
  header.write('\n', 127);
  return Buffer.concat([header, values]);
}
