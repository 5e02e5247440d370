// What Python gives of files that are written for it. Python, Keras and TensorFlow are those of the training bench (npm run bench -- training makes them), or
// EXPORTS_PYTHON names an interpreter that has them.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Architecture } from '#contract/layers.js';
import type { TensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { FORMATS } from '#exports/formats/registry.js';
import { INPUT_NAME, OUTPUT_NAME } from '#exports/graph-def.js';
import { KERAS_FILE } from '#exports/keras/archive.js';
import { SIGNATURE } from '#exports/saved-model.js';
import type { Weights } from '#models/weights.js';
import { pythonOf } from '../../bench/training/environment.mjs';
import { temporaryFolder } from '../support/store.js';
import { exportedOf } from './farness.js';

/** Python that defines outputs_of(folder, inputs). */
export const BY_KERAS = `
import keras
def outputs_of(folder, inputs):
    return keras.saving.load_model(folder + '/${KERAS_FILE}', compile=False)(inputs, training=False)
`;
export const BY_TENSORFLOW = `
import tensorflow as tf
def outputs_of(folder, inputs):
    return tf.saved_model.load(folder).signatures['${SIGNATURE}'](${INPUT_NAME}=tf.constant(inputs))['${OUTPUT_NAME}']
`;

export interface PythonCase {
  name: string;
  format: 'keras' | 'saved_model';
  architecture: Architecture;
  weights: Weights;
  inputs: Float32Array;
  count: number;
}

export const python = async (): Promise<string> => process.env.EXPORTS_PYTHON ?? (await pythonOf('tensorflow'));

const script = (loading: string): string => `
import json, os, sys
import numpy as np
${loading}
far = {}
for case in json.load(open(sys.argv[1])):
    inputs = np.fromfile(os.path.join(case['folder'], 'inputs.bin'), '<f4').reshape(case['shape'])
    expected = np.fromfile(os.path.join(case['folder'], 'outputs.bin'), '<f4')
    given = np.asarray(outputs_of(case['folder'], inputs)).ravel()
    far[case['name']] = float(abs(given - expected).max()) if given.size == expected.size else 1e9
print(json.dumps(far))
`;

/** The largest difference of each case from what its network gives. @param loading BY_KERAS, BY_TENSORFLOW */
export async function farnessInPython(tf: TensorFlow, loading: string, cases: readonly PythonCase[]): Promise<Record<string, number>> {
  const told: object[] = [];
  for (const { name, format, architecture, weights, inputs, count } of cases) {
    const folder = await temporaryFolder();
    await FORMATS[format].write(tf, exportedOf(architecture, weights), folder);
    const shape = [count, ...architecture.input_shape];
    const network = await buildNetwork(tf, architecture, weights);
    const outputs = tf.tidy(() => network.apply(tf.tensor(inputs, shape), false).dataSync() as Float32Array);
    network.dispose();
    await writeFile(join(folder, 'inputs.bin'), inputs);
    await writeFile(join(folder, 'outputs.bin'), outputs);
    told.push({ name, folder, shape });
  }
  const list = join(await temporaryFolder(), 'cases.json');
  await writeFile(list, JSON.stringify(told));
  const { stdout } = await promisify(execFile)(await python(), ['-W', 'ignore', '-c', script(loading), list], { maxBuffer: 2 ** 24, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } });
  const far = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number>;
  if (Object.keys(far).length !== cases.length) throw new Error('two cases have one name');
  for (const [name, difference] of Object.entries(far)) process.stderr.write(`${name}: ${difference.toExponential(1)}\n`);
  return far;
}
