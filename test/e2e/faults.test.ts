// The real service when a training process dies or a job cannot be trained.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { expectSoundLog, lasting } from '../support/lasting-job.js';
import { isRunning } from '../support/processes.js';
import { askServer } from '#queue/ask-server.js';
import { queueSocketPath } from '#queue/socket-path.js';
import { diverging, pretrain } from '../support/requests.js';
import { Service } from '../support/service.js';
import { until } from '../support/until.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

let service: Service;
let dataset: string;
/** The weights that the lasting job gives when nobody disturbs it. */
let undisturbed: string;

beforeAll(async () => {
  service = await Service.start({ LOCK_SECONDS: '6', STALL_CHECK_SECONDS: '1', RECONCILE_SECONDS: '2', RETRY_SECONDS: '1' });
  dataset = (await service.generated('glyph_digits', 600)).id;
  undisturbed = (await service.succeeds(lasting(dataset))).weights_digest!;
}, 60_000);

describe('a training process that is killed', () => {
  it('is replaced: the job succeeds with the very weights it would have had, and the next one runs', async () => {
    const job = await service.submit(lasting(dataset));
    const next = await service.submit(pretrain(dataset));
    await service.isTraining(job.id);
    process.kill((await service.trainingChild()).pid, 'SIGKILL');

    const ended = await service.ended(job.id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 2, weights_digest: undisturbed });
    expect((await service.events(job.id)).filter(({ type }) => type === 'job.attempt_failed')).toMatchObject([
      { data: { attempt: 1, will_retry: true, error: { code: 'CHILD_CRASHED', class: 'system' } } },
    ]);
    await expectSoundLog(service, ended);
    expect((await service.ended(next.id)).status).toBe('succeeded');
  });

  it('is given up on the third time, and others wait for none of it', async () => {
    const job = await service.submit(lasting(dataset));
    const next = await service.submit(pretrain(dataset));
    const killed: number[] = [];
    let firstKilledAt = 0;
    while (killed.length < 3) {
      const { pid } = await until('another process trains', async () => (await service.processes()).find((each) => each.command.startsWith(`train-job ${job.id}`) && !killed.includes(each.pid)));
      process.kill(pid, 'SIGKILL');
      firstKilledAt ||= Date.now();
      killed.push(pid);
    }
    const { started_at: startedAt } = await service.ended(next.id);
    expect(Date.parse(startedAt!) - firstKilledAt).toBeLessThan(5_000);
    const ended = await service.ended(job.id);
    expect(ended).toMatchObject({ status: 'failed', attempt: 3, model: null, error: { code: 'CRASH_LOOP', class: 'system', retryable: true } });
    await expectSoundLog(service, ended);
    expect((await service.get(`/v1/jobs/${job.id}/artifacts`)).status).toBe(409);
    await service.succeeds(pretrain(dataset));
  });
});

describe('a worker that is killed', () => {
  it('takes its training process with it and is replaced, and its job succeeds with the same weights', async () => {
    const job = await service.submit(lasting(dataset));
    await service.isTraining(job.id);
    const child = await service.trainingChild();
    process.kill(child.parent, 'SIGKILL');
    await until('the training process is gone', async () => !(await isRunning(child.pid)));

    const ended = await service.ended(job.id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 2, weights_digest: undisturbed });
    expect((await service.events(job.id)).map(({ type }) => type)).not.toContain('job.attempt_failed');
    expect(ended.status_history).toContainEqual(expect.objectContaining({ status: 'queued', reason: 'its worker ended' }));
    await expectSoundLog(service, ended);
  });
});

describe('a queue that loses everything while a job trains', () => {
  it('is filled again: what waited runs, and the job at work ends once, with the same weights', async () => {
    const job = await service.submit(lasting(dataset));
    const waiting = await service.submit(pretrain(dataset));
    await service.isTraining(job.id);
    expect(await askServer(await queueSocketPath(service.dataFolder), 'FLUSHALL', 2_000)).toBe('+OK');
    const ended = await service.ended(job.id);
    expect(ended).toMatchObject({ status: 'succeeded', weights_digest: undisturbed });
    await expectSoundLog(service, ended);
    expect((await service.events(job.id)).filter(({ type }) => type === 'job.succeeded')).toHaveLength(1);
    expect((await service.ended(waiting.id)).status).toBe('succeeded');
  });
});

describe('a job whose loss is no number', () => {
  it('fails at once by its own fault, with nothing published, and the next job runs', async () => {
    const models = (await service.get('/v1/models?limit=100')).json<{ data: unknown[] }>().data.length;
    const job = await service.ended((await service.submit(diverging(dataset))).id);
    expect(job).toMatchObject({ status: 'failed', attempt: 1, model: null, error: { code: 'NAN_LOSS', class: 'user', retryable: false } });
    expect(job.error!.message).toContain('lower the learning rate');
    expect((await service.events(job.id)).map(({ type }) => type)).not.toContain('job.attempt_failed');
    expect((await service.get('/v1/models?limit=100')).json<{ data: unknown[] }>().data).toHaveLength(models);
    await service.succeeds(pretrain(dataset));
  });
});
