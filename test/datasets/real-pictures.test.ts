// Pictures made from real IDX files give the packed data of those files, byte for byte: the first of them. The whole: real-pictures.long.test.ts.
import { expect, it } from '@jest/globals';
import { join } from 'node:path';
import { describeReal } from '../support/real-data.js';
import { digestsOf, MNIST, NOT_MNIST } from '../support/same-pixels.js';

describeReal('Pictures of real data', (folder) => {
  it('are those of the IDX files of MNIST, in two parts', async () => {
    const { idx, pictures } = await digestsOf(join(folder, 'mnist'), MNIST, [...'0123456789'], 1_000);
    expect(pictures).toBe(idx);
  });

  it('are those of the IDX files of notMNIST, which are split', async () => {
    const { idx, pictures } = await digestsOf(join(folder, 'notmnist'), NOT_MNIST, [...'ABCDEFGHIJ'], 1_000);
    expect(pictures).toBe(idx);
  });
});
