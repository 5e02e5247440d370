// What a model said of each example, written and looked up: both orders hold the same, whatever the numbers.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExampleClass, ExampleValues } from '#contract/example-prediction.js';
import { ServiceError } from '#contract/errors.js';
import type { ResolvedSpec } from '#contract/training-specs.js';
import { stream } from '#engine/random.js';
import { readPredictions, type PredictionsQuery } from '#jobs/find-predictions.js';
import { ORDER_FILES, predictionsPrefix, recordBytes, writePredictions, type SaidOfExamples } from '#jobs/prediction-files.js';
import type { StoredJob } from '#jobs/query.js';
import { openFolderStore } from '#store/stores/folder.js';
import type { Store } from '#store/store.js';
import { temporaryFolder } from '../support/store.js';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await temporaryFolder();
  store = await openFolderStore(folder);
});

const job = (id: string, spec: object): StoredJob => ({ job: { id, type: 'pretrain', spec: { dataset: 'ds_1', class_names: [], ...spec } as unknown as ResolvedSpec }, status: 'succeeded', outcome: { attempt: 2 } }) as StoredJob;

/** What is found of it afterwards. */
async function written(id: string, spec: object, said: SaidOfExamples) {
  const place = join(folder, predictionsPrefix(id, 2));
  await mkdir(place, { recursive: true });
  await writePredictions(place, 2, said);
  return {
    place,
    read: <T>(query: Partial<PredictionsQuery> = {}): Promise<T[]> => readPredictions(store, job(id, spec), { sort: 'index', limit: 1e6, ...query }) as unknown as Promise<T[]>,
  };
}

const COUNT = 10_007; // pieces of a file, and of what is written at once, end within records
const NAMES = ['cat', 'dog', 'eel'];
const draws = stream(1, 'test/predictions');
const truth = Int32Array.from({ length: COUNT }, () => draws.below(3));
const predicted = Float32Array.from({ length: COUNT }, () => draws.below(3));
/** With many that are the same. */
const loss = Float32Array.from({ length: COUNT }, () => draws.below(100) / 7);
const probability = Float32Array.from({ length: COUNT }, () => draws.below(1000) / 1000);
const classes = (more: Record<string, Float32Array> = {}): SaidOfExamples => ({ truth, said: new Map(Object.entries({ loss, predicted, probability, ...more })) });

describe('what was said of classes', () => {
  it('comes back as it was, in either order, page by page', async () => {
    const { read } = await written('job_classes', { class_names: NAMES }, classes());
    const byIndex = await read<ExampleClass>();
    expect(byIndex).toEqual(Array.from(loss, (value, index) => ({
      id: String(index), object: 'example_prediction', dataset: 'ds_1', part: 'test', index,
      true: NAMES[truth[index]!], predicted: NAMES[predicted[index]!], probability: probability[index], loss: value,
    })));
    const byLoss = await read<ExampleClass>({ sort: 'loss' });
    expect(byLoss).toEqual([...byIndex].sort((one, other) => other.loss! - one.loss! || one.index - other.index));
    for (const [sort, whole] of [['index', byIndex], ['loss', byLoss]] as const) {
      for (const at of [0, 1, 3_276, 4_095, 4_096, COUNT - 2]) expect(await read({ sort, after: whole[at]!.index, limit: 5 })).toEqual(whole.slice(at + 1, at + 7));
      expect(await read({ sort, after: whole.at(-1)!.index })).toEqual([]);
    }
  });

  it('is found by its cell, a page of it at a time', async () => {
    const { read } = await written('job_cells', { class_names: NAMES }, classes());
    const all = await read<ExampleClass>({ sort: 'loss' });
    for (const cell of [{ true: 'cat' }, { predicted: 'eel' }, { true: 'dog', predicted: 'cat' }]) {
      const wanted = all.filter((one) => Object.entries(cell).every(([field, name]) => one[field as 'true'] === name));
      expect(wanted.length).toBeGreaterThan(500);
      expect(await read({ sort: 'loss', ...cell })).toEqual(wanted);
      expect(await read({ sort: 'loss', ...cell, limit: 10, after: wanted[99]!.index })).toEqual(wanted.slice(100, 111));
    }
    await expect(read({ true: 'cow' })).rejects.toMatchObject({ code: 'CLASS_UNKNOWN', pointer: '/true' });
    await expect(read({ after: COUNT })).rejects.toMatchObject({ code: 'INVALID_VALUE', pointer: '/after' });
  });

  it('whose loss is no number comes first, as null; and one without a probability has none', async () => {
    const odd = loss.slice();
    [odd[7], odd[5], odd[9]] = [NaN, Infinity, NaN];
    const { read } = await written('job_odd', { class_names: NAMES }, { truth, said: new Map(Object.entries({ loss: odd, predicted })) });
    const [first, second, third, fourth] = await read<ExampleClass>({ sort: 'loss', limit: 3 });
    expect([first, second, third].map((one) => [one!.index, one!.loss, one!.probability])).toEqual([[5, null, null], [7, null, null], [9, null, null]]);
    expect(fourth!.loss).toBe(Math.max(...loss));
    expect(await read({ sort: 'loss', after: 9, limit: 1 })).toMatchObject([{ index: fourth!.index }, {}]);
  });

  it('is refused where a file is not all that was written', async () => {
    const { place, read } = await written('job_torn', { class_names: NAMES }, classes());
    await truncate(join(place, ORDER_FILES.loss), recordBytes({ outputs: 0 }) * COUNT - 1);
    expect(await read({ limit: 1 })).toHaveLength(2);
    const problem = await read({ sort: 'loss' }).catch((reason: unknown) => reason);
    expect(problem).toBeInstanceOf(ServiceError);
    expect(problem).toMatchObject({ code: 'STORE_CORRUPT' });
  });
});

describe('what was said of values', () => {
  it('comes back with the error of each, and what was predicted', async () => {
    const values = Float32Array.from({ length: 2 * COUNT }, (_, at) => at / 3);
    const errors = [0, 1].map((output) => Float32Array.from({ length: COUNT }, (_, at) => (at % 10) / 7 - output));
    const said = new Map([['loss', loss], ['error 0', errors[0]!], ['error 1', errors[1]!]]);
    const { read } = await written('job_values', { target: { names: ['price', 'rent'], scale: null } }, { truth: values, said });
    const found = await read<ExampleValues>();
    expect(found).toEqual(Array.from(loss, (value, index) => {
      const [own, error] = [[values[2 * index]!, values[2 * index + 1]!], errors.map((of) => of[index]!)];
      const place = { id: String(index), object: 'example_prediction', dataset: 'ds_1', part: 'test', index };
      return { ...place, true: own, predicted: own.map((one, output) => Math.fround(one + error[output]!)), error, loss: value };
    }));
    expect(await read({ sort: 'loss' })).toEqual([...found].sort((one, other) => other.loss! - one.loss! || one.index - other.index));
    await expect(read({ predicted: '1' })).rejects.toMatchObject({ code: 'INVALID_VALUE', pointer: '/predicted' });
  });
});
