// The sound inputs that fuzzing begins with, made here: small, and of every form that a format is read in. Those of Keras are its own files.
import { readFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import type { LayerSpec } from '#contract/layers.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { nameLayers, weightsOf } from '#models/architecture.js';
import { connected, inputsOf } from '#models/connections.js';
import { kerasTopology } from '#models/keras-topology.js';
import { attr, Graph, mobileGraph, window } from '../support/graph-files.js';
import { bytesOf, float32Array, int64Array, npyBytes, uint8Array, zipOf, type Entry } from '../support/numpy.js';
import type { Input } from './targets.js';

/** Each as a sound reading of it needs nothing else. */
export const SEEDS: Readonly<Record<string, () => Promise<Input[]>>> = {
  zip: async () => {
    const pictures = await picturesByClass();
    const labelled = [...pictures.map((entry) => ({ ...entry, name: entry.name.replace('/', '-') }))];
    const lines = labelled.map(({ name }) => `${name},${name[0]}`).join('\n');
    return [
      [zipOf(pictures)],
      [zipOf(pictures.map((entry) => ({ ...entry, method: 8 })))],
      [zipOf([...labelled, { name: 'labels.csv', bytes: Buffer.from(`file,label\n${lines}\n`), method: 8 }])],
      [zipOf(['train', 'validation', 'test'].flatMap((part) => pictures.map((entry) => ({ ...entry, name: `set/${part}/${entry.name}` }))))],
    ];
  },
  tar: async () => {
    const pictures = await picturesByClass();
    const longName = `${'long/'.repeat(30)}a/1.png`;
    const tars = [await tarOf(pictures), await tarOf([...pictures, { ...pictures[0]!, name: longName }])];
    return [...tars.map((tar) => [tar]), [gzipSync(tars[0]!)]];
  },
  csv: async () => [
    'a,b,label\n1,red,x\n2,blue,y\n3.5,,x\n-4e2,red,y\n5,"gr""een",x\n6,blue,y\n',
    '\ufeffa;b;target\r\n1,5;2;0,25\r\n2,5;3;1,5\r\n3,5;NA;2,5\r\n4,5;5;3,5\r\n',
    'p1\tp2\tsplit\tclass\n1\t2\ttrain\ta\n3\t4\ttrain\tb\n5\t6\ttest\ta\n7\t8\ttest\tb\n9\t1\tvalidation\ta\n2\t2\tvalidation\tb\n',
    `${Array.from({ length: 12 }, (_, at) => `c${at}`).join(',')},y\n${Array.from({ length: 8 }, (_, row) => `${Array.from({ length: 12 }, (_, at) => row * at).join(',')},${row % 2}`).join('\n')}`,
  ].map((text) => [Buffer.from(text)]),
  jsonl: async () => [
    Array.from({ length: 6 }, (_, row) => JSON.stringify({ a: row, b: row % 2 ? 'x' : null, label: row % 3 ? 'yes' : 'no' })).join('\n'),
    Array.from({ length: 6 }, (_, row) => JSON.stringify({ y: row / 4, flag: row % 2 === 0, 'ünï': `${row}` })).join('\r\n'),
  ].map((text) => [Buffer.from(text)]),
  idx: async () => {
    const labels = idxBytes(0x08, [6], [0, 1, 0, 1, 0, 1]);
    const images = idxBytes(0x08, [6, 2, 3], Array.from({ length: 36 }, (_, at) => at * 7));
    return [[images, labels], [gzipSync(images), gzipSync(labels)], [idxBytes(0x08, [6, 2, 2, 3], Array.from({ length: 72 }, (_, at) => at)), labels]];
  },
  npy: async () => {
    const [values, labels] = [Array.from({ length: 24 }, (_, at) => at), [0, 1, 0, 1, 0, 1]];
    return [
      [uint8Array([6, 2, 2], values), int64Array([6], labels)],
      [float32Array([6, 4], values.map((value) => value / 8)), float32Array([6], labels.map((label) => label + 0.25))],
      [npyBytes('>f8', [6, 4], bytesOf(Float64Array.from(values)), { fortran: true, version: 2 }), npyBytes('<U2', [6], bytesOf(Uint32Array.from(labels.flatMap((label) => [97 + label, 0]))))],
    ];
  },
  npz: async () => {
    const [x, y] = [uint8Array([6, 2, 2], Array.from({ length: 24 }, (_, at) => at)), int64Array([6], [0, 1, 0, 1, 0, 1])];
    return [
      [zipOf([{ name: 'x.npy', bytes: x }, { name: 'y.npy', bytes: y, method: 8 }])],
      [zipOf([{ name: 'x_train.npy', bytes: x }, { name: 'y_train.npy', bytes: y }, { name: 'x_test.npy', bytes: x }, { name: 'y_test.npy', bytes: y }])],
    ];
  },
  'model-json': async () => [
    ...NETWORKS.map(([shape, layers]) => modelFiles(shape, layers)),
    modelFiles([2], [{ class_name: 'Dense', config: { units: 2, activation: 'softmax' } }], { dtype: 'uint8', scale: 0.5, min: -1 }),
    nested(),
    ...graphs(),
  ],
  h5: async () => Promise.all(['sequential.h5', 'sequential_packed.h5', 'functional.h5'].map(async (name) => [await kerasFile(name)])),
  keras: async () => Promise.all(['sequential.keras', 'functional.keras', 'sequence.keras'].map(async (name) => [await kerasFile(name)])),
};

async function picturesByClass(): Promise<Entry[]> {
  const plain = (red: number) => sharp({ create: { width: 3, height: 2, channels: 3, background: { r: red, g: 0, b: 9 } } });
  const forms = [plain(10).png(), plain(90).jpeg(), plain(40).webp({ lossless: true }), plain(200).gif(), plain(60).toColourspace('b-w').png()];
  const bytes = [...(await Promise.all(forms.map((form) => form.toBuffer()))), bmp()];
  return bytes.map((each, at) => ({ name: `${'ab'[at % 2]!}/${at}.${['png', 'jpg', 'webp', 'gif', 'png', 'bmp'][at]!}`, bytes: each }));
}

/** 2 × 2 pixels of 24 bits, from the bottom row up. */
function bmp(): Buffer {
  const bytes = Buffer.alloc(54 + 16, 77);
  bytes.fill(0, 0, 54);
  bytes.write('BM');
  for (const [at, value] of [[2, bytes.length], [10, 54], [14, 40], [18, 2], [22, 2], [34, 16]] as const) bytes.writeUInt32LE(value, at);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, bytes } of entries) archive.entry({ name, mtime: new Date(0) }, Buffer.from(bytes));
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of archive) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function idxBytes(type: number, dimensions: readonly number[], values: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.set([type, dimensions.length], 2);
  dimensions.forEach((size, at) => header.writeUInt32BE(size, 4 + 4 * at));
  return Buffer.concat([header, Uint8Array.from(values)]);
}

