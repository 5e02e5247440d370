// TensorFlow SavedModels: inference alone, for TensorFlow in any language.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordGraph } from '../record-graph.js';
import { SAVED_MODEL_FILE, savedModelBytes, SERVE, SIGNATURE } from '../saved-model.js';
import type { Format } from './format.js';
import { tensorRunner } from './tensors.js';

export const SAVED_MODEL: Format = {
  runtime: 'TensorFlow (SavedModel)',
  tolerance: 1e-6,
  async write(tf, { architecture, weights }, folder) {
    await writeFile(join(folder, SAVED_MODEL_FILE), savedModelBytes(await recordGraph(tf, architecture, weights)), { flag: 'wx', mode: 0o600 });
    return [SAVED_MODEL_FILE];
  },
  open: async (tf, { architecture }, folder) => tensorRunner(tf, await tf.node.loadSavedModel(folder, [SERVE], SIGNATURE), architecture.input_shape),
};
