// Loads a model bundle with TensorFlow.js alone, as its user would, and prints how far it is from its golden outputs.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
// tfjs-node 4.22 calls two functions that Node 23 removed (tensorflow/tfjs#8609).
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
const tf = require('@tensorflow/tfjs-node-gpu');

const [folder] = process.argv.slice(2);
const { inputs, input_shape: shape, outputs, tolerance } = JSON.parse(await readFile(join(folder, 'golden.json'), 'utf8'));
const model = await tf.loadLayersModel(`file://${join(folder, 'model.json')}`);
const given = await model.predict(tf.tensor(inputs.flat(), [inputs.length, ...shape])).array();
const differences = given.flatMap((row, n) => row.map((value, at) => Math.abs(value - outputs[n][at])));
console.log(JSON.stringify({ examples: given.length, classes: given[0].length, largest: Math.max(...differences), tolerance }));
