// Golden pairs: eight inputs and the outputs the trained network gives for them. They are replayed from the written files
// before a job succeeds, and travel with the model, so that anyone can see that it behaves elsewhere as it did here.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../contract/errors.js';
import type { Architecture } from '../contract/layers.js';
import { GOLDEN_FILE, MODEL_FILE, WEIGHTS_FILE, type Golden } from '../models/bundle.js';
import type { Weights } from '../models/weights.js';
import { inOrder, subset, type Examples } from './examples.js';
import { inputsOf } from './feed.js';
import type { Tensor, TensorFlow } from './native.js';
import { buildNetwork } from './network.js';
import { valuesOf } from './values.js';

const PAIRS = 8;
/** float32 sums in another order (other threads, another machine, a browser) differ by about 1e-6 on a probability, and on larger outputs by as many times more. */
const TOLERANCE = 1e-5;

/** So many rows, each with its values. */
export const rowsOf = (values: Float32Array, rows: number): number[][] => {
  const width = values.length / rows;
  return Array.from({ length: rows }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width)));
};

/** For outputs of this size. */
export const toleranceOf = (outputs: readonly (readonly number[])[]): number => TOLERANCE * outputs.flat().reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);

export async function recordGolden(tf: TensorFlow, architecture: Architecture, weights: Weights, examples: Examples): Promise<Golden> {
  const inputs = await inputsOf(tf, subset(examples, inOrder(Math.min(PAIRS, examples.count))));
  const network = await buildNetwork(tf, architecture, weights);
  const rows = inputs.shape[0];
  const outputs = rowsOf(valuesOf(tf, () => network.apply(inputs, false)), rows);
  const golden = { input_shape: [...architecture.input_shape], inputs: rowsOf(inputs.dataSync<'float32'>(), rows), outputs, tolerance: toleranceOf(outputs) };
  inputs.dispose();
  network.dispose();
  return golden;
}

/**
 * Loads the model from its written files, as any user of TF.js would, and compares.
 * @throws GOLDEN_MISMATCH
 */
export async function replayGolden(tf: TensorFlow, folder: string): Promise<void> {
  const read = async <T>(name: string): Promise<T> => JSON.parse(await readFile(join(folder, name), 'utf8')) as T;
  const file = await read<{ modelTopology: object; weightsManifest: { weights: never[] }[] }>(MODEL_FILE);
  const golden = await read<Golden>(GOLDEN_FILE);
  const bytes = await readFile(join(folder, WEIGHTS_FILE));

  const model = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: file.modelTopology,
      weightSpecs: file.weightsManifest.flatMap((group) => group.weights),
      weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
    }),
  );
  const rows = golden.inputs.length;
  const inputs = Float32Array.from(golden.inputs.flat());
  const outputs = rowsOf(valuesOf(tf, () => model.predict(tf.tensor(inputs, [rows, ...golden.input_shape], 'float32')) as Tensor), rows);
  model.dispose();

  const difference = Math.max(...outputs.flatMap((row, at) => row.map((value, unit) => Math.abs(value - golden.outputs[at]![unit]!))));
  if (!(difference <= golden.tolerance)) throw ServiceError.of('GOLDEN_MISMATCH', difference.toExponential(1));
}
