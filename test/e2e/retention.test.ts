// The real service, told to keep little: what it removes of ended jobs, and what it never does.
import { describe, expect, it, jest } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '#contract/job.js';
import type { System } from '#contract/system.js';
import { lasting } from '../support/lasting-job.js';
import { fineTune, pretrain } from '../support/requests.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

/** As if the job had ended some hours earlier. */
async function age({ dataFolder }: Service, { id }: Job, hours: number): Promise<void> {
  const path = join(dataFolder, 'store', 'jobs', id, 'outcome.json');
  const record = JSON.parse(await readFile(path, 'utf8')) as { value: { at: string } };
  record.value.at = new Date(Date.parse(record.value.at) - hours * 3_600_000).toISOString();
  await writeFile(path, JSON.stringify(record));
}

describe('A service that keeps two jobs, and checkpoints for an hour', () => {
  it('removes the others as a DELETE does, with every model left, and goes on working', async () => {
    const first = await Service.start({ CHECKPOINT_SECONDS: '0.1' });
    const dataset = (await first.generated('glyph_digits', 600)).id;
    const jobs: Job[] = [await first.succeeds(pretrain(dataset)), await first.succeeds(pretrain(dataset))];
    jobs.push(await first.succeeds(lasting(dataset)), await first.succeeds(pretrain(dataset)));
    const [oldest, old, withCheckpoints, newest] = jobs as [Job, Job, Job, Job];
    const checkpointsOf = async (service: Service) => (await service.get(`/v1/jobs/${withCheckpoints.id}/checkpoints`)).json<{ data: unknown[] }>().data;
    expect((await checkpointsOf(first)).length).toBeGreaterThan(0);
    expect((await first.get('/v1/system')).json<System>().retention).toEqual({
      jobs: { days: null, count: null, bytes: null },
      checkpoints: { days: 7, count: null, bytes: 10 * 2 ** 30 },
      idempotency_keys: { days: 1, count: null, bytes: null },
      uploads: { days: 1, count: null, bytes: null },
      deliveries: { days: 30, count: 1_000, bytes: null },
    });
    await first.stop();
    for (const [n, job] of jobs.entries()) await age(first, job, 5 - n);

    const second = await Service.start({ DATA_DIR: first.dataFolder, KEEP_JOBS: '2', KEEP_CHECKPOINTS_DAYS: '0.05', SWEEP_SECONDS: '1', LOG_LEVEL: 'info' });
    await until('the old ones are gone', async () => (await second.get(`/v1/jobs/${oldest.id}`)).status === 404 && (await second.get(`/v1/jobs/${old.id}`)).status === 404);
    await until('so are the checkpoints', async () => (await checkpointsOf(second)).length === 0);
    expect(await second.job(withCheckpoints.id)).toEqual({ ...withCheckpoints, finished_at: expect.any(String) });
    expect(await second.job(newest.id)).toEqual({ ...newest, finished_at: expect.any(String) });
    expect((await second.get(`/v1/jobs/${oldest.id}/events`)).status).toBe(404);
    expect((await readdir(join(first.dataFolder, 'store', 'models'))).sort()).toEqual(jobs.map(({ model }) => model).sort());
    expect((await second.get(`/v1/models/${oldest.model!}/files/model.json`)).status).toBe(200);
    const child = await second.succeeds(fineTune(dataset, oldest.model!, { kind: 'parameter' }));
    // What has just ended is there for whoever waits for it.
    expect((await second.get(`/v1/jobs/${child.id}`)).status).toBe(200);
    await until('the oldest makes room for it', async () => (await second.get(`/v1/jobs/${withCheckpoints.id}`)).status === 404);

    const { stderr } = await second.stop();
    const told = stderr.split('\n').filter((line) => line.includes('removed what is kept no longer')).map((line) => JSON.parse(line) as { level: number; jobs: { count: number; bytes: number } });
    expect(told.reduce((sum, { jobs: { count } }) => sum + count, 0)).toBe(3);
    expect(told[0]).toMatchObject({ level: 30, jobs: { bytes: expect.any(Number) } });
  });
});
