// The inference of a network as a TensorFlow graph: recorded twice, with two numbers of examples, so that what differs between the two
// recordings is the number of examples, which the graph leaves open.
import { biasAdd, plainMatMul } from '../engine/capture/passes/dense.js';
import { withoutNoOps } from '../engine/capture/passes/no-ops.js';
import { rewrite, type Rule } from '../engine/capture/passes/rewrite.js';
import type { Program } from '../engine/capture/program.js';
import { record } from '../engine/capture/record.js';
import type { TensorFlow } from '../engine/native.js';
import { buildNetwork, type Network } from '../engine/network.js';
import type { Architecture } from '../contract/layers.js';
import type { Weights } from '../models/weights.js';
import type { InferenceGraph } from './graph-def.js';
import { GraphWriter } from './graph-writer.js';

/** Two numbers of examples that few layers have for a size. */
const SOME = 5;
const OTHERS = 7;
const RULES: readonly Rule[] = [withoutNoOps, plainMatMul, biasAdd, withoutNoOps];

/** @throws CaptureError where the network cannot be recorded */
export async function recordGraph(tf: TensorFlow, architecture: Architecture, weights: Weights): Promise<InferenceGraph> {
  const network = await buildNetwork(tf, architecture, weights);
  try {
    return new GraphWriter(weights, programOf(tf, network, SOME), programOf(tf, network, OTHERS)).write();
  } finally {
    network.dispose();
  }
}

function programOf(tf: TensorFlow, network: Network, examples: number): Program {
  const inputs = tf.zeros([examples, ...network.architecture.input_shape]);
  try {
    return RULES.reduce(rewrite, record(tf, { inputs: { inputs }, variables: network.variables, run: () => tf.tidy(() => ({ outputs: network.apply(inputs, false) })) }));
  } finally {
    inputs.dispose();
  }
}
