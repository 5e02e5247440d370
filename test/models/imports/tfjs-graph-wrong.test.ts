// Graphs that are damaged, hostile, or of what is not read: each is refused by a code, with the node or the place named, and soon.
import { describe, expect, it, jest } from '@jest/globals';
import type { ModelImportForm } from '#contract/model.js';
import { attr, Graph, mobileGraph, window } from '../../support/graph-files.js';
import type { NamedBytes } from '../../support/idx.js';
import { changed, json, readFiles } from '../../support/model-files.js';
import { failureOfPromise } from '../../support/networks.js';

// A chain of twenty thousand nodes takes a busy machine seconds.
jest.setTimeout(60_000);

const failure = async (files: readonly NamedBytes[], options: ModelImportForm = {}): Promise<string> => {
  const { code, message, pointer } = await failureOfPromise(readFiles(files, options));
  return `${code}${pointer === undefined ? '' : ` at ${pointer}`}: ${message}`;
};

interface ModelJson {
  modelTopology: { node: { name: string; op: string; input?: string[]; attr: Record<string, unknown> }[] };
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string; quantization?: object }[] }[];
  signature?: { outputs: Record<string, { name: string }> };
}

/** A convolution, a depthwise one and a mean, with one thing changed. */
const broken = (change: (model: ModelJson, node: (name: string) => ModelJson['modelTopology']['node'][number]) => void): Promise<string> => {
  const graph = new Graph();
  let x = graph.fusedConvolution('conv', graph.input('x', 8, 8, 3), [3, 3, 3, 4]);
  x = graph.node('Relu', 'relu', [graph.node('DepthwiseConv2dNative', 'deep', [x, graph.drawn('deep/k', [3, 3, 4, 1])], window('SAME'))]);
  graph.node('Mean', 'mean', [x, graph.integers('axes', [2], [1, 2])]);
  const files = changed(graph.files('mean'), (model: ModelJson) => change(model, (name) => model.modelTopology.node.find((each) => each.name === name)!));
  return failure(files);
};

describe('The node that a graph is cut at', () => {
  const files = mobileGraph().files('Identity');

  it('is named by those near to it where there is none of its name', async () => {
    expect(await failure(files, { output_node: 'mobile/pool/mean' })).toMatch(/^OUTPUT_NODE_UNKNOWN at \/output_node: .*no node "mobile\/pool\/mean"; the nearest are StatefulPartitionedCall\/mobile\/pool\/Mean, /);
    expect(await failure(files, { output_node: '__proto__' })).toMatch(/^OUTPUT_NODE_UNKNOWN/);
    expect(await failure(files, { output_node: 'a' })).toMatch(/^OUTPUT_NODE_UNKNOWN/);
  });

  it('must be said where the graph has several outputs, or none that it names', async () => {
    const graph = mobileGraph();
    expect(await failure(graph.files('Identity', 'StatefulPartitionedCall/mobile/pool/Mean'))).toMatch(/^OUTPUT_NODE_NEEDED at \/output_node: .*2 outputs: Identity, StatefulPartitionedCall\/mobile\/pool\/Mean/);
    graph.node('Relu', 'aside', ['StatefulPartitionedCall/mobile/pool/Mean']);
    expect(await failure(graph.files())).toMatch(/^OUTPUT_NODE_NEEDED .*2 outputs: Identity, aside/);
    // Two names of one node are one output, and without a signature what nothing takes is the output.
    expect((await readFiles(graph.files('aside', 'aside'))).architecture.layers.at(-1)!.name).toBe('aside');
    expect((await readFiles(mobileGraph().files())).architecture.layers.at(-1)!.name).toBe('Softmax');
  });

  it('is no constant and no input, and is for graphs alone', async () => {
    expect(await failure(files, { output_node: 'StatefulPartitionedCall/mobile/pool/axes' })).toMatch(/^MODEL_CORRUPT.*is a constant/);
    expect(await failure(files, { output_node: 'picture' })).toMatch(/^MODEL_CORRUPT.*no layers/);
    const layers = json('model.json', { format: 'layers-model', modelTopology: { class_name: 'Sequential', config: [{ class_name: 'Dense', config: { name: 'd', units: 1, use_bias: false, batch_input_shape: [null, 1] } }] }, weightsManifest: [{ paths: ['w'], weights: [{ name: 'd/kernel', shape: [1, 1], dtype: 'float32' }] }] });
    expect(await failure([layers, { name: 'w', bytes: Buffer.alloc(4) }], { output_node: 'd' })).toMatch(/^INVALID_VALUE at \/output_node/);
  });
});

