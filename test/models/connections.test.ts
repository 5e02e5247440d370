// Networks that branch and merge: who takes whose output, what is refused, what is counted.
import { describe, expect, it } from '@jest/globals';
import type { LayerSpec } from '#contract/layers.js';
import { divide, flopsPerExample, nameLayers, outputShape, trace, upTo, weightsOf } from '#models/architecture.js';
import { connected, inputsOf, isChain } from '#models/connections.js';
import { requestedArchitecture } from '#models/requested.js';
import { cnn, dense, failureOf, network, residual, softmaxOver } from '../support/networks.js';

const conv = (name: string, inputs?: string[]): LayerSpec => ({ class_name: 'Conv2D', name, ...(inputs && { inputs }), config: { filters: 3, kernel_size: 1 } });
const add = (name: string, ...inputs: string[]): LayerSpec => ({ class_name: 'Add', name, inputs });
const asked = (...layers: LayerSpec[]) => requestedArchitecture({ layers }, [4, 4, 3], softmaxOver(2));

describe('the inputs of a layer', () => {
  it('are the layer before where nothing is said, and the network’s input for the first', () => {
    expect(inputsOf(cnn().layers).map(([name]) => name)).toEqual(['input', ...cnn().layers.slice(0, -1).map(({ name }) => name)]);
    expect(isChain(cnn())).toBe(true);
  });

  it('are written down only where they are not the layer before', () => {
    const { layers } = asked(conv('a', ['input']), conv('b', ['a']), conv('c', ['a']), add('d', 'b', 'c'));
    expect(layers.map(({ inputs }) => inputs)).toEqual([undefined, undefined, ['a'], ['b', 'c']]);
    expect(inputsOf(layers)).toEqual([['input'], ['a'], ['a'], ['b', 'c']]);
  });

  it('stay the same when they are written down again', () => {
    const { layers } = residual();
    expect(connected(layers, inputsOf(layers))).toEqual(layers);
    expect(isChain(residual())).toBe(false);
  });

  it('are followed one by one', () => {
    const traced = trace(asked(conv('a'), { class_name: 'Concatenate', name: 'b', inputs: ['a', 'input', 'a'] }));
    expect(traced[1]).toMatchObject({ from: ['a', 'input', 'a'], inputs: [[4, 4, 3], [4, 4, 3], [4, 4, 3]], output: [4, 4, 9] });
  });

  it.each<[string, LayerSpec[], string, string, string]>([
    ['a name that is not there', [conv('a'), conv('b', ['x'])], 'LAYER_INPUT_UNKNOWN', '/model/layers/1/inputs/0', 'Layer "b" cannot take "x": what comes before it is input, a.'],
    ['a later layer', [conv('a'), add('b', 'a', 'c'), conv('c')], 'LAYER_INPUT_UNKNOWN', '/model/layers/1/inputs/1', 'Layer "b" cannot take "c": what comes before it is input, a.'],
    ['itself', [conv('a', ['a'])], 'LAYER_INPUT_UNKNOWN', '/model/layers/0/inputs/0', 'Layer "a" cannot take "a": what comes before it is input.'],
    ['two inputs of a convolution', [conv('a'), conv('b', ['a', 'input'])], 'LAYER_INPUT_COUNT', '/model/layers/1/inputs', 'Layer "b" (Conv2D) takes one input and is given 2.'],
    ['one input of a merge', [conv('a'), add('b', 'a')], 'LAYER_INPUT_COUNT', '/model/layers/1/inputs', 'Layer "b" (Add) takes two inputs or more and is given 1.'],
    ['a merge that names no inputs', [conv('a'), { class_name: 'Add', name: 'b' }], 'LAYER_INPUT_COUNT', '/model/layers/1', 'Layer "b" (Add) takes two inputs or more and is given 1.'],
    ['an output that nobody takes', [conv('a'), conv('b', ['input']), conv('c')], 'LAYER_UNUSED', '/model/layers/0', 'Nothing takes the output of layer "a"; only the last layer may be an end.'],
    ['shapes that do not merge', [{ class_name: 'MaxPooling2D', name: 'a' }, add('b', 'a', 'input')], 'SHAPE_MISMATCH', '/model/layers/1', 'Layer "b" does not fit: it takes inputs of one shape, or of size 1 along an axis and is given [2, 2, 3] and [4, 4, 3].'],
    ['the name of the input', [conv('input')], 'INVALID_VALUE', '/model/layers/0/name', 'The value must be another name than "input", which means what the network is given.'],
  ])('may not be %s', (_, layers, code, pointer, message) => {
    expect(failureOf(() => asked(...layers))).toMatchObject({ code, pointer, message });
  });
});

