// Integrated gradients: together they are the difference, of a linear model they are known, and they rest on gradients that finite differences give too.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, jest } from '@jest/globals';
import type { ModelRequest } from '#contract/job-request.js';
import { byteExamples } from '#engine/examples.js';
import { integratedGradients, type IntegratedGradients } from '#engine/explain/integrated-gradients.js';
import type { Subject } from '#engine/explain/subject.js';
import { loadTensorFlow } from '#engine/native.js';
import { classTargets } from '#engine/targets.js';
import { trainRun } from '#engine/train-run.js';
import { requestedArchitecture } from '#models/requested.js';
import { classNames, dataset, dense, everyTestFreesItsTensors, failureOfPromise, largestDifference, network, pretrain, softmaxOver, specOf } from '../../support/networks.js';
import { describeReal } from '../../support/real-data.js';
import { explained, inUse, randomInput, randomWeights, valueOf } from './subjects.js';

jest.setTimeout(120_000);
const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const named = (model: ModelRequest, shape: number[]) => requestedArchitecture(model, shape, softmaxOver(5));
const gapOf = ({ sum, difference }: IntegratedGradients): number => Math.abs(sum - difference) / Math.abs(difference);

describe('integrated gradients', () => {
  it.each<[string, ModelRequest, number[], number]>([
    ['a perceptron', { architecture: 'mlp', hidden: [32] }, [12, 12, 1], 1],
    ['a convolutional network', { architecture: 'cnn', filters: [8, 8], hidden: [16] }, [16, 16, 3], 1],
    ['LeNet-5', { architecture: 'lenet5' }, [28, 28, 1], 1],
    ['a residual network', { architecture: 'resnet', depth: 8 }, [16, 16, 3], 1],
    // Weights at random make so deep a network bend thousands of times on the way to a far input: 3,200 steps lie 4 to 42 % beside the difference there, and 2 to 4 % at a tenth of the way.
    ['MobileNetV2', { architecture: 'mobilenet_v2', width: 0.35 }, [32, 32, 3], 0.02],
    ['a network for tables', { architecture: 'tabular', blocks: 2, width: 24 }, [9], 1],
  ])('of %s add up to the difference within 1 %', async (_, model, shape, deviation) => {
    const architecture = named(model, shape);
    const running = await explained(tf, architecture, await inUse(tf, architecture));
    for (const output of [0, 3]) {
      const subject: Subject = { network: running, input: randomInput(shape, 1, deviation), output };
      const baseline = new Float32Array(subject.input.length);
      const found = await integratedGradients(tf, subject, { baseline });
      expect(found.difference).toBeCloseTo(valueOf(tf, subject, subject.input) - valueOf(tf, subject, baseline), 3);
      expect(found.sum).toBe(found.values.reduce((sum, value) => sum + value, 0));
      expect(found.complete).toBe(true);
      expect(Math.abs(found.difference)).toBeGreaterThan(0.002);
      expect(gapOf(found)).toBeLessThan(0.01);
    }
    running.dispose();
  });

  it('of a linear model are w · (x − x\'), with one step', async () => {
    const architecture = network([4, 4, 2], [{ class_name: 'Flatten' }, dense(3, 'linear')]);
    const weights = randomWeights(architecture);
    const running = await explained(tf, architecture, weights);
    const [input, baseline] = [randomInput([4, 4, 2], 1), randomInput([4, 4, 2], 2)];
    const found = await integratedGradients(tf, { network: running, input, output: 1 }, { baseline, mostSteps: 1 });
    const kernel = weights.get('dense_1/kernel')!;
    expect(found.values).toEqual(input.map((value, at) => (value - baseline[at]!) * kernel[at * 3 + 1]!));
    expect(found).toMatchObject({ steps: 1, complete: true });
    running.dispose();
  });

  it('of an input that is the baseline are zeros', async () => {
    const architecture = named({ architecture: 'cnn', filters: [4], hidden: [8] }, [8, 8, 1]);
    const running = await explained(tf, architecture);
    const input = randomInput([8, 8, 1]);
    const found = await integratedGradients(tf, { network: running, input, output: 0 }, { baseline: input });
    expect(found).toEqual({ values: new Float32Array(64), sum: 0, difference: 0, steps: 50, complete: true });
    running.dispose();
  });

  it('of an input that the network does not look at are zeros, and the others have all', async () => {
    const architecture = network([3], [dense(8), dense(2, 'linear')]);
    const weights = new Map(randomWeights(architecture));
    weights.set('dense_1/kernel', weights.get('dense_1/kernel')!.map((value, at) => (Math.floor(at / 8) === 1 ? 0 : value)));
    const running = await explained(tf, architecture, weights);
    const found = await integratedGradients(tf, { network: running, input: Float32Array.of(1, 2, 3), output: 1 }, { baseline: new Float32Array(3) });
    expect(found.values[1]).toBe(0);
    expect(gapOf(found)).toBeLessThan(0.01);
    running.dispose();
  });

  it('take more steps where 50 are too few, and say so where no number that is allowed is enough', async () => {
    // All that the output changes by lies on one part in ten thousand of the way.
    const architecture = network([1], [dense(2), dense(1, 'linear')]);
    const [steep, at] = [1e4, 0.1234];
    const weights = new Map([
      ['dense_1/kernel', Float32Array.of(steep, steep)],
      ['dense_1/bias', Float32Array.of(-steep * at, -steep * at - 1)],
      ['dense_2/kernel', Float32Array.of(1, -1)],
      ['dense_2/bias', Float32Array.of(0)],
    ]);
    const running = await explained(tf, architecture, weights);
    const subject: Subject = { network: running, input: Float32Array.of(1), output: 0 };
    const baseline = Float32Array.of(0);
    const found = await integratedGradients(tf, subject, { baseline });
    expect(found).toMatchObject({ steps: 800, complete: false });
    expect(found.difference).toBeCloseTo(1, 3);
    expect(gapOf(found)).toBeGreaterThan(0.01);
    expect((await integratedGradients(tf, subject, { baseline, mostSteps: 70 })).steps).toBe(70);
    running.dispose();
  });

  it('refuse inputs of another size and outputs that are not there', async () => {
    const running = await explained(tf, network([3], [dense(2, 'linear')]));
    const subject: Subject = { network: running, input: new Float32Array(3), output: 0 };
    await expect(integratedGradients(tf, subject, { baseline: new Float32Array(2) })).rejects.toThrow(RangeError);
    await expect(integratedGradients(tf, { ...subject, output: 2 }, { baseline: new Float32Array(3) })).rejects.toThrow(RangeError);
    expect((await failureOfPromise(integratedGradients(tf, { ...subject, input: Float32Array.of(1, NaN, 0) }, { baseline: new Float32Array(3) }))).code).toBe('OUTPUT_NOT_FINITE');
    running.dispose();
  });
});

