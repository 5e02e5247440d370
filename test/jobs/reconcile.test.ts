// What the reconciler puts right: the queue filled again from the store, decided ends made true, limits kept, half-made things removed.
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import { Reconciler, type Reconciled } from '#jobs/reconcile.js';
import { settle } from '#jobs/settle.js';
import { TestApp } from '../support/app.js';
import { failingAfter } from '../support/failing-store.js';
import { overridden } from '../support/overridden.js';
import { pretrain } from '../support/requests.js';
import { until } from '../support/until.js';
import { workerStatus } from '../support/workers.js';

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated('glyph_digits', 100)).id;
});
/** No job, nothing staged, nothing waiting. */
afterEach(async () => {
  await app.rooms.store.delete('jobs');
  for (const name of await app.rooms.store.listStaged()) await app.rooms.store.discard((await app.rooms.store.staged(name))!);
  await loseQueue();
});

const NOTHING: Reconciled = { requeued: [], concluded: [], expired: [], removed: [], unreadable: [], failed: [] };
/** The first look of a service that has store and queue to itself. */
const start = (): Promise<Reconciled> => new Reconciler(app.rooms).look(true);
/** Forgets all that waits, as a queue server does that lost its data. */
const loseQueue = (): Promise<unknown> => app.valkey.redis.flushall();

