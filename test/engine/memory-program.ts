// Trains in a process of its own and prints what it holds on the way, a line of JSON each time: `memory-program WHAT COUNT EVERY`.
// WHAT is recorded-steps, plain-steps (of one stage), or captures (each a network, a recorded stage of ten steps, and their end).
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { resolveOptimizer } from '#contract/optimizers.js';
import { byteExamples } from '#engine/examples.js';
import { fit } from '#engine/fit.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { makeObjective } from '#engine/objectives/registry.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { classTargets } from '#engine/targets.js';
import { asTrained } from '#models/output-layer.js';
import { requestedArchitecture } from '#models/requested.js';

const [what = '', count = '', every = ''] = process.argv.slice(2);
// What V8 has not collected yet is not what grows.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const { tf } = loadTensorFlow();

const EXAMPLES = 320;
const STEPS_PER_EPOCH = 10;
const SHAPE = [28, 28, 1];
const LOSS = { name: 'sparse_categorical_crossentropy' } as const;
const architecture = asTrained(requestedArchitecture({ architecture: 'mlp', hidden: [128] }, SHAPE, { units: 10, activation: 'softmax' }), LOSS.name);
const pixels = Uint8Array.from({ length: EXAMPLES * 784 }, (_, at) => at % 251);
const labels = Int32Array.from({ length: EXAMPLES }, (_, index) => index % 10);
const examples = byteExamples(pixels, classTargets(labels), { input: { shape: SHAPE, dtype: 'uint8' }, steps: [{ divide_by: 255 }] });

/** What the process itself has written. Pages of its libraries, which the kernel takes and gives back as it likes, are no growth. */
function residentBytes(): number {
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error('this kernel does not say RssAnon');
  return Number(kilobytes) * 1024;
}

function report(done: number): void {
  if (done % Number(every) !== 0) return;
  collectGarbage();
  process.stdout.write(`${JSON.stringify({ done, bytes: residentBytes(), tensors: tf.memory().numTensors })}\n`);
}

async function train(epochs: number, capture: boolean, onEpoch: (epochs: number) => void = () => undefined): Promise<void> {
  const network = await buildNetwork(tf, architecture, freshWeights(architecture, 1));
  const stages = [{ trainable: ['dense_1', 'dense_2'], epochs, steps: epochs * STEPS_PER_EPOCH, learning_rate: 1e-4 }];
  const settings = { batch_size: EXAMPLES / STEPS_PER_EPOCH, optimizer: resolveOptimizer({ name: 'adamw' }), objective: makeObjective(tf, { loss: LOSS, class_weights: null }, 10), seed: 1, stages, capture };
  await fit(tf, network, { train: examples }, settings, {
    onStage: (_stage, taken) => {
      if (capture !== 'operations' in taken) throw new Error('the steps were to be taken otherwise');
    },
    onSteps: async () => undefined,
    onEpoch: async ({ epoch }) => onEpoch(epoch),
  });
  network.dispose();
}

if (what === 'captures') {
  for (let done = 1; done <= Number(count); done += 1) {
    await train(1, true);
    report(done);
  }
} else {
  await train(Number(count) / STEPS_PER_EPOCH, what === 'recorded-steps', (epochs) => report(epochs * STEPS_PER_EPOCH));
}
