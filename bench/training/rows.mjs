// What the training bench measures: rows, programs, and the bars the ratios are held against.
import { childEnvironment } from '../../dist/children/subprocess.js';

/** @typedef {'mlp' | 'cnn' | 'mobilenet_v2_blocks' | 'mobilenet_v2_full'} Model */
/** @typedef {{ model: Model, optimizer: 'sgd' | 'adam', batch: number }} Row */
/** @typedef {{ threads: number, jit?: boolean, oneDNN?: boolean }} Settings oneDNN: TensorFlow's operations of oneDNN, which it takes by itself on some processors only */

/**
 * @typedef {object} Program
 * @property {import('./environment.mjs').Family | 'node'} family
 * @property {string} script
 * @property {readonly Model[]} models
 * @property {readonly Settings[]} settings each is looked at once; the fastest is taken
 * @property {string} [settingsOf] no look of its own: the settings of this program
 */

export const OURS = 'rootstock-captured';
/** The same kernels with nothing between them: what is left to gain. */
export const CEILING = 'fused-graph-loop';
/** @type {readonly Row[]} */
export const ROWS = [
  { model: 'mlp', optimizer: 'sgd', batch: 32 },
  { model: 'mlp', optimizer: 'sgd', batch: 128 },
  { model: 'mlp', optimizer: 'adam', batch: 32 },
  { model: 'cnn', optimizer: 'sgd', batch: 32 },
  { model: 'cnn', optimizer: 'sgd', batch: 128 },
  { model: 'mobilenet_v2_blocks', optimizer: 'sgd', batch: 32 },
  { model: 'mobilenet_v2_full', optimizer: 'sgd', batch: 32 },
];

/** Multiples of both batches, so that no program has a smaller last one. @type {Record<Model, number>} */
export const EXAMPLES = { mlp: 9_984, cnn: 1_536, mobilenet_v2_blocks: 256, mobilenet_v2_full: 256 };

/** @type {readonly Model[]} */
const small = ['mlp', 'cnn'];
/** @type {readonly Model[]} */
const all = ['mlp', 'cnn', 'mobilenet_v2_blocks', 'mobilenet_v2_full'];
const threads = [{ threads: 1 }, { threads: 2 }];
/** Ours: with oneDNN as the service has it for its children. */
const service = threads.map((one) => ({ ...one, oneDNN: childEnvironment(one.threads).TF_ENABLE_ONEDNN_OPTS === '1' }));
/** With XLA, with oneDNN, or neither: XLA takes the place of the operations that oneDNN would. */
const compilers = [{}, { oneDNN: true }, { jit: true }];

/** @type {Record<string, Program>} */
export const PROGRAMS = {
  [OURS]: { family: 'node', script: 'program.mjs', models: all, settings: service },
  [CEILING]: { family: 'tensorflow', script: 'peers/fused_graph_loop.py', models: all, settings: service, settingsOf: OURS },
  'rootstock-eager': { family: 'node', script: 'program.mjs', models: small, settings: service },
  'tfjs-fit': { family: 'node', script: 'program.mjs', models: small, settings: threads },
  'keras-fit': { family: 'tensorflow', script: 'peers/keras_fit.py', models: all, settings: threads },
  'keras-fit-best': {
    family: 'tensorflow',
    script: 'peers/keras_fit.py',
    models: small,
    settings: compilers.flatMap((compiler) => threads.map((one) => ({ ...one, ...compiler }))),
  },
  'pytorch-loop': { family: 'torch', script: 'peers/pytorch_loop.py', models: small, settings: threads },
  'numpy-loop': { family: 'tensorflow', script: 'peers/numpy_loop.py', models: ['mlp'], settings: threads },
  'jax-scan': { family: 'jax', script: 'peers/jax_scan.py', models: small, settings: threads },
};

/** @param {Row} row */
export const nameOf = ({ model, optimizer, batch }) => `${model} ${optimizer} ${batch}`;

/**
 * Least ratios of rootstock-captured to another program, by row. Keras and PyTorch have the same bar in the CNN rows: the faster counts.
 * @type {Record<string, Record<string, number>>}
 */
export const BARS = {
  'mlp sgd 32': { [CEILING]: 0.95, 'tfjs-fit': 10, 'keras-fit': 6, 'keras-fit-best': 2, 'pytorch-loop': 2 },
  'mlp sgd 128': { [CEILING]: 0.95, 'tfjs-fit': 4.5, 'keras-fit': 3.2, 'pytorch-loop': 1.3 },
  'mlp adam 32': { [CEILING]: 0.95, 'tfjs-fit': 10, 'keras-fit': 4 },
  'cnn sgd 32': { [CEILING]: 0.95, 'tfjs-fit': 2.2, 'keras-fit': 1.15, 'pytorch-loop': 1.15 },
  'cnn sgd 128': { [CEILING]: 0.95, 'tfjs-fit': 2.2, 'keras-fit': 1.15, 'pytorch-loop': 1.15 },
  'mobilenet_v2_blocks sgd 32': { [CEILING]: 0.95, 'keras-fit': 1.1 },
  'mobilenet_v2_full sgd 32': { [CEILING]: 0.95, 'keras-fit': 1.1 },
};

/** From the call of fit to the end of the first step. @type {readonly { model: Model, barSeconds: number }[]} */
export const CAPTURES = [
  { model: 'mlp', barSeconds: 0.5 },
  { model: 'mobilenet_v2_full', barSeconds: 10 },
];

const FIRST = nameOf(ROWS[0]);

/**
 * Whether the run of eight minutes leaves a program to the full one: what is slow, and what has no bar, but for the first row, which has all.
 * @param {string} program
 * @param {Row} row
 */
export const sitsOutQuick = (program, row) =>
  row.model.startsWith('mobilenet') ||
  program === 'rootstock-eager' ||
  (program !== OURS && nameOf(row) !== FIRST && BARS[nameOf(row)]?.[program] === undefined);
