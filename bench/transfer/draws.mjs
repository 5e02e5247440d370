// Real pictures as IDX files, and small data sets drawn from them: the same draw from the same seed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const SIDE = 28;
const PIXELS = SIDE * SIDE;

/** @typedef {{ images: Buffer, labels: Buffer }} Pictures rows of 784 bytes, and a class for each */

/** @param {string} folder @param {'train' | 't10k'} part @returns {Promise<Pictures>} */
export async function readPart(folder, part) {
  const [images, labels] = await Promise.all([`${part}-images-idx3-ubyte.gz`, `${part}-labels-idx1-ubyte.gz`].map(async (name) => gunzipSync(await readFile(join(folder, name)))));
  if (!images || !labels) throw new Error(`${folder} has no ${part}`);
  return { images: images.subarray(16), labels: labels.subarray(8) };
}

/** Those of some classes, which are counted from 0 then. @param {Pictures} pictures @param {readonly number[]} classes @returns {Pictures} */
export function ofClasses(pictures, classes) {
  const rows = [...pictures.labels.keys()].filter((row) => classes.includes(pictures.labels[row] ?? -1));
  const chosen = some(pictures, rows);
  return { ...chosen, labels: Buffer.from(chosen.labels.map((label) => classes.indexOf(label))) };
}

/** @param {Pictures} pictures @param {readonly number[]} rows @returns {Pictures} */
export const some = ({ images, labels }, rows) => ({
  images: Buffer.concat(rows.map((row) => images.subarray(row * PIXELS, (row + 1) * PIXELS))),
  labels: Buffer.from(rows.map((row) => labels[row] ?? 0)),
});

/** An order of so many, drawn. @param {number} count @param {() => number} random from 0 to 1 */
function orderOf(count, random) {
  const order = Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}

/** The same pictures, each under the label of another. @param {Pictures} pictures @param {number} seed @returns {Pictures} */
export const shuffled = ({ images, labels }, seed) => ({ images, labels: Buffer.from(orderOf(labels.length, numbers(seed)).map((at) => labels[at] ?? 0)) });

/** So many of them, each class as often as the others as nearly as can be. @param {Pictures} pictures @param {number} count @param {number} seed */
export function draw(pictures, count, seed) {
  const random = numbers(seed);
  const classes = Math.max(...pictures.labels) + 1;
  /** @type {number[]} */ const taken = new Array(classes).fill(0);
  const rows = orderOf(pictures.labels.length, random).filter((row) => {
    const label = pictures.labels[row] ?? 0;
    const most = Math.floor(count / classes) + (label < count % classes ? 1 : 0);
    if ((taken[label] ?? 0) >= most) return false;
    taken[label] = (taken[label] ?? 0) + 1;
    return true;
  });
  return some(pictures, rows.sort((a, b) => a - b));
}

/** The form that makes a data set of them. @param {{ name: string, train: Pictures, test: Pictures, classNames: readonly string[] }} dataset */
export function formOf({ name, train, test, classNames }) {
  const form = new FormData();
  form.set('name', name);
  form.set('class_names', JSON.stringify(classNames));
  for (const [part, { images, labels }] of Object.entries({ train, t10k: test })) {
    form.append('file', new Blob([header([0x803, labels.length, SIDE, SIDE]), new Uint8Array(images)]), `${part}-images-idx3-ubyte`);
    form.append('file', new Blob([header([0x801, labels.length]), new Uint8Array(labels)]), `${part}-labels-idx1-ubyte`);
  }
  return form;
}

/** @param {readonly number[]} numbers big-endian */
function header(numbers) {
  const bytes = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, at) => bytes.setUint32(4 * at, number));
  return bytes;
}

/** From 0 to 1 (mulberry32, Ettinger 2017). @param {number} seed */
function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
