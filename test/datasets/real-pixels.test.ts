// Pictures and tables made from real IDX files give the packed data of those files, byte for byte: the first of them. The whole: real-pixels.long.test.ts.
import { expect, it } from '@jest/globals';
import { join } from 'node:path';
import { describeReal } from '../support/real-data.js';
import { MNIST, NOT_MNIST, packedFrom } from '../support/same-pixels.js';

describeReal('Pictures and tables of real data', (folder) => {
  it.each([
    ['MNIST, in two parts', { folder: join(folder, 'mnist'), parts: MNIST, classNames: [...'0123456789'], examples: 100 }],
    ['notMNIST, which are split', { folder: join(folder, 'notmnist'), parts: NOT_MNIST, classNames: [...'ABCDEFGHIJ'], examples: 100 }],
  ])('are those of the IDX files of %s', async (_, same) => {
    const idx = await packedFrom('idx', same);
    expect(await packedFrom('pictures', same)).toEqual(idx);
    expect(await packedFrom('tables', same)).toEqual(idx);
  });
});
