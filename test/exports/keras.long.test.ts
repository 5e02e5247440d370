// Keras itself reads what is written for it, a file for each layer class, and gives what the network gives. Python and Keras are those of the training bench
// (npm run bench -- training makes them), or KERAS_PYTHON names an interpreter that has Keras 3.
import { describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { requireCarried } from '#exports/carried.js';
import { KERAS_FILE, writeKeras } from '#exports/keras/archive.js';
import { requestedArchitecture } from '#models/requested.js';
import { pythonOf } from '../../bench/training/environment.mjs';
import { softmaxOver } from '../support/networks.js';
import { temporaryFolder } from '../support/store.js';
import { drawnInputs, drawnWeights, LAYER_CASES } from './layer-cases.js';

const { tf } = loadTensorFlow();
const SCRIPT = `
import json, sys
import keras, numpy as np
far = {}
for case in json.load(open(sys.argv[1])):
    model = keras.saving.load_model(case['path'], compile=False)
    given = np.asarray(model(np.array(case['inputs'], 'float32').reshape(case['shape']), training=False)).ravel()
    far[case['name']] = float(abs(given - np.array(case['outputs'])).max()) if given.size == len(case['outputs']) else 1e9
print(json.dumps(far))
`;

jest.setTimeout(1_200_000);

describe('Keras 3', () => {
  it('agrees with the network on every layer class and on built-in architectures', async () => {
    const built = [['resnet', requestedArchitecture({ architecture: 'resnet', depth: 8 }, [32, 32, 3], softmaxOver(10))], ['mobilenet_v2', requestedArchitecture({ architecture: 'mobilenet_v2', width: 0.35 }, [32, 32, 3], softmaxOver(10))], ['tabular', requestedArchitecture({ architecture: 'tabular' }, [12], softmaxOver(3))]] as const;
    const carried = [...LAYER_CASES, ...built].filter(([, architecture]) => {
      try {
        requireCarried('keras', architecture);
        return true;
      } catch {
        return false;
      }
    });
    const cases: object[] = [];
    for (const [name, architecture] of carried) {
      const folder = await temporaryFolder();
      const weights = drawnWeights(architecture);
      await writeKeras(folder, architecture, weights);
      const inputs = drawnInputs(architecture, 3);
      const own = await buildNetwork(tf, architecture, weights);
      const outputs = tf.tidy(() => [...own.apply(tf.tensor(inputs, [3, ...architecture.input_shape]), false).dataSync()]);
      own.dispose();
      cases.push({ name, path: join(folder, KERAS_FILE), inputs: [...inputs], shape: [3, ...architecture.input_shape], outputs });
    }
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'cases.json'), JSON.stringify(cases));
    const python = process.env.KERAS_PYTHON ?? (await pythonOf('tensorflow'));
    const { stdout } = await promisify(execFile)(python, ['-W', 'ignore', '-c', SCRIPT, join(folder, 'cases.json')], { maxBuffer: 2 ** 24 });
    const far = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number>;
    expect(Object.keys(far)).toHaveLength(cases.length);
    expect(Object.entries(far).filter(([, difference]) => !(difference <= 1e-5))).toEqual([]);
  });
});
