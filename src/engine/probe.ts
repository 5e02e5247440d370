// A network that was made elsewhere, run once on inputs of our own: it must give finite numbers, and what its source says it gives. What
// it gives here becomes its golden pairs.
import { ServiceError } from '../contract/errors.js';
import type { Architecture } from '../contract/layers.js';
import { volume } from '../contract/shape.js';
import { trace } from '../models/architecture.js';
import { inputsOf } from '../models/connections.js';
import type { Golden } from '../models/bundle.js';
import type { Weights } from '../models/weights.js';
import { NETWORK_INPUT } from '../contract/branches.js';
import { rowsOf, toleranceOf } from './golden.js';
import type { TensorFlow } from './native.js';
import { buildNetwork, type Network } from './network.js';
import { stream } from './random.js';
import { valuesOf } from './values.js';

const PAIRS = 8;
/** Fewer of inputs so large that the file of the pairs would be. */
const MOST_NUMBERS = 2 ** 19;
/** Numbers that are short to write and exact. */
const STEPS = 256;

export interface ToldPairs {
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  readonly tolerance: number;
}

/**
 * @param told pairs that came with the network, if any; no more are looked at than we keep
 * @throws MODEL_CORRUPT
 */
export async function probe(tf: TensorFlow, architecture: Architecture, weights: Weights, told: ToldPairs | undefined): Promise<Golden> {
  const network = await buildNetwork(tf, architecture, weights);
  try {
    if (told) requireAgreement(tf, network, { ...told, inputs: told.inputs.slice(0, PAIRS) });
    const inputs = probeInputs(architecture);
    const outputs = run(tf, network, inputs);
    if (!outputs.flat().every(Number.isFinite)) throw ServiceError.of('MODEL_CORRUPT', 'the network', 'it gives values that are no finite numbers');
    return { inputs, input_shape: [...architecture.input_shape], outputs, tolerance: toleranceOf(outputs) };
  } finally {
    network.dispose();
  }
}

function run(tf: TensorFlow, network: Network, inputs: readonly (readonly number[])[]): number[][] {
  const { input_shape: shape } = network.architecture;
  const batch = Float32Array.from(inputs.flat());
  return rowsOf(valuesOf(tf, () => network.apply(tf.tensor(batch, [inputs.length, ...shape], 'float32'), false)), inputs.length);
}

/** From 0 to 1, as pixels come; whole numbers for a table that is looked up. */
function probeInputs(architecture: Architecture): number[][] {
  const { input_shape: shape, layers } = architecture;
  const width = volume(shape);
  const from = inputsOf(layers);
  const tables = layers.flatMap((layer, index) => (layer.class_name === 'Embedding' && from[index]!.includes(NETWORK_INPUT) ? [layer.config.input_dim] : []));
  const values = tables.length > 0 ? Math.min(...tables) : STEPS;
  const numbers = stream(0, 'import/probe');
  const widest = Math.max(width, ...trace(architecture).map(({ output }) => volume(output)));
  const count = Math.max(1, Math.min(PAIRS, Math.floor(MOST_NUMBERS / width), Math.floor(2 ** 26 / widest)));
  return Array.from({ length: count }, () => Array.from({ length: width }, () => numbers.below(values) / (tables.length > 0 ? 1 : STEPS)));
}

function requireAgreement(tf: TensorFlow, network: Network, { inputs, outputs, tolerance }: ToldPairs): void {
  const width = volume(network.architecture.input_shape);
  if (inputs.some((row) => row.length !== width)) throw ServiceError.of('MODEL_CORRUPT', 'golden.json', `its inputs are not of ${width} numbers`);
  if (inputs.length === 0) return;
  const given = run(tf, network, inputs);
  const differences = given.flatMap((row, at) => row.map((value, unit) => Math.abs(value - (outputs[at]![unit] ?? NaN))));
  const difference = differences.reduce((most, each) => Math.max(most, each), 0);
  if (!(difference <= tolerance)) throw ServiceError.of('MODEL_CORRUPT', 'golden.json', `the network gives other outputs than it says (largest difference ${difference.toExponential(1)})`);
}
