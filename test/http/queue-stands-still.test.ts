// Row F23 of the design's table: the connections of a queue server stay and nothing comes over them, by SIGSTOP of the real one, or by a network between that drops everything.
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import { buildApp } from '#http/app.js';
import { JobQuota } from '#jobs/quota.js';
import { openQueue } from '#queue/queues/bullmq.js';
import { TestApp } from '../support/app.js';
import { expectProblem, postJson, pretrain, send, type Answer } from '../support/requests.js';
import { SilentProxy } from '../support/silent-proxy.js';
import { until } from '../support/until.js';

/** The design wants 2 seconds; the machine may be busy. */
const WITHIN_MS = 3_000;

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open({ maxQueuedJobs: 100 });
  dataset = (await app.generated()).id;
});

const timed = async (ask: () => Promise<Answer>): Promise<{ answer: Answer; tookMs: number }> => {
  const askedMs = performance.now();
  const answer = await ask();
  return { answer, tookMs: performance.now() - askedMs };
};

/** Submissions are refused in time, one alone and many at once; whatever needs no queue is answered. */
async function refusesInTime(url: string): Promise<void> {
  const submit = (): Promise<{ answer: Answer; tookMs: number }> => timed(() => postJson(url, '/v1/jobs', pretrain(dataset)));
  for (const { answer, tookMs } of [await submit(), ...(await Promise.all(Array.from({ length: 10 }, submit)))]) {
    expectProblem(answer, 503, 'QUEUE_UNAVAILABLE', []);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(tookMs).toBeLessThan(WITHIN_MS);
  }
  for (const path of ['/healthz', '/v1/jobs', `/v1/datasets/${dataset}`, '/v1/system']) {
    const { answer, tookMs } = await timed(() => send(url, path));
    expect({ path, status: answer.status }).toEqual({ path, status: 200 });
    expect(tookMs).toBeLessThan(WITHIN_MS);
  }
  expect((await send(url, '/readyz')).status).toBe(503);
}

const accepted = (url: string): Promise<Answer> =>
  until('jobs are accepted again', async () => {
    const answer = await postJson(url, '/v1/jobs', pretrain(dataset));
    return answer.status === 201 ? answer : undefined;
  });

describe('F23: a queue server that is half open', () => {
  let before: Awaited<ReturnType<TestApp['traces']>>;
  beforeEach(async () => {
    before = await app.traces();
  });

  it('stopped by SIGSTOP, has submissions refused within 2 seconds, nothing of which stays, and work goes on after', async () => {
    const worker = await app.work();
    app.valkey.signal('SIGSTOP');
    try {
      await refusesInTime(app.url);
    } finally {
      app.valkey.signal('SIGCONT');
    }
    const { id } = (await accepted(app.url)).json<{ id: string }>();
    await until('the job is done', async () => (await app.job(id)).status === 'succeeded', 30_000);
    expect((await app.traces()).paths.filter((path) => path.startsWith('jobs/job_') && !path.startsWith(`jobs/${id}`) && !before.paths.includes(path))).toEqual([]);
    await worker.close();
  }, 60_000);

  it('behind a network that drops everything, likewise, and is reached anew as soon as that can be', async () => {
    const network = await SilentProxy.start(app.valkey.socketPath);
    const queue = await openQueue(network.connection);
    const far = await buildApp({ ...app.rooms, queue, quota: new JobQuota(queue, 0) }, { keys: { apiKey: '', readOnlyKey: '' } });
    try {
      await far.listen({ host: '127.0.0.1', port: 0 });
      const url = `http://127.0.0.1:${(far.server.address() as AddressInfo).port}`;
      expect((await send(url, '/readyz')).status).toBe(200);
      network.silence();
      const { answer, tookMs } = await timed(() => postJson(url, '/v1/jobs', pretrain(dataset)));
      expectProblem(answer, 503, 'QUEUE_UNAVAILABLE', []);
      expect(tookMs).toBeLessThan(WITHIN_MS);
      expect((await accepted(url)).status).toBe(201);
    } finally {
      await far.close();
      await queue.close();
      await network.close();
    }
  }, 60_000);
});
