// Of all who may believe that a job is theirs, one ends it: races to publish, a lock that is lost, a worker that stood still.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '#contract/ids.js';
import { ACCEPTED_JOB, attemptFence, JOB_OUTCOME, type AcceptedJob, type JobOutcome } from '#jobs/records.js';
import { readRecord, writeRecord, writeRecordOnce } from '#store/records.js';
import { TestApp } from '../support/app.js';
import { descendants, isRunning } from '../support/processes.js';
import { pretrain } from '../support/requests.js';
import { until } from '../support/until.js';
import { withStaging } from '../../workers/attempt-staging.js';
import { attemptJob, commitAttempt, type WorkerRooms } from '../../workers/train-attempt.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});

const never = new AbortController().signal;
const childOf = (id: string): Promise<number> =>
  until(`${id} trains`, async () => (await descendants(process.pid)).find(({ command }) => command.startsWith(`train-job ${id}`))?.pid);

describe('attempts that race to publish', () => {
  const RACES = 500;
  const AT_ONCE = 20;

  /** The second attempt begins when the first is somewhere on its way to the end, `turns` before it, then is as far itself. */
  async function race(turns: number): Promise<number> {
    const { store, events } = app.rooms;
    const job = { id: newId('job'), model: newId('model'), name: null } as AcceptedJob;
    await writeRecord(store, ACCEPTED_JOB, job.id, job);
    const commit = (attempt: number) =>
      withStaging(store, job.id, async (staging) => {
        await writeFile(join(staging.path, 'manifest.json'), JSON.stringify({ attempt }));
        const outcome: JobOutcome = { status: 'succeeded', at: '', attempt, staging: staging.name, stop_reason: 'completed', weights_digest: '', metrics: {}, runs: [] };
        return commitAttempt(store, events, job.id, staging, outcome);
      });
    await writeRecordOnce(store, attemptFence(1), job.id, { worker: 'first', at: '' });
    const first = async (): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) await store.sizeOf('nothing');
      await commit(1);
    };
    const second = async (): Promise<void> => {
      await writeRecordOnce(store, attemptFence(2), job.id, { worker: 'second', at: '' });
      await commit(2);
    };
    await Promise.all([first(), second()]);

    const outcome = await readRecord(store, JOB_OUTCOME, job.id);
    const published = JSON.parse(String(await store.get(`models/${job.model}/manifest.json`))) as { attempt: number };
    expect(published.attempt).toBe(outcome!.attempt);
    expect((await events.read(job.id)).map(({ type }) => type)).toEqual(['job.succeeded']);
    return published.attempt;
  }

  it(`end with one model and one last event each, ${RACES} times, whoever wins, and nothing of the loser`, async () => {
    const winners = [0, 0];
    for (let round = 0; round < RACES / AT_ONCE; round += 1) {
      for (const attempt of await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => race(n)))) winners[attempt - 1]! += 1;
    }
    expect(winners[0]! + winners[1]!).toBe(RACES);
    expect(Math.min(...winners)).toBeGreaterThan(0); // else it was no race
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });
});

describe('a lock that is lost', () => {
  it('ends the child, and the job is made once more and published once', async () => {
    const worker = await app.work({ lockSeconds: 2 });
    const { id } = await app.submit(pretrain(dataset, { training: { epochs: 2_000 } }));
    const child = await childOf(id);
    await app.valkey.redis.del(`rootstock:train:${id}:lock`);
    await until('its child is gone', async () => !(await isRunning(child)));
    const job = await until('it has ended', async () => {
      const seen = await app.job(id);
      return seen.status === 'succeeded' ? seen : undefined;
    }, 60_000);
    await worker.close();
    expect(job.attempt).toBe(2);
    const events = await app.rooms.events.read(id);
    expect(events.map((event) => event.id)).toEqual(events.map((_, n) => String(n + 1)));
    expect(events.filter(({ type }) => type === 'job.succeeded')).toHaveLength(1);
    expect(events.map(({ type }) => type)).not.toContain('job.attempt_failed');
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('leaves nothing of an attempt that had its result already', async () => {
    const { id } = await app.submit(pretrain(dataset));
    let ours = true;
    const children: WorkerRooms['children'] = {
      train: async () => {
        ours = false; // while this process stood still: no signal has come yet
        return { class: 'done', result: { stop_reason: 'completed', weights_digest: '', metrics: {}, runs: [] } };
      },
    };
    const before = (await app.rooms.events.read(id)).length;
    await attemptJob(app.workerRooms({ children }), id, never, async () => ours);
    expect((await app.rooms.events.read(id)).length).toBe(before + 1); // that it was preparing
    expect(await readRecord(app.rooms.store, JOB_OUTCOME, id)).toBeUndefined();
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });
});
