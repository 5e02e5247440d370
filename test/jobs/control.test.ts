// Cancelling and deleting jobs, in whatever state they are.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '#contract/job.js';
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

  it('answers the same when it is asked again, and writes nothing more', async () => {
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
  ])('is 409 for a job that has %s, which stays as it is', async (status, body) => {
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

describe('DELETE /v1/jobs/{id}', () => {
  it('is 409 for a job that has not ended', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expectProblem(await app.delete(`/v1/jobs/${id}`), 409, 'ACTION_NOT_ALLOWED', []);
    expect((await app.job(id)).status).toBe('queued');
    await cancel(id);
  });

  it('removes the record of an ended job with its log, once, and leaves its model', async () => {
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