it('what is asked to be told after each call is told, and may end the work', async () => {
  const running = await explained(tf, network([3], [dense(2, 'linear')]));
  const subject: Subject = { network: running, input: Float32Array.of(1, 2, 3), output: 0 };
  let calls = 0;
  const onCall = async (): Promise<void> => void (calls += 1);
  await integratedGradients(tf, subject, { baseline: new Float32Array(3), onCall });
  expect(calls).toBe(2);
  const stop = new Error('no more');
  await expect(integratedGradients(tf, subject, { baseline: new Float32Array(3), onCall: () => Promise.reject(stop) })).rejects.toBe(stop);
  running.dispose();
});

describe('the gradient by the input', () => {
  // Smooth throughout: at a kink a finite difference has no answer.
  const smooth = (kernelSize: number, rest: object = {}) => ({ kernel_size: kernelSize, activation: 'tanh', padding: 'same', ...rest }) as const;
  it.each([
    ['a convolution', [{ class_name: 'Conv2D', config: { filters: 4, ...smooth(3) } }]],
    ['one that moves by two', [{ class_name: 'Conv2D', config: { filters: 4, ...smooth(3, { strides: 2 }) } }]],
    ['a convolution of each channel', [{ class_name: 'DepthwiseConv2D', config: { ...smooth(3), depth_multiplier: 2 } }]],
    ['a separable convolution', [{ class_name: 'SeparableConv2D', config: { filters: 3, ...smooth(3) } }]],
    ['a transposed convolution', [{ class_name: 'Conv2DTranspose', config: { filters: 3, ...smooth(3, { strides: 2 }) } }]],
    ['normalisation', [{ class_name: 'BatchNormalization', config: {} }, { class_name: 'Conv2D', config: { filters: 3, ...smooth(3) } }]],
    ['normalisation of each example', [{ class_name: 'Conv2D', config: { filters: 6, ...smooth(1) } }, { class_name: 'LayerNormalization', config: {} }, { class_name: 'Conv2D', config: { filters: 3, ...smooth(3) } }]],
    ['means and padding', [{ class_name: 'ZeroPadding2D', config: { padding: 1 } }, { class_name: 'AveragePooling2D', config: { pool_size: 2 } }, { class_name: 'Conv2D', config: { filters: 3, ...smooth(2) } }]],
    ['a dense layer', [{ class_name: 'Flatten' }, dense(6, 'swish')]],
  ] as const)('through %s is what finite differences give', async (_, first) => {
    const flat = first.at(-1)!.class_name === 'Dense' ? [] : [{ class_name: 'Flatten' } as const];
    const architecture = network([6, 6, 2], [...first, ...flat, dense(5, 'tanh'), dense(2, 'linear')]);
    const running = await explained(tf, architecture);
    const place = randomInput([6, 6, 2], 3, 0.5);
    // In one step between x − ½ and x + ½ the shares are the gradient at x.
    const subject: Subject = { network: running, input: place.map((value) => value + 0.5), output: 1 };
    const found = await integratedGradients(tf, subject, { baseline: place.map((value) => value - 0.5), mostSteps: 1 });
    const step = 2e-2;
    const moved = (at: number, by: number): number => valueOf(tf, subject, place.with(at, place[at]! + by));
    const differences = Array.from(place, (_value, at) => (moved(at, step) - moved(at, -step)) / (2 * step));
    const largest = Math.max(...differences.map(Math.abs));
    expect(largest).toBeGreaterThan(0.01);
    expect(largestDifference(found.values, differences) / largest).toBeLessThan(0.01);
    running.dispose();
  });
});

