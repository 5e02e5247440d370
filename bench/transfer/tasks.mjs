// What is transferred to what: real digits to other digits, and to letters.
import { join } from 'node:path';
import { draw, formOf, ofClasses, readPart, shuffled, some } from './draws.mjs';

/** @typedef {{ name: string, sizes: number[], source: () => Promise<FormData>, target: () => Promise<(size: number, seed: number) => FormData> }} Task */

/** @param {string} folder with `mnist` and `notmnist` in it @returns {Task[]} */
export function tasksOf(folder) {
  const [mnist, notMnist] = [join(folder, 'mnist'), join(folder, 'notmnist')];
  const ofDigits = async (/** @type {'train' | 't10k'} */ part, /** @type {number[]} */ digits) => ofClasses(await readPart(mnist, part), digits);
  const [low, high] = [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]];
  const highDigits = async () => {
    const [train, test] = [await ofDigits('train', high), await ofDigits('t10k', high)];
    return (/** @type {number} */ size, /** @type {number} */ seed) => formOf({ name: `MNIST 5-9, ${size}`, train: draw(train, size, seed), test, classNames: high.map(String) });
  };
  return [
    {
      name: 'digits',
      sizes: [25, 50, 100, 500],
      source: async () => formOf({ name: 'MNIST 0-4', train: await ofDigits('train', low), test: await ofDigits('t10k', low), classNames: low.map(String) }),
      target: highDigits,
    },
    {
      // A control: what the source says of its digits is noise.
      name: 'digits after shuffled labels',
      sizes: [100],
      source: async () => formOf({ name: 'MNIST 0-4, shuffled', train: shuffled(await ofDigits('train', low), 1), test: await ofDigits('t10k', low), classNames: low.map(String) }),
      target: highDigits,
    },
    {
      name: 'letters',
      sizes: [50, 200, 1_000, 5_000],
      source: async () => formOf({ name: 'MNIST', train: await readPart(mnist, 'train'), test: await readPart(mnist, 't10k'), classNames: [...'0123456789'] }),
      async target() {
        const all = await readPart(notMnist, 't10k');
        const isTest = (/** @type {number} */ row) => row % 5 === 0;
        const rows = [...all.labels.keys()];
        const [train, test] = [some(all, rows.filter((row) => !isTest(row))), some(all, rows.filter(isTest))];
        return (size, seed) => formOf({ name: `notMNIST, ${size}`, train: draw(train, size, seed), test, classNames: [...'ABCDEFGHIJ'] });
      },
    },
  ];
}
