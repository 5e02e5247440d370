// A data set whose reading is done, and whose publishing fails: it is published later, once.
import { expect, it } from '@jest/globals';
import { armFaultPoints } from '#faults/armed.js';
import { ACCEPTED_DATASET, concludeDataset, findDataset, settleDataset } from '#datasets/registry.js';
import { writeRecord } from '#store/records.js';
import { temporaryStore } from '../support/store.js';

it('a data set that cannot be published after its outcome was written is published by the next who looks', async () => {
  const store = await temporaryStore();
  const id = `ds_${'0'.repeat(32)}`;
  await writeRecord(store, ACCEPTED_DATASET, id, { id, name: '', format: 'generated', created_at: '', source: { files: [], generate: null, url: null, class_names: null, on_bad_rows: 'skip' } });
  const staging = await store.stage(id);
  await store.writeStaged(staging, 'packed.bin', 'rows');
  const disarm = armFaultPoints((name) => {
    if (name === 'ingest.publish.fail') throw new Error(name);
  });
  const content = { class_names: [] } as never;
  await expect(settleDataset(store, id, { status: 'ready', at: '', content, staging: staging.name, report: null })).rejects.toThrow('ingest.publish.fail');
  disarm();
  expect((await findDataset(store, id))?.status).toBe('validating');
  expect(await concludeDataset(store, id)).toBe(true);
  expect((await findDataset(store, id))?.status).toBe('ready');
  expect(await store.listStaged()).toEqual([]);
});
