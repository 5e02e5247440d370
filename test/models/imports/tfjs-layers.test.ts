// TensorFlow.js Layers models: what tfjs saves is read without tfjs, and gives what tfjs gives. What is wrong with one is said by name.
import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import type { NamedBytes } from '../../support/idx.js';
import { changed, drawWeights, json, readFiles, tfjsFiles, type TfjsModel } from '../../support/model-files.js';
import { failureOfPromise, largestDifference } from '../../support/networks.js';
import { zipOf } from '../../support/numpy.js';
import { startProgram } from '../../support/program.js';
import { temporaryFolder } from '../../support/store.js';

const { tf } = loadTensorFlow();
const { layers } = tf;

/** Gives the files of a model to the reader and compares what both say of the same inputs. */
async function expectSame(model: TfjsModel, files: readonly NamedBytes[], tolerance = 1e-5): Promise<void> {
  const { architecture, weights } = await readFiles(files);
  const network = await buildNetwork(tf, architecture, weights);
  const inputs = tf.randomUniform([3, ...architecture.input_shape], 0, 1, 'float32', 7);
  const [ours, theirs] = [network.apply(inputs, false), model.predict(inputs) as Tensor];
  expect(ours.shape).toEqual(theirs.shape);
  expect(largestDifference(ours.dataSync(), theirs.dataSync())).toBeLessThanOrEqual(tolerance);
  network.dispose();
  tf.dispose([inputs, ours, theirs]);
}

/** conv, normalize, add, pool, dense: a network that branches. */
function branching(): TfjsModel {
  const input = tf.input({ shape: [8, 8, 3], name: 'picture' });
  const stem = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'stem' }).apply(input) as tfSymbol;
  const normalized = layers.batchNormalization({ name: 'bn' }).apply(stem) as tfSymbol;
  const limited = layers.reLU({ maxValue: 6, name: 'relu' }).apply(normalized) as tfSymbol;
  const sum = layers.add({ name: 'sum' }).apply([stem, limited]) as tfSymbol;
  const pooled = layers.globalAveragePooling2d({ name: 'pool' }).apply(sum) as tfSymbol;
  const model = tf.model({ inputs: input, outputs: layers.dense({ units: 3, activation: 'softmax', name: 'head' }).apply(pooled) as tfSymbol });
  drawWeights(tf, model);
  return model;
}
type tfSymbol = ReturnType<typeof tf.input>;

/** A Sequential of two Sequentials, the first with a Model in it, as Teachable Machine exports. */
function teachable(): TfjsModel {
  const trunk = tf.sequential({ name: 'sequential_1', layers: [branchingTrunk(), layers.globalAveragePooling2d({ name: 'global_average_pooling2d_GlobalAveragePooling2D1' })] });
  const head = tf.sequential({
    name: 'sequential_3',
    layers: [layers.dense({ units: 5, activation: 'relu', inputShape: [4], name: 'dense_Dense1' }), layers.dense({ units: 2, activation: 'softmax', useBias: false, name: 'dense_Dense2' })],
  });
  const model = tf.sequential({ name: 'sequential_4', layers: [trunk, head] });
  drawWeights(tf, model);
  return model;
}
function branchingTrunk(): TfjsModel {
  const input = tf.input({ shape: [8, 8, 3], name: 'input_1' });
  const stem = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'Conv1' }).apply(input) as tfSymbol;
  const depthwise = layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', name: 'dw' }).apply(stem) as tfSymbol;
  return tf.model({ name: 'model1', inputs: input, outputs: layers.add({ name: 'sum' }).apply([stem, depthwise]) as tfSymbol });
}

const METADATA = { packageName: '@teachablemachine/image', labels: ['cat', 'dog'], imageSize: 8 };

