// Keras 3 models, to be trained on. There is no Keras here: the file is read back by the reader of imports, and its network run. That Keras itself
// reads such files and agrees is tested (test/exports/keras.long.test.ts).
import { join } from 'node:path';
import { buildNetwork } from '../../engine/network.js';
import { valuesOf } from '../../engine/values.js';
import { readModel } from '../../models/imports/read-model.js';
import { KERAS_FILE, writeKeras } from '../keras/archive.js';
import type { Format } from './format.js';

/** Of the unpacked archive; what is read was written a moment before. */
const MOST_BYTES = 2 ** 32;

export const KERAS: Format = {
  runtime: 'the reader of .keras files of this service',
  tolerance: 1e-5,
  async write(_tf, { architecture, weights }, folder) {
    await writeKeras(folder, architecture, weights);
    return [KERAS_FILE];
  },
  async open(tf, { architecture: { input_shape: shape } }, folder) {
    const read = await readModel([{ name: KERAS_FILE, path: join(folder, KERAS_FILE) }], {}, MOST_BYTES);
    const network = await buildNetwork(tf, read.architecture, read.weights);
    return {
      run: async (inputs, rows) => valuesOf(tf, () => network.apply(tf.tensor(inputs, [rows, ...shape], 'float32'), false)),
      close: () => network.dispose(),
    };
  },
};
