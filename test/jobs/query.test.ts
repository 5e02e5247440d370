// Looking at jobs: what is answered follows from what is stored, be it whole or not.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { System } from '#contract/system.js';
import { findJob, getStoredJob, listJobIds, unfinishedJobUsing } from '#jobs/query.js';
import { TestApp } from '../support/app.js';
import { expectProblem, pretrain } from '../support/requests.js';
import { until } from '../support/until.js';

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});

describe('findJob', () => {
  it.each(['', '..', 'job_', '../../jobs', `ds_${'0'.repeat(32)}`, `job_${'0'.repeat(32)}`, `job_${'0'.repeat(32)}/..`])('finds none by "%s"', async (id) => {
    expect(await findJob(app.rooms.store, id)).toBeUndefined();
    await expect(getStoredJob(app.rooms.store, id)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });
});

describe('listJobIds', () => {
  it('gives the newest first', async () => {
    const ids = [];
    for (let n = 0; n < 3; n += 1) ids.push((await app.submit(pretrain(dataset))).id);
    expect((await listJobIds(app.rooms.store)).slice(0, 3)).toEqual(ids.reverse());
  });
});

describe('unfinishedJobUsing', () => {
  it('finds a job only while it has not ended', async () => {
    const other = (await app.generated('glyph_letters', 100)).id;
    const uses = () => unfinishedJobUsing(app.rooms.store, ({ spec }) => spec.dataset === other);
    expect(await uses()).toBeUndefined();
    const { id } = await app.submit(pretrain(other));
    expect(await uses()).toBe(id);
    await app.post(`/v1/jobs/${id}/cancel`, {});
    expect(await uses()).toBeUndefined();
  });
});

describe('GET /v1/jobs/{id}', () => {
  it('shows a job that waits also while the queue is away, without its place', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expect((await app.job(id)).queue).not.toBeNull();
    await app.valkey.kill();
    try {
      expect(await app.job(id)).toMatchObject({ status: 'queued', queue: null });
    } finally {
      await app.valkey.startAgain();
    }
    await until('its place is known again', async () => (await app.job(id)).queue !== null);
  });

  it('says when to ask again, as long as the job has not ended', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expect((await app.get(`/v1/jobs/${id}`)).headers['retry-after']).toBe('1');
    await app.post(`/v1/jobs/${id}/cancel`, {});
    expect((await app.get(`/v1/jobs/${id}`)).headers).not.toHaveProperty('retry-after');
  });

  it('says of a record that cannot be read that it cannot, without its path', async () => {
    const { id } = await app.submit(pretrain(dataset));
    await app.rooms.store.put(`jobs/${id}/job.json`, '{"record":"job"');
    const answer = await app.get(`/v1/jobs/${id}`);
    expectProblem(answer, 500, 'STORE_CORRUPT', []);
    expect(answer.text).not.toContain(app.folder);
    await app.rooms.store.delete(`jobs/${id}`);
  });
});

describe('GET /v1/system', () => {
  it('answers while the queue is away, and says so', async () => {
    expect((await app.get('/v1/system')).json()).toMatchObject({ queue: { status: 'ok', waiting: expect.any(Number), active: 0 } });
    await app.valkey.kill();
    try {
      expect((await app.get('/v1/system')).json()).toMatchObject({
        queue: { status: 'unavailable', server: null, waiting: null, active: null },
        workers: [],
        warnings: expect.arrayContaining([expect.stringMatching(/^The queue server does not answer/)]),
      });
    } finally {
      await app.valkey.startAgain();
    }
    await until('the queue is known again', async () => (await app.get('/v1/system')).json<System>().queue.status === 'ok');
  });
});
