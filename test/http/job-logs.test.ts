// GET /v1/jobs/{id}/logs: what worker and child wrote while they made the attempts of a job; and what the API writes of requests.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import type { LogLine } from '#contract/log-line.js';
import type { ListOf } from '#contract/schema.js';
import { buildApp } from '#http/app.js';
import { ACCEPTED_JOB } from '#jobs/records.js';
import { TryAgain } from '#queue/queue.js';
import { readRecord } from '#store/records.js';
import { attemptJob } from '../../workers/train-attempt.js';
import { held, TestApp } from '../support/app.js';
import { diverging, expectProblem, pretrain } from '../support/requests.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

/** What TensorFlow writes itself. */
const NATIVE = /^[IWEF]\d{4} /;

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});

const logsOf = async (id: string, query = ''): Promise<LogLine[]> => (await app.get(`/v1/jobs/${id}/logs${query}`)).json<ListOf<LogLine>>().data;
const lastsLong = (): object => pretrain(dataset, { training: { epochs: 1000, batch_size: 32, optimizer: { name: 'sgd', learning_rate: 0.01 }, seed: 7 } });

describe('GET /v1/jobs/{id}/logs', () => {
  it('tells what worker and child did, in order', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expect(await logsOf(id)).toEqual([]);
    await app.attempt(id);
    const lines = await logsOf(id);
    expect(lines.filter(({ message }) => !NATIVE.test(message)).map(({ source, attempt, message }) => [source, attempt, message])).toEqual([
      ['worker', 1, 'attempt 1 begins'], ['child', 1, 'the engine is ready'], ['worker', 1, 'attempt 1 is done'],
    ]);
    expect(lines.map((line) => line.id)).toEqual(lines.map((_, at) => String(at + 1)));
  });

  it('is paged, and narrowed by level', async () => {
    const { id } = await app.submit(diverging(dataset));
    await app.attempt(id);
    const first = await app.get(`/v1/jobs/${id}/logs?limit=1`);
    expect(first.json()).toMatchObject({ has_more: true, last_id: '1' });
    expect(first.headers.link).toBe(`</v1/jobs/${id}/logs?limit=1&after=1>; rel="next"`);
    expect(await logsOf(id, '?after=1')).toEqual((await logsOf(id)).slice(1));
    const errors = await logsOf(id, '?level=error');
    expect(errors).toMatchObject([{ level: 'error', message: expect.stringContaining('attempt 1 ended'), detail: expect.stringContaining('NAN_LOSS') }]);
    expectProblem(await app.get(`/v1/jobs/${id}/logs?level=loud`), 422, 'INVALID_VALUE');
  });

  it('is a line for each where that is asked for', async () => {
    const { id } = await app.submit(pretrain(dataset));
    await app.attempt(id);
    const answer = await app.get(`/v1/jobs/${id}/logs`, { accept: 'application/x-ndjson' });
    expect(answer.headers['content-type']).toContain('application/x-ndjson');
    expect(answer.text.trimEnd().split('\n').map((line) => JSON.parse(line) as LogLine)).toEqual(await logsOf(id));
  });

  it('has what a child said that was killed, and goes with its job', async () => {
    const { id } = await app.submit(lastsLong());
    await app.rooms.queue.remove('train', id);
    const attempting = attemptJob(app.workerRooms(), id, new AbortController().signal, held);
    const told = await until('the child has said which process it is', async () => (await logsOf(id)).find(({ message }) => message === 'the engine is ready'));
    process.kill((JSON.parse(told.detail!) as { pid: number }).pid, 'SIGKILL');
    await expect(attempting).rejects.toThrow(TryAgain);
    const lines = await logsOf(id);
    expect(lines).toContainEqual(told);
    expect(lines.at(-1)).toMatchObject({ level: 'error', source: 'worker', message: expect.stringContaining('SIGKILL') });

    await app.post(`/v1/jobs/${id}/cancel`, {});
    await app.attempt(id);
    expect((await app.delete(`/v1/jobs/${id}`)).status).toBe(204);
    expect((await app.traces()).paths.filter((path) => path.includes(id))).toEqual([]);
    expectProblem(await app.get(`/v1/jobs/${id}/logs`), 404, 'JOB_NOT_FOUND', []);
  });
});

