// What is transferred to what: real digits to other digits, and to letters.
import { join } from 'node:path';
import { draw, formOf, ofClasses, readPart, some } from './draws.mjs';

/** @typedef {{ name: string, sizes: number[], source: () => Promise<FormData>, target: () => Promise<(size: number, seed: number) => FormData> }} Task */

/** @param {string} folder with `mnist` and `notmnist` in it @returns {Task[]} */
export function tasksOf(folder) {
  const [mnist, notMnist] = [join(folder, 'mnist'), join(folder, 'notmnist')];
  return [
    {
      name: 'digits',
      sizes: [25, 50, 100, 500],
      async source() {
        const [train, test] = [ofClasses(await readPart(mnist, 'train'), [0, 1, 2, 3, 4]), ofClasses(await readPart(mnist, 't10k'), [0, 1, 2, 3, 4])];
        return formOf({ name: 'MNIST 0-4', train, test, classNames: ['0', '1', '2', '3', '4'] });
      },
      async target() {
        const [train, test] = [ofClasses(await readPart(mnist, 'train'), [5, 6, 7, 8, 9]), ofClasses(await readPart(mnist, 't10k'), [5, 6, 7, 8, 9])];
        return (size, seed) => formOf({ name: `MNIST 5-9, ${size}`, train: draw(train, size, seed), test, classNames: ['5', '6', '7', '8', '9'] });
      },
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