const kerasFile = async (name: string): Promise<Buffer> => gunzipSync(await readFile(new URL(`../models/imports/keras/${name}.gz`, import.meta.url)));

const NETWORKS: readonly [shape: number[], layers: LayerSpec[]][] = [
  [[4, 4, 1], [{ class_name: 'Conv2D', config: { filters: 2, kernel_size: 3, padding: 'same' } }, { class_name: 'BatchNormalization' }, { class_name: 'ReLU', config: { max_value: 6 } }, { class_name: 'Add', inputs: ['conv2d_1', 're_lu_1'] }, { class_name: 'GlobalAveragePooling2D' }, { class_name: 'Dense', config: { units: 2, activation: 'softmax' } }]],
  [[6], [{ class_name: 'Embedding', config: { input_dim: 5, output_dim: 3 } }, { class_name: 'LSTM', config: { units: 2 } }, { class_name: 'LayerNormalization' }, { class_name: 'Dense', config: { units: 1 } }]],
  [[6, 6, 3], [{ class_name: 'ZeroPadding2D', config: { padding: 1 } }, { class_name: 'DepthwiseConv2D', config: { kernel_size: 3, strides: 2 } }, { class_name: 'SeparableConv2D', config: { filters: 2, kernel_size: 2 } }, { class_name: 'Flatten' }, { class_name: 'Dropout', config: { rate: 0.5 } }, { class_name: 'Dense', config: { units: 3, activation: 'softmax' } }]],
];

