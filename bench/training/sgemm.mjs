// The SGEMM ceiling of the machine: the fastest of several float32 products of 1024 × 1024 matrices with TensorFlow, in GFLOP/s.
import { loadTensorFlow } from '../../dist/engine/native.js';

const SIDE = 1024;
const PRODUCTS = 10;
const TRIES = 10;

const { tf } = loadTensorFlow();
await tf.ready();
const x = tf.randomNormal([SIDE, SIDE], 0, 1, 'float32', 1);
const product = () => tf.dispose(tf.matMul(x, x)); // computed when it comes back
product();
let leastMs = Infinity;
for (let attempt = 0; attempt < TRIES; attempt += 1) {
  const startMs = performance.now();
  for (let done = 0; done < PRODUCTS; done += 1) product();
  leastMs = Math.min(leastMs, (performance.now() - startMs) / PRODUCTS);
}
console.log(JSON.stringify({ gigaflops: (2 * SIDE ** 3) / leastMs / 1e6 }));
