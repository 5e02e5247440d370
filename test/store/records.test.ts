// Records of today's version and of earlier ones.
import { describe, expect, it } from '@jest/globals';
import { Dataset, type DatasetContent } from '#contract/dataset.js';
import { Model } from '#contract/model.js';
import { findDataset } from '#datasets/registry.js';
import { ACCEPTED_JOB } from '#jobs/records.js';
import { getModel } from '#models/registry.js';
import { readRecord, recordKind, writeRecord } from '#store/records.js';
import { deliveryOf } from '#webhooks/records.js';
import { checker } from '../support/checker.js';
import { baseModel, dataset, fineTune, mlp, pretrain, specOf } from '../support/networks.js';
import { temporaryStore } from '../support/store.js';

const AT = '2026-01-01T00:00:00.000Z';

interface Box {
  sides: { width: number; height: number };
  colour: string;
}
/** Version 1 had one number, version 2 two sides, version 3 has a colour. */
const BOX = recordKind<Box>('box', 3, (id) => `boxes/${id}.json`, [
  ({ size }) => ({ sides: { width: size, height: size } }),
  (box) => ({ ...box, colour: 'brown' }),
]);
const stored = (version: unknown, value: unknown, record = 'box'): string => JSON.stringify({ record, schema_version: version, value });

describe('readRecord', () => {
  it.each([
    [1, { size: 4 }],
    [2, { sides: { width: 4, height: 4 } }],
    [3, { sides: { width: 4, height: 4 }, colour: 'brown' }],
  ])('reads version %i as today\'s, and leaves it on the disk as it is until it is written again', async (version, value) => {
    const store = await temporaryStore();
    await store.put('boxes/a.json', stored(version, value));
    const box = (await readRecord(store, BOX, 'a'))!;
    expect(box).toEqual({ sides: { width: 4, height: 4 }, colour: 'brown' });
    expect((await store.get('boxes/a.json'))!.toString()).toBe(stored(version, value));
    await writeRecord(store, BOX, 'a', box);
    expect(JSON.parse((await store.get('boxes/a.json'))!.toString())).toEqual({ record: 'box', schema_version: 3, value: box });
  });

  it.each([
    ['of a later version', stored(4, {}), 'STORE_TOO_NEW'],
    ['of another kind', stored(3, {}, 'bag'), 'STORE_CORRUPT'],
    ['without a version', stored(undefined, {}), 'STORE_CORRUPT'],
    ['of version 0', stored(0, {}), 'STORE_CORRUPT'],
    ['of half a version', stored(1.5, {}), 'STORE_CORRUPT'],
    ['without a value', stored(1, null), 'STORE_CORRUPT'],
    ['that is torn', '{"record":"box"', 'STORE_CORRUPT'],
    ['that is null', 'null', 'STORE_CORRUPT'],
  ])('refuses one %s', async (_what, text, code) => {
    const store = await temporaryStore();
    await store.put('boxes/a.json', text);
    await expect(readRecord(store, BOX, 'a')).rejects.toMatchObject({ code });
  });

  it('reads a job that was accepted before there were limits', async () => {
    const store = await temporaryStore();
    await store.put('jobs/job_1/job.json', stored(1, { id: 'job_1', priority: 5, spec: { training: {} } }, 'job'));
    expect(await readRecord(store, ACCEPTED_JOB, 'job_1')).toEqual({
      id: 'job_1', priority: 5, limits: { run_seconds: null, queue_seconds: null }, retry_of: null, origin: null,
      spec: { data: 'in_memory', preprocessing: null, training: { loss: { name: 'sparse_categorical_crossentropy' }, class_weights: null, augment: null, budget: null } },
    });
  });

  it('reads a job and a delivery of a time before traces', async () => {
    const store = await temporaryStore();
    await store.put('jobs/job_1/job.json', stored(5, { id: 'job_1' }, 'job'));
    expect(await readRecord(store, ACCEPTED_JOB, 'job_1')).toEqual({ id: 'job_1', origin: null });
    await store.put('webhooks/whk_1/deliveries/dlv_1.json', stored(1, { id: 'dlv_1', body: '{}' }, 'delivery'));
    expect(await readRecord(store, deliveryOf('whk_1'), 'dlv_1')).toEqual({ id: 'dlv_1', body: '{}', traceparent: null });
  });

  it('reads the spec of a job of a time when all had classes as it was', async () => {
    const store = await temporaryStore();
    const spec = { ...specOf(pretrain()), preprocessing: undefined };
    expect(spec).not.toHaveProperty('target');
    await store.put('jobs/job_1/job.json', stored(4, { id: 'job_1', spec }, 'job'));
    expect(await readRecord(store, ACCEPTED_JOB, 'job_1')).toEqual({ id: 'job_1', spec: { ...spec, preprocessing: null }, origin: null });
  });

  it('reads a data set of a time when all had classes as a classification, whether it is ready or not', async () => {
    const store = await temporaryStore();
    const { id, content: { task, ...before } } = dataset();
    await store.put(`datasets/${id}/dataset.json`, stored(1, { id, name: 'old', format: 'idx', created_at: AT, source: { files: [], generate: null, class_names: null } }, 'dataset'));
    await store.put(`datasets/${id}/packed/packed.json`, '');
    await store.put(`datasets/${id}/outcome.json`, stored(1, { at: AT, status: 'ready', content: before, staging: 's' }, 'dataset_outcome'));
    const found = await findDataset(store, id);
    expect(found).toMatchObject({ status: 'ready', content: { ...before, task }, source: { on_bad_rows: 'skip' } });
    expect(checker(Dataset)(found)).toEqual([]);

    const error = { code: 'NPY_PARTS', message: 'Found nothing.' };
    await store.put(`datasets/${id}/outcome.json`, stored(1, { at: AT, status: 'invalid', error }, 'dataset_outcome'));
    expect(await findDataset(store, id)).toMatchObject({ status: 'invalid', content: null, error });
  });

  it('reads a model of that time, which another task may begin with', async () => {
    const store = await temporaryStore();
    const before = baseModel(mlp());
    expect(before).not.toHaveProperty('task');
    await store.put(`models/${before.id}/manifest.json`, JSON.stringify({ schema_version: 1, ...before }));
    const model = await getModel(store, before.id);
    expect(model).toEqual({ ...before, aliases: [], metadata: {}, notes: null, stage: 'none', stage_history: [], version: null });
    expect(checker(Model)(model)).toEqual([]);
    const { content } = dataset();
    const values: DatasetContent = {
      ...content, task: 'regression', class_names: [], target: { names: ['price'], mean: [5], deviation: [2] },
      parts: { train: { examples: 120, class_counts: [] }, test: { examples: 30, class_counts: [] } },
    };
    expect(specOf(fineTune({ kind: 'parameter' }), dataset(), model).head).toBe('keep');
    expect(specOf(fineTune({ kind: 'parameter' }), { id: dataset().id, content: values }, model)).toMatchObject({ head: 'replace', target: { names: ['price'] } });
  });
});

describe('recordKind', () => {
  it('wants a way from each earlier version', () => {
    expect(() => recordKind('box', 2, () => 'box')).toThrow(RangeError);
  });
});