describe('a look at the start', () => {
  it('finds nothing to do where there is nothing unfinished', async () => {
    expect(await start()).toEqual(NOTHING);
  });

  it.each([['alone', true], ['beside others', false]])('queues again what the queue has lost, oldest and highest first, %s', async (_how, alone) => {
    const ids = [];
    for (const priority of [5, 5, 9]) ids.push((await app.submit(pretrain(dataset, { priority }))).id);
    await loseQueue();
    expect((await new Reconciler(app.rooms).look(alone)).requeued).toEqual(ids);
    const ahead = await Promise.all(ids.map((id) => app.rooms.queue.ahead('train', id)));
    expect(ahead).toEqual([1, 2, 0]);
  });

  it('leaves what cannot be read as it is, names it once, and goes on with the others', async () => {
    const [torn, newer, sound] = [(await app.submit(pretrain(dataset))).id, (await app.submit(pretrain(dataset))).id, (await app.submit(pretrain(dataset))).id];
    await app.rooms.store.put(`jobs/${torn}/job.json`, '{"record"');
    await app.rooms.store.put(`jobs/${newer}/job.json`, JSON.stringify({ record: 'job', schema_version: 99, value: {} }));
    await loseQueue();
    const reconciler = new Reconciler(app.rooms);
    expect(await reconciler.look(true)).toMatchObject({ requeued: [sound], unreadable: [torn, newer] });
    expect(await reconciler.look()).toEqual(NOTHING);
    expect((await app.get('/v1/jobs')).json<{ data: { id: string }[] }>().data.map(({ id }) => id)).toEqual([sound]);
  });

  it('queues a data set again that was not read yet', async () => {
    const { id } = (await app.post('/v1/datasets', { generate: { name: 'glyph_digits', examples: 100 } })).json<Dataset>();
    await loseQueue();
    expect((await start()).requeued).toEqual([id]);
    expect(await app.rooms.queue.holds('ingest', id)).toBe(true);
    expect((await app.read(id)).status).toBe('ready');
    await app.delete(`/v1/datasets/${id}`);
  });

  it('makes a decided end true', async () => {
    const job = await app.submit(pretrain(dataset));
    await settle(app.rooms.store, job.id, { status: 'cancelled', at: new Date().toISOString(), attempt: 0 });
    await loseQueue();
    expect(await start()).toMatchObject({ requeued: [], concluded: [job.id] });
    expect((await app.job(job.id)).status).toBe('cancelled');
    expect((await app.rooms.events.read(job.id)).at(-1)!.type).toBe('job.cancelled');
  });

  it('goes on where one end cannot be made true, keeps what was staged for it, and does it later', async () => {
    const job = await app.submit(pretrain(dataset));
    const staging = await app.rooms.store.stage(`${job.id}.1`);
    await settle(app.rooms.store, job.id, { status: 'succeeded', at: new Date().toISOString(), attempt: 1, staging: staging.name, stop_reason: 'completed', weights_digest: 'a'.repeat(64), metrics: {}, runs: [] });
    const other = await app.submit(pretrain(dataset));
    const reconciler = new Reconciler({ ...app.rooms, store: failingAfter(app.rooms.store, 0) });
    const done = await reconciler.look(true);
    expect(done).toMatchObject({ requeued: [other.id], concluded: [], removed: [] });
    expect(done.failed.map(({ id }) => id)).toEqual([job.id]);
    expect(await app.rooms.store.listStaged()).toEqual([staging.name]);
    expect((await start()).concluded).toEqual([job.id]);
    expect((await app.job(job.id)).status).toBe('succeeded');
  });

  it('touches nothing that has ended', async () => {
    const { job } = await app.model(dataset);
    const before = await app.traces();
    expect(await start()).toEqual(NOTHING);
    expect(await app.traces()).toEqual(before);
    expect(await app.job(job.id)).toEqual(job);
  });

  it('removes what was being made', async () => {
    const staging = await app.rooms.store.stage('ds_left');
    expect((await new Reconciler(app.rooms).look()).removed).toEqual([]);
    expect((await start()).removed).toEqual([staging.name]);
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('does the same when it is done again', async () => {
    await app.submit(pretrain(dataset));
    await loseQueue();
    const [first, second] = [await start(), await start()];
    expect(second).toEqual(first);
    expect(await app.rooms.queue.counts('train')).toEqual({ waiting: 1, active: 0 });
  });
});

describe('a look beside workers', () => {
  it('leaves in the queue what waits there', async () => {
    const job = await app.submit(pretrain(dataset));
    expect(await new Reconciler(app.rooms).look()).toEqual(NOTHING);
    expect(await app.rooms.queue.holds('train', job.id)).toBe(true);
    expect(await app.rooms.events.read(job.id)).toHaveLength(1);
  });

  it('leaves a job to the worker that says it has it, and queues it when nobody has said so for a while', async () => {
    const worker = await app.work();
    const { id } = await app.submit(pretrain(dataset, { training: { epochs: 10_000 } }));
    await until('it runs', async () => (await app.job(id)).status === 'running', 30_000);
    const reconciler = new Reconciler(app.rooms);
    await worker.announce(workerStatus('worker', [id]), 60);
    // As if the task had been lost, and nothing else.
    const everything = overridden(app.rooms.queue, { held: async () => new Set<string>() });
    const forgetful = new Reconciler({ ...app.rooms, queue: everything }, 0);
    for (let look = 0; look < 3; look += 1) expect((await forgetful.look()).requeued).toEqual([]);
    await worker.announce(workerStatus('worker'), 60);
    expect((await forgetful.look()).requeued).toEqual([]);
    expect((await forgetful.look()).requeued).toEqual([id]);
    expect(await reconciler.look()).toEqual(NOTHING);
    await app.post(`/v1/jobs/${id}/cancel`, {});
    await until('it has ended', async () => (await app.job(id)).status === 'cancelled');
    await worker.close();
  });

  it('makes an end true whose decider died, the job still in the queue', async () => {
    const job = await app.submit(pretrain(dataset));
    await settle(app.rooms.store, job.id, { status: 'cancelled', at: new Date().toISOString(), attempt: 0 });
    expect((await new Reconciler(app.rooms).look()).concluded).toEqual([]);
    const reconciler = new Reconciler(app.rooms, 0);
    expect((await reconciler.look()).concluded).toEqual([]);
    expect((await reconciler.look()).concluded).toEqual([job.id]);
    expect(await reconciler.look()).toEqual(NOTHING);
    expect((await app.job(job.id)).status).toBe('cancelled');
    expect(await app.rooms.queue.holds('train', job.id)).toBe(false);
  });

  it('ends a job that has waited longer than it may, and no other', async () => {
    const [patient, impatient] = [await app.submit(pretrain(dataset)), await app.submit(pretrain(dataset, { limits: { queue_seconds: 1 } }))];
    expect(impatient.limits).toEqual({ run_seconds: null, queue_seconds: 1 });
    const reconciler = new Reconciler(app.rooms);
    await until('its time is up', async () => (await reconciler.look()).expired.includes(impatient.id));
    expect(await app.job(impatient.id)).toMatchObject({
      status: 'expired', attempt: 0, queue: null, error: { code: 'QUEUE_SECONDS_PASSED', class: 'user', retryable: true },
    });
    expect((await app.rooms.events.read(impatient.id)).map(({ type }) => type)).toEqual(['job.queued', 'job.expired']);
    expect((await app.job(patient.id)).status).toBe('queued');
    expect(await app.rooms.queue.counts('train')).toEqual({ waiting: 1, active: 0 });
  });

  it('does each thing once, several reconcilers at once', async () => {
    const ids = [];
    for (let n = 0; n < 4; n += 1) ids.push((await app.submit(pretrain(dataset))).id);
    await settle(app.rooms.store, ids[0]!, { status: 'cancelled', at: new Date().toISOString(), attempt: 0 });
    await loseQueue();
    const reconcilers = [1, 2, 3].map(() => new Reconciler(app.rooms, 0));
    for (let look = 0; look < 3; look += 1) await Promise.all(reconcilers.map((each) => each.look()));
    expect(await app.rooms.queue.counts('train')).toEqual({ waiting: 3, active: 0 });
    expect((await app.rooms.events.read(ids[0]!)).map(({ type }) => type)).toEqual(['job.queued', 'job.cancelled']);
  });

  it('fails as a whole while the queue is away, and is well again with it', async () => {
    const reconciler = new Reconciler(app.rooms);
    const job = await app.submit(pretrain(dataset));
    await app.valkey.kill();
    await expect(reconciler.look()).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await app.valkey.startAgain();
    await until('a look succeeds', () => reconciler.look().then(() => true, () => false));
    expect((await app.job(job.id)).status).toBe('queued');
  });
});
