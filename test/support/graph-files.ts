// TensorFlow.js Graph models put together node by node, as the converter writes them, and what TensorFlow.js itself says they give.
import type { TensorFlow } from '#engine/native.js';
import { stream } from '#engine/random.js';
import type { NamedBytes } from './idx.js';
import { json } from './model-files.js';
import { bytesOf } from './numpy.js';

export type Attributes = Record<string, unknown>;
interface Node {
  name: string;
  op: string;
  input?: string[];
  attr: Attributes;
}

/** Values of attributes as protocol buffers write them in JSON. */
export const attr = {
  text: (value: string) => ({ s: base64(value) }),
  texts: (...values: string[]) => ({ list: { s: values.map(base64) } }),
  integers: (...values: number[]) => ({ list: { i: values.map(String) } }),
  integer: (value: number) => ({ i: String(value) }),
  number: (value: number) => ({ f: value }),
  flag: (value: boolean) => ({ b: value }),
  shape: (...sizes: number[]) => ({ shape: { dim: sizes.map((size) => ({ size: String(size) })) } }),
};
const base64 = (value: string): string => Buffer.from(value).toString('base64');

/** What a convolution or a pooling says of its window. */
export const window = (padding: 'SAME' | 'VALID', stride = 1, more: Attributes = {}): Attributes => ({
  strides: attr.integers(1, stride, stride, 1),
  padding: attr.text(padding),
  data_format: attr.text('NHWC'),
  dilations: attr.integers(1, 1, 1, 1),
  T: { type: 'DT_FLOAT' },
  ...more,
});

interface Fused {
  padding?: 'SAME' | 'VALID';
  stride?: number;
  /** None where it is ''. */
  activation?: string;
  depthwise?: boolean;
}

/** A graph that is added to; each call gives the name of its node. */
export class Graph {
  readonly nodes: Node[] = [];
  private readonly weights: { name: string; shape: number[]; dtype: 'float32' | 'int32'; values: readonly number[] }[] = [];
  private readonly numbers = stream(3, 'test/graph');

  input(name: string, ...sizes: number[]): string {
    return this.node('Placeholder', name, [], { dtype: { type: 'DT_FLOAT' }, shape: attr.shape(-1, ...sizes) });
  }

  node(op: string, name: string, input: string[], attributes: Attributes = {}): string {
    this.nodes.push({ name, op, ...(input.length > 0 && { input }), attr: attributes });
    return name;
  }

  integers(name: string, shape: number[], values: readonly number[]): string {
    return this.constant(name, shape, values, 'int32');
  }

  constant(name: string, shape: number[], values: readonly number[], dtype: 'float32' | 'int32' = 'float32'): string {
    this.weights.push({ name, shape, dtype, values });
    return this.node('Const', name, [], { dtype: { type: dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' } });
  }

  /** A constant of numbers between -spread and spread, about a middle. */
  drawn(name: string, shape: number[], { middle = 0, spread = 0.5 } = {}): string {
    const count = shape.reduce((product, size) => product * size, 1);
    return this.constant(name, shape, Array.from({ length: count }, () => middle + spread * (this.numbers.below(2001) / 1000 - 1)));
  }

  /** A convolution with its bias and activation in one node, as the converter fuses them. */
  fusedConvolution(name: string, from: string, kernel: number[], { padding = 'SAME', stride = 1, activation = 'Relu6', depthwise = false }: Fused = {}): string {
    const channels = depthwise ? kernel[2]! * kernel[3]! : kernel[3]!;
    const fan = kernel[0]! * kernel[1]! * (depthwise ? 1 : kernel[2]!);
    const inputs = [from, this.drawn(`${name}/weights`, kernel, { spread: 1.5 / Math.sqrt(fan) }), this.drawn(`${name}/bias`, [channels], { spread: 0.2 })];
    const fused = { fused_ops: attr.texts('BiasAdd', ...(activation === '' ? [] : [activation])), num_args: attr.integer(1) };
    return this.node(depthwise ? 'FusedDepthwiseConv2dNative' : '_FusedConv2D', name, inputs, window(padding, stride, fused));
  }

  /** @param outputs of the signature; none leaves it out */
  files(...outputs: string[]): NamedBytes[] {
    const signature = { outputs: Object.fromEntries(outputs.map((name, at) => [`output_${at}`, { name: `${name}:0` }])) };
    const weights = this.weights.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
    const model = { format: 'graph-model', ...(outputs.length > 0 && { signature }), modelTopology: { node: this.nodes, versions: {} }, weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights }] };
    const values = this.weights.map(({ dtype, values: numbers }) => bytesOf(dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers)));
    return [json('model.json', model), { name: 'group1-shard1of1.bin', bytes: Buffer.concat(values) }];
  }
}