describe('A TensorFlow.js Layers model', () => {
  it('gives what tfjs gives where it branches', async () => {
    const model = branching();
    const files = await tfjsFiles(tf, model);
    await expectSame(model, files);
    const { architecture, format } = await readFiles(files);
    expect(format).toBe('tfjs_layers');
    expect(architecture.layers.map(({ name }) => name)).toEqual(['stem', 'bn', 'relu', 'sum', 'pool', 'head']);
    model.dispose();
  });

  it('is read in any order of files, and from an archive, in a folder or not', async () => {
    const model = branching();
    const files = await tfjsFiles(tf, model);
    await expectSame(model, [...files].reverse());
    await expectSame(model, [{ name: 'model.zip', bytes: zipOf(files) }]);
    await expectSame(model, [{ name: 'model.zip', bytes: zipOf(files.map((file) => ({ ...file, name: `mine/tfjs/${file.name}`, method: 8 }))) }]);
    model.dispose();
  });

  it('may hold networks within networks, as Teachable Machine exports them, with labels and range of pixels', async () => {
    const model = teachable();
    const files = await tfjsFiles(tf, model);
    await expectSame(model, files);
    const { architecture, weights, labels, preprocessing } = await readFiles([...files, json('metadata.json', METADATA)]);
    expect(labels).toEqual(['cat', 'dog']);
    expect(preprocessing).toEqual({ input: { shape: [8, 8, 3], dtype: 'uint8' }, steps: [{ divide_by: 255 }] });
    const network = await buildNetwork(tf, architecture, weights);
    const pixels = tf.randomUniform([2, 8, 8, 3], 0, 255, 'float32', 3);
    const [ours, theirs] = tf.tidy(() => [network.apply(tf.div(pixels, 255), false), model.predict(tf.sub(tf.div(pixels, 127), 1)) as Tensor] as const);
    expect(largestDifference(ours.dataSync(), theirs.dataSync())).toBeLessThanOrEqual(1e-5);
    network.dispose();
    tf.dispose([pixels, ours, theirs]);
    model.dispose();
  });

  it('keeps the layers of a sequence, with its cells', async () => {
    const model = tf.sequential({
      layers: [
        layers.embedding({ inputDim: 20, outputDim: 6, inputLength: 5 }),
        layers.conv1d({ filters: 4, kernelSize: 2, padding: 'same' }),
        layers.lstm({ units: 3, returnSequences: true, recurrentActivation: 'sigmoid' }),
        layers.gru({ units: 3, recurrentActivation: 'sigmoid' }),
        layers.dense({ units: 2 }),
      ],
    });
    drawWeights(tf, model);
    const { architecture, weights } = await readFiles(await tfjsFiles(tf, model));
    const network = await buildNetwork(tf, architecture, weights);
    const inputs = tf.tensor([[1, 2, 3, 19, 0]]);
    const [ours, theirs] = [network.apply(inputs, false), model.predict(inputs) as Tensor];
    expect(largestDifference(ours.dataSync(), theirs.dataSync())).toBeLessThanOrEqual(1e-5);
    network.dispose();
    tf.dispose([inputs, ours, theirs]);
    model.dispose();
  });

  it.each([['uint8', 2 ** 8 - 1, 5e-3], ['uint16', 2 ** 16 - 1, 5e-5]] as const)('may be quantised to %s', async (dtype, most, tolerance) => {
    const model = branching();
    const files = await tfjsFiles(tf, model);
    await expectSame(model, quantised(files, dtype, most), tolerance);
    model.dispose();
  });

  it('may be quantised to half precision', async () => {
    const model = branching();
    await expectSame(model, halved(await tfjsFiles(tf, model)), 2e-3);
    model.dispose();
  });
});

describe('What a network tells of an example', () => {
  const network = (units: number, activation: 'softmax' | 'linear' | 'sigmoid') => async (): Promise<NamedBytes[]> => {
    const model = tf.sequential({ layers: [layers.dense({ units, activation, inputShape: [4], name: 'out' })] });
    drawWeights(tf, model);
    const saved = await tfjsFiles(tf, model);
    model.dispose();
    return saved;
  };

  it('is values where its last layer is linear and nothing is named, unless it is said', async () => {
    const linear = await network(3, 'linear')();
    expect(await readFiles(linear)).toMatchObject({ task: 'regression', labels: [] });
    expect(await readFiles(linear, { labels: ['a', 'b', 'c'] })).toMatchObject({ task: 'classification', labels: ['a', 'b', 'c'] });
    expect(await readFiles(linear, { labels: ['a', 'b', 'c'], task: 'regression' })).toMatchObject({ task: 'regression', labels: ['a', 'b', 'c'] });
    expect(await readFiles(await network(3, 'softmax')())).toMatchObject({ task: 'classification' });
    expect(await readFiles(await network(1, 'sigmoid')(), { task: 'regression' })).toMatchObject({ task: 'regression' });
  });

  it('has a name for each value; one probability is of two classes', async () => {
    const one = await network(1, 'sigmoid')();
    expect(await readFiles(one, { labels: ['no', 'yes'] })).toMatchObject({ labels: ['no', 'yes'] });
    const { code } = await failureOfPromise(readFiles(one, { labels: ['no', 'yes'], task: 'regression' }));
    expect(code).toBe('INVALID_VALUE');
  });
});

