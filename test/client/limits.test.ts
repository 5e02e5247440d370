// The client of a service that limits how often one may ask, and how many jobs may wait (row B21 of the design's table).
import { beforeAll, describe, expect, it } from '@jest/globals';
import { RateLimitError, Rootstock } from 'rootstock/client';
import { listJobIds } from '#jobs/query.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open({ requestsPerSecond: 4, maxQueuedJobs: 1 });
  dataset = (await app.generated()).id;
});

const pretraining = { type: 'pretrain' as const, model: { architecture: 'mlp' as const } };

/** A client, and the statuses of the answers that it got. */
function watched(maxRetries?: number): { client: Rootstock; statuses: number[] } {
  const statuses: number[] = [];
  const client = new Rootstock({
    url: app.url,
    ...(maxRetries !== undefined && { maxRetries }),
    fetch: async (address, init) => {
      const answer = await fetch(address, init);
      statuses.push(answer.status);
      return answer;
    },
  });
  return { client, statuses };
}

describe('B21: a client that is limited', () => {
  it('asks again after Retry-After, so that all its calls succeed', async () => {
    const { client, statuses } = watched(4);
    await Promise.all(Array.from({ length: 10 }, () => client.system.get()));
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses).toContain(429);
  });

  it('sends a file in pieces all the same', async () => {
    const { client, statuses } = watched(4);
    const created: string[] = [];
    const upload = await client.uploads.send({ name: 'a.csv', data: new Blob(['x'.repeat(1_000)]) }, { pieceBytes: 100, onCreated: (id) => created.push(id) });
    expect(created).toEqual([upload]);
    expect(await client.uploads.offset(upload)).toBe(1_000);
    expect(statuses).toContain(429);
  });

  it('submits a job once there is a place, under the key of its first try, and once', async () => {
    const { client, statuses } = watched(2);
    const first = await client.jobs.submit({ ...pretraining, dataset });
    const before = (await listJobIds(app.rooms.store)).length;
    const submitting = client.jobs.submit({ ...pretraining, dataset, name: 'second' }, { maxRetries: 6 });
    await expect(watched(0).client.jobs.submit({ ...pretraining, dataset })).rejects.toBeInstanceOf(RateLimitError);
    await client.jobs.cancel(first.id, { maxRetries: 6 });
    expect((await submitting).name).toBe('second');
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
    expect(await listJobIds(app.rooms.store)).toHaveLength(before + 1);
  });
});
