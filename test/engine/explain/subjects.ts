// Networks and examples that are explained in tests: with weights at random, running statistics too, so that no layer happens to do nothing.
import type { Architecture } from '#contract/layers.js';
import { volume } from '#contract/shape.js';
import type { Subject } from '#engine/explain/subject.js';
import { freshWeights } from '#engine/fresh-weights.js';
import type { TensorFlow } from '#engine/native.js';
import { buildNetwork, type Network } from '#engine/network.js';
import { fillNormal, fillUniform, stream } from '#engine/random.js';
import { trace, weightsOf } from '#models/architecture.js';
import { beforeProbabilities } from '#models/output-layer.js';
import type { Weights } from '#models/weights.js';

/** Fresh kernels, and biases and statistics that are not all the same. */
export function randomWeights(architecture: Architecture, seed = 1): Map<string, Float32Array> {
  const weights = new Map(freshWeights(architecture, seed));
  for (const { path, shape } of weightsOf(architecture)) {
    const draws = stream(seed, `test/${path}`);
    const values = new Float32Array(volume(shape));
    if (/(moving_variance|gamma)$/.test(path)) weights.set(path, fillUniform(values, draws, 0.5, 1.5));
    else if (shape.length === 1) weights.set(path, fillNormal(values, draws, 0, 0.2));
  }
  return weights;
}

/** The same with running statistics that are those of what comes in, as training leaves them: without, little of an input gets through dozens of layers. */
export async function inUse(tf: TensorFlow, architecture: Architecture, seed = 1): Promise<Weights> {
  const weights = randomWeights(architecture, seed);
  const running = await buildNetwork(tf, architecture, weights);
  const inputs = randomInput([16, ...architecture.input_shape], seed + 1);
  for (const { layer, from } of trace(architecture).filter(({ weights: own }) => own.some(({ name }) => name === 'moving_mean'))) {
    const moments = tf.tidy(() => {
      const values = running.outputsOf([from[0]!], tf.tensor(inputs, [16, ...architecture.input_shape], 'float32'))[0]!;
      const { mean, variance } = tf.moments(values, Array.from({ length: values.rank - 1 }, (_, axis) => axis));
      return [mean.dataSync(), tf.add(variance, 1e-3).dataSync()] as [Float32Array, Float32Array];
    });
    weights.set(`${layer.name}/moving_mean`, moments[0]).set(`${layer.name}/moving_variance`, moments[1]);
    running.writeWeights(weights);
  }
  running.dispose();
  return weights;
}

/** Normal numbers. */
export const randomInput = (shape: readonly number[], seed = 1, deviation = 1): Float32Array => fillNormal(new Float32Array(volume(shape)), stream(seed, 'test/input'), 0, deviation);

/** The network as it is explained: without softmax or sigmoid. Dispose it after use. */
export const explained = (tf: TensorFlow, architecture: Architecture, weights: Weights = randomWeights(architecture)): Promise<Network> => buildNetwork(tf, beforeProbabilities(architecture).logits, weights);

/** The output for that input, taken plainly. */
export const valueOf = (tf: TensorFlow, { network, output }: Pick<Subject, 'network' | 'output'>, input: Float32Array): number =>
  tf.tidy(() => network.apply(tf.tensor(input, [1, ...network.architecture.input_shape], 'float32'), false).dataSync()[output]!);