describe('the operations of an example', () => {
  const flops = (shape: number[], layer: LayerSpec): number => flopsPerExample(network(shape, [layer]));

  it.each<[string, number[], LayerSpec, number]>([
    ['a depthwise convolution: its window at each position and channel', [6, 5, 4], { class_name: 'DepthwiseConv2D', config: { kernel_size: 3, depth_multiplier: 2 } }, 2 * (4 * 3) * (3 * 3 * 4 * 2)],
    ['a separable one: both kernels at each position', [6, 5, 4], { class_name: 'SeparableConv2D', config: { filters: 7, kernel_size: 3 } }, 2 * (4 * 3) * (3 * 3 * 4 + 4 * 7)],
    ['a transposed one: its kernel at each position of the input', [6, 5, 4], { class_name: 'Conv2DTranspose', config: { filters: 7, kernel_size: 3, strides: 2 } }, 2 * (6 * 5) * (3 * 3 * 7 * 4)],
    ['a sequence’s: its kernel at each step', [9, 4], { class_name: 'Conv1D', config: { filters: 7, kernel_size: 3 } }, 2 * 7 * (3 * 4 * 7)],
    ['a recurrence: both kernels at each step', [9, 4], { class_name: 'LSTM', config: { units: 5 } }, 2 * 9 * (4 * 20 + 5 * 20)],
    ['an embedding: none, it looks up', [9], { class_name: 'Embedding', config: { input_dim: 50, output_dim: 8 } }, 0],
    ['a normalization: none that count', [6, 5, 4], { class_name: 'BatchNormalization' }, 0],
  ])('of %s', (_, shape, layer, expected) => {
    expect(flops(shape, layer)).toBe(expected);
  });
});

describe('dividing a network that branches', () => {
  it.each(['conv2d_1', 'add_1', 'global_average_pooling2d_1'])('at %s gives two networks that together are the whole', (name) => {
    const whole = residual();
    const { trunk, rest } = divide(whole, name);
    expect([...trunk.layers, ...rest.layers].map((layer) => layer.name)).toEqual(whole.layers.map((layer) => layer.name));
    expect(rest.input_shape).toEqual(outputShape(trunk));
    expect([...trace(trunk), ...trace(rest)].map(({ output }) => output)).toEqual(trace(whole).map(({ output }) => output));
    expect([...weightsOf(trunk), ...weightsOf(rest)]).toEqual(weightsOf(whole));
  });

  it('gives the rest the cut’s output wherever it took the cut', () => {
    const { rest } = divide(residual(), 'conv2d_1');
    expect(rest.layers.find(({ class_name: name }) => name === 'Add')!.inputs).toEqual(['input', 'batch_normalization_2']);
  });

  it.each(['batch_normalization_1', 're_lu_1', 'conv2d_2'])('is refused at %s, inside the block, naming what reaches across', (name) => {
    expect(failureOf(() => divide(residual(), name))).toMatchObject({
      code: 'CUT_CROSSED',
      message: `The network cannot be cut after "${name}": of what follows, add_1 also needs layers before it.`,
    });
  });
});

describe('a network up to a layer', () => {
  it('is all layers before it in a chain', () => {
    for (const [index, { name }] of cnn().layers.entries()) expect(upTo(cnn(), name).layers).toEqual(cnn().layers.slice(0, index + 1));
  });

  it('leaves out a branch that the layer does not need', () => {
    const forked = { input_shape: [4, 4, 3], layers: nameLayers([conv('a'), conv('b', ['input']), conv('c'), add('d', 'a', 'c'), { class_name: 'Flatten' }, dense(2)]) };
    expect(upTo(forked, 'c').layers.map(({ name, inputs }) => [name, inputs])).toEqual([['b', undefined], ['c', undefined]]);
    expect(upTo(forked, 'd').layers).toEqual(forked.layers.slice(0, 4));
    expect(failureOf(() => upTo(forked, 'x', '/transfer/cut'))).toMatchObject({ code: 'LAYER_UNKNOWN', pointer: '/transfer/cut' });
  });
});
