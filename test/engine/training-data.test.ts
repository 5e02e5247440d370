// The examples of a job, from its packed data set.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPacked, type PackedDataset } from '#datasets/packed.js';
import type { Examples } from '#engine/examples.js';
import { inputsOf } from '#engine/feed.js';
import { loadTensorFlow } from '#engine/native.js';
import { prepareData } from '#engine/training-data.js';
import { everyTestFreesItsTensors, labelsOf, pretrain, specOf } from '../support/networks.js';
import { pack } from '../support/packed.js';
import { temporaryFolder } from '../support/store.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

const TRAIN = 40;
const LABELS = ['a', 'b', 'c'];
/** Each example is one pixel that says which it is; the labels repeat. */
const part = (count: number, first: number) => ({
  inputs: Uint8Array.from({ length: count }, (_, at) => first + at),
  labels: Int32Array.from({ length: count }, (_, at) => at % 3),
});
/** Each example as [which it is, label]. */
const seen = async (examples: Examples): Promise<[number, number][]> => {
  const inputs = await inputsOf(tf, examples);
  const values = inputs.dataSync();
  inputs.dispose();
  return Array.from(labelsOf(examples), (label, at) => [Math.round(values[at]! * 255), label]);
};

describe('the examples of a job', () => {
  let packed: PackedDataset;
  beforeAll(async () => {
    const folder = await temporaryFolder();
    await pack(folder, { shape: [1, 1, 1], classNames: LABELS, split: null, parts: { train: part(TRAIN, 0), test: part(12, 100) } });
    packed = await openPacked(folder);
  });
  afterAll(() => packed.close());
  const dataOf = (training: object) =>
    prepareData(packed, specOf(pretrain({ training: { batch_size: 5, ...training } }), { id: 'ds_1', content: packed.content }));

  it('are the parts of the data set as they are, prepared, where nothing is kept aside', async () => {
    const { train, validation, test } = await dataOf({});
    expect(validation).toBeUndefined();
    expect(await seen(train)).toEqual(Array.from({ length: TRAIN }, (_, at) => [at, at % 3]));
    expect(await seen(test)).toEqual(Array.from({ length: 12 }, (_, at) => [100 + at, at % 3]));
  });

  it('are trained on or validated with, never both, each with its own label', async () => {
    const { train, validation, test } = await dataOf({ validation_split: 0.25 });
    const [trainedOn, keptAside] = [await seen(train), await seen(validation!)];
    expect([...trainedOn, ...keptAside].sort(([a], [b]) => a - b)).toEqual(Array.from({ length: TRAIN }, (_, at) => [at, at % 3]));
    expect(test.count).toBe(12);
  });

  it('are as many as the spec says, of each class its part', async () => {
    const { training } = specOf(pretrain({ training: { batch_size: 5, validation_split: 0.25 } }), { id: 'ds_1', content: packed.content });
    const { train, validation } = await dataOf({ validation_split: 0.25 });
    expect([train.count, validation!.count]).toEqual([training.train_examples, training.validation_examples]);
    // 14, 13 and 13 of the three classes: a quarter of each, rounded.
    expect([0, 1, 2].map((label) => labelsOf(validation!).filter((other) => other === label).length)).toEqual([4, 3, 3]);
  });

  it('validate where they are the validation part, streamed or not, and train keeps all of its own', async () => {
    const folder = await temporaryFolder();
    const content = await pack(folder, { shape: [1, 1, 1], classNames: LABELS, split: null, parts: { train: part(TRAIN, 0), validation: part(7, 200), test: part(12, 100) } });
    const three = await openPacked(folder);
    const spec = specOf(pretrain({ training: { batch_size: 5 } }), { id: 'ds_1', content });
    for (const data of ['in_memory', 'streamed'] as const) {
      const { train, validation, test } = await prepareData(three, { ...spec, data });
      expect(await seen(validation!)).toEqual(Array.from({ length: 7 }, (_, at) => [200 + at, at % 3]));
      expect([train.count, test.count, validation!.windowChunks !== undefined]).toEqual([TRAIN, 12, data === 'streamed']);
    }
    await three.close();
  });

  it('are kept aside by the seed', async () => {
    const keptBy = async (seed: number) => seen((await dataOf({ validation_split: 0.25, seed })).validation!);
    expect(await keptBy(1)).toEqual(await keptBy(1));
    expect(await keptBy(1)).not.toEqual(await keptBy(2));
  });
});
