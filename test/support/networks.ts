// Small networks, data sets and requests for tests, and the check that no test leaves a tensor behind.
import { afterEach, beforeEach, expect } from '@jest/globals';
import type { DatasetContent } from '#contract/dataset.js';
import type { FineTuneRequest, JobRequest, PretrainRequest, TransferRequest } from '#contract/job-request.js';
import type { Activation, Architecture, LayerSpec } from '#contract/layers.js';
import type { Model } from '#contract/model.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { byteExamples, type Examples } from '#engine/examples.js';
import type { FitListener, FitSettings, Position } from '#engine/fit.js';
import type { TensorFlow } from '#engine/native.js';
import type { Measures, Objective } from '#engine/objectives/objective.js';
import { makeObjective } from '#engine/objectives/registry.js';
import { stream } from '#engine/random.js';
import { classTargets } from '#engine/targets.js';
import type { TrainingData } from '#engine/training-data.js';
import { ServiceError } from '#contract/errors.js';
import { modelBase } from '#jobs/base.js';
import { resolveSpec, type ReadyDataset } from '#jobs/resolve.js';
import { nameLayers, parameterCount } from '#models/architecture.js';
import { asTrained, type OutputLayer } from '#models/output-layer.js';

/** A network of these layers, named as the service names them. */
export const network = (inputShape: number[], layers: LayerSpec[]): Architecture => ({
  input_shape: inputShape,
  layers: nameLayers(layers),
});

/** An output layer that gives probabilities of so many classes. */
export const softmaxOver = (classes: number): OutputLayer => ({ units: classes, activation: 'softmax' });

export const dense = (units: number, activation: Activation = 'relu'): LayerSpec => ({
  class_name: 'Dense',
  config: { units, activation },
});

/** flatten_1, dense_1 (hidden), dense_2 (output). */
export const mlp = (hidden = 6, classes = 3, inputShape = [4, 4, 1]): Architecture =>
  network(inputShape, [{ class_name: 'Flatten' }, dense(hidden), dense(classes, 'softmax')]);

/** conv2d_1, max_pooling2d_1, conv2d_2, flatten_1, dense_1, dense_2. */
export const cnn = (classes = 3): Architecture =>
  network([8, 8, 1], [
    { class_name: 'Conv2D', config: { filters: 4, kernel_size: 3, activation: 'relu' } },
    { class_name: 'MaxPooling2D' },
    { class_name: 'Conv2D', config: { filters: 5, kernel_size: 2, activation: 'relu' } },
    { class_name: 'Flatten' },
    dense(6),
    dense(classes, 'softmax'),
  ]);

/** conv2d_1, then a block of batch_normalization_1, re_lu_1, conv2d_2, batch_normalization_2 that is added to it, and a head. */
export const residual = (classes = 3): Architecture =>
  network([8, 8, 1], [
    { class_name: 'Conv2D', config: { filters: 4, kernel_size: 3, padding: 'same' } },
    { class_name: 'BatchNormalization' },
    { class_name: 'ReLU' },
    { class_name: 'Conv2D', config: { filters: 4, kernel_size: 3, padding: 'same' } },
    { class_name: 'BatchNormalization' },
    { class_name: 'Add', inputs: ['conv2d_1', 'batch_normalization_2'] },
    { class_name: 'GlobalAveragePooling2D' },
    dense(classes, 'softmax'),
  ]);

/** The article's network: Flatten, Dense 128 with ReLU, Dense 10 with softmax, over 28 × 28 grey values. */
export const ARTICLE = mlp(128, 10, [28, 28, 1]);

export const classNames = (classes: number, stem = 'class'): string[] => Array.from({ length: classes }, (_, index) => `${stem} ${index}`);

export interface DatasetShape {
  shape?: number[];
  labels?: string[];
  train?: number[];
  validation?: number[];
  test?: number[];
}

/** A ready data set as the resolver sees it: its description alone. Counts are by class. */
export function dataset({ shape = [4, 4, 1], labels = classNames(3), train, validation, test }: DatasetShape = {}): ReadyDataset & { content: DatasetContent } {
  const part = (counts: number[]) => ({ examples: counts.reduce((sum, count) => sum + count, 0), class_counts: counts });
  const parts = { train: part(train ?? labels.map(() => 40)), ...(validation && { validation: part(validation) }), test: part(test ?? labels.map(() => 10)) };
  const content: DatasetContent = {
    input_shape: shape,
    task: 'classification',
    class_names: labels,
    parts,
    split: null,
    preprocessing: { input: { shape, dtype: 'uint8' }, steps: [{ divide_by: 255 }] },
    digest: 'd'.repeat(64),
    size_bytes: (parts.train.examples + parts.test.examples) * shape.reduce((product, size) => product * size, 1),
  };
  return { id: 'ds_0197a2c4d5e67f8091a2b3c4d5e6f708', content };
}

/** A published model of that network, trained on classes of these names. */
export const baseModel = (architecture: Architecture, labels = classNames(3)): Model => ({
  id: 'mdl_0197a2c4d5e67f8091a2b3c4d5e6f708',
  object: 'model',
  status: 'ready',
  source: { kind: 'job' },
  name: null,
  created_at: '2026-01-01T00:00:00.000Z',
  job: 'job_0197a2c4d5e67f8091a2b3c4d5e6f708',
  dataset: 'ds_0197a2c4d5e67f8091a2b3c4d5e6f708',
  base_model: null,
  architecture,
  parameters: parameterCount(architecture),
  labels,
  preprocessing: { input: { shape: architecture.input_shape, dtype: 'uint8' }, steps: [{ divide_by: 255 }] },
  metrics: {},
  weights_digest: 'a'.repeat(64),
  files: [],
});

