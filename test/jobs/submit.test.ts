// Accepting a job: what is there once it is accepted, and what is left where that did not come to be.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import type { JobRequest } from '#contract/job-request.js';
import { openEventLog } from '#events/redis-event-log.js';
import { findJob } from '#jobs/query.js';
import { Reconciler } from '#jobs/reconcile.js';
import { newJobIds, submitJob } from '#jobs/submit.js';
import { pino } from 'pino';
import { TestApp } from '../support/app.js';
import { failingAfter, StoreGone } from '../support/failing-store.js';
import { overridden } from '../support/overridden.js';
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
    const { job: { id } } = await submitJob(app.rooms, request());
    expect(await findJob(app.rooms.store, id)).toMatchObject({ status: 'queued', job: { id, type: 'pretrain', priority: 5 }, outcome: undefined });
    expect(await app.rooms.events.read(id)).toMatchObject([{ id: '1', type: 'job.queued', data: { reason: null } }]);
    expect(await app.rooms.queue.holds('train', id)).toBe(true);
  });

  it('answers with the job as it was stored, without reading it again', async () => {
    const submitted = await submitJob(app.rooms, request());
    expect(submitted).toEqual(await findJob(app.rooms.store, submitted.job.id));
  });

  it('gives every job an id and a model id of its own, in the order of submission', async () => {
    const ids = [];
    for (let n = 0; n < 5; n += 1) ids.push((await submitJob(app.rooms, request())).job.id);
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
    await until('the queue answers again', () => app.rooms.queue.ready().then(() => true, () => false));
    expect((await app.traces()).paths).toEqual(before.paths);
  });

  it('leaves nothing where it died before the record was written', async () => {
    const before = await app.traces();
    const store = failingAfter(app.rooms.store, 0);
    await expect(submitJob({ ...app.rooms, store }, request())).rejects.toThrow(StoreGone);
    expect(await app.traces()).toEqual(before);
  });

  it('has accepted the job once the record is written: whatever dies then, the next look begins its log and queues it', async () => {
    const store = failingAfter(app.rooms.store, 1);
    const events = openEventLog(store, app.valkey.connection, pino({ level: 'silent' }));
    const queue = overridden(app.rooms.queue, { add: () => Promise.reject(new Error('gone')) });
    const { job: { id } } = await submitJob({ ...app.rooms, store, events, queue }, request());
    await events.close();

    expect(await app.job(id)).toMatchObject({ id, status: 'queued' });
    expect(await app.rooms.events.read(id)).toEqual([]);
    expect((await new Reconciler(app.rooms).look()).requeued).toEqual([id]);
    expect(await app.rooms.events.read(id)).toMatchObject([{ id: '1', type: 'job.queued' }]);
    expect(await app.rooms.queue.holds('train', id)).toBe(true);
  });

  it('accepts the same ids once, however often and at once they come', async () => {
    const ids = newJobIds();
    const accepted = await Promise.all([1, 2, 3].map(() => submitJob(app.rooms, request(), ids)));
    const stored = await findJob(app.rooms.store, ids.job);
    expect(accepted).toEqual([stored, stored, stored]);
    expect(await submitJob(app.rooms, { ...request(), dataset: 'ds_gone' }, ids)).toEqual(stored);
    expect(await app.rooms.events.read(ids.job)).toHaveLength(1);
    expect((await app.job(ids.job)).status).toBe('queued');
  });
});
