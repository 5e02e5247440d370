// One of the training bench's Node programs, in a process of its own: two warm passes, then timed ones; or the time to the first step.
import { resolveLoss } from '../../dist/contract/losses.js';
import { resolveOptimizer } from '../../dist/contract/optimizers.js';
import { byteExamples } from '../../dist/engine/examples.js';
import { fit } from '../../dist/engine/fit.js';
import { freshWeights } from '../../dist/engine/fresh-weights.js';
import { loadTensorFlow } from '../../dist/engine/native.js';
import { buildNetwork } from '../../dist/engine/network.js';
import { makeObjective } from '../../dist/engine/objectives/registry.js';
import { stream } from '../../dist/engine/random.js';
import { classTargets } from '../../dist/engine/targets.js';
import { kerasTopology } from '../../dist/models/keras-topology.js';
import { asTrained, outputLayerFor } from '../../dist/models/output-layer.js';
import { requestedArchitecture } from '../../dist/models/requested.js';

const { program, model, optimizer, batch, examples, threads, seconds } = JSON.parse(process.argv[2]);
const WARM_PASSES = 2;
/** More passes than any measurement takes: the clock ends it. */
const MOST_PASSES = 100_000;
const LEARNING_RATE = optimizer === 'adam' ? 0.001 : 0.01;
const CLASSES = 10;
const LOSS = resolveLoss({ name: 'sparse_categorical_crossentropy' });
const MOBILENET = model.startsWith('mobilenet_v2');
const SHAPE = MOBILENET ? [96, 96, 3] : [28, 28, 1];
const PIXELS = SHAPE.reduce((product, size) => product * size);
/** Bound to nothing of the engine: a listener that throws this ends the run. */
const ENOUGH = new Error('enough was timed');

const { tf } = loadTensorFlow();
await tf.ready();
const architecture = requestedArchitecture(/** @type {any} */ (MOBILENET ? { architecture: 'mobilenet_v2', width: 0.35 } : { architecture: model }), SHAPE, outputLayerFor(LOSS.name, CLASSES));
const draws = stream(1, 'bench');
const pixels = Uint8Array.from({ length: examples * PIXELS }, () => draws.below(256));
const labels = Int32Array.from({ length: examples }, () => draws.below(CLASSES));

/** @type {Record<string, () => Promise<object>>} */
const PROGRAMS = {
  'rootstock-captured': () => rootstock(true),
  'rootstock-eager': () => rootstock(false),
  'rootstock-first-step': firstStep,
  'tfjs-fit': tfjsFit,
};
const answer = await PROGRAMS[program]();
console.log(JSON.stringify({ settings: `Node ${process.versions.node}, intra=inter=${threads}`, ...answer }));

/** Layers that learn: all, or of mobilenet_v2_blocks the blocks 14 to 16 and what follows them. */
function learningLayers() {
  const names = architecture.layers.map((layer) => layer.name);
  return model === 'mobilenet_v2_blocks' ? names.slice(names.findIndex((name) => name.startsWith('block_14_'))) : names;
}

/** @param {boolean} capture @param {number} epochs */
async function readyToFit(capture, epochs) {
  const preprocessing = { input: { shape: SHAPE, dtype: /** @type {const} */ ('uint8') }, steps: [{ divide_by: 255 }] };
  const data = byteExamples(pixels, classTargets(labels), preprocessing);
  const network = await buildNetwork(tf, asTrained(architecture, LOSS.name), freshWeights(architecture, 1));
  const stage = { trainable: learningLayers(), epochs, steps: epochs * Math.ceil(labels.length / batch), learning_rate: LEARNING_RATE };
  const objective = makeObjective(tf, { loss: LOSS, class_weights: null }, CLASSES);
  const settings = { batch_size: batch, objective, optimizer: resolveOptimizer(/** @type {import('../../dist/contract/optimizers.js').OptimizerRequest} */ ({ name: optimizer })), stages: [stage], seed: 1, capture };
  return (/** @type {import('../../dist/engine/fit.js').FitListener} */ listener) => fit(tf, network, { train: data }, settings, listener);
}

/** @param {boolean} capture */
async function rootstock(capture) {
  const start = await readyToFit(capture, MOST_PASSES);
  const speed = timedPasses();
  const listener = {
    onStage: (/** @type {number} */ _stage, /** @type {object} */ taken) => {
      if (capture && 'plainly' in taken) throw new Error(`the step was not recorded: ${taken.plainly}`);
    },
    onSteps: async () => undefined,
    onEpoch: async () => {
      if (speed.passEnded()) throw ENOUGH;
    },
  };
  await start(listener).catch((problem) => {
    if (problem !== ENOUGH) throw problem;
  });
  return speed.answer();
}

/** Seconds from the call of fit to the end of its first step: recording and building the graph are in it. */
async function firstStep() {
  const start = await readyToFit(true, 1);
  const startMs = performance.now();
  await start({ onStage: () => undefined, onSteps: async () => undefined, onEpoch: async () => undefined });
  return { seconds: (performance.now() - startMs) / 1000 };
}

/** Counts passes, the warm ones apart, until enough time went by. */
function timedPasses() {
  let passes = -WARM_PASSES;
  let startMs = performance.now();
  let elapsed = 0;
  return {
    /** @returns {boolean} whether that was the last */
    passEnded() {
      passes += 1;
      if (passes === 0) startMs = performance.now();
      elapsed = (performance.now() - startMs) / 1000;
      return passes > 0 && elapsed >= seconds;
    },
    answer: () => ({ examples_per_second: (passes * examples) / elapsed }),
  };
}

/** As the documentation of tfjs advises: a compiled model, tensors in memory, model.fit with accuracy. */
async function tfjsFit() {
  const network = await tf.models.modelFromJSON(/** @type {any} */ (kerasTopology(architecture)));
  const compiled = optimizer === 'adam' ? tf.train.adam(LEARNING_RATE) : tf.train.sgd(LEARNING_RATE);
  network.compile({ optimizer: compiled, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  const x = tf.tidy(() => tf.div(tf.tensor(Float32Array.from(pixels), [examples, ...SHAPE]), 255));
  const y = tf.tensor(Float32Array.from(labels), [examples, 1]);
  const speed = timedPasses();
  do await network.fit(x, y, { epochs: 1, batchSize: batch, verbose: 0 });
  while (!speed.passEnded());
  return speed.answer();
}
