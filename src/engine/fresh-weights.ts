// Fresh weights: each drawn by its own initializer from (seed, path of the weight), so that two networks that share a layer
// start it alike, and no weight depends on how many others there are.
import type { Architecture, InitializerName } from '../contract/layers.js';
import { weightsOf, type NamedWeight } from '../models/architecture.js';
import { volume } from '../models/layer-rules.js';
import type { Weights } from '../models/weights.js';
import { fillTruncatedNormal, fillUniform, stream } from './random.js';

export const freshWeights = (architecture: Architecture, seed: number): Weights =>
  new Map(weightsOf(architecture).map((weight) => [weight.path, draw(weight, seed)]));

type Draw = (values: Float32Array, weight: NamedWeight, seed: number) => void;

const uniform = (limit: (weight: NamedWeight) => number): Draw => (values, weight, seed) => {
  const bound = limit(weight);
  fillUniform(values, stream(seed, `initial/${weight.path}`), -bound, bound);
};
// A normal cut off at two standard deviations has 0.87962566 of its spread (the constant Keras and tfjs use too).
const normal = (variance: (weight: NamedWeight) => number): Draw => (values, weight, seed) => {
  const deviation = Math.sqrt(variance(weight)) / 0.87962566103423978;
  fillTruncatedNormal(values, stream(seed, `initial/${weight.path}`), 0, deviation);
};

const INITIALIZERS: Record<InitializerName, Draw> = {
  zeros: (values) => values.fill(0),
  ones: (values) => values.fill(1),
  // Glorot & Bengio 2010, He et al. 2015, LeCun et al. 1998.
  glorot_uniform: uniform(({ fanIn, fanOut }) => Math.sqrt(6 / (fanIn + fanOut))),
  glorot_normal: normal(({ fanIn, fanOut }) => 2 / (fanIn + fanOut)),
  he_uniform: uniform(({ fanIn }) => Math.sqrt(6 / fanIn)),
  he_normal: normal(({ fanIn }) => 2 / fanIn),
  lecun_uniform: uniform(({ fanIn }) => Math.sqrt(3 / fanIn)),
  lecun_normal: normal(({ fanIn }) => 1 / fanIn),
};

function draw(weight: NamedWeight, seed: number): Float32Array {
  const values = new Float32Array(volume(weight.shape));
  INITIALIZERS[weight.initializer](values, weight, seed);
  return values;
}
