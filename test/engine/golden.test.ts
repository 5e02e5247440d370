// Golden pairs and the files of a model, as anyone else would load them.
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Architecture } from '#contract/layers.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { recordGolden, replayGolden } from '#engine/golden.js';
import { loadTensorFlow } from '#engine/native.js';
import { GOLDEN_FILE, WEIGHTS_FILE, writeBundle, type Golden } from '#models/bundle.js';
import { dense, everyTestFreesItsTensors, failureOfPromise, mlp, network, stripes } from '../support/networks.js';
import { temporaryFolder } from '../support/store.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

/** A network with a layer of every class. */
const EVERY_CLASS = network([8, 8, 1], [
  { class_name: 'ZeroPadding2D', config: { padding: [1, 2] } },
  { class_name: 'Conv2D', config: { filters: 4, kernel_size: [3, 2], strides: 2, padding: 'same', activation: 'gelu', kernel_initializer: 'he_normal' } },
  { class_name: 'AveragePooling2D', config: { pool_size: 2, strides: 1 } },
  { class_name: 'MaxPooling2D', config: { pool_size: 2, padding: 'same' } },
  { class_name: 'Activation', config: { activation: 'swish' } },
  { class_name: 'Dropout', config: { rate: 0.5 } },
  { class_name: 'Flatten' },
  { class_name: 'Dense', config: { units: 12, activation: 'relu6', use_bias: false } },
  { class_name: 'Reshape', config: { target_shape: [2, 2, 3] } },
  { class_name: 'GlobalAveragePooling2D' },
  dense(5, 'tanh'),
  { class_name: 'Reshape', config: { target_shape: [1, 1, 5] } },
  { class_name: 'GlobalMaxPooling2D' },
  dense(3, 'softmax'),
]);

async function bundle(architecture: Architecture): Promise<{ folder: string; golden: Golden }> {
  const folder = await temporaryFolder();
  const weights = freshWeights(architecture, 3);
  const examples = stripes(20, { shape: architecture.input_shape });
  const golden = await recordGolden(tf, architecture, weights, examples);
  const preprocessing = { input: { shape: architecture.input_shape, dtype: 'uint8' as const }, steps: [{ divide_by: 255 }] };
  await writeBundle(folder, { architecture, weights, labels: ['a', 'b', 'c'], preprocessing, golden, metrics: {}, report: {}, run: {} });
  return { folder, golden };
}

async function changeWeights(folder: string, change: (bytes: Buffer) => void): Promise<void> {
  const path = join(folder, WEIGHTS_FILE);
  const bytes = await readFile(path);
  change(bytes);
  await writeFile(path, bytes);
}

describe('golden pairs', () => {
  it('are eight inputs and the probabilities the network gives for them', async () => {
    const { golden } = await bundle(mlp());
    expect(golden).toMatchObject({ input_shape: [4, 4, 1], tolerance: 1e-5 });
    expect([golden.inputs.length, golden.outputs.length]).toEqual([8, 8]);
    for (const row of golden.inputs) expect([row.length, row.every((value) => value >= 0 && value <= 1)]).toEqual([16, true]);
    for (const row of golden.outputs) expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });

  it('are as many as there are examples where those are fewer', async () => {
    const golden = await recordGolden(tf, mlp(), freshWeights(mlp(), 1), stripes(3));
    expect(golden.inputs).toHaveLength(3);
  });

  it.each([['a perceptron', mlp()], ['a network of every class of layer', EVERY_CLASS]])('are what the written files of %s give', async (_, architecture) => {
    const { folder } = await bundle(architecture);
    await expect(replayGolden(tf, folder)).resolves.toBeUndefined();
  });

  // Every unit of tanh answers to its weights, where one of ReLU may be off for all eight inputs.
  const smooth = network([4, 4, 1], [{ class_name: 'Flatten' }, dense(6, 'tanh'), dense(3, 'softmax')]);
  const LAST_OF_FIRST_WEIGHT = 3;
  const LAST_OF_FIRST_BIAS = 4 * 16 * 6 + 3;
  it.each([
    ['the first weight', LAST_OF_FIRST_WEIGHT, 0x40],
    ['the first bias', LAST_OF_FIRST_BIAS, 0x40],
    ['the last weight', -1, 0x40],
  ])('show it when one byte of %s is changed', async (_, place, bit) => {
    const { folder } = await bundle(smooth);
    await changeWeights(folder, (bytes) => {
      const at = (place + bytes.length) % bytes.length;
      bytes[at]! ^= bit;
    });
    const failure = await failureOfPromise(replayGolden(tf, folder));
    expect(failure).toMatchObject({ code: 'GOLDEN_MISMATCH', status: 500 });
    expect(failure.message).toMatch(/\(largest difference \d\.\de[+-]\d+\); it was not published\.$/);
  });

  it('show it when a weight is no number', async () => {
    const { folder } = await bundle(smooth);
    await changeWeights(folder, (bytes) => bytes.writeFloatLE(Number.NaN, 0));
    expect((await failureOfPromise(replayGolden(tf, folder))).message).toContain('largest difference NaN');
  });

  it('show it when an output they hold is changed by more than the tolerance', async () => {
    const { folder, golden } = await bundle(mlp());
    const write = (by: number): Promise<void> => {
      const outputs = golden.outputs.map((row, at) => (at === 7 ? row.map((value, unit) => (unit === 2 ? value + by : value)) : row));
      return writeFile(join(folder, GOLDEN_FILE), JSON.stringify({ ...golden, outputs }));
    };
    await write(0.5e-5);
    await expect(replayGolden(tf, folder)).resolves.toBeUndefined();
    await write(1e-4);
    expect((await failureOfPromise(replayGolden(tf, folder))).message).toContain('largest difference 1.0e-4');
  });
});

/** What a user's own program does with the files: TF.js alone, in a process that has none of our code. */
const USERS_PROGRAM = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
  const tf = require(process.argv[1]);
  const golden = require(process.argv[2] + '/golden.json');
  tf.loadLayersModel('file://' + process.argv[2] + '/model.json').then((model) => {
    const inputs = tf.tensor(golden.inputs.flat(), [golden.inputs.length, ...golden.input_shape]);
    console.log(JSON.stringify(model.predict(inputs).arraySync()));
  });`;

describe('a written model', () => {
  it('loads in plain TF.js, with a layer of every class, and gives its golden outputs', async () => {
    const { folder, golden } = await bundle(EVERY_CLASS);
    const library = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', USERS_PROGRAM, library, folder], {
      env: { ...process.env, NODE_OPTIONS: '', TF_CPP_MIN_LOG_LEVEL: '2' },
    });
    const outputs = JSON.parse(stdout.trim().split('\n').at(-1)!) as number[][];
    const difference = Math.max(...outputs.flatMap((row, at) => row.map((value, unit) => Math.abs(value - golden.outputs[at]![unit]!))));
    expect(outputs).toHaveLength(8);
    expect(difference).toBeLessThanOrEqual(golden.tolerance);
    expect(new Set(outputs.map((row) => row.join())).size).toBeGreaterThan(1);
    expect(JSON.parse(await readFile(join(folder, GOLDEN_FILE), 'utf8'))).toEqual(golden);
  });
});