describe('the log of the API', () => {
  it('has a line for each request that changes something, with its id, its job and whom it came from, and no query', async () => {
    const written: Record<string, unknown>[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void written.push(JSON.parse(line) as Record<string, unknown>) });
    const logging = await buildApp(app.rooms, { keys: { apiKey: '', readOnlyKey: '' }, log });
    const made = await logging.inject({ method: 'POST', url: '/v1/jobs?dry_run=false', payload: pretrain(dataset) });
    const { id } = made.json<{ id: string }>();
    await logging.inject({ method: 'GET', url: `/v1/jobs/${id}` });
    await logging.inject({ method: 'POST', url: `/v1/jobs/${id}/cancel?api_key=canary` });
    await logging.close();
    const lines = written.filter(({ msg }) => msg === 'answered');
    expect(lines).toMatchObject([
      { level: 30, request_id: made.headers['x-request-id'], method: 'POST', path: '/v1/jobs', status: 201, job: id, client: '127.0.0.1' },
      { method: 'POST', path: `/v1/jobs/${id}/cancel`, route: '/v1/jobs/:id/cancel', status: 200, job: id },
    ]);
    expect(JSON.stringify(written)).not.toContain('canary');
  });

  it('names the trace of the caller beside the request, and so do the lines of worker and child about the job it submitted', async () => {
    const written: Record<string, unknown>[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => void written.push(JSON.parse(line) as Record<string, unknown>) });
    const logging = await buildApp(app.rooms, { keys: { apiKey: '', readOnlyKey: '' }, log });
    const trace = 'a1'.repeat(16);
    const made = await logging.inject({ method: 'POST', url: '/v1/jobs', headers: { traceparent: `00-${trace}-${'b2'.repeat(8)}-01` }, payload: pretrain(dataset) });
    const untraced = await logging.inject({ method: 'POST', url: '/v1/jobs', headers: { traceparent: `00-${'0'.repeat(32)}-${'b2'.repeat(8)}-01` }, payload: pretrain(dataset) });
    await logging.close();
    expect([made.statusCode, untraced.statusCode]).toEqual([201, 201]);
    const request = (answer: typeof made) => answer.headers['x-request-id'];
    const answered = written.filter(({ msg }) => msg === 'answered');
    expect(answered).toMatchObject([{ request_id: request(made), trace_id: trace }, { request_id: request(untraced) }]);
    expect(answered[1]).not.toHaveProperty('trace_id');

    written.splice(0);
    const rooms = app.workerRooms({ log });
    for (const answer of [made, untraced]) {
      const { id } = answer.json<{ id: string }>();
      await app.rooms.queue.remove('train', id);
      await attemptJob(rooms, id, new AbortController().signal, held);
      const lines = written.splice(0);
      expect(lines.filter(({ msg }) => msg === 'attempt 1 begins' || msg === 'the engine is ready')).toHaveLength(2);
      expect(new Set(lines.map((line) => `${String(line.job)} ${String(line.request_id)} ${String(line.trace_id)}`))).toEqual(new Set([`${id} ${String(request(answer))} ${answer === made ? trace : 'undefined'}`]));
    }
  });

  it('names the request that made an ended job once more, not the first one', async () => {
    const { id } = await app.submit(pretrain(dataset));
    await app.post(`/v1/jobs/${id}/cancel`, {});
    const again = await app.post(`/v1/jobs/${id}/retry`, {});
    const record = await readRecord(app.rooms.store, ACCEPTED_JOB, again.json<{ id: string }>().id);
    expect(record!.origin).toEqual({ request_id: again.headers['x-request-id'], traceparent: null });
  });
});
