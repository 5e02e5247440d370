// Training and evaluation where a window of the data lies in memory: the same steps in another order.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveOptimizer } from '#contract/optimizers.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { openPacked, type PackedDataset } from '#datasets/packed.js';
import { PackedWriter } from '#datasets/packed-writer.js';
import { byteExamples, type Examples } from '#engine/examples.js';
import { evaluate } from '#engine/evaluate.js';
import { Feed } from '#engine/feed.js';
import { fit, type FitData, type FitSettings } from '#engine/fit.js';
import { freshWeights } from '#engine/fresh-weights.js';
import { loadTensorFlow } from '#engine/native.js';
import { buildNetwork } from '#engine/network.js';
import { makeOptimizer } from '#engine/optimizers/registry.js';
import { replayedSteps } from '#engine/steps.js';
import { classTargets } from '#engine/targets.js';
import { prepareData, type TrainingData } from '#engine/training-data.js';
import type { Weights } from '#models/weights.js';
import { counted, crossEntropy, everyTestFreesItsTensors, failureOfPromise, largestDifference, largestWeightDifference, logitsOf, mlp, pretrain, recorder, specOf, stripes, type Told } from '../support/networks.js';
import { drawn, inChunks, type InMemory } from '../support/packed.js';
import { temporaryFolder } from '../support/store.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const MOMENTUM = resolveOptimizer({ name: 'sgd', momentum: 0.9 });
const STAGE = { trainable: ['dense_1', 'dense_2'], epochs: 2, steps: 0, learning_rate: 0.05 };

async function train(architecture: ReturnType<typeof mlp>, data: FitData, rest: Partial<FitSettings> = {}): Promise<{ weights: Weights; told: Told }> {
  const logits = logitsOf(architecture);
  const running = await buildNetwork(tf, logits, freshWeights(logits, 5));
  const { listener, told } = recorder();
  try {
    await fit(tf, running, data, counted({ batch_size: 7, optimizer: MOMENTUM, objective: crossEntropy(tf), seed: 1, stages: [STAGE], ...rest }, data.train), listener);
    return { weights: running.readWeights(), told };
  } finally {
    running.dispose();
  }
}

describe('steps over a window after the other', () => {
  // 103 examples in 21 chunks, three chunks a window: windows of 15 examples, of which every second leaves a rest of a batch.
  let examples: Examples;
  beforeAll(async () => {
    examples = await inChunks(stripes(103), 5, 3);
  });

  it('are the same recorded and plain, in batches of one size but for the last of an epoch', async () => {
    const [recorded, plain] = [await train(mlp(), { train: examples }), await train(mlp(), { train: examples }, { capture: false })];
    expect(recorded.told.stages).toEqual([{ operations: expect.any(Number) }]);
    expect(recorded.told.steps.map(({ position, examples: seen }) => [position.step, seen])).toEqual([[15, 103], [30, 103]]);
    expect(largestWeightDifference(recorded.weights, plain.weights)).toBeLessThan(1e-6);
  });

  it('give the same bytes again', async () => {
    const [one, again] = [await train(mlp(), { train: examples }), await train(mlp(), { train: examples })];
    expect(again).toEqual(one);
  });

  it('are those of a set in memory where the window holds everything, to the byte, and others where it does not', async () => {
    const whole = await train(mlp(), { train: await inChunks(examples, 5, 21) });
    const inMemory = await train(mlp(), { train: stripes(103) });
    expect(whole).toEqual(inMemory);
    expect((await train(mlp(), { train: examples })).weights).not.toEqual(inMemory.weights);
  });

  it('are reported every 50 and at the end of the epoch, wherever a window ends', async () => {
    const { told } = await train(mlp(), { train: examples }, { batch_size: 1 });
    expect(told.steps.map(({ position, examples: seen }) => [position.epoch, position.step, seen])).toEqual([
      [1, 50, 50], [1, 100, 50], [1, 103, 3], [2, 153, 50], [2, 203, 50], [2, 206, 3],
    ]);
  });

  it('end in the same state whether a call takes one or all that a window gives', async () => {
    const weightsAfter = async (most: number): Promise<Weights> => {
      const logits = logitsOf(mlp());
      const network = await buildNetwork(tf, logits, freshWeights(logits, 5));
      const optimizer = makeOptimizer(tf, MOMENTUM);
      const steps = replayedSteps(tf, { network, objective: crossEntropy(tf), groups: [network.variables], optimizer, clipNorm: 0, examples, batchSize: 7 });
      let step = 1;
      for await (const order of new Feed(examples, steps.table, 7).shuffled(1, 1)) {
        for (let from = 0; from < order.length; from += most * 7) {
          const rows = order.subarray(from, from + most * 7);
          step += steps.take(rows, step, [new Float32Array(Math.ceil(rows.length / 7)).fill(0.05)]).length / 2;
        }
      }
      steps.sync();
      steps.dispose();
      const weights = network.readWeights();
      network.dispose();
      optimizer.dispose();
      return weights;
    };
    expect(await weightsAfter(1)).toEqual(await weightsAfter(1000));
  });
});

