// Features: what the trunk of a network gives for each example, computed once and then trained on.
import type { FeatureUse } from '../contract/job.js';
import type { Architecture } from '../contract/layers.js';
import { outputShape } from '../models/architecture.js';
import type { Weights } from '../models/weights.js';
import { rowBytesOf, rowsInMemory, type Rows } from '../datasets/rows.js';
import type { Examples } from './examples.js';
import { openForwardPass, type Compute } from './forward.js';
import { joined } from './joined.js';
import type { TensorFlow } from './native.js';
import { buildNetwork } from './network.js';
import { WINDOW_BYTES, windowChunksOf } from './windows.js';

export interface Features {
  rows: Rows;
  use: FeatureUse;
}

/** The part of a network that gives features, with its weights. */
export interface Trunk {
  architecture: Architecture;
  weights: Weights;
}

/**
 * Where the features of rows come from: float32 rows of the trunk's output shape, one for each row of the examples' file, in its order.
 * @param onCall awaited after each call into TensorFlow; what it throws ends the work
 */
export type FeaturesOf = (tf: TensorFlow, trunk: Trunk, examples: Examples, onCall: () => Promise<void>) => Promise<Features>;

/** Computed anew, and kept in memory. */
export const featuresInMemory: FeaturesOf = async (tf, trunk, examples, onCall) => {
  const parts: Float32Array[] = [];
  for await (const some of computedFeatures(tf, trunk, examples, onCall)) parts.push(some);
  const rows = rowsInMemory(joined(parts), outputShape(trunk.architecture));
  return { rows, use: { hit: false, bytes: 0, saved_seconds: 0 } };
};

/** Of all rows that the examples were chosen from, in the order of their file, some at a time. */
export async function* computedFeatures(tf: TensorFlow, { architecture, weights }: Trunk, examples: Examples, onCall: () => Promise<void>): AsyncGenerator<Float32Array> {
  const network = await buildNetwork(tf, architecture, weights);
  const { count } = examples.rows;
  // A trunk knows nothing of classes: every row is held against 0.
  const all: Examples = { ...examples, count, rowOf: undefined, targets: { of: { dtype: 'int32', shape: [], values: new Int32Array(count) } } };
  const features: Compute = (inputs) => ({ features: network.apply(inputs, false) });
  const pass = openForwardPass(tf, network, all, features, { windowRows: windowRowsOf(architecture) });
  try {
    for await (const some of pass.results()) {
      yield some;
      await onCall();
    }
  } finally {
    pass.dispose();
    network.dispose();
  }
}

/** Of these examples and no others of their file. @param onCall awaited after each call into TensorFlow */
export async function featuresOfThese(tf: TensorFlow, { architecture, weights }: Trunk, examples: Examples, onCall: () => Promise<void>): Promise<Examples> {
  const network = await buildNetwork(tf, architecture, weights);
  const pass = openForwardPass(tf, network, examples, (inputs) => ({ features: network.apply(inputs, false) }), { windowRows: windowRowsOf(architecture) });
  const parts: Float32Array[] = [];
  try {
    for await (const some of pass.results()) {
      parts.push(some);
      await onCall();
    }
  } finally {
    pass.dispose();
    network.dispose();
  }
  return { ...examples, rows: rowsInMemory(joined(parts), outputShape(architecture)), rowOf: undefined, divideBy: [], windowChunks: undefined };
}

/** Rows whose features lie in memory at once, about. */
export const windowRowsOf = (architecture: Architecture): number => Math.max(1, Math.floor(WINDOW_BYTES / rowBytesOf(outputShape(architecture), 'float32')));

/** The same examples, with features in the place of their inputs. */
export const onFeatures = (examples: Examples, rows: Rows): Examples => ({
  ...examples,
  rows,
  divideBy: [],
  windowChunks: examples.windowChunks === undefined ? undefined : windowChunksOf(rows),
});