describeReal('integrated gradients of digits', (folder) => {
  const [TRAIN, TEST] = [3000, 500];
  const part = async (from: number, count: number) => {
    const read = async (name: string): Promise<Uint8Array> => gunzipSync(await readFile(join(folder, 'mnist', name)));
    const pixels = (await read('t10k-images-idx3-ubyte.gz')).subarray(16 + from * 784, 16 + (from + count) * 784);
    const labels = Int32Array.from((await read('t10k-labels-idx1-ubyte.gz')).subarray(8 + from, 8 + from + count));
    const counts = Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);
    return { pixels, labels, counts, examples: byteExamples(Uint8Array.from(pixels), classTargets(labels), { input: { shape: [28, 28, 1], dtype: 'uint8' }, steps: [{ divide_by: 255 }] }) };
  };

  it('add up to the difference within 1 % for a network that has learnt them', async () => {
    const [train, test] = [await part(0, TRAIN), await part(TRAIN, TEST)];
    const spec = specOf(
      pretrain({ model: { architecture: 'cnn', filters: [8, 16], hidden: [32] }, training: { epochs: 3, seed: 1, optimizer: { name: 'adam', learning_rate: 0.003 } } }),
      dataset({ shape: [28, 28, 1], labels: classNames(10), train: train.counts, test: test.counts }),
    );
    const quiet = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };
    const { weights, result } = await trainRun(tf, spec, spec.runs[0]!, { train: train.examples, validation: undefined, test: test.examples }, null, quiet);
    expect(result.metrics.test_accuracy).toBeGreaterThan(0.85);
    const running = await explained(tf, spec.architecture, weights);
    const gaps: number[] = [];
    for (let example = 0; example < 20; example += 1) {
      const input = Float32Array.from(test.pixels.subarray(example * 784, (example + 1) * 784), (byte) => byte / 255);
      const found = await integratedGradients(tf, { network: running, input, output: test.labels[example]! }, { baseline: new Float32Array(784) });
      expect(found.complete).toBe(true);
      // Black is what the baseline has too: it has no share.
      expect(found.values.filter((value, at) => input[at] === 0 && value !== 0).length).toBe(0);
      gaps.push(gapOf(found));
    }
    expect(Math.max(...gaps)).toBeLessThan(0.01);
    running.dispose();
  });
});
