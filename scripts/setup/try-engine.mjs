// Loads the native engine of a checkout and multiplies two matrices with it; run as a child process.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [root = '.'] = process.argv.slice(2);
const load = createRequire(join(root, 'package.json'));

// tfjs-node still calls two functions that Node.js 23 dropped.
const util = load('node:util');
util.isNullOrUndefined ??= (/** @type {unknown} */ value) => value === null || value === undefined;
util.isArray ??= Array.isArray;

const tf = load('@tensorflow/tfjs-node-gpu');
const square = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([1, 2, 3, 4], [2, 2])).dataSync();
if (square.join() !== '7,10,15,22') throw new Error(`The engine multiplies wrongly: ${square.join()}.`);
const { binding, isUsingGpuDevice } = tf.backend();
console.log(JSON.stringify({ tensorflow: binding.TF_Version, usesGpu: isUsingGpuDevice }));