describe('a packed data set that is streamed', () => {
  const TEN = crossEntropy(tf, 10);
  const PERCEPTRON = mlp(32, 10, [28, 28, 1]);
  const SETTINGS = { batch_size: 32, optimizer: resolveOptimizer({ name: 'sgd', momentum: 0.9 }), objective: TEN, stages: [{ ...STAGE, epochs: 4, learning_rate: 0.02 }] };

  let folder: string;
  let digits: InMemory['parts'];
  let spec: ResolvedSpec;
  let packed: PackedDataset;
  beforeAll(async () => {
    folder = await temporaryFolder();
    const { parts, shape, classNames } = await drawn({ name: 'glyph_digits', examples: 3000, seed: 1 });
    digits = parts;
    const writer = await PackedWriter.open(folder, { shape, dtype: 'uint8', classNames }, 16);
    await writer.add('train', digits.train.inputs, digits.train.labels);
    await writer.add('test', digits.test.inputs, digits.test.labels);
    const content = await writer.finish(null);
    spec = { ...specOf(pretrain({ training: { validation_split: 0.2 } }), { id: 'ds_1', content }), data: 'streamed' };
  });
  beforeEach(async () => {
    packed = await openPacked(folder);
  });
  afterEach(() => packed.close());
  /** A tenth of the training chunks at once. */
  const streamedData = async (): Promise<TrainingData> => {
    const { train, ...others } = await prepareData(packed, spec);
    return { ...others, train: { ...train, windowChunks: 16 } };
  };
  const accuracyOf = async (weights: Weights, test: Examples): Promise<number> => {
    const running = await buildNetwork(tf, logitsOf(PERCEPTRON), weights);
    const { measures: { accuracy } } = await evaluate(tf, running, test, TEN);
    running.dispose();
    return accuracy!;
  };

  it('trains as well as one in memory, and validates on the same examples', async () => {
    const { train: some, validation, test } = await streamedData();
    const streamed = await train(PERCEPTRON, { train: some, validation: validation! }, SETTINGS);
    const inMemory = await train(PERCEPTRON, { train: { ...some, windowChunks: undefined }, validation: validation! }, SETTINGS);
    const accuracies = [await accuracyOf(streamed.weights, test), await accuracyOf(inMemory.weights, test)];
    expect(Math.min(...accuracies)).toBeGreaterThan(0.7);
    expect(Math.abs(accuracies[0]! - accuracies[1]!)).toBeLessThan(0.05);
    expect(streamed.told.epochs.at(-1)!.validation!.accuracy).toBeGreaterThan(0.7);
    expect(some.count + validation!.count).toBe(2500);
  });

  it('measures what the same data in memory measure', async () => {
    const { test } = await streamedData();
    const running = await buildNetwork(tf, logitsOf(PERCEPTRON), freshWeights(PERCEPTRON, 1));
    const { measures: ofFile } = await evaluate(tf, running, test, TEN);
    const { measures: ofMemory } = await evaluate(tf, running, byteExamples(digits.test.inputs, classTargets(digits.test.labels), packed.content.preprocessing), TEN);
    running.dispose();
    expect(ofFile.accuracy).toBe(ofMemory.accuracy);
    expect(largestDifference([ofFile.loss], [ofMemory.loss])).toBeLessThan(1e-6);
  });

  it('whose file was flipped in one chunk ends the run, and says which file', async () => {
    const path = join(folder, 'train.inputs.u8');
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    const { train: some } = await streamedData();
    const failure = await failureOfPromise(train(PERCEPTRON, { train: some }, SETTINGS));
    expect(failure).toMatchObject({ code: 'STORE_CORRUPT', message: expect.stringContaining('train.inputs.u8') });
  });
});