interface Manifest {
  modelTopology: { model_config?: { config: { layers: Layer[] } }; config: { layers: Layer[]; output_layers: unknown[]; input_layers: unknown[] } };
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string; quantization?: object }[] }[];
}
interface Layer {
  class_name: string;
  name: string;
  config: Record<string, unknown>;
  inbound_nodes: unknown[][][];
}

/** Each weight by its own scale and smallest value, as the converter does it. */
function quantised(files: readonly NamedBytes[], dtype: 'uint8' | 'uint16', most: number): NamedBytes[] {
  const values = new Float32Array(Uint8Array.from(files[1]!.bytes).buffer);
  const packed: number[] = [];
  const described = changed(files, (model: Manifest) => {
    let at = 0;
    for (const weight of model.weightsManifest[0]!.weights) {
      const size = weight.shape.reduce((product, each) => product * each, 1);
      const part = values.subarray(at, (at += size));
      const min = Math.min(...part);
      const scale = (Math.max(...part) - min) / most || 1;
      weight.quantization = { dtype, scale, min, original_dtype: 'float32' };
      packed.push(...part.map((value) => Math.round((value - min) / scale)));
    }
  });
  const bytes = dtype === 'uint8' ? Uint8Array.from(packed) : new Uint8Array(Uint16Array.from(packed).buffer);
  return [described[0]!, { name: 'weights.bin', bytes }];
}

function halved(files: readonly NamedBytes[]): NamedBytes[] {
  const values = new Float32Array(Uint8Array.from(files[1]!.bytes).buffer);
  const described = changed(files, (model: Manifest) => {
    for (const weight of model.weightsManifest[0]!.weights) weight.quantization = { dtype: 'float16', original_dtype: 'float32' };
  });
  return [described[0]!, { name: 'weights.bin', bytes: new Uint8Array(Uint16Array.from(values, toHalf).buffer) }];
}

