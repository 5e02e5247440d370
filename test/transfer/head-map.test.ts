// The output layer class by class: what is carried over, in the plan and in the weights a run starts from.
import { describe, expect, it } from '@jest/globals';
import type { FineTuneRequest } from '#contract/job-request.js';
import { trainRun } from '#engine/train-run.js';
import type { RunListener } from '#engine/watch-run.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { baseModel, classNames, dataset, everyTestFreesItsTensors, failureOf, fineTune, mlp, softmaxOver, specOf, stripesData } from '../support/networks.js';
import { requestedArchitecture } from '#models/requested.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const BASE = baseModel(mlp(6, 4), ['cat', 'dog', 'cow', 'hen']);
const target = (...labels: string[]) => dataset({ labels });
const ask = (rest: Partial<FineTuneRequest>, labels: string[], base = BASE) => specOf(fineTune({ kind: 'parameter' }, rest), target(...labels), base);

describe('an output layer', () => {
  it('takes the classes over that both have, wherever they are', () => {
    const spec = ask({}, ['ant', 'dog', 'cat']);
    expect(spec.head).toBe('map');
    expect(spec.inherit.slice(-2)).toEqual(['dense_2/kernel', 'dense_2/bias'].map((path) => ({ to: path, from: path, outputs: [[1, 1], [2, 0]] })));
    expect(spec.auto).toContainEqual({ pointer: '/head', value: 'map', rule: '2 of 3 classes are among those of the base model, and start from there' });
    expect(spec.stages[0]!.trainable).toEqual(['dense_1', 'dense_2']);
  });

  it('is fresh where it is to be replaced, or where an unknown class is all there is', () => {
    for (const spec of [ask({ head: 'replace' }, ['dog', 'cat', 'ant']), ask({}, ['ant', 'bee'])]) {
      expect(spec.head).toBe('replace');
      expect(spec.inherit.map(({ to }) => to)).toEqual(['dense_1/kernel', 'dense_1/bias']);
    }
  });

  it('of one number for two classes has no classes to take over', () => {
    const one = baseModel(requestedArchitecture({ architecture: 'mlp', hidden: [6] }, [4, 4, 1], { units: 1, activation: 'sigmoid' }), ['cat', 'dog']);
    const sigmoid = { training: { loss: { name: 'binary_crossentropy' } } } as const;
    expect(ask(sigmoid, ['dog', 'cat'], one).head).toBe('replace');
    expect(failureOf(() => ask({ ...sigmoid, head: { map: { dog: 'dog' } } }, ['dog', 'cat'], one))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/head' });
  });

  it('takes nothing over where an edit changed what it takes', () => {
    const edited = fineTune({ kind: 'structure', edits: [{ resize: 'dense_1', units: 9 }] });
    for (const request of [edited, fineTune({ kind: 'structure', inherit: 'none' })]) {
      expect(specOf(request, target('ant', 'dog'), BASE)).toMatchObject({ head: 'replace', inherit: [] });
      expect(failureOf(() => specOf({ ...request, head: { map: { dog: 'dog' } } }, target('ant', 'dog'), BASE))).toMatchObject({ code: 'INVALID_VALUE', pointer: '/head' });
    }
    const behind = fineTune({ kind: 'structure', edits: [{ insert_after: 'dense_1', layer: { class_name: 'Dropout', config: { rate: 0.5 } } }] });
    expect(specOf(behind, target('ant', 'dog'), BASE).head).toBe('map');
  });

  it('of a convolution over one pixel is taken over along its last axis', () => {
    const layers = [{ class_name: 'GlobalAveragePooling2D' as const }, { class_name: 'Reshape' as const, config: { target_shape: [1, 1, 1] } },
      { class_name: 'Conv2D' as const, config: { filters: 4, kernel_size: 1 } }, { class_name: 'Reshape' as const, config: { target_shape: [4] } }, { class_name: 'Softmax' as const }];
    const convolution = baseModel(requestedArchitecture({ layers }, [4, 4, 1], softmaxOver(4)), BASE.labels);
    expect(ask({}, ['dog', 'ant'], convolution).inherit).toEqual(['conv2d_1/kernel', 'conv2d_1/bias'].map((path) => ({ to: path, from: path, outputs: [[0, 1]] })));
  });
});

describe('a run', () => {
  const quiet: RunListener = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };
  const data = stripesData();
  const base = freshWeights(BASE.architecture, 9);

  it('starts with those columns of the base, and with fresh ones beside them', async () => {
    const training = { optimizer: { name: 'sgd' as const, learning_rate: 1e-8 }, epochs: 1 };
    const spec = ask({ training, head: { map: { ant: 'hen', dog: 'dog' } } }, ['ant', 'bee', 'dog']);
    const { weights } = await trainRun(tf, spec, spec.runs[0]!, data, base, quiet);
    const fresh = freshWeights(spec.architecture, spec.runs[0]!.seed);
    const column = (kernel: Float32Array, width: number, at: number): number[] => [...kernel].filter((_, index) => index % width === at);
    const near = (actual: number[], expected: number[]) => actual.forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 6));
    const kernel = weights.get('dense_2/kernel')!;
    near(column(kernel, 3, 0), column(base.get('dense_2/kernel')!, 4, 3));
    near(column(kernel, 3, 1), column(fresh.get('dense_2/kernel')!, 3, 1));
    near(column(kernel, 3, 2), column(base.get('dense_2/kernel')!, 4, 1));
  });

  it('over the same classes in another order gives the base’s own answers, in that order, before it learns', async () => {
    const training = { optimizer: { name: 'sgd' as const, learning_rate: 1e-8 }, epochs: 1 };
    const three = baseModel(mlp(6, 3), classNames(3));
    const weightsOfBase = freshWeights(three.architecture, 9);
    const accuracy = async (labels: string[], testLabels: (label: number) => number): Promise<number> => {
      const spec = ask({ training }, labels, three);
      const test = { ...data.test, targets: { of: { ...data.test.targets.of, values: (data.test.targets.of.values as Int32Array).map(testLabels) } } };
      return (await trainRun(tf, spec, spec.runs[0]!, { ...data, test }, weightsOfBase, quiet)).result.metrics.test_loss!;
    };
    const [a, b, c] = classNames(3);
    expect(await accuracy([c!, a!, b!], (label) => (label + 1) % 3)).toBeCloseTo(await accuracy([a!, b!, c!], (label) => label), 5);
  });
});
