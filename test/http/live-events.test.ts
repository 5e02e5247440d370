// GET /v1/jobs/{id}/events as a stream of server-sent events: all that was missed, then each as it happens, then the end.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { JobEvent } from '#contract/event.js';
import { openEventLog } from '#events/redis-event-log.js';
import { buildApp } from '#http/app.js';
import { TestApp } from '../support/app.js';
import type { PlanJob } from '../support/plan-job.js';
import { expectProblem, pretrain } from '../support/requests.js';
import { until } from '../support/until.js';

let app: TestApp;
let dataset: string;
/** That has ended. */
let job: PlanJob;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
  job = (await app.model(dataset)).job;
});

const STREAM = { accept: 'text/event-stream' };
const stream = (id: string, query = '', headers: Record<string, string> = {}) => app.get(`/v1/jobs/${id}/events${query}`, { ...STREAM, ...headers });

/** The messages of a stream, field by field; comments, which only keep it open, are left out. */
const messagesOf = (text: string): Record<string, string>[] =>
  text.split('\n\n').map((block) => Object.fromEntries(block.split('\n').flatMap((line) => {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    return field === undefined ? [] : [[field, value!]];
  })) as Record<string, string>).filter((message) => Object.keys(message).length > 0);

const connectionsOf = ({ app: { server } }: TestApp): Promise<number> => promisify(server.getConnections.bind(server))();

