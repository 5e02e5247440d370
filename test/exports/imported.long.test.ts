// A MobileNetV2 that Keras made and we read, in every format, on a hundred inputs: by the runtimes of the service, and by Keras and TensorFlow for Python.
// in-python.ts says which Python.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExportFormat } from '#contract/export-format.js';
import { VERIFIED_INPUTS } from '#contract/export-report.js';
import { loadTensorFlow } from '#engine/native.js';
import { FORMATS } from '#exports/formats/registry.js';
import { readModel, type ReadModel } from '#models/imports/read-model.js';
import { temporaryFolder } from '../support/store.js';
import { settledInputs } from './architectures.js';
import { farness } from './farness.js';
import { BY_KERAS, BY_TENSORFLOW, farnessInPython, python } from './in-python.js';

jest.setTimeout(1_200_000);
const { tf } = loadTensorFlow();

/** Statistics as no network begins with them. */
const SCRIPT = `
import sys, keras, numpy as np
keras.utils.set_random_seed(1)
model = keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3), alpha=0.5, classes=10)
draw = np.random.default_rng(1)
for layer in model.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        layer.set_weights([w * (1 + 0.2 * draw.random(w.shape)) + 0.05 * draw.random(w.shape) for w in layer.get_weights()])
model.save(sys.argv[1])
`;

let imported: ReadModel;
beforeAll(async () => {
  const path = join(await temporaryFolder(), 'mobilenet_v2.keras');
  await promisify(execFile)(await python(), ['-W', 'ignore', '-c', SCRIPT, path]);
  imported = await readModel([{ name: 'mobilenet_v2.keras', path }], {}, 2 ** 31);
}, 1_200_000);

describe('an imported MobileNetV2', () => {
  it.each(Object.keys(FORMATS) as ExportFormat[])('agrees in the format %s', async (format) => {
    const { mostInputs = VERIFIED_INPUTS } = FORMATS[format];
    const { farthest, difference } = await farness(tf, format, imported.architecture, imported.weights, [mostInputs], settledInputs);
    process.stderr.write(`${format}: largest difference ${difference.toExponential(1)}\n`);
    expect(farthest).toBeLessThanOrEqual(1);
  });

  it.each([['keras', BY_KERAS], ['saved_model', BY_TENSORFLOW]] as const)('agrees in the format %s, read by Python', async (format, loading) => {
    const { architecture, weights } = imported;
    const { mobilenet: far } = await farnessInPython(tf, loading, [{ name: 'mobilenet', format, architecture, weights, inputs: settledInputs(architecture, VERIFIED_INPUTS), count: VERIFIED_INPUTS }]);
    expect(far).toBeLessThanOrEqual(FORMATS[format].tolerance);
  });
});
