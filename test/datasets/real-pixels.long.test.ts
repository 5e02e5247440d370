// Pictures and tables made from the whole of MNIST and of notMNIST give the packed data of their IDX files, byte for byte.
import { expect, it } from '@jest/globals';
import { join } from 'node:path';
import { describeReal } from '../support/real-data.js';
import { startProgram } from '../support/program.js';
import { MNIST, NOT_MNIST, type Packed, type PixelForm, type SamePixels } from '../support/same-pixels.js';

const MINUTES = 60_000;
const ARRAYS = ['test.inputs.u8', 'test.labels.i32', 'train.inputs.u8', 'train.labels.i32'];

/** By a process of its own: in Jest's realm loops over single cells take several times as long. */
const packed = (form: PixelForm, same: SamePixels): Promise<Packed> => startProgram(new URL('./pack-same-pixels.ts', import.meta.url), [form, JSON.stringify(same)]).next<Packed>();

describeReal('All pictures and tables of real data', (folder) => {
  it.each([
    ['MNIST, 70,000 in two parts', { train: 60_000, test: 10_000 }, { folder: join(folder, 'mnist'), parts: MNIST, classNames: [...'0123456789'] }],
    ['notMNIST, 10,000 which are split', { train: 8_000, test: 2_000 }, { folder: join(folder, 'notmnist'), parts: NOT_MNIST, classNames: [...'ABCDEFGHIJ'] }],
  ])('are those of the IDX files of %s', async (_, examples, same) => {
    const idx = await packed('idx', same);
    expect([idx.examples, Object.keys(idx.arrays)]).toEqual([examples, ARRAYS]);
    expect(await packed('pictures', same)).toEqual(idx);
    expect(await packed('tables', same)).toEqual(idx);
  }, 20 * MINUTES);
});