describe('An op that is not read', () => {
  it('is refused by its name and that of its node, unless it lies behind the cut', async () => {
    const graph = mobileGraph();
    graph.node('NonMaxSuppressionV5', 'boxes', ['Identity']);
    expect(await failure(graph.files('boxes'))).toMatch(/^OP_NOT_ALLOWED: Node "boxes" is of the op "NonMaxSuppressionV5".*output_node/);
    expect((await readFiles(graph.files('boxes'), { output_node: 'Identity' })).architecture.layers.at(-1)!.name).toBe('Softmax');
    expect(await broken((_, node) => void (node('relu').op = 'PartitionedCall'))).toMatch(/^OP_NOT_ALLOWED: Node "relu" is of the op "PartitionedCall"/);
    expect(await broken((_, node) => void (node('relu').op = '__proto__'))).toMatch(/^OP_NOT_ALLOWED/);
    expect(await broken((_, node) => void (node('x').op = 'PlaceholderWithDefault'))).toMatch(/^OP_NOT_ALLOWED: Node "x"/);
  });

  it.each<[string, RegExp, Parameters<typeof broken>[0]]>([
    ['channels first', /^MODEL_NOT_SUPPORTED.*"conv".*NCHW/, (_, node) => void (node('conv').attr.data_format = attr.text('NCHW'))],
    ['dilations', /^MODEL_NOT_SUPPORTED.*"deep".*dilations \[1, 2, 2, 1\]/, (_, node) => void (node('deep').attr.dilations = attr.integers(1, 2, 2, 1))],
    ['a Prelu in a fused node', /^MODEL_NOT_SUPPORTED.*"conv".*Prelu/, (_, node) => void (node('conv').attr.fused_ops = attr.texts('BiasAdd', 'Prelu'))],
    ['a normalization in a fused node', /^MODEL_NOT_SUPPORTED.*"conv".*FusedBatchNorm/, (_, node) => void (node('conv').attr.fused_ops = attr.texts('FusedBatchNorm', 'Relu'))],
    ['a second output', /^MODEL_NOT_SUPPORTED.*output 1 of "conv"/, (_, node) => void (node('deep').input![0] = 'conv:1')],
    ['an input of whole numbers', /^MODEL_NOT_SUPPORTED.*"x".*DT_UINT8/, (_, node) => void (node('x').attr.dtype = { type: 'DT_UINT8' })],
    ['a batch of pictures without channels', /^MODEL_NOT_SUPPORTED.*"x".*1 axes/, (_, node) => void (node('x').attr.shape = attr.shape(-1))],
  ])('so is %s', async (_, expected, change) => {
    expect(await broken(change)).toMatch(expected);
  });

  it('so are groups, two inputs, means over channels, and sums with constants that are of no channel', async () => {
    const grouped = new Graph();
    grouped.node('Conv2D', 'y', [grouped.input('x', 8, 8, 4), grouped.drawn('k', [3, 3, 2, 4])], window('SAME'));
    expect(await failure(grouped.files('y'))).toMatch(/^MODEL_NOT_SUPPORTED.*in 2 groups/);
    const two = new Graph();
    two.node('AddV2', 'y', [two.input('a', 4), two.input('b', 4)]);
    expect(await failure(two.files('y'))).toMatch(/^MODEL_NOT_SUPPORTED.*2 inputs, "a" and "b"/);
    const mean = new Graph();
    mean.node('Mean', 'y', [mean.input('x', 8, 8, 4), mean.integers('a', [2], [1, 3])]);
    expect(await failure(mean.files('y'))).toMatch(/^MODEL_NOT_SUPPORTED.*"y".*axes \[1, 3\]/);
    const spread = new Graph();
    spread.node('AddV2', 'y', [spread.input('x', 6, 4), spread.drawn('k', [6, 1])]);
    expect(await failure(spread.files('y'))).toMatch(/^MODEL_NOT_SUPPORTED.*"y".*\[6, 1\]/);
    const divided = new Graph();
    divided.node('RealDiv', 'y', [divided.constant('one', [], [1]), divided.input('x', 4)]);
    expect(await failure(divided.files('y'))).toMatch(/^MODEL_NOT_SUPPORTED.*divides a constant/);
    const batch = new Graph();
    batch.node('Reshape', 'y', [batch.input('x', 4, 2), batch.integers('s', [2], [4, -1])]);
    expect(await failure(batch.files('y'))).toMatch(/^MODEL_NOT_SUPPORTED.*\[4, -1\] of a batch/);
  });
});