/** @param quantization of all weights, which are zeros then */
function modelFiles(shape: number[], specs: LayerSpec[], quantization?: object): Input {
  const layers = nameLayers(specs);
  const architecture = { input_shape: shape, layers: connected(layers, inputsOf(layers)) };
  const [weights, values] = [weightsOf(architecture), freshWeights(architecture, 1)];
  const manifest = [{ paths: ['group1-shard1of1.bin'], weights: weights.map(({ path, shape: sizes }) => ({ name: path, shape: sizes, dtype: 'float32', ...(quantization && { quantization }) })) }];
  const shard = Buffer.concat(weights.map(({ path }) => (quantization ? Buffer.alloc(values.get(path)!.length) : bytesOf(values.get(path)!))));
  return [Buffer.from(JSON.stringify({ format: 'layers-model', modelTopology: kerasTopology(architecture), weightsManifest: manifest })), shard];
}

/** A Sequential within a Sequential, as Teachable Machine exports. */
function nested(): Input {
  const dense = (name: string, units: number, input: number) => ({ class_name: 'Dense', config: { name, units, activation: 'relu', use_bias: false, batch_input_shape: [null, input] } });
  const sequential = (name: string, layers: object[]) => ({ class_name: 'Sequential', config: { name, layers } });
  const topology = { ...sequential('outer', [sequential('first', [dense('one', 3, 2)]), sequential('second', [dense('two', 2, 3)])]), keras_version: 'tfjs-layers 4.22.0' };
  const weights = [['one/kernel', [2, 3]], ['two/kernel', [3, 2]]].map(([name, shape]) => ({ name, shape, dtype: 'float32' }));
  return [Buffer.from(JSON.stringify({ modelTopology: topology, weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights }] })), Buffer.alloc(48, 1)];
}

/** Graph models: one of MobileNetV2's form, and one of the ops that it has not. */
function graphs(): Input[] {
  const graph = new Graph();
  let x = graph.input('x', 6, 6, 2);
  x = graph.node('Pad', 'pad', [x, graph.integers('pads', [4, 2], [0, 0, 1, 0, 0, 1, 0, 0])]);
  x = graph.node('BiasAdd', 'biased', [graph.node('Conv2D', 'conv', [x, graph.drawn('k', [2, 2, 2, 3])], window('VALID')), graph.drawn('b', [3])]);
  x = graph.node('FusedBatchNormV3', 'bn', [x, ...['g', 'o', 'm', 'v'].map((name) => graph.drawn(name, [3], { middle: 1, spread: 0.2 }))], { epsilon: attr.number(0.001), is_training: attr.flag(false) });
  x = graph.node('MaxPool', 'max', [graph.node('LeakyRelu', 'leaky', [x], { alpha: attr.number(0.2) })], { ...window('SAME', 2), ksize: attr.integers(1, 2, 2, 1) });
  x = graph.node('ConcatV2', 'joined', [x, graph.node('Mul', 'twice', [graph.constant('two', [], [2]), x]), graph.integers('axis', [], [3])]);
  const numbers = [0, 1, 1].map((value, at) => graph.integers(`at${at}`, [1], [value]));
  const batch = graph.node('StridedSlice', 'batch', [graph.node('Shape', 'shape', [x]), ...numbers], { shrink_axis_mask: attr.integer(1) });
  x = graph.node('Reshape', 'row', [x, graph.node('Pack', 'sizes', [batch, graph.integers('rest', [], [-1])])]);
  graph.node('MatMul', 'dense', [graph.node('Identity', 'same', [x]), graph.drawn('kernel', [2, 54])], { transpose_b: attr.flag(true) });
  return [mobileGraph({ size: 8, widths: [3, 4], blocks: 1 }).files('Identity'), graph.files('dense')].map((files) => files.map(({ bytes }) => bytes));
}
