// TensorFlow.js Graph models: read without tfjs, and giving what tfjs and Keras say; op by op, cut at a node, quantised, of realistic size.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { stream } from '#engine/random.js';
import { attr, givenByTensorFlow, Graph, mobileGraph, window } from '../../support/graph-files.js';
import type { NamedBytes } from '../../support/idx.js';
import { readFiles } from '../../support/model-files.js';
import { everyTestFreesItsTensors, largestDifference } from '../../support/networks.js';
import { zipOf } from '../../support/numpy.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

/** Reads the files, runs the network, and compares it with what tfjs says of the same numbers. @returns the classes of its layers */
async function expectSame(files: readonly NamedBytes[], { output, tolerance = 1e-5, shape }: { output?: string; tolerance?: number; shape?: number[] } = {}): Promise<string[]> {
  const { architecture, weights, format } = await readFiles(files, { ...(output !== undefined && { output_node: output }), ...(shape && { input_shape: shape }) });
  expect(format).toBe('tfjs_graph');
  const numbers = stream(9, 'test/inputs');
  const sizes = [3, ...architecture.input_shape];
  const values = Array.from({ length: sizes.reduce((product, size) => product * size, 1) }, () => numbers.below(1000) / 500 - 1);
  const network = await buildNetwork(tf, architecture, weights);
  const ours = tf.tidy(() => {
    const given = network.apply(tf.tensor(values, sizes), false);
    return { values: Float32Array.from(given.dataSync()), shape: given.shape };
  });
  network.dispose();
  const theirs = await givenByTensorFlow(tf, files, { values, shape: sizes }, output);
  expect(ours.shape).toEqual(theirs.shape);
  // Numbers that differ among themselves, so that agreeing says something.
  expect(Math.max(...theirs.values) - Math.min(...theirs.values)).toBeGreaterThan(1e-3);
  expect(largestDifference(ours.values, theirs.values)).toBeLessThanOrEqual(tolerance);
  return architecture.layers.map(({ class_name: layerClass }) => layerClass);
}

const POOL = 'StatefulPartitionedCall/mobile/pool/Mean';

describe('A TensorFlow.js Graph model', () => {
  it('gives what tfjs gives, each kernel with its normalization and activation as one layer', async () => {
    const files = mobileGraph().files('Identity');
    const classes = await expectSame(files);
    expect(classes.filter((layerClass) => layerClass === 'DepthwiseConv2D')).toHaveLength(6);
    expect(new Set(classes)).toEqual(new Set(['Conv2D', 'DepthwiseConv2D', 'Add', 'GlobalAveragePooling2D', 'Dense']));
    const { architecture, frozenLayers } = await readFiles(files);
    expect(architecture.layers[0]!.name).toBe('stem_Relu6');
    expect(architecture.layers.slice(-2).map(({ name }) => name)).toEqual(['pool_Mean', 'Softmax']);
    expect(frozenLayers).toEqual(architecture.layers.filter(({ class_name: each }) => /Conv|Dense/.test(each)).map(({ name }) => name));
  });

  it('is cut at the node that is asked for, with ":0" behind it or not, and no weight of what follows is needed', async () => {
    const files = mobileGraph().files('Identity');
    await expectSame(files, { output: POOL });
    const { architecture } = await readFiles(files, { output_node: `${POOL}:0` });
    expect(architecture.layers.at(-1)!.name).toBe('pool_Mean');
    // A node amid what is fused elsewhere: there the normalization has no activation yet.
    await expectSame(files, { output: 'StatefulPartitionedCall/mobile/block_1_0/bn/mul' });
    await expectSame(files, { output: 'StatefulPartitionedCall/mobile/block_1_1/sum' });
  });

  it('is read in any order of files, from an archive too', async () => {
    const files = mobileGraph().files('Identity');
    const plain = (await readFiles(files)).architecture;
    expect((await readFiles([...files].reverse())).architecture).toEqual(plain);
    expect((await readFiles([{ name: 'model.zip', bytes: zipOf(files.map((file) => ({ ...file, name: `web/${file.name}`, method: 8 }))) }])).architecture).toEqual(plain);
  });

  it('may be as large as MobileNetV2 at 224 pixels', async () => {
    const graph = mobileGraph({ size: 224, widths: [16, 24, 32, 64, 96, 160], blocks: 3 });
    const files = graph.files('Identity');
    expect(graph.nodes.length).toBeGreaterThan(250);
    const classes = await expectSame(files, { output: POOL });
    expect(classes.length).toBeGreaterThan(60);
  });

  it('takes sizes that are left open from input_shape, or from its signature', async () => {
    const graph = new Graph();
    graph.fusedConvolution('conv', graph.input('picture', -1, -1, 3), [3, 3, 3, 4]);
    await expectSame(graph.files('conv'), { shape: [6, 6, 3] });
    await expect(readFiles(graph.files('conv'))).rejects.toMatchObject({ code: 'MODEL_NOT_SUPPORTED', message: expect.stringContaining('input_shape') });
    const unknown = new Graph();
    unknown.fusedConvolution('conv', unknown.node('Placeholder', 'picture', [], { dtype: { type: 'DT_FLOAT' }, shape: { shape: { unknownRank: true } } }), [3, 3, 3, 4]);
    const files = unknown.files('conv');
    const said = JSON.parse(Buffer.from(files[0]!.bytes).toString()) as { signature: { inputs?: object } };
    said.signature.inputs = { picture: { name: 'picture:0', tensorShape: { dim: [{ size: '-1' }, { size: '5' }, { size: '7' }, { size: '3' }] } } };
    const { architecture } = await readFiles([{ name: 'model.json', bytes: Buffer.from(JSON.stringify(said)) }, files[1]!]);
    expect(architecture.input_shape).toEqual([5, 7, 3]);
  });
});

