// Pictures made from the whole of MNIST and of notMNIST give the packed data of their IDX files, byte for byte.
import { expect, it } from '@jest/globals';
import { join } from 'node:path';
import { describeReal } from '../support/real-data.js';
import { digestsOf, MNIST, NOT_MNIST } from '../support/same-pixels.js';

const MINUTES = 60_000;

describeReal('All pictures of real data', (folder) => {
  it('are those of the IDX files of MNIST, 70,000 in two parts', async () => {
    const { idx, pictures } = await digestsOf(join(folder, 'mnist'), MNIST, [...'0123456789']);
    expect(pictures).toBe(idx);
  }, 20 * MINUTES);

  it('are those of the IDX files of notMNIST, 10,000 which are split', async () => {
    const { idx, pictures } = await digestsOf(join(folder, 'notmnist'), NOT_MNIST, [...'ABCDEFGHIJ']);
    expect(pictures).toBe(idx);
  }, 10 * MINUTES);
});
