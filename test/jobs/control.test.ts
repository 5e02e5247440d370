// Cancelling and deleting jobs, in whatever state they are.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '#contract/job.js';
import { openEventLog } from '#events/redis-event-log.js';
import { cancelJob } from '#jobs/control.js';
import { pino } from 'pino';
import { TestApp } from '../support/app.js';
import { diverging, expectProblem, pretrain } from '../support/requests.js';
import { until } from '../support/until.js';

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});

const cancel = (id: string) => app.post(`/v1/jobs/${id}/cancel`, {});
const long = (): Record<string, unknown> => pretrain(dataset, { training: { epochs: 10_000 } });
const isRunning = (id: string) => until(`${id} runs`, async () => (await app.job(id)).status === 'running', 30_000);

describe('POST /v1/jobs/{id}/cancel', () => {
  it('ends a job that waits: out of the queue, with its last event, and without artifacts', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const answer = await cancel(id);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ id, status: 'cancelled', model: null, error: null, queue: null });
    expect(await app.rooms.queue.holds('train', id)).toBe(false);
    expect((await app.rooms.events.read(id)).map(({ type }) => type)).toEqual(['job.queued', 'job.cancelled']);
    expectProblem(await app.get(`/v1/jobs/${id}/artifacts`), 409, 'NO_ARTIFACTS_YET', []);
  });

  it('B53: answers the same when it is asked again, and writes nothing more', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const first = await cancel(id);
    for (const again of await Promise.all([cancel(id), cancel(id), cancel(id)])) {
      expect([again.status, again.json()]).toEqual([200, first.json()]);
    }
    expect(await app.rooms.events.read(id)).toHaveLength(2);
  });

  it('answers every one of many who ask at once, and the job ends once', async () => {
    const { id } = await app.submit(pretrain(dataset));
    for (const { status } of await Promise.all(Array.from({ length: 8 }, () => cancel(id)))) expect(status).toBe(200);
    const events = await app.rooms.events.read(id);
    expect(events.map((event) => `${event.id} ${event.type}`)).toEqual(['1 job.queued', '2 job.cancelled']);
  });

  it('ends a job at work: nothing is published, and the worker takes the next', async () => {
    const worker = await app.work();
    const running = await app.submit(long());
    const next = await app.submit(pretrain(dataset));
    await isRunning(running.id);
    expect(['cancelling', 'cancelled']).toContain((await cancel(running.id)).json<Job>().status);
    await until('it has ended', async () => (await app.job(running.id)).status === 'cancelled');
    const types = (await app.rooms.events.read(running.id)).map(({ type }) => type);
    expect(types.at(-1)).toBe('job.cancelled');
    expect(types.filter((type) => type === 'job.cancelled')).toHaveLength(1);
    expect((await app.get('/v1/models')).text).not.toContain(running.id);

    await until('the next one has succeeded', async () => (await app.job(next.id)).status === 'succeeded', 30_000);
    expect(await app.rooms.store.listStaged()).toEqual([]);
    await worker.close();
  });

  it.each([
    ['succeeded', () => pretrain(dataset)],
    ['failed', () => diverging(dataset)],
  ])('B53: is 409 for a job that has %s, which stays as it is', async (status, body) => {
    const { id } = await app.submit(body());
    const ended = await app.attempt(id);
    expect(ended.status).toBe(status);
    const problem = expectProblem(await cancel(id), 409, 'ACTION_NOT_ALLOWED', []);
    expect(problem.detail).toContain(status);
    expect(await app.job(id)).toEqual(ended);
  });

  it('is 404 for a job that is none, and needs no body', async () => {
    expectProblem(await cancel(`job_${'0'.repeat(32)}`), 404, 'JOB_NOT_FOUND', []);
  });
});

describe('B53: two processes that cancel one job at once', () => {
  it('write one last event, and both are answered', async () => {
    const other = openEventLog(app.rooms.store, app.valkey.connection, pino({ level: 'silent' }));
    for (let round = 0; round < 10; round += 1) {
      const { id } = await app.submit(pretrain(dataset));
      await Promise.all([cancelJob(app.rooms, id), cancelJob({ ...app.rooms, events: other }, id)]);
      expect((await app.rooms.events.read(id)).map((event) => `${event.id} ${event.type}`)).toEqual(['1 job.queued', '2 job.cancelled']);
      expect((await app.job(id)).status).toBe('cancelled');
    }
    await other.close();
  });
});

