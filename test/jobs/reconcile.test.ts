// What a start puts right: the queue filled again from the store, decided ends made true, half-made things removed.
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import { reconcile, type Reconciled } from '#jobs/reconcile.js';
import { settle } from '#jobs/settle.js';
import { TestApp } from '../support/app.js';
import { pretrain } from '../support/requests.js';

let app: TestApp;
let dataset: string;
beforeEach(async () => {
  app = await TestApp.open();
  dataset = (await app.generated('glyph_digits', 100)).id;
});

const start = (alone = true): Promise<Reconciled> => reconcile({ ...app.rooms, alone });
/** Forgets all that waits, as a queue server does that lost its data. */
const loseQueue = (): Promise<unknown> => app.valkey.redis.flushall();

describe('reconcile', () => {
  it('finds nothing to do in an empty store', async () => {
    await app.delete(`/v1/datasets/${dataset}`);
    expect(await start()).toEqual({ requeued: [], concluded: [], removed: [], unreadable: [] });
  });

  it.each([['alone', true], ['beside others', false]])('queues again what the queue has lost, oldest and highest first, %s', async (_how, alone) => {
    const ids = [];
    for (const priority of [5, 5, 9]) ids.push((await app.submit(pretrain(dataset, { priority }))).id);
    await loseQueue();
    expect((await start(alone)).requeued).toEqual(ids);
    const ahead = await Promise.all(ids.map((id) => app.rooms.queue.ahead('train', id)));
    expect(ahead).toEqual([1, 2, 0]);
  });

  it('leaves a job whose record cannot be read as it is, names it, and goes on with the others', async () => {
    const [torn, sound] = [(await app.submit(pretrain(dataset))).id, (await app.submit(pretrain(dataset))).id];
    await app.rooms.store.put(`jobs/${torn}/job.json`, '{"record"');
    await loseQueue();
    expect(await start()).toMatchObject({ requeued: expect.arrayContaining([sound]), unreadable: [torn] });
    expect((await app.get('/v1/jobs')).json<{ data: { id: string }[] }>().data.map(({ id }) => id)).toEqual([sound]);
  });

  it('queues a data set again that was not read yet', async () => {
    const { id } = (await app.post('/v1/datasets', { generate: { name: 'glyph_digits', examples: 100 } })).json<Dataset>();
    await loseQueue();
    expect((await start()).requeued).toEqual([id]);
    expect(await app.rooms.queue.holds('ingest', id)).toBe(true);
    expect((await app.read(id)).status).toBe('ready');
  });

  it('leaves in the queue what waits there, where it is beside others', async () => {
    const job = await app.submit(pretrain(dataset));
    expect((await start(false)).requeued).toEqual([]);
    expect(await app.rooms.queue.holds('train', job.id)).toBe(true);
    expect(await app.rooms.events.read(job.id)).toHaveLength(1);
  });

  it('makes a decided end true', async () => {
    const job = await app.submit(pretrain(dataset));
    await settle(app.rooms.store, job.id, { status: 'cancelled', at: new Date().toISOString(), attempt: 0 });
    await loseQueue();
    expect(await start()).toMatchObject({ requeued: [], concluded: [job.id] });
    expect((await app.job(job.id)).status).toBe('cancelled');
    expect((await app.rooms.events.read(job.id)).at(-1)!.type).toBe('job.cancelled');
  });

  it('touches nothing that has ended', async () => {
    const { job } = await app.model(dataset);
    const before = await app.traces();
    expect(await start()).toEqual({ requeued: [], concluded: [], removed: [], unreadable: [] });
    expect(await app.traces()).toEqual(before);
    expect(await app.job(job.id)).toEqual(job);
  });

  it('removes what was being made, and a log without its job, where it is alone', async () => {
    const staging = await app.rooms.store.stage('ds_left');
    const log = `job_${'a'.repeat(32)}`;
    await (await app.rooms.events.openWriter(log)).append('job.queued', { reason: null });
    expect(await start(false)).toEqual({ requeued: [], concluded: [], removed: [], unreadable: [] });
    expect((await start()).removed.sort()).toEqual([staging.name, log].sort());
    expect(await app.rooms.store.listStaged()).toEqual([]);
    expect((await app.traces()).paths.filter((path) => path.includes(log))).toEqual([]);
  });

  it('does the same when it is done again', async () => {
    await app.submit(pretrain(dataset));
    await loseQueue();
    const [first, second] = [await start(), await start()];
    expect(second).toEqual(first);
    expect(await app.rooms.queue.counts('train')).toEqual({ waiting: 1, active: 0 });
  });
});
