// GET /v1/jobs/{id}/events as a stream of server-sent events: all that was missed, then each as it happens, then the end.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import type { JobEvent } from '#contract/event.js';
import { TestApp } from '../support/app.js';
import { expectProblem, pretrain } from '../support/requests.js';
import { until } from '../support/until.js';

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});

const STREAM = { accept: 'text/event-stream' };
const stream = (id: string, query = '', headers: Record<string, string> = {}) => app.get(`/v1/jobs/${id}/events${query}`, { ...STREAM, ...headers });

/** The messages of a stream, field by field; comments, which only keep it open, are left out. */
const messagesOf = (text: string): Record<string, string>[] =>
  text.split('\n\n').map((block) => Object.fromEntries(block.split('\n').flatMap((line) => {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    return field === undefined ? [] : [[field, value!]];
  })) as Record<string, string>).filter((message) => Object.keys(message).length > 0);

describe('GET /v1/jobs/{id}/events as a stream', () => {
  it('gives the events of an ended job as they are listed, each with its number and type, and then says that it is done', async () => {
    const { job } = await app.model(dataset);
    const answer = await stream(job.id);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/event-stream/);
    const messages = messagesOf(answer.text);
    const listed = (await app.get(`/v1/jobs/${job.id}/events`)).json<{ data: JobEvent[] }>().data;
    expect(messages.slice(0, -1).map(({ id, event, data }) => ({ id, event, data: JSON.parse(data!) as unknown }))).toEqual(
      listed.map((event) => ({ id: event.id, event: event.type, data: event })),
    );
    expect(messages.at(-1)).toMatchObject({ event: 'done' });
    expect(messages.slice(0, -1).every(({ retry }) => retry === '3000')).toBe(true);
  });

  it('goes on after the event that was seen last, be it said by header or by address', async () => {
    const { job } = await app.model(dataset);
    const count = (await app.rooms.events.read(job.id)).length;
    const expected = [...Array.from({ length: count - 3 }, (_, n) => String(n + 4)), undefined];
    for (const answer of [await stream(job.id, '?after=3'), await stream(job.id, '', { 'last-event-id': '3' }), await stream(job.id, '?after=1', { 'last-event-id': '3' })]) {
      expect(messagesOf(answer.text).map(({ id }) => id)).toEqual(expected);
    }
  });

  it('is 204 for a reader who has seen the last event, so that a browser connects no more', async () => {
    const { job } = await app.model(dataset);
    const last = (await app.rooms.events.read(job.id)).at(-1)!.id;
    const answer = await stream(job.id, '', { 'last-event-id': last });
    expect([answer.status, answer.text]).toEqual([204, '']);
  });

  it('gives everything to a reader whose Last-Event-ID is none', async () => {
    const { job } = await app.model(dataset);
    for (const strange of ['abc', '-1', '']) expect(messagesOf((await stream(job.id, '', { 'last-event-id': strange })).text)[0]).toMatchObject({ id: '1' });
  });

  it('tells what happens while it is read, and ends with the job', async () => {
    const job = await app.submit(pretrain(dataset));
    let text = '';
    let ended = false;
    const { hostname, port } = new URL(app.url);
    const request = httpRequest({ hostname, port, path: `/v1/jobs/${job.id}/events`, headers: STREAM, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => (ended = true));
    });
    request.end();
    await until('the first event has come', () => messagesOf(text).length === 1);
    expect(ended).toBe(false);
    await app.attempt(job.id);
    await until('the stream has ended', () => ended);
    const messages = messagesOf(text);
    const all = await app.rooms.events.read(job.id);
    expect(messages.map(({ id }) => id)).toEqual([...all.map(({ id }) => id), undefined]);
    expect(messages.slice(-2).map(({ event }) => event)).toEqual(['job.succeeded', 'done']);
  });

  it('is a problem, not a stream, for a job that is none', async () => {
    expectProblem(await stream(`job_${'0'.repeat(32)}`), 404, 'JOB_NOT_FOUND', []);
  });
});
