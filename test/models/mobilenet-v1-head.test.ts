// The head of MobileNet V1 as Keras and the TensorFlow.js bundles have it: a convolution over one pixel, with its softmax before or after the last Reshape.
import { describe, expect, it } from '@jest/globals';
import type { Architecture, LayerSpec } from '#contract/layers.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { trainRun } from '#engine/train-run.js';
import { outputShape } from '#models/architecture.js';
import { asTrained, finalActivation, fittedTo, headOf } from '#models/output-layer.js';
import { planTransfer } from '#transfer/registry.js';
import { baseModel, classNames, dataset, everyTestFreesItsTensors, failureOf, fineTune, network, specOf, stripesData } from '../support/networks.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);
const CE = 'sparse_categorical_crossentropy';

const softmax: LayerSpec = { class_name: 'Activation', name: 'act_softmax', config: { activation: 'softmax' } };
const reshaped = (classes: number): LayerSpec => ({ class_name: 'Reshape', name: 'reshape_2', config: { target_shape: [classes] } });
function mobilenetV1(end: (classes: number) => LayerSpec[], classes = 20): Architecture {
  return network([8, 8, 1], [
    { class_name: 'Conv2D', name: 'conv1', config: { filters: 4, kernel_size: 3, strides: 2, padding: 'same', use_bias: false } },
    { class_name: 'BatchNormalization', name: 'conv1_bn' },
    { class_name: 'ReLU', name: 'conv1_relu', config: { max_value: 6 } },
    { class_name: 'DepthwiseConv2D', name: 'conv_dw_1', config: { kernel_size: 3, padding: 'same', use_bias: false } },
    { class_name: 'Conv2D', name: 'conv_pw_1', config: { filters: 6, kernel_size: 1, use_bias: false, activation: 'relu6' } },
    { class_name: 'GlobalAveragePooling2D', name: 'global_average_pooling2d_1' },
    { class_name: 'Reshape', name: 'reshape_1', config: { target_shape: [1, 1, 6] } },
    { class_name: 'Dropout', name: 'dropout', config: { rate: 0.001 } },
    { class_name: 'Conv2D', name: 'conv_preds', config: { filters: classes, kernel_size: 1, padding: 'same' } },
    ...end(classes),
  ]);
}
const ENDS: [string, (classes: number) => LayerSpec[]][] = [
  ['with its softmax before the Reshape', (classes) => [softmax, reshaped(classes)]],
  ['with its softmax behind the Reshape', (classes) => [reshaped(classes), softmax]],
];

describe.each(ENDS)('MobileNet V1 %s', (_, end) => {
  it('ends in a convolution over the classes, whose softmax is seen', () => {
    const base = mobilenetV1(end);
    expect([headOf(base), finalActivation(base), outputShape(base)]).toEqual(['conv_preds', 'softmax', [20]]);
    expect([finalActivation(asTrained(base, CE)), outputShape(asTrained(base, CE))]).toEqual(['linear', [20]]);
  });

  it('is fitted to other classes, and to values', () => {
    const fitted = fittedTo(mobilenetV1(end), 3, CE);
    expect(fitted).toEqual(mobilenetV1(end, 3));
    const values = fittedTo(mobilenetV1(end), 2, 'mean_squared_error', 'regression');
    expect([outputShape(values), finalActivation(values)]).toEqual([[2], 'linear']);
  });

  it('is cut before its head where nothing is said', () => {
    const { architecture, featuresFrom } = planTransfer(mobilenetV1(end), { kind: 'feature' }, { classes: 3, loss: CE, head: 'replace' });
    expect(featuresFrom).toBe('dropout');
    expect(architecture.layers.slice(8).map(({ class_name: layerClass }) => layerClass)).toEqual(['Flatten', 'Dense']);
  });

  it.each([
    { kind: 'feature' as const },
    { kind: 'parameter' as const, stages: [{ trainable: 'head' as const, epochs: 8 }, { trainable: 'all' as const, epochs: 1, learning_rate: 0.01 }] },
    { kind: 'structure' as const, stages: [{ trainable: 'head' as const, epochs: 8 }] },
  ])('is a base for a transfer to other classes: $kind', async (transfer) => {
    const base = mobilenetV1(end);
    const training = { epochs: 8, batch_size: 16, optimizer: { name: 'adam', learning_rate: 0.05 }, seed: 7 } as const;
    const spec = specOf(fineTune(transfer, { training }), dataset({ shape: [8, 8, 1], labels: classNames(3, 'other') }), baseModel(base, classNames(20)));
    const { result } = await trainRun(tf, spec, spec.runs[0]!, stripesData([8, 8, 1]), freshWeights(base, 3), { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined });
    expect(result.metrics.test_accuracy).toBeGreaterThan(0.5);
  });
});

describe('A convolution that gives an image', () => {
  it('is no head', () => {
    expect(failureOf(() => headOf(network([4, 4, 1], [{ class_name: 'Conv2D', config: { filters: 3, kernel_size: 2 } }, { class_name: 'Flatten' }]))).code).toBe('EDIT_NOT_POSSIBLE');
  });

  it('has a softmax that is none of the network’s', () => {
    expect(finalActivation(network([4, 4, 1], [{ class_name: 'Conv2D', config: { filters: 3, kernel_size: 2, activation: 'softmax' } }, { class_name: 'Flatten' }]))).toBeUndefined();
  });
});