describe('GET /v1/jobs/{id}/events as a stream', () => {
  it('gives the events of an ended job as they are listed, each with its number and type, and then says that it is done', async () => {
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
    const count = (await app.rooms.events.read(job.id)).length;
    const expected = [...Array.from({ length: count - 3 }, (_, n) => String(n + 4)), undefined];
    for (const answer of [await stream(job.id, '?after=3'), await stream(job.id, '', { 'last-event-id': '3' }), await stream(job.id, '?after=1', { 'last-event-id': '3' })]) {
      expect(messagesOf(answer.text).map(({ id }) => id)).toEqual(expected);
    }
  });

  it('is 204 for a reader who has seen the last event, so that a browser connects no more', async () => {
    const last = (await app.rooms.events.read(job.id)).at(-1)!.id;
    const answer = await stream(job.id, '', { 'last-event-id': last });
    expect([answer.status, answer.text]).toEqual([204, '']);
  });

  it('gives everything to a reader whose Last-Event-ID is empty', async () => {
    expect(messagesOf((await stream(job.id, '', { 'last-event-id': '' })).text)[0]).toMatchObject({ id: '1' });
  });

  it('tells a reader who asks to go on after an event that never was, and gives everything (B54)', async () => {
    const ids = (await app.rooms.events.read(job.id)).map(({ id }) => id);
    const asked = [['abc', stream(job.id, '', { 'last-event-id': 'abc' })], ['-1', stream(job.id, '', { 'last-event-id': '-1' })], ['9999', stream(job.id, '', { 'last-event-id': '9999' })], ['777', stream(job.id, '?after=777')], ['1'.repeat(400), stream(job.id, '', { 'last-event-id': '1'.repeat(400) })]] as const;
    for (const [after, answer] of asked) {
      const messages = messagesOf((await answer).text);
      expect(messages[0]).toEqual({ event: 'gap', data: JSON.stringify({ after }), retry: '3000' });
      expect(messages.slice(1).map(({ id }) => id)).toEqual([...ids, undefined]);
    }
    expect(messagesOf((await stream(job.id, '?after=3', { 'last-event-id': 'abc' })).text).map(({ id }) => id)).toEqual([undefined, ...ids.slice(3), undefined]);
  });

  it('drops a reader who takes nothing, with little in memory for him, and lets him go on from there (F22)', async () => {
    const quick = await TestApp.open({ dropStalledMs: 300 });
    const { id } = await quick.submit(pretrain((await quick.generated()).id));
    const writer = await quick.rooms.events.openWriter(id);
    const reason = 'x'.repeat(60_000);
    for (let n = 0; n < 300; n += 1) await writer.append('job.queued', { reason });
    const { hostname, port } = new URL(quick.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /v1/jobs/${id}/events HTTP/1.1\r\nhost: a\r\naccept: text/event-stream\r\n\r\n`);
    socket.on('error', () => undefined);
    // Some of it, and then nothing any more.
    await once(socket, 'readable');
    await until('the service has dropped him', async () => (await connectionsOf(quick)) === 0);
    const taken = messagesOf((socket.read() as Buffer).toString('utf8'));
    socket.destroy();
    const last = Number(taken.findLast(({ id: number, data }) => number !== undefined && data?.endsWith('}') === true)!.id);
    expect(last).toBeLessThan(301);
    await quick.post(`/v1/jobs/${id}/cancel`, {});
    const rest = messagesOf((await quick.get(`/v1/jobs/${id}/events`, { ...STREAM, 'last-event-id': String(last) })).text);
    expect(rest.map(({ id: number }) => number)).toEqual([...Array.from({ length: 302 - last }, (_, at) => String(last + 1 + at)), undefined]);
  });

  it('misses nothing and repeats nothing to a reader who connects anew again and again, now here and now at another process', async () => {
    const events = openEventLog(app.rooms.store, app.valkey.connection, pino({ level: 'silent' }));
    const other = await buildApp({ ...app.rooms, events }, { keys: { apiKey: '', readOnlyKey: '' } });
    await other.listen({ host: '127.0.0.1', port: 0 });
    try {
      const urls = [app.url, `http://127.0.0.1:${(other.server.address() as AddressInfo).port}`];
      const { id } = await app.submit(pretrain(dataset));
      const writer = await app.rooms.events.openWriter(id);
      const written = (async () => {
        for (let n = 0; n < 300; n += 1) await writer.append('job.queued', { reason: String(n) });
        await app.post(`/v1/jobs/${id}/cancel`, {});
      })();
      const seen: string[] = [];
      let connections = 0;
      for (let isDone = false; !isDone; connections += 1) {
        isDone = await new Promise<boolean>((resolve, reject) => {
          const request = httpRequest(`${urls[connections % 2]!}/v1/jobs/${id}/events`, { headers: { ...STREAM, 'last-event-id': seen.at(-1) ?? '' }, agent: false }, (response) => {
            let unread = '';
            let count = 0;
            response.setEncoding('utf8').on('data', (chunk: string) => {
              const blocks = (unread + chunk).split('\n\n');
              unread = blocks.pop()!;
              const messages = messagesOf(blocks.join('\n\n'));
              seen.push(...messages.flatMap(({ id: number }) => number ?? []));
              count += messages.length;
              if (messages.some(({ event }) => event === 'done')) resolve(true);
              else if (count >= 3) request.destroy();
            }).on('close', () => resolve(response.statusCode === 204)).on('error', () => resolve(false));
          });
          request.on('error', (problem) => (request.destroyed ? resolve(false) : reject(problem))).end();
        });
      }
      await written;
      expect(seen).toEqual((await app.rooms.events.read(id)).map(({ id: number }) => number));
      expect(connections).toBeGreaterThan(5);
    } finally {
      await other.close();
      await events.close();
    }
  });

  it('tells what happens while it is read, and ends with the job', async () => {
    const { id } = await app.submit(pretrain(dataset));
    let text = '';
    let ended = false;
    const { hostname, port } = new URL(app.url);
    const request = httpRequest({ hostname, port, path: `/v1/jobs/${id}/events`, headers: STREAM, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => (ended = true));
    });
    request.end();
    await until('the first event has come', () => messagesOf(text).length === 1);
    expect(ended).toBe(false);
    await app.attempt(id);
    await until('the stream has ended', () => ended);
    const messages = messagesOf(text);
    const all = await app.rooms.events.read(id);
    expect(messages.map((message) => message.id)).toEqual([...all.map((event) => event.id), undefined]);
    expect(messages.slice(-2).map(({ event }) => event)).toEqual(['job.succeeded', 'done']);
  });

  it('is a problem, not a stream, for a job that is none', async () => {
    expectProblem(await stream(`job_${'0'.repeat(32)}`), 404, 'JOB_NOT_FOUND', []);
  });
});
