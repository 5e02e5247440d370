// The model file of a network: TensorFlow.js loads it, each weight in its layer, and computes the same.
import { describe, expect, it } from '@jest/globals';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow, type Tensor } from '#engine/native.js';
import { weightsOf } from '#models/architecture.js';
import { MODEL_FILE, writeBundle } from '#models/bundle.js';
import { kerasTopology } from '#models/keras-topology.js';
import { requestedArchitecture } from '#models/requested.js';
import { cnn, everyTestFreesItsTensors, largestDifference, mlp, network, residual, softmaxOver } from '../support/networks.js';
import { temporaryFolder } from '../support/store.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const written = async (architecture: ReturnType<typeof network>): Promise<{ file: string; weights: ReadonlyMap<string, Float32Array> }> => {
  const folder = await temporaryFolder();
  const weights = freshWeights(architecture, 5);
  await writeBundle(folder, {
    architecture,
    weights,
    labels: [],
    preprocessing: { input: { shape: architecture.input_shape, dtype: 'uint8' }, steps: [] },
    golden: { inputs: [], input_shape: [], outputs: [], tolerance: 0 },
    metrics: {},
    report: {},
    run: {},
  });
  return { file: `file://${folder}/${MODEL_FILE}`, weights };
};

const recurrent = network([6, 3], [
  { class_name: 'LSTM', config: { units: 4, return_sequences: true } },
  { class_name: 'GRU', config: { units: 3 } },
  { class_name: 'Dense', config: { units: 2, activation: 'softmax' } },
]);
const NETWORKS = [
  ['a chain', cnn(), 'Sequential'],
  ['a residual block', residual(), 'Model'],
  ['recurrent layers', recurrent, 'Sequential'],
  ['a MobileNetV2', requestedArchitecture({ architecture: 'mobilenet_v2', width: 0.35 }, [32, 32, 3], softmaxOver(4)), 'Model'],
  ['a network for tables', requestedArchitecture({ architecture: 'tabular', width: 6, residual_dropout: 0.1 }, [9], softmaxOver(3)), 'Model'],
] as const;

describe('a model file', () => {
  it.each(NETWORKS)('of %s is loaded by TensorFlow.js with each weight in the layer of its name', async (_, architecture, form) => {
    expect(kerasTopology(architecture).class_name).toBe(form);
    const { file, weights } = await written(architecture);
    const model = await tf.loadLayersModel(file);
    const names = model.layers.map(({ name }) => name).filter((name) => name !== 'input');
    expect(names.sort()).toEqual(architecture.layers.map(({ name }) => name).sort());
    for (const { path, layer, name, shape } of weightsOf(architecture)) {
      const held = model.getLayer(layer);
      const at = held.weights.findIndex(({ originalName }) => originalName === path);
      expect([path, held.weights[at]!.shape, name]).toEqual([path, shape, path.split('/')[1]]);
      expect(tf.tidy(() => held.getWeights()[at]!.dataSync())).toEqual(weights.get(path));
    }
    model.dispose();
  });

  it('of a residual block computes the sum of both ways', async () => {
    const architecture = network([3], [
      { class_name: 'Dense', name: 'a', config: { units: 2 } },
      { class_name: 'Dense', name: 'b', config: { units: 2 } },
      { class_name: 'Add', name: 'sum', inputs: ['a', 'b'] },
      { class_name: 'Multiply', name: 'end', inputs: ['sum', 'a'] },
    ]);
    const { file, weights } = await written(architecture);
    const times = (row: number[], kernel: Float32Array): number[] =>
      [0, 1].map((column) => row.reduce((sum, value, at) => sum + value * kernel[2 * at + column]!, 0));
    const a = times([1, -2, 3], weights.get('a/kernel')!);
    const b = times(a, weights.get('b/kernel')!);
    const model = await tf.loadLayersModel(file);
    const output = tf.tidy(() => (model.predict(tf.tensor2d([[1, -2, 3]])) as Tensor).dataSync());
    model.dispose();
    expect(largestDifference(output, a.map((value, at) => (value + b[at]!) * value))).toBeLessThan(1e-6);
  });

  it('writes a chain as it always was, without naming inputs', () => {
    const topology = kerasTopology(mlp());
    expect(topology.config.layers.map((layer) => Object.keys(layer).sort())).toEqual(Array(3).fill(['class_name', 'config']));
    expect(topology.config.layers[0]!.config.batch_input_shape).toEqual([null, 4, 4, 1]);
  });
});