export const pretrain = (rest: Partial<PretrainRequest> = {}): PretrainRequest => ({
  type: 'pretrain',
  dataset: dataset().id,
  model: { architecture: 'mlp' },
  ...rest,
});

export const fineTune = (transfer: TransferRequest, rest: Partial<FineTuneRequest> = {}): FineTuneRequest => ({
  type: 'fine_tune',
  dataset: dataset().id,
  base_model: 'mdl_0197a2c4d5e67f8091a2b3c4d5e6f708',
  transfer,
  ...rest,
});

/** The usual objective: cross-entropy over so many classes, all alike. */
export const crossEntropy = (tf: TensorFlow, classes = 3): Objective =>
  makeObjective(tf, { loss: { name: 'sparse_categorical_crossentropy' }, class_weights: null }, classes);

/** The network as cross-entropy takes it: it gives logits. */
export const logitsOf = (architecture: Architecture): Architecture => asTrained(architecture, 'sparse_categorical_crossentropy');

/** Class of each example. */
export const labelsOf = ({ targets }: Examples): Int32Array => targets.of.values as Int32Array;

const PLENTY_BYTES = 2 ** 36;

/** The resolved spec on a machine with plenty of memory. */
export const specOf = (request: JobRequest, data: ReadyDataset = dataset(), base: Model | null = null): ResolvedSpec =>
  resolveSpec(request, data, base && modelBase(base), PLENTY_BYTES);

/** The failure that the work ends in. @throws Error if it ends in none. */
export function failureOf(work: () => unknown): ServiceError {
  try {
    work();
  } catch (problem) {
    if (problem instanceof ServiceError) return problem;
    throw problem;
  }
  throw new Error('the work was expected to fail');
}

/** The same for work that takes time. */
export async function failureOfPromise(work: Promise<unknown>): Promise<ServiceError> {
  const problem = await work.then(() => undefined, (reason: unknown) => reason);
  if (problem instanceof ServiceError) return problem;
  throw new Error(`the work was expected to fail with a ServiceError, not ${String(problem)}`);
}

/** Call once in a file of engine tests: each of its tests must leave as many tensors as it found. */
export function everyTestFreesItsTensors(tf: TensorFlow): void {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.memory().numTensors).toBe(before);
  });
}

/** Examples told apart by which stripe of the image is bright; grey noise over all of it. */
export function stripes(count: number, { classes = 3, shape = [4, 4, 1], seed = 1 } = {}): Examples {
  const width = shape.reduce((product, size) => product * size, 1);
  const noise = stream(seed, 'test/stripes');
  const rows = new Uint8Array(count * width);
  const labels = Int32Array.from({ length: count }, (_, index) => index % classes);
  for (let at = 0; at < rows.length; at += 1) {
    const stripe = Math.floor(((at % width) * classes) / width);
    rows[at] = (stripe === labels[Math.floor(at / width)] ? 150 : 20) + noise.below(80);
  }
  return byteExamples(rows, classTargets(labels), { input: { shape, dtype: 'uint8' }, steps: [{ divide_by: 255 }] });
}

/** Parts that fit `dataset({ shape })` of the same counts: 120 to train on, 30 to test on. */
export const stripesData = (shape = [4, 4, 1]): TrainingData => ({
  train: stripes(120, { shape, seed: 1 }),
  validation: undefined,
  test: stripes(30, { shape, seed: 2 }),
});

/** The settings with the steps of each stage that says none: its epochs over these examples. */
export const counted = <S extends Pick<FitSettings, 'stages' | 'batch_size'>>(settings: S, { count }: Examples): S => ({
  ...settings,
  stages: settings.stages.map((stage) => ({ ...stage, steps: stage.steps || stage.epochs * Math.ceil(count / settings.batch_size) })),
});

export interface Told {
  stages: ({ operations: number } | { plainly: string })[];
  solved: { iterations: number; converged: boolean }[];
  steps: { position: Position; mean: Measures; examples: number }[];
  epochs: { position: Position; train: Measures; validation: Measures | undefined }[];
}

/** A listener that keeps what the loop tells. */
export function recorder(): { listener: FitListener; told: Told } {
  const told: Told = { stages: [], solved: [], steps: [], epochs: [] };
  const listener: FitListener = {
    onStage(_stage, taken) {
      told.stages.push(taken);
    },
    onSolved: (_stage, how) => void told.solved.push(how),
    async onSteps(position, mean, examples) {
      told.steps.push({ position, mean, examples });
    },
    async onEpoch(position, train, validation) {
      told.epochs.push({ position, train, validation });
    },
  };
  return { listener, told };
}

/** The largest difference between two lists of numbers of one length. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Array.from(actual).reduce((largest, value, at) => Math.max(largest, Math.abs(value - expected[at]!)), 0);
}

/** The same over whole networks, path by path. */
export function largestWeightDifference(actual: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, Float32Array>): number {
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  return Math.max(...[...actual].map(([path, values]) => largestDifference(values, expected.get(path)!)));
}
