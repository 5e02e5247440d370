// The features of pictures by the service's own engine, in a process of its own: two warm passes, then timed ones.
import { byteExamples } from '../../dist/engine/examples.js';
import { computedFeatures } from '../../dist/engine/features.js';
import { freshWeights } from '../../dist/engine/fresh-weights.js';
import { loadTensorFlow } from '../../dist/engine/native.js';
import { stream } from '../../dist/engine/random.js';
import { classTargets } from '../../dist/engine/targets.js';
import { divide } from '../../dist/models/architecture.js';
import { requestedArchitecture } from '../../dist/models/requested.js';

const { examples: count, side, threads, seconds } = JSON.parse(process.argv[2]);
const WARM_PASSES = 2;
const SHAPE = [side, side, 3];

const { tf } = loadTensorFlow();
await tf.ready();
const architecture = requestedArchitecture({ architecture: 'mobilenet_v2', width: 0.35 }, SHAPE, { units: 10, activation: 'softmax' });
// What Keras's network without its top ends in, pooled.
const { trunk } = divide(architecture, architecture.layers.find(({ class_name: name }) => name === 'GlobalAveragePooling2D')?.name ?? '');
const draws = stream(1, 'bench');
const pixels = Uint8Array.from({ length: count * side * side * 3 }, () => draws.below(256));
const examples = byteExamples(pixels, classTargets(new Int32Array(count)), { input: { shape: SHAPE, dtype: 'uint8' }, steps: [{ divide_by: 255 }] });
const weights = freshWeights(trunk, 1);

/** @returns {Promise<number>} features of the pass */
async function onePass() {
  let values = 0;
  for await (const some of computedFeatures(tf, { architecture: trunk, weights }, examples, async () => undefined)) values += some.length;
  return values;
}

for (let pass = 0; pass < WARM_PASSES; pass += 1) await onePass();
const startMs = performance.now();
let [passes, width] = [0, 0];
while (passes === 0 || performance.now() - startMs < 1000 * seconds) {
  width = (await onePass()) / count;
  passes += 1;
}
console.log(JSON.stringify({ examples_per_second: (passes * count) / ((performance.now() - startMs) / 1000), settings: `Node ${process.versions.node}, ${threads} threads, ${width} features` }));