describe('A graph that is damaged', () => {
  it.each<[string, RegExp, Parameters<typeof broken>[0]]>([
    ['a circle', /^MODEL_CORRUPT.*circle at "(?:conv|deep|relu)"/, (_, node) => void (node('conv').input![0] = 'relu')],
    ['a node that takes itself', /^MODEL_CORRUPT.*circle at "relu"/, (_, node) => void (node('relu').input![0] = 'relu')],
    ['a circle of nodes that only pass on', /^MODEL_CORRUPT.*circle/, (model, node) => {
      model.modelTopology.node.push({ name: 'i', op: 'Identity', input: ['j'], attr: {} }, { name: 'j', op: 'Identity', input: ['i'], attr: {} });
      node('conv').input![0] = 'i';
    }],
    ['an input that there is not', /^MODEL_CORRUPT.*"relu".*"nothing"/, (_, node) => void (node('relu').input![0] = 'nothing')],
    ['a node that takes nothing', /^MODEL_CORRUPT.*"relu".*takes nothing/, (_, node) => void delete node('relu').input],
    ['two nodes of one name', /^MODEL_CORRUPT.*two of its nodes are named "conv"/, (_, node) => void (node('relu').name = 'conv')],
    ['a weight that is not in the manifest', /^MODEL_CORRUPT.*"conv\/weights"/, (model) => void (model.weightsManifest[0]!.weights[0]!.name = 'other')],
    ['a kernel of another shape', /^MODEL_CORRUPT.*shape/, (model) => void (model.weightsManifest[0]!.weights[0]!.shape = [3, 3, 4, 3])],
    ['a kernel of two axes', /^MODEL_CORRUPT.*"conv".*2 axes/, (model) => void (model.weightsManifest[0]!.weights[0]!.shape = [27, 4])],
    ['a bias of another length', /^MODEL_CORRUPT.*bias/, (model) => void (model.weightsManifest[0]!.weights[1]!.shape = [2, 2])],
    ['a huge kernel', /^MODEL_CORRUPT.*hold/, (model) => void (model.weightsManifest[0]!.weights[0]!.shape = [3, 3, 3, 2 ** 40])],
    ['a huge picture', /^MODEL_TOO_LARGE/, (_, node) => void (node('x').attr.shape = attr.shape(-1, 2 ** 20, 2 ** 20, 3))],
    ['a picture of no size', /^MODEL_CORRUPT.*"x".*shape/, (_, node) => void (node('x').attr.shape = attr.shape(-1, 0, 8, 3))],
    ['a stride of none', /^(?:MODEL_NOT_SUPPORTED|MODEL_CORRUPT).*strides/, (_, node) => void (node('conv').attr.strides = attr.integers(1, 0, 0, 1))],
    ['strides of two', /^MODEL_CORRUPT.*strides/, (_, node) => void (node('conv').attr.strides = attr.integers(1, 1))],
    ['a padding of another name', /^MODEL_CORRUPT.*padding is "FULL"/, (_, node) => void (node('conv').attr.padding = attr.text('FULL'))],
    ['an attribute that is none', /^MODEL_CORRUPT.*padding/, (_, node) => void (node('conv').attr.padding = 'SAME')],
    ['attributes that are none', /^MODEL_CORRUPT/, (_, node) => void (node('conv').attr = [] as never)],
    ['nodes that are none', /^MODEL_CORRUPT/, (model) => void (model.modelTopology.node = [null] as never)],
    ['nodes without names', /^MODEL_CORRUPT/, (_, node) => void (node('relu').name = 7 as never)],
    ['an output that there is not', /^MODEL_CORRUPT.*signature.*"gone"/, (model) => void (model.signature!.outputs.output_0!.name = 'gone:0')],
    ['nothing but constants', /^MODEL_CORRUPT.*constant/, (_, node) => void (node('mean').input![0] = 'conv/bias')],
    ['axes that are computed', /^MODEL_NOT_SUPPORTED.*"mean".*"conv"/, (_, node) => void (node('mean').input![1] = 'conv')],
  ])('is refused for %s', async (_, expected, change) => {
    expect(await broken(change)).toMatch(expected);
  });

  it('may be a chain of any length, which no stack is needed for', async () => {
    const graph = new Graph();
    let x = graph.input('x', 4);
    for (let at = 0; at < 20_000; at += 1) x = graph.node('Relu', `r${at}`, [x]);
    expect(await failure(graph.files(x))).toMatch(/^MODEL_NOT_SUPPORTED.*more than 400 layers/);
    const passing = new Graph();
    let y = passing.node('Relu', 'relu', [passing.input('x', 4)]);
    for (let at = 0; at < 20_000; at += 1) y = passing.node('Identity', `i${at}`, [y]);
    expect((await readFiles(passing.files(y))).architecture.layers).toHaveLength(1);
    const scaled = new Graph();
    let z = scaled.node('MatMul', 'm', [scaled.input('x', 4), scaled.drawn('k', [4, 4])]);
    const factor = scaled.constant('f', [], [1]);
    for (let at = 0; at < 20_000; at += 1) z = scaled.node('Mul', `m${at}`, [z, factor]);
    expect(await failure(scaled.files(z))).toMatch(/^MODEL_NOT_SUPPORTED.*more than 400 layers/);
  });

  it('is not read again and again where many nodes go by one chain', async () => {
    const graph = new Graph();
    let x = graph.node('Relu', 'relu', [graph.input('x', 4)]);
    for (let at = 0; at < 20_000; at += 1) x = graph.node('Identity', `i${at}`, [x]);
    graph.node('AddN', 'sum', Array.from({ length: 20_000 }, () => x));
    expect(await failure(graph.files('sum'))).toMatch(/^MODEL_NOT_SUPPORTED.*merges 20000 values/);
  });

  it('is refused for numbers that are not finite, in a kernel, a factor or a bias', async () => {
    const graph = new Graph();
    graph.node('Mul', 'y', [graph.input('x', 4), graph.constant('f', [], [Infinity])]);
    expect(await failure(graph.files('y'))).toMatch(/^MODEL_CORRUPT.*finite/);
    const zero = new Graph();
    zero.node('RealDiv', 'y', [zero.node('MatMul', 'm', [zero.input('x', 4), zero.drawn('k', [4, 2])]), zero.constant('z', [2], [0, 1])]);
    expect(await failure(zero.files('y'))).toMatch(/^MODEL_CORRUPT.*finite/);
  });
});