/** What TensorFlow.js says that the files give for some inputs, from memory. */
export async function givenByTensorFlow(tf: TensorFlow, files: readonly NamedBytes[], inputs: { values: ArrayLike<number>; shape: number[] }, output?: string): Promise<{ values: Float32Array; shape: number[] }> {
  const { modelTopology, weightsManifest, signature } = JSON.parse(Buffer.from(files[0]!.bytes).toString()) as { modelTopology: object; weightsManifest: { weights: never[] }[]; signature: object };
  const weightData = Uint8Array.from(files[1]!.bytes).buffer;
  const model = await tf.loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]!.weights, weightData, ...(signature && { signature }) }));
  const given = tf.tidy(() => {
    const result = model.execute(tf.tensor(Array.from(inputs.values), inputs.shape), output) as ReturnType<typeof tf.tensor>;
    return { values: Float32Array.from(result.dataSync()), shape: result.shape };
  });
  model.dispose();
  return given;
}

/** A network of MobileNetV2's form: fused and plain convolutions, depthwise ones with their normalization behind them, residues. */
export function mobileGraph({ size = 32, widths = [8, 12, 16], blocks = 2 } = {}): Graph {
  const graph = new Graph();
  const folder = 'StatefulPartitionedCall/mobile';
  let x = graph.fusedConvolution(`${folder}/stem/Relu6`, graph.input('picture', size, size, 3), [3, 3, 3, 8], { stride: 2 });
  let channels = 8;
  for (const [stage, width] of widths.entries()) {
    for (let block = 0; block < blocks; block += 1) {
      const name = `${folder}/block_${stage}_${block}`;
      const before = x;
      x = graph.fusedConvolution(`${name}/expand/Relu6`, x, [1, 1, channels, channels * 3]);
      const depthwise = graph.drawn(`${name}/depthwise/weights`, [3, 3, channels * 3, 1]);
      x = graph.node('DepthwiseConv2dNative', `${name}/depthwise`, [x, depthwise], window('SAME', block === 0 ? 2 : 1));
      x = graph.node('Mul', `${name}/bn/mul`, [x, graph.drawn(`${name}/bn/scale`, [channels * 3], { middle: 1, spread: 0.3 })]);
      x = graph.node('AddV2', `${name}/bn/add`, [x, graph.drawn(`${name}/bn/offset`, [channels * 3], { spread: 0.2 })]);
      x = graph.node('Relu6', `${name}/relu`, [x]);
      x = graph.fusedConvolution(`${name}/project`, x, [1, 1, channels * 3, width], { activation: '' });
      if (block > 0) x = graph.node('AddN', `${name}/sum`, [before, x], { N: attr.integer(2) });
      channels = width;
    }
  }
  x = graph.node('Mean', `${folder}/pool/Mean`, [x, graph.integers(`${folder}/pool/axes`, [2], [1, 2])], { keep_dims: attr.flag(false) });
  const inputs = [x, graph.drawn(`${folder}/logits/weights`, [channels, 10]), graph.drawn(`${folder}/logits/bias`, [10])];
  x = graph.node('_FusedMatMul', `${folder}/logits/BiasAdd`, inputs, { fused_ops: attr.texts('BiasAdd'), num_args: attr.integer(1), transpose_a: attr.flag(false), transpose_b: attr.flag(false) });
  graph.node('Identity', 'Identity', [graph.node('Softmax', `${folder}/Softmax`, [x])]);
  return graph;
}