type Build = (graph: Graph, x: string) => string;
const PICTURE = [9, 8, 4];
const OPS: readonly [what: string, build: Build, classes: string[], sizes?: number[]][] = [
  ['Conv2D with stride 2 and SAME', (g, x) => g.node('Conv2D', 'y', [x, g.drawn('k', [3, 3, 4, 5])], window('SAME', 2)), ['Conv2D']],
  ['Conv2D with VALID, another bias behind it and a sigmoid', (g, x) => g.node('Sigmoid', 'y', [g.node('BiasAdd', 'b', [g.node('Conv2D', 'c', [x, g.drawn('k', [2, 3, 4, 5])], window('VALID')), g.drawn('o', [5])])]), ['Conv2D']],
  ['Conv2D with explicit paddings', (g, x) => g.node('Conv2D', 'y', [x, g.drawn('k', [3, 3, 4, 5])], { ...window('SAME', 2), padding: attr.text('EXPLICIT'), explicit_paddings: attr.integers(0, 0, 1, 2, 0, 3, 0, 0) }), ['ZeroPadding2D', 'Conv2D']],
  ['DepthwiseConv2dNative that multiplies channels, normalized', (g, x) => g.node('AddV2', 'y', [g.drawn('o', [1, 1, 1, 8]), g.node('Mul', 'm', [g.node('DepthwiseConv2dNative', 'd', [x, g.drawn('k', [3, 3, 4, 2])], window('SAME', 2)), g.drawn('s', [8])])]), ['DepthwiseConv2D']],
  ['a fused depthwise convolution', (g, x) => g.fusedConvolution('y', x, [3, 3, 4, 1], { depthwise: true, padding: 'VALID' }), ['DepthwiseConv2D']],
  ...['Relu', 'Elu', 'Sigmoid'].map((op): [string, Build, string[]] => [`a convolution fused with ${op}`, (g, x) => g.fusedConvolution('y', x, [3, 3, 4, 2], { activation: op }), ['Conv2D']]),
  ['a convolution fused with LeakyRelu', (g, x) => ((g.fusedConvolution('y', x, [3, 3, 4, 2], { activation: 'LeakyRelu' })), Object.assign(g.nodes.at(-1)!.attr, { leakyrelu_alpha: attr.number(0.25) }), 'y'), ['Conv2D', 'LeakyReLU']],
  ...['Relu', 'Relu6', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus', 'Softmax'].map((op): [string, Build, string[]] => [op, (g, x) => g.node(op, 'y', [x]), ['Activation']]),
  ['LeakyRelu', (g, x) => g.node('LeakyRelu', 'y', [x], { alpha: attr.number(0.1) }), ['LeakyReLU']],
  ['MaxPool', (g, x) => g.node('MaxPool', 'y', [x], { ...window('SAME', 2), ksize: attr.integers(1, 3, 2, 1) }), ['MaxPooling2D']],
  ['AvgPool', (g, x) => g.node('AvgPool', 'y', [x], { ...window('SAME', 2), ksize: attr.integers(1, 3, 3, 1) }), ['AveragePooling2D']],
  ['Mean that keeps its axes', (g, x) => g.node('Mean', 'y', [x, g.integers('a', [2], [-2, -3])], { keep_dims: attr.flag(true) }), ['GlobalAveragePooling2D', 'Reshape']],
  ['Max over a picture', (g, x) => g.node('Max', 'y', [x, g.integers('a', [2], [1, 2])]), ['GlobalMaxPooling2D']],
  ['Mean over a sequence', (g, x) => g.node('Mean', 'y', [x, g.integers('a', [], [1])]), ['GlobalAveragePooling1D'], [6, 4]],
  ['FusedBatchNormV3', (g, x) => g.node('FusedBatchNormV3', 'y', [x, g.drawn('g', [4], { middle: 1 }), g.drawn('b', [4]), g.drawn('m', [4]), g.drawn('v', [4], { middle: 1 })], { epsilon: attr.number(0.01), is_training: attr.flag(false) }), ['BatchNormalization']],
  ['factors and offsets by channel', (g, x) => g.node('Sub', 'y', [g.node('RealDiv', 'd', [x, g.drawn('s', [4], { middle: 2 })]), g.drawn('o', [4])]), ['BatchNormalization']],
  ['one factor, one offset, and a constant less the values', (g, x) => g.node('Sub', 'y', [g.constant('o', [], [0.75]), g.node('Mul', 'm', [g.constant('s', [], [3]), x])]), ['Rescaling']],
  ['Pad', (g, x) => g.node('Pad', 'y', [x, g.integers('p', [4, 2], [0, 0, 0, 1, 2, 3, 0, 0])]), ['ZeroPadding2D']],
  ['MatMul with a bias', (g, x) => g.node('Relu', 'y', [g.node('AddV2', 'b', [g.node('MatMul', 'm', [x, g.drawn('k', [4, 6])]), g.drawn('o', [6])])]), ['Dense'], [4]],
  ['MatMul by a transposed kernel', (g, x) => g.node('MatMul', 'y', [x, g.drawn('k', [6, 4])], { transpose_b: attr.flag(true) }), ['Dense'], [4]],
  ['Reshape to rows', (g, x) => g.node('Reshape', 'y', [x, g.integers('s', [2], [-1, 288])]), ['Flatten']],
  ['Squeeze and ExpandDims', (g, x) => g.node('ExpandDims', 'y', [g.node('Squeeze', 's', [x], { squeeze_dims: attr.integers(1, -2) }), g.integers('a', [], [-1])]), ['Flatten', 'Reshape'], [1, 1, 4]],
  ['Concat', (g, x) => g.node('ConcatV2', 'y', [x, g.node('Relu', 'r', [x]), g.integers('a', [], [-1])], { N: attr.integer(2) }), ['Activation', 'Concatenate']],
  ['a swish of two nodes, added and taken the larger of', (g, x) => g.node('Maximum', 'y', [x, g.node('AddV2', 'a', [x, g.node('Mul', 'm', [x, g.node('Sigmoid', 's', [x])])])]), ['Activation', 'Multiply', 'Add', 'Maximum']],
  ['a kernel whose output is taken twice', (g, x) => {
    const kernel = g.node('Conv2D', 'c', [x, g.drawn('k', [1, 1, 4, 4])], window('SAME'));
    return g.node('AddN', 'y', [kernel, g.node('Mul', 'm', [kernel, g.drawn('s', [4])]), g.node('Relu', 'r', [kernel])]);
  }, ['Conv2D', 'BatchNormalization', 'Activation', 'Add']],
  ['a shape that Keras puts together of the size of the batch', (g, x) => {
    const first = (name: string, at: number) => g.integers(name, [1], [at]);
    const batch = g.node('StridedSlice', 'n', [g.node('Shape', 'shape', [x]), first('b', 0), first('e', 1), first('i', 1)], { shrink_axis_mask: attr.integer(1) });
    return g.node('Reshape', 'y', [x, g.node('Pack', 'sizes', [batch, g.integers('h', [], [4]), g.integers('w', [], [-1])], { N: attr.integer(3), axis: attr.integer(0) })]);
  }, ['Reshape']],
  ['nodes that only pass on, also before a constant', (g, x) => g.node('MatMul', 'y', [g.node('StopGradient', 'i', [x]), g.node('Identity', 'j', [g.drawn('k', [4, 3])])]), ['Dense'], [4]],
];

describe('An op of a graph', () => {
  it.each(OPS)('%s gives what tfjs gives', async (_, build, classes, sizes = PICTURE) => {
    const graph = new Graph();
    const output = build(graph, graph.input('x', ...sizes));
    // Behind the first op, so that none of them is the whole network.
    expect(await expectSame(graph.files(output))).toEqual(classes);
  });
});

describe('A graph that the converter made', () => {
  const read = async (name: string): Promise<Buffer> => gunzipSync(await readFile(new URL(`graph/${name}.gz`, import.meta.url)));
  const files = async (kind: string): Promise<NamedBytes[]> =>
    Promise.all(['model.json', 'group1-shard1of1.bin'].map(async (name) => ({ name, bytes: await read(`${kind}.${name}`) })));
  let told: { inputs: number[]; outputs: number[][]; pool: number[][] };
  beforeAll(async () => {
    told = JSON.parse((await read('told.json')).toString()) as typeof told;
  });

  const given = async (kind: string, output?: string): Promise<Float32Array> => {
    const { architecture, weights } = await readFiles(await files(kind), output === undefined ? {} : { output_node: output });
    const network = await buildNetwork(tf, architecture, weights);
    const values = tf.tidy(() => Float32Array.from(network.apply(tf.tensor(told.inputs.map((pixel) => pixel / 256), [3, 24, 24, 3]), false).dataSync()));
    network.dispose();
    return values;
  };

  it.each([['plain', 1e-5], ['uint16', 1e-3], ['float16', 1e-3], ['uint8', 0.05]])('gives what Keras gives (%s, to %d)', async (kind, tolerance) => {
    expect(largestDifference(await given(kind), told.outputs.flat())).toBeLessThanOrEqual(tolerance);
  });

  it.each([['uint16', 1e-5], ['float16', 1e-5], ['uint8', 1e-5]])('gives what tfjs gives of the same %s numbers, to %d', async (kind, tolerance) => {
    const theirs = await givenByTensorFlow(tf, await files(kind), { values: told.inputs.map((pixel) => pixel / 256), shape: [3, 24, 24, 3] });
    expect(largestDifference(await given(kind), theirs.values)).toBeLessThanOrEqual(tolerance);
  });

  it('gives the features that Keras gives where it is cut before the head', async () => {
    const model = JSON.parse((await read('plain.model.json')).toString()) as { modelTopology: { node: { name: string; op: string }[] } };
    const pool = model.modelTopology.node.filter(({ name, op }) => op === 'Mean' && name.includes('/pool')).map(({ name }) => name);
    expect(pool).toHaveLength(1);
    expect(largestDifference(await given('plain', pool[0]), told.pool.flat())).toBeLessThanOrEqual(1e-5);
  });
});