describe('POST /v1/jobs/{id}/retry', () => {
  const retry = (id: string) => app.post(`/v1/jobs/${id}/retry`, {});

  it('makes a new job of one that was cancelled or failed, with its very spec, and names it', async () => {
    const asked = pretrain(dataset, { name: 'first', priority: 7, metadata: { team: 'a' }, limits: { run_seconds: 600 } });
    const { id } = await app.submit(asked);
    await cancel(id);
    const answer = await retry(id);
    expect(answer.status).toBe(201);
    const job = answer.json<Job>();
    expect(answer.headers.location).toBe(`/v1/jobs/${job.id}`);
    const first = await app.job(id);
    expect(job).toMatchObject({ retry_of: id, status: 'queued', name: 'first', priority: 7, metadata: { team: 'a' }, limits: { run_seconds: 600, queue_seconds: null }, spec_digest: first.spec_digest });
    expect(job.spec).toEqual(first.spec);
    expect(first.retry_of).toBeNull();
    expect((await app.attempt(job.id)).status).toBe('succeeded');
    const failed = await app.attempt((await app.submit(diverging(dataset))).id);
    expect((await retry(failed.id)).json<Job>().retry_of).toBe(failed.id);
  });

  it('is 409 for a job that has not ended, or succeeded; 404 for none', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expectProblem(await retry(id), 409, 'ACTION_NOT_ALLOWED', []);
    await app.attempt(id);
    expectProblem(await retry(id), 409, 'ACTION_NOT_ALLOWED', []);
    expectProblem(await retry(`job_${'0'.repeat(32)}`), 404, 'JOB_NOT_FOUND', []);
  });

  it('is 422 where its data set was deleted meanwhile', async () => {
    const gone = (await app.generated('glyph_letters', 100)).id;
    const { id } = await app.submit(pretrain(gone));
    await cancel(id);
    await app.delete(`/v1/datasets/${gone}`);
    expectProblem(await retry(id), 422, 'DATASET_UNKNOWN', ['/dataset']);
  });
});

describe('DELETE /v1/jobs/{id}', () => {
  it('is 409 for a job that has not ended', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expectProblem(await app.delete(`/v1/jobs/${id}`), 409, 'ACTION_NOT_ALLOWED', []);
    expect((await app.job(id)).status).toBe('queued');
    await cancel(id);
  });

  it('B53: removes the record of an ended job with its log, once, and leaves its model', async () => {
    const { id: model, job } = await app.model(dataset);
    const answer = await app.delete(`/v1/jobs/${job.id}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const path of ['', '/events', '/metrics', '/artifacts']) expectProblem(await app.get(`/v1/jobs/${job.id}${path}`), 404, 'JOB_NOT_FOUND', []);
    expectProblem(await app.delete(`/v1/jobs/${job.id}`), 404, 'JOB_NOT_FOUND', []);
    expect((await app.traces()).paths.filter((path) => path.includes(job.id))).toEqual([]);
    expect((await app.get(`/v1/models/${model}`)).status).toBe(200);
  });
});

describe('DELETE /v1/models/{id}', () => {
  it('is 409 while a job starts from it, naming the job, and possible once that has ended', async () => {
    const { id: model } = await app.model(dataset);
    const job = await app.submit({ type: 'fine_tune', dataset, base_model: model, transfer: { kind: 'parameter' } });
    expect(expectProblem(await app.delete(`/v1/models/${model}`), 409, 'MODEL_IN_USE', []).detail).toContain(job.id);
    await cancel(job.id);
    expect((await app.delete(`/v1/models/${model}`)).status).toBe(204);
    expectProblem(await app.get(`/v1/models/${model}`), 404, 'MODEL_NOT_FOUND', []);
    expectProblem(await app.get(`/v1/models/${model}/files/model.json`), 404, 'MODEL_NOT_FOUND', []);
    expect((await app.traces()).paths.filter((path) => path.startsWith('models/') && path.includes(model))).toEqual([]);
  });
});
