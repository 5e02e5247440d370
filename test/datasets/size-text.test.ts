// Tests of datasets/size-text.ts.
import { expect, it } from '@jest/globals';
import { sizeText } from '#datasets/size-text.js';

it.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1 kB'],
  [54_950_000, '55 MB'],
  [999_600, '1 MB'],
  [21_474_836_480, '21.5 GB'],
  [2 ** 128, 'more than 1000 PB'],
])('%d bytes are written as %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