/** Of a number between 2^-14 and 65504 in size, or 0, cut off. */
function toHalf(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  return exponent <= 0 ? (bits >>> 16) & 0x8000 : ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

describe('A model that is wrong', () => {
  const files = async (): Promise<NamedBytes[]> => {
    const model = branching();
    const saved = await tfjsFiles(tf, model);
    model.dispose();
    return saved;
  };
  const failure = async (broken: readonly NamedBytes[]) => {
    const { code, message } = await failureOfPromise(readFiles(broken));
    return `${code}: ${message}`;
  };
  /** Read in a process of its own: this one may have memory of other tests to clear away meanwhile. Others may use the processor too. */
  const measured = async (sent: readonly NamedBytes[]) => {
    const folder = await temporaryFolder();
    for (const { name, bytes } of sent) await writeFile(join(folder, name), bytes);
    const program = startProgram(new URL('read-measured.ts', import.meta.url), [folder, ...sent.map(({ name }) => name)]);
    const told = await program.next<{ answer: string; processorSeconds: number }>();
    await program.end('SIGKILL');
    return told;
  };
  const broken = async (change: (model: Manifest) => void) => failure(changed(await files(), change));
  const weights = (change: (specs: Manifest['weightsManifest'][0]['weights']) => void) => broken((model) => change(model.weightsManifest[0]!.weights));
  const layersOf = (change: (list: Layer[]) => void) => broken((model) => change(model.modelTopology.config.layers));

  it.each(['../../etc/passwd', '/etc/passwd', 'https://example.org/shard.bin', 'a\\b', ''])('is refused where its shard lies at "%s" (B36)', async (path) => {
    expect(await broken((model) => void (model.weightsManifest[0]!.paths = [path]))).toMatch(/^UNSAFE_PATH/);
  });

  it('is refused where it names ten thousand shards, or one twice, or one that was not sent (B36)', async () => {
    expect(await broken((model) => void (model.weightsManifest[0]!.paths = Array.from({ length: 10_000 }, (_, at) => `s${at}`)))).toMatch(/^MODEL_CORRUPT/);
    expect(await broken((model) => void model.weightsManifest[0]!.paths.push('weights.bin'))).toContain('twice');
    expect(await broken((model) => void (model.weightsManifest[0]!.paths = ['other.bin']))).toContain('was not sent');
    expect(await weights((specs) => void (specs[0]!.name = specs[1]!.name))).toContain('two weights are named');
  });

  it('is refused where bytes and shapes differ, before a byte is read (B37)', async () => {
    expect(await failure((await files()).map((file) => (file.name === 'weights.bin' ? { ...file, bytes: file.bytes.subarray(4) } : file)))).toContain('its shards hold');
    expect(await weights((specs) => void (specs[0]!.shape = [-1, 3]))).toContain('no shape');
    expect(await weights((specs) => void (specs[0]!.shape = [2 ** 40, 2 ** 40]))).toContain('too large');
    expect(await weights((specs) => void (specs[0]!.shape = [2 ** 30]))).toContain('its shards hold');
    expect(await weights((specs) => void (specs[0]!.dtype = 'complex64'))).toContain('of the type complex64');
    expect(await weights((specs) => void (specs[0]!.quantization = { dtype: 'int4' }))).toContain('quantised');
    expect(await weights((specs) => void specs[0]!.shape.reverse())).toContain('its layer holds');
    expect(await weights((specs) => void (specs[0]!.name = 'other/kernel'))).toContain('is not there');
  });

  it('is refused where a weight is no finite number (B37)', async () => {
    const saved = await files();
    const bytes = Buffer.from(saved[1]!.bytes);
    bytes.writeFloatLE(NaN, 8);
    expect(await failure([saved[0]!, { name: 'weights.bin', bytes }])).toContain('no finite number');
  });

  it.each(['Lambda', 'toString', 'constructor', '__proto__', 'hasOwnProperty', 'MyLayer', 'TFOpLambda'])('is refused where a layer is of the class %s (B38)', async (className) => {
    expect(await layersOf((list) => void (list[2]!.class_name = className))).toMatch(new RegExp(`^LAYER_NOT_ALLOWED.*"${className}"`));
  });

  it('is refused for a setting that would be lost', async () => {
    expect(await layersOf((list) => void (list[1]!.config.dilation_rate = [2, 2]))).toContain('(Conv2D) has dilation_rate [2,2]');
    expect(await layersOf((list) => void (list[1]!.config.groups = 2))).toContain('has groups 2');
    expect(await layersOf((list) => void (list[1]!.config.data_format = 'channels_first'))).toContain('channels_first');
    expect(await layersOf((list) => void (list[1]!.config.activation = 'mish'))).toContain('mish');
    expect(await layersOf((list) => void (list[2]!.config.axis = 1))).toContain('axis 1');
  });

  it('is refused where its layers form a circle, lead nowhere or are called twice (B39)', async () => {
    expect(await layersOf((list) => void (list[2]!.inbound_nodes = [[['relu', 0, 0, {}]]] as never))).toContain('circle');
    expect(await layersOf((list) => void list.splice(3, 0, { ...list[2]!, name: 'loose' }))).toMatch(/^LAYER_UNUSED/);
    expect(await layersOf((list) => void list[1]!.inbound_nodes.push(list[1]!.inbound_nodes[0]!))).toContain('called 2 times');
    expect(await layersOf((list) => void (list[2]!.inbound_nodes = [[['nobody', 0, 0, {}]]] as never))).toContain('that there is not');
    expect(await broken((model) => model.modelTopology.config.output_layers.push(['bn', 0, 0]))).toContain('2 outputs');
  });

  const sequential = (...list: object[]): NamedBytes[] => [json('model.json', { modelTopology: { class_name: 'Sequential', config: { name: 's', layers: list } }, weightsManifest: [] })];
  const layer = (className: string, config: object) => ({ class_name: className, config: { name: className.toLowerCase(), ...config } });

  it.each<[string, object[]]>([
    ['an input', [layer('GlobalAveragePooling2D', { batch_input_shape: [null, 2 ** 20, 2 ** 20, 3] })]],
    ['as many channels as numbers are made for', [layer('Normalization', { batch_input_shape: [null, 2, 2, 2 ** 31], axis: -1, mean: [0], variance: [1] })]],
    ['what a layer between makes of it', [
      ...[1, 2, 3].map((at) => layer('UpSampling2D', { name: `up${at}`, batch_input_shape: [null, 64, 64, 3], size: [16, 16] })),
      layer('GlobalAveragePooling2D', {}),
    ]],
  ])('is refused before anything is made in that size: %s (B37)', async (_what, list) => {
    const before = process.cpuUsage();
    expect(await failure(sequential(...list))).toMatch(/^MODEL_TOO_LARGE/);
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(1);
  });

  it('is refused where a layer would hold more than there can be, and where it gives nothing (B37)', async () => {
    expect(await failure(sequential(layer('Dense', { batch_input_shape: [null, 2 ** 16], units: 2 ** 16 })))).toMatch(/^MODEL_(?:CORRUPT|NOT_SUPPORTED|TOO_LARGE)/);
    expect(await failure(sequential(layer('MaxPooling2D', { batch_input_shape: [null, 2, 2, 3], pool_size: [4, 4], strides: [4, 4], padding: 'valid' })))).toMatch(/^SHAPE_MISMATCH/);
    expect(await failure(sequential(layer('ReLU', { batch_input_shape: [null, -1] })))).toMatch(/^MODEL_CORRUPT/);
    expect(await failure(sequential(layer('ReLU', {})))).toMatch(/^MODEL_NOT_SUPPORTED.*send input_shape/);
  });

  it('is refused where its brackets lie deeper than any network does', async () => {
    let nested: unknown = 1;
    for (let depth = 0; depth < 300; depth += 1) nested = [nested];
    expect(await layersOf((list) => void (list[1]!.config.activation = nested))).toMatch(/^MODEL_CORRUPT.*nested more than 256 deep/);
    const million = Buffer.from(`{"modelTopology": ${'['.repeat(2 ** 20)}`);
    expect(await failure([{ name: 'model.json', bytes: million }])).toMatch(/^MODEL_CORRUPT.*nested/);
    // Not those in a text, nor a quotation mark that is part of one.
    expect(await layersOf((list) => void (list[1]!.config.activation = `\\"${'['.repeat(1000)}`))).toMatch(/^MODEL_NOT_SUPPORTED.*activation/);
  });

  it.each([
    [{ module: 'mine.layers' }, 'mine.layers.Conv2D'],
    [{ module: '__main__', registered_name: 'Conv2D' }, '__main__.Conv2D'],
    [{ module: null, registered_name: 'mine>Conv2D' }, 'mine>Conv2D'],
    [{ module: 'keras_hub.layers' }, 'keras_hub.layers.Conv2D'],
  ])('is refused for a class of its maker’s own that is called like one of Keras: %j (B38)', async (told, shown) => {
    expect(await layersOf((list) => void Object.assign(list[1]!, told))).toBe(`LAYER_NOT_ALLOWED: Layer "stem" is of the class "${shown}", which is not among those that run here.`);
  });

  it('may say that its classes are Keras’s', async () => {
    const told = changed(await files(), (model: Manifest) => void model.modelTopology.config.layers.forEach((each) => Object.assign(each, { module: 'keras.layers', registered_name: null })));
    expect((await readFiles(told)).architecture.layers).toHaveLength(6);
  });

  it('of a hundred thousand layers, or many networks deep, is refused within a second (B39)', async () => {
    const saved = await files();
    const many = Array.from({ length: 100_000 }, (_, at) => ({ class_name: 'ReLU', name: `l${at}`, config: {}, inbound_nodes: [[[`l${at - 1}`, 0, 0, {}]]] }));
    const wide = changed(saved, ((model: Manifest) => void model.modelTopology.config.layers.push(...many)));
    let nested: object = { class_name: 'Sequential', config: { name: 'deep', layers: [] } };
    for (let depth = 0; depth < 40; depth += 1) nested = { class_name: 'Sequential', config: { name: `n${depth}`, layers: [nested] } };
    const deep = changed(saved, ((model: Manifest) => void (model.modelTopology = nested as never)));

    for (const [sent, why] of [[wide, /^MODEL_NOT_SUPPORTED.*at most 400/], [deep, /^MODEL_NOT_SUPPORTED.*deep/]] as const) {
      const { answer, processorSeconds } = await measured(sent);
      expect(answer).toMatch(why);
      expect(processorSeconds).toBeLessThan(1);
    }
  });

  it('is refused where it is no Layers model, or no JSON', async () => {
    expect(await broken((model) => void (model.modelTopology = { node: [] } as never))).toMatch(/^MODEL_CORRUPT.*nothing in its graph is an output/);
    expect(await failure([{ name: 'model.json', bytes: Buffer.from('{"a"') }])).toContain('no JSON');
    expect(await failure([json('model.json', {})])).toMatch(/^MODEL_FORMAT/);
    expect(await failure([json('model.json', { modelTopology: { class_name: 'Sequential', config: [] }, weightsManifest: [] })])).toContain('no layers');
    expect(await failure([json('model.json', { modelTopology: { class_name: 'MyModel', config: {} }, weightsManifest: [] })])).toMatch(/^LAYER_NOT_ALLOWED/);
  });
});
