// Fresh weights: each drawn by its own initializer from (seed, path of the weight), so that two networks that share a layer
// start it alike, and no weight depends on how many others there are.
import type { Architecture } from '../contract/layers.js';
import { weightsOf, type NamedWeight } from '../models/architecture.js';
import { volume } from '../contract/shape.js';
import type { DrawName } from '../models/layer-rules.js';
import type { Weights } from '../models/weights.js';
import { fillNormal, fillTruncatedNormal, fillUniform, stream } from './random.js';

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

/**
 * The kernel as a matrix of [all but the last axis, last axis] whose shorter side is orthonormal: its singular values are 1
 * (Saxe et al. 2014). Gram and Schmidt on normal vectors, each made orthogonal twice, which is exact to rounding (Giraud et
 * al. 2005); the first vectors of a longer side are as likely in any direction.
 */
const orthogonal: Draw = (values, { path, shape }, seed) => {
  const columns = shape.at(-1)!;
  const rows = values.length / columns;
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const draws = stream(seed, `initial/${path}`);
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from(fillNormal(new Float32Array(length), draws));
    for (const earlier of [...vectors, ...vectors]) addMultiple(vector, earlier, -dot(vector, earlier));
    const norm = Math.sqrt(dot(vector, vector));
    vectors.push(vector.map((value) => value / norm));
  }
  const at = rows >= columns ? (row: number, column: number) => vectors[column]![row]! : (row: number, column: number) => vectors[row]![column]!;
  for (let index = 0; index < values.length; index += 1) values[index] = at(Math.floor(index / columns), index % columns);
};

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += a[at]! * b[at]!;
  return sum;
}

function addMultiple(target: Float64Array, vector: Float64Array, factor: number): void {
  for (let at = 0; at < target.length; at += 1) target[at]! += factor * vector[at]!;
}

const INITIALIZERS: Record<DrawName, Draw> = {
  zeros: (values) => values.fill(0),
  ones: (values) => values.fill(1),
  // Glorot & Bengio 2010, He et al. 2015, LeCun et al. 1998.
  glorot_uniform: uniform(({ fanIn, fanOut }) => Math.sqrt(6 / (fanIn + fanOut))),
  glorot_normal: normal(({ fanIn, fanOut }) => 2 / (fanIn + fanOut)),
  he_uniform: uniform(({ fanIn }) => Math.sqrt(6 / fanIn)),
  he_normal: normal(({ fanIn }) => 2 / fanIn),
  lecun_uniform: uniform(({ fanIn }) => Math.sqrt(3 / fanIn)),
  lecun_normal: normal(({ fanIn }) => 1 / fanIn),
  random_uniform: uniform(() => 0.05),
  orthogonal,
  // Input, forget, cell, output: the second quarter is 1.
  lstm_bias: (values) => values.fill(1, values.length / 4, values.length / 2),
};

function draw(weight: NamedWeight, seed: number): Float32Array {
  const values = new Float32Array(volume(weight.shape));
  INITIALIZERS[weight.initializer](values, weight, seed);
  return values;
}
