// Accepting a job: what is there once it is accepted, and what is left where that did not come to be.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import type { JobRequest } from '#contract/job-request.js';
import { openEventLog } from '#events/redis-event-log.js';
import { findJob } from '#jobs/query.js';
import { reconcile } from '#jobs/reconcile.js';
import { submitJob } from '#jobs/submit.js';
import { pino } from 'pino';
import { TestApp } from '../support/app.js';
import { failingAfter, StoreGone } from '../support/failing-store.js';
import { pretrain } from '../support/requests.js';
import { until } from '../support/until.js';

let app: TestApp;
let dataset: Dataset;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = await app.generated();
});

const request = (): JobRequest => pretrain(dataset.id) as JobRequest;

describe('submitJob', () => {
  it('leaves a record, a log with one event, and a place in the queue', async () => {
    const id = await submitJob(app.rooms, request());
    expect(await findJob(app.rooms.store, id)).toMatchObject({ status: 'queued', job: { id, type: 'pretrain', priority: 5 }, outcome: undefined });
    expect(await app.rooms.events.read(id)).toMatchObject([{ id: '1', type: 'job.queued', data: { reason: null } }]);
    expect(await app.rooms.queue.holds('train', id)).toBe(true);
  });

  it('gives every job an id and a model id of its own, in the order of submission', async () => {
    const ids = [];
    for (let n = 0; n < 5; n += 1) ids.push(await submitJob(app.rooms, request()));
    const models = await Promise.all(ids.map(async (id) => (await findJob(app.rooms.store, id))!.job.model));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(models).size).toBe(5);
  });

  it('accepts nothing while the queue is away, and leaves nothing', async () => {
    const before = await app.traces();
    await app.valkey.kill();
    try {
      await expect(submitJob(app.rooms, request())).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    } finally {
      await app.valkey.startAgain();
    }
    await until('the queue answers again', () => app.rooms.queue.ping().then(() => true, () => false));
    expect((await app.traces()).paths).toEqual(before.paths);
  });

  it('shows no job where it died before the record was written, and the next start removes what it had begun', async () => {
    const before = await app.traces();
    const store = failingAfter(app.rooms.store, 1);
    const events = openEventLog(store, app.valkey.connection, pino({ level: 'silent' }));
    await expect(submitJob({ ...app.rooms, store, events }, request())).rejects.toThrow(StoreGone);
    await events.close();

    const left = (await app.traces()).paths.filter((path) => !before.paths.includes(path));
    expect(left.some((path) => path.endsWith('events.jsonl'))).toBe(true);
    const id = /job_[0-9a-f]{32}/.exec(left.join())![0];
    expect((await app.get(`/v1/jobs/${id}`)).status).toBe(404);
    expect((await app.get('/v1/jobs')).text).not.toContain(id);
    expect((await reconcile({ ...app.rooms, alone: true })).removed).toEqual([id]);
    expect((await app.traces()).paths).toEqual(before.paths);
  });
});
