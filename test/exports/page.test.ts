// The page of an export in a real browser: it classifies a picture that is dropped and one that is drawn, and asks nothing of any server.
import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Preprocessing } from '#contract/dataset.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { HTML } from '#exports/formats/html.js';
import { CHROMIUM, openBrowser } from '../support/browser.js';
import { network } from '../support/networks.js';
import { temporaryFolder } from '../support/store.js';

const { tf } = loadTensorFlow();
const inBrowser = CHROMIUM === undefined ? describe.skip : describe;

const SHAPE = [8, 8, 1];
/** Tells by the mean of the left half, and of the right. */
const HALVES = network(SHAPE, [{ class_name: 'Flatten' }, { class_name: 'Dense', config: { units: 2, activation: 'softmax' } }]);
const kernel = Float32Array.from({ length: 128 }, (_, at) => (at % 2 === (Math.floor(at / 2) % 8 < 4 ? 0 : 1) ? 0.5 : 0));
const WEIGHTS = new Map([['dense_1/kernel', kernel], ['dense_1/bias', new Float32Array(2)]]);
const look = { mean: 0.1, deviation: 0.2, edge: 0, margin: 1 };
const PREPROCESSING: Preprocessing = { input: { shape: SHAPE, dtype: 'uint8' }, steps: [{ divide_by: 255 }], pictures: { fit: 'cover', background: '#ffffff' }, look };

/** A picture of this many pixels a side, white where it says so. */
const bitmap = (side: number, isWhite: (x: number, y: number) => boolean): Buffer => {
  const rows = Array.from({ length: side }, (_, fromBelow) => Buffer.from(Array.from({ length: side }, (_each, x) => Array<number>(3).fill(isWhite(x, side - 1 - fromBelow) ? 255 : 0)).flat()));
  const pixels = Buffer.concat(rows);
  const head = Buffer.alloc(54);
  head.write('BM', 0, 'latin1');
  for (const [at, value] of [[2, 54 + pixels.length], [10, 54], [14, 40], [18, side], [22, side], [34, pixels.length]] as const) head.writeUInt32LE(value, at);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  return Buffer.concat([head, pixels]);
};

inBrowser('the page of an export', () => {
  it('says of a picture what the network says, and of another what is drawn', async () => {
    const folder = await temporaryFolder();
    const exported = { name: 'Left & <right>', architecture: HALVES, weights: WEIGHTS, labels: ['left', 'right'], preprocessing: PREPROCESSING, golden: { inputs: [], input_shape: SHAPE, outputs: [], tolerance: 1e-5 }, quantisation: null };
    await HTML.write(tf, exported, folder);
    const page = await (await openBrowser()).newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(pathToFileURL(join(folder, 'model.html')).href);
    await page.waitForSelector('body[data-ready]');
    expect(await page.textContent('h1')).toBe('Left & <right>');

    // 16 pixels a side: each of the network's is the mean of four of one colour.
    await page.setInputFiles('#file', { name: 'left.bmp', mimeType: 'image/bmp', buffer: bitmap(16, (x) => x < 8) });
    await page.waitForSelector('#answer li');
    const values = Float32Array.from({ length: 64 }, (_, at) => (at % 8 < 4 ? 1 : 0));
    const own = await buildNetwork(tf, HALVES, WEIGHTS);
    const [left] = tf.tidy(() => own.apply(tf.tensor(values, [1, ...SHAPE]), false).dataSync());
    own.dispose();
    expect(await page.textContent('#answer li:first-child span')).toBe('left');
    expect(await page.textContent('#answer li:first-child output')).toBe(`${(100 * left!).toFixed(1)} %`);

    await page.click('#clear');
    const box = (await page.locator('#drawing').boundingBox())!;
    await page.mouse.move(box.x + 0.75 * box.width, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.75 * box.width, box.y + box.height - 20, { steps: 5 });
    await page.mouse.up();
    await page.waitForSelector('#answer li');
    expect(await page.textContent('#answer li:first-child span')).toBe('right');

    expect(asked.filter((url) => !url.startsWith('file:') && !url.startsWith('data:') && !url.startsWith('blob:'))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
