// Asking again and again costs little: what is known is not sent again, and a client may wait for news instead.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '#contract/job.js';
import { TestApp } from '../support/app.js';
import { pretrain, send } from '../support/requests.js';

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});

/** A time in milliseconds, far from both a wait that is over at once and one that lasts to its end. */
const SOON_MS = 10_000;
const timed = async <T>(ask: Promise<T>): Promise<{ answer: T; ms: number }> => {
  const begin = performance.now();
  return { answer: await ask, ms: performance.now() - begin };
};

describe('If-None-Match', () => {
  it.each(['/v1/jobs', '/v1/datasets', '/v1/models', '/v1/models/catalogue', '/v1/jobs/schema?type=pretrain', '/healthz', '/openapi.json'])('spares a client what it has already: GET %s', async (path) => {
    const first = await app.get(path);
    const tag = String(first.headers.etag);
    expect(tag).toMatch(/^"[\w-]{43}"$/);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await app.get(path, { 'if-none-match': known });
      expect({ status: again.status, etag: again.headers.etag, bytes: again.bytes.length, type: again.headers['content-type'] }).toEqual({ status: 304, etag: tag, bytes: 0, type: undefined });
      expect(again.headers).toHaveProperty('x-request-id');
    }
    expect((await app.get(path, { 'if-none-match': '"other"' })).bytes).toEqual(first.bytes);
  });

  it('holds for HEAD, and neither for a refusal nor for a POST', async () => {
    const { headers } = await send(app.url, '/v1/datasets', { method: 'HEAD' });
    expect((await send(app.url, '/v1/datasets', { method: 'HEAD', headers: { 'if-none-match': String(headers.etag) } })).status).toBe(304);
    const refused = await app.get(`/v1/jobs/job_${'0'.repeat(32)}`, { 'if-none-match': '*' });
    expect([refused.status, refused.headers.etag]).toEqual([404, undefined]);
    const { id } = await app.submit(pretrain(dataset));
    const cancelled = await send(app.url, `/v1/jobs/${id}/cancel`, { method: 'POST', headers: { 'if-none-match': '*' } });
    expect([cancelled.status, cancelled.headers.etag]).toEqual([200, undefined]);
  });

  it('sends a job again once anything of it has changed', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const { headers } = await app.get(`/v1/jobs/${id}`);
    const known = { 'if-none-match': String(headers.etag) };
    expect((await app.get(`/v1/jobs/${id}`, known)).status).toBe(304);
    await app.post(`/v1/jobs/${id}/cancel`, {});
    expect((await app.get(`/v1/jobs/${id}`, known)).json()).toMatchObject({ status: 'cancelled' });
  });
});

describe('Prefer: wait', () => {
  it('answers once the job has ended, and at once of one that has', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const waiting = timed(app.get(`/v1/jobs/${id}`, { prefer: 'wait=40' }));
    await app.attempt(id);
    for (const { answer, ms } of [await waiting, await timed(app.get(`/v1/jobs/${id}`, { prefer: 'respond-async, wait=40' }))]) {
      expect(answer.json<Job>().status).toBe('succeeded');
      expect(answer.headers['preference-applied']).toBe('wait=40');
      expect(ms).toBeLessThan(40_000);
    }
    const { ms } = await timed(app.get(`/v1/jobs/${id}`, { prefer: 'wait=40', 'if-none-match': '*' }));
    expect(ms).toBeLessThan(SOON_MS);
  });

  it('answers once anything is new to a client that says what it knows', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const { headers } = await app.get(`/v1/jobs/${id}`);
    const waiting = timed(app.get(`/v1/jobs/${id}`, { prefer: 'wait=40', 'if-none-match': String(headers.etag) }));
    await app.post(`/v1/jobs/${id}/pause`, {});
    const { answer, ms } = await waiting;
    // Its place in the queue goes first.
    expect([answer.status, answer.headers.etag === headers.etag, answer.json<Job>().queue]).toEqual([200, false, null]);
    expect(ms).toBeLessThan(SOON_MS);
  });

  it('answers with what there is when the time is over', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const { headers } = await app.get(`/v1/jobs/${id}`);
    const { answer, ms } = await timed(app.get(`/v1/jobs/${id}`, { prefer: 'wait=1', 'if-none-match': String(headers.etag) }));
    expect([answer.status, answer.headers['preference-applied']]).toEqual([304, 'wait=1']);
    expect(ms).toBeGreaterThan(950);
    expect((await app.get(`/v1/jobs/${id}`, { prefer: 'wait=0' })).json<Job>().status).toBe('queued');
  });

  it.each(['wait', 'wait=', 'wait=-1', 'wait=soon', 'await=9', 'wait=9999999999', ''])('is passed over where it is not understood: "%s"', async (prefer) => {
    const { id } = await app.submit(pretrain(dataset));
    const { answer, ms } = await timed(app.get(`/v1/jobs/${id}`, { prefer }));
    expect([answer.status, answer.headers['preference-applied']]).toEqual([200, undefined]);
    expect(ms).toBeLessThan(SOON_MS);
  });

  it('waits no longer than a proxy would', async () => {
    const { id } = await app.submit(pretrain(dataset));
    await app.post(`/v1/jobs/${id}/cancel`, {});
    expect((await app.get(`/v1/jobs/${id}`, { prefer: 'wait=3600' })).headers['preference-applied']).toBe('wait=50');
  });

  it('does not wait for a job that is none', async () => {
    const { answer, ms } = await timed(app.get(`/v1/jobs/job_${'0'.repeat(32)}`, { prefer: 'wait=40' }));
    expect(answer.status).toBe(404);
    expect(ms).toBeLessThan(SOON_MS);
  });
});
