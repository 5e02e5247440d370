// One program of the training bench, in a process of its own: two warm passes, then one that is timed.
import { resolveOptimizer } from '../../dist/contract/optimizers.js';
import { byteExamples } from '../../dist/engine/examples.js';
import { fit } from '../../dist/engine/fit.js';
import { freshWeights } from '../../dist/engine/fresh-weights.js';
import { loadTensorFlow } from '../../dist/engine/native.js';
import { buildNetwork } from '../../dist/engine/network.js';
import { stream } from '../../dist/engine/random.js';
import { kerasTopology } from '../../dist/models/keras-topology.js';
import { withoutSoftmax } from '../../dist/models/output-layer.js';
import { requestedArchitecture } from '../../dist/models/requested.js';

const { program, model, optimizer, batch, examples } = JSON.parse(process.argv[2]);
const WARM_PASSES = 2;
const LEARNING_RATE = 0.01;
const CLASSES = 10;
const SHAPE = [28, 28, 1];

const { tf } = loadTensorFlow();
await tf.ready();
const architecture = requestedArchitecture({ architecture: model }, SHAPE, CLASSES);
const draws = stream(1, 'bench');
const pixels = Uint8Array.from({ length: examples * 784 }, () => draws.below(256));
const labels = Int32Array.from({ length: examples }, () => draws.below(CLASSES));

/** @type {Record<string, () => Promise<number>>} Seconds of the timed pass. */
const PROGRAMS = {
  'rootstock-captured': () => rootstock(true),
  'rootstock-eager': () => rootstock(false),
  'tfjs-fit': tfjsFit,
};
const seconds = await PROGRAMS[program]();
console.log(JSON.stringify({ examples_per_second: examples / seconds }));

/** @param {boolean} capture */
async function rootstock(capture) {
  const preprocessing = { input: { shape: SHAPE, dtype: /** @type {const} */ ('uint8') }, steps: [{ divide_by: 255 }] };
  const data = byteExamples(tf, pixels, labels, preprocessing);
  const network = await buildNetwork(tf, withoutSoftmax(architecture), freshWeights(architecture, 1));
  const epochs = WARM_PASSES + 1;
  const stage = { trainable: architecture.layers.map((layer) => layer.name), epochs, steps: 0, learning_rate: LEARNING_RATE };
  const settings = { batch_size: batch, optimizer: resolveOptimizer(/** @type {import('../../dist/contract/optimizers.js').OptimizerRequest} */ ({ name: optimizer })), stages: [stage], seed: 1, capture };
  const ends = [0];
  await fit(tf, network, { train: data }, settings, {
    onStage: () => undefined,
    onSteps: async () => undefined,
    onEpoch: async () => void ends.push(performance.now()),
  });
  return (ends[epochs] - ends[epochs - 1]) / 1000;
}

/** As the documentation of tfjs advises: a compiled model, tensors in memory, model.fit with accuracy. */
async function tfjsFit() {
  const network = await tf.models.modelFromJSON(/** @type {any} */ (kerasTopology(architecture)));
  const compiled = optimizer === 'adam' ? tf.train.adam(LEARNING_RATE) : tf.train.sgd(LEARNING_RATE);
  network.compile({ optimizer: compiled, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  const x = tf.tidy(() => tf.div(tf.tensor(Float32Array.from(pixels), [examples, ...SHAPE]), 255));
  const y = tf.tensor(Float32Array.from(labels), [examples, 1]);
  const pass = async () => {
    const startMs = performance.now();
    await network.fit(x, y, { epochs: 1, batchSize: batch, verbose: 0 });
    return (performance.now() - startMs) / 1000;
  };
  for (let warm = 0; warm < WARM_PASSES; warm += 1) await pass();
  return pass();
}
