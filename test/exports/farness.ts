// How far what a format writes lies from the network it was made of.
import type { ExportFormat } from '#contract/export-format.js';
import type { Architecture } from '#contract/layers.js';
import type { TensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import type { Exported } from '#exports/formats/format.js';
import { FORMATS } from '#exports/formats/registry.js';
import { accepted, largestDifference, outputsOf, shaken } from '#exports/verify.js';
import type { Weights } from '#models/weights.js';
import { temporaryFolder } from '../support/store.js';
import { drawnInputs } from './layer-cases.js';

/** A model of that network, less what only travels with it. */
export const exportedOf = (architecture: Architecture, weights: Weights): Exported => ({
  name: 'test', architecture, weights, labels: [], preprocessing: { input: { shape: architecture.input_shape, dtype: 'float32' }, steps: [] },
  golden: { inputs: [], input_shape: architecture.input_shape, outputs: [], tolerance: 1e-5 }, quantisation: null,
});

export interface Farness {
  /** The largest difference, of what is accepted. */
  farthest: number;
  difference: number;
  /** The same, of the largest output. */
  relative: number;
}

/** @param counts of inputs, each a run */
export async function farness(tf: TensorFlow, format: ExportFormat, architecture: Architecture, weights: Weights, counts: readonly number[], inputsOf = drawnInputs): Promise<Farness> {
  const { tolerance, rowsAtOnce } = FORMATS[format];
  const { input_shape: shape } = architecture;
  const exported = exportedOf(architecture, weights);
  const folder = await temporaryFolder();
  await FORMATS[format].write(tf, exported, folder);
  const runner = await FORMATS[format].open(tf, exported, folder);
  const networks = [await buildNetwork(tf, architecture, weights), await buildNetwork(tf, architecture, shaken(weights))];
  let [farthest, difference, relative] = [0, 0, 0];
  try {
    for (const count of counts) {
      const inputs = { values: inputsOf(architecture, count), count };
      const [expected, ofShaken] = networks.map((each) => tf.tidy(() => each.apply(tf.tensor(inputs.values, [count, ...shape]), false).dataSync() as Float32Array));
      const far = largestDifference(await outputsOf(runner, architecture, inputs, async () => undefined, rowsAtOnce), expected!);
      difference = Math.max(difference, far);
      relative = Math.max(relative, far / expected!.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
      farthest = Math.max(farthest, far / accepted(tolerance, expected!, ofShaken!));
    }
  } finally {
    runner.close();
    for (const network of networks) network.dispose();
  }
  return { farthest, difference, relative };
}
