// The networks of keras.applications with random weights, saved by Keras: what is read of them gives what Keras gives. Python and Keras are
// those of the training bench (npm run bench -- training makes them); without them this test says so and fails.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { readModel } from '#models/imports/read-model.js';
import { pythonOf } from '../../../bench/training/environment.mjs';
import { everyTestFreesItsTensors, largestDifference } from '../../support/networks.js';
import { temporaryFolder } from '../../support/store.js';

jest.setTimeout(1_200_000);

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

let folder: string;
beforeAll(async () => {
  folder = process.env.ROOTSTOCK_KERAS_NETWORKS ?? (await temporaryFolder());
  if (process.env.ROOTSTOCK_KERAS_NETWORKS === undefined) {
    const python = await pythonOf('tensorflow');
    await promisify(execFile)(python, [fileURLToPath(new URL('keras/networks.py', import.meta.url)), folder]);
  }
});

const NETWORKS = ['mobilenet', 'mobilenet_v2', 'resnet50', 'efficientnet_b0', 'vgg16'];

describe('A network of keras.applications', () => {
  it.each(NETWORKS.flatMap((name) => ['keras', 'h5'].map((ending) => [name, ending] as const)))('%s, from .%s, gives what Keras gives', async (name, ending) => {
    const told = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as { inputs: number[]; outputs: number[] };
    const { architecture, weights } = await readModel([{ name: `${name}.${ending}`, path: join(folder, `${name}.${ending}`) }], {}, 2 ** 31);
    const network = await buildNetwork(tf, architecture, weights);
    const given = tf.tidy(() => network.apply(tf.tensor(told.inputs, [2, ...architecture.input_shape]), false).dataSync());
    network.dispose();
    // Outputs that differ among themselves, so that agreeing says something.
    expect(Math.max(...told.outputs) - Math.min(...told.outputs)).toBeGreaterThan(1e-2);
    expect(largestDifference(given, told.outputs)).toBeLessThanOrEqual(1e-4);
  });
});
