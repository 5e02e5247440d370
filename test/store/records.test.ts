// Records of today's version and of earlier ones.
import { describe, expect, it } from '@jest/globals';
import { ACCEPTED_JOB } from '#jobs/records.js';
import { readRecord, recordKind, writeRecord } from '#store/records.js';
import { temporaryStore } from '../support/store.js';

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
      id: 'job_1', priority: 5, limits: { run_seconds: null, queue_seconds: null }, retry_of: null,
      spec: { data: 'in_memory', training: { loss: { name: 'sparse_categorical_crossentropy' }, class_weights: null, augment: null, budget: null } },
    });
  });
});

describe('recordKind', () => {
  it('wants a way from each earlier version', () => {
    expect(() => recordKind('box', 2, () => 'box')).toThrow(RangeError);
  });
});
