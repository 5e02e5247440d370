// Checkpoints of a job in the store: which are kept, which is the best, which comes first.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '#contract/ids.js';
import { checkpointFolders, checkpointName, listCheckpoints, publishCheckpoint } from '#jobs/checkpoints.js';
import type { Store } from '#store/store.js';
import { openFolderStore } from '#store/stores/folder.js';
import { temporaryFolder } from '../support/store.js';

let root: string;
let store: Store;
beforeAll(async () => {
  root = await temporaryFolder();
  store = await openFolderStore(root);
});

/** Publishes checkpoint `number` of an attempt, with a validation loss where there is one. */
async function publish(job: string, attempt: number, number: number, valLoss?: number, run = 'main'): Promise<boolean> {
  const staging = await store.stage(`${job}.${attempt}`);
  const metrics: Record<string, number> = valLoss === undefined ? {} : { val_loss: valLoss };
  const facts = { attempt, run, stage: 0, epoch: number, step: 10 * number, metrics, size_bytes: 3, sha256: 'a'.repeat(64) };
  await writeFile(join(staging.path, 'checkpoint.bin'), String(number));
  const published = (await publishCheckpoint(store, job, checkpointName(attempt, number), staging, facts, 0)) !== undefined;
  if (!published) await store.discard(staging);
  return published;
}
const steps = async (job: string): Promise<number[]> => (await listCheckpoints(store, job)).map(({ step }) => step);

describe('the checkpoints of a job', () => {
  it('are the newest two, the newest first', async () => {
    const job = newId('job');
    for (const number of [1, 2, 3, 4]) expect(await publish(job, 1, number)).toBe(true);
    expect(await steps(job)).toEqual([40, 30]);
    expect((await checkpointFolders(store, job)).map(({ name }) => name)).toEqual([checkpointName(1, 4), checkpointName(1, 3)]);
  });

  it('of a later attempt are newer, whatever their numbers', async () => {
    const job = newId('job');
    for (const [attempt, number] of [[9, 7], [10, 1]] as const) await publish(job, attempt, number);
    expect(await steps(job)).toEqual([10, 70]);
  });

  it('keep the one of the lowest validation loss, and say which it is', async () => {
    const job = newId('job');
    for (const [number, loss] of [[1, 0.9], [2, 0.4], [3, 0.4], [4, 0.6], [5, 0.5]] as const) await publish(job, 1, number, loss);
    const listed = await listCheckpoints(store, job);
    expect(listed.map(({ step, best }) => [step, best])).toEqual([[50, false], [40, false], [20, true]]);
  });

  it('keep the best of the run at work and of the main run, of others that have ended not', async () => {
    const job = newId('job');
    for (const [number, run] of [[1, 'main'], [2, 'lp.1'], [3, 'lp.1'], [4, 'full.1'], [5, 'full.1'], [6, 'full.1']] as const) await publish(job, 1, number, number, run);
    expect(await steps(job)).toEqual([60, 50, 40, 10]);
  });

  it('do not come twice under one name', async () => {
    const job = newId('job');
    expect(await publish(job, 1, 1)).toBe(true);
    expect(await publish(job, 1, 1)).toBe(false);
    expect(await steps(job)).toEqual([10]);
    expect(await readdir(join(root, 'staging'))).toEqual([]);
  });

  it('are still there to go on from where what is shown of one is damaged', async () => {
    const job = newId('job');
    for (const number of [1, 2]) await publish(job, 1, number);
    await store.put(`jobs/${job}/checkpoints/${checkpointName(1, 2)}/checkpoint.json`, '{"record":');
    expect(await steps(job)).toEqual([10]);
    expect(await checkpointFolders(store, job)).toHaveLength(2);
  });

  it('of a job that has none are none', async () => {
    expect(await listCheckpoints(store, newId('job'))).toEqual([]);
  });
});
