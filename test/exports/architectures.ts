// The built-in architectures, small, and weights as training leaves them.
import type { ModelRequest } from '#contract/job-request.js';
import type { Architecture } from '#contract/layers.js';
import { volume } from '#contract/shape.js';
import { freshWeights } from '#engine/fresh-weights.js';
import type { TensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { stream } from '#engine/random.js';
import { requestedArchitecture } from '#models/requested.js';
import type { Weights } from '#models/weights.js';
import { softmaxOver } from '../support/networks.js';

const REQUESTS: readonly [Extract<ModelRequest, { architecture: string }>, number[]][] = [
  [{ architecture: 'mlp' }, [28, 28, 1]],
  [{ architecture: 'cnn' }, [28, 28, 1]],
  [{ architecture: 'lenet5' }, [28, 28, 1]],
  [{ architecture: 'resnet', depth: 8 }, [32, 32, 3]],
  // At 32 pixels its last maps are single pixels: nothing averages roundings there, and random kernels let them grow past any tolerance (docs/decisions/models-in-use.md).
  [{ architecture: 'mobilenet_v2', width: 0.35 }, [96, 96, 3]],
  [{ architecture: 'tabular' }, [12]],
];
/** By name. */
export const BUILT_IN: readonly (readonly [name: string, architecture: Architecture])[] =
  REQUESTS.map(([request, shape]) => [request.architecture, requestedArchitecture(request, shape, softmaxOver(10))]);

// Looked up once: in Jest's sandbox a global costs more than what it does, and pictures have millions of values.
const { max, min, sin } = Math;

/** Pictures of waves, each of its own direction, length and colours, with a little noise; or rows of standardised numbers. */
export function settledInputs({ input_shape: shape }: Architecture, count: number, seed = 3): Float32Array {
  const numbers = stream(seed, 'test/exports/inputs');
  const [height, width = 0, channels = 0] = shape as [number, number?, number?];
  const values = new Float32Array(count * volume(shape));
  if (shape.length === 1) return values.map(() => 4 * numbers.uniform() - 2);
  let at = 0;
  for (let picture = 0; picture < count; picture += 1) {
    const [across, down, phase] = [numbers.uniform() - 0.5, numbers.uniform() - 0.5, 6 * numbers.uniform()];
    const tints = Array.from({ length: channels }, () => [numbers.uniform(), numbers.uniform() - 0.5] as const);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const wave = sin(across * x + down * y + phase);
        for (const [middle, swing] of tints) values[at++] = min(1, max(0, middle + swing * wave + 0.1 * (numbers.uniform() - 0.5)));
      }
    }
  }
  return values;
}

/** That the normalisations see. */
const EXAMPLES = 128;

/**
 * Kernels of the size they begin with; biases, scales and centres that are none of them 0 or 1; and in each normalisation the mean and the variance of what
 * comes to it. Centres lie about 1, so that most units pass on what comes: fifty normalisations with centres at 0 make every rounding a hundred times larger,
 * as they do before training (Yang et al. 2019, arXiv:1902.08129), which says nothing of a format.
 */
export async function settledWeights(tf: TensorFlow, architecture: Architecture): Promise<Weights> {
  const numbers = stream(4, 'test/exports/settled');
  const around = (middle: number, spread: number) => (values: Float32Array): Float32Array => values.map(() => middle + spread * (2 * numbers.uniform() - 1));
  const drawn: Record<string, (values: Float32Array) => Float32Array> = { bias: around(0, 0.1), beta: around(1, 0.5), gamma: around(1, 0.3), moving_mean: around(0, 0), moving_variance: around(0, 0) };
  const weights = new Map([...freshWeights(architecture, 1)].map(([path, values]) => [path, (drawn[path.slice(path.lastIndexOf('/') + 1)] ?? ((same) => same))(values)]));
  const network = await buildNetwork(tf, architecture, weights);
  network.context.learning = new Set(architecture.layers.map(({ name }) => name));
  network.context.step = tf.scalar(1, 'int32');
  tf.tidy(() => network.apply(tf.tensor(settledInputs(architecture, EXAMPLES, 5), [EXAMPLES, ...architecture.input_shape]), true));
  const seen = network.readWeights();
  network.context.step.dispose();
  network.dispose();
  for (const { class_name: name, name: layer, config } of architecture.layers) {
    if (name !== 'BatchNormalization') continue;
    const { momentum = 0.99 } = config;
    // It began at 0: one step took it this part of the way.
    for (const moving of ['moving_mean', 'moving_variance']) weights.set(`${layer}/${moving}`, seen.get(`${layer}/${moving}`)!.map((value) => value / (1 - momentum)));
  }
  return weights;
}
