// The real service when processes die: training processes, the service itself; and when it is told to end.
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '#contract/job.js';
import { mayBecome } from '#contract/job-states.js';
import { isRunning } from '../support/processes.js';
import { diverging, pretrain } from '../support/requests.js';
import { dataFolder, failedStart, Service } from '../support/service.js';
import { until } from '../support/until.js';

const STARTS_WITHIN_MS = 15_000;

let service: Service;
let dataset: string;
/** Long enough to be interrupted, short enough to be made again: a few seconds. */
const lasting = (): Record<string, unknown> => pretrain(dataset, { model: { architecture: 'mlp', hidden: [256] }, training: { epochs: 100, seed: 7 } });
/** The weights that the lasting job gives when nobody disturbs it. */
let undisturbed: string;

beforeAll(async () => {
  service = await Service.start();
  dataset = (await service.generated('glyph_digits', 600)).id;
  undisturbed = (await service.succeeds(lasting())).weights_digest!;
}, 120_000);

async function expectSoundLog(job: Job): Promise<void> {
  const events = await service.events(job.id);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, n) => String(n + 1)));
  job.status_history.slice(1).forEach(({ status }, at) =>
    expect({ from: job.status_history[at]!.status, to: status, may: mayBecome(job.status_history[at]!.status, status) }).toMatchObject({ may: true }),
  );
}

describe('a training process that is killed', () => {
  it('is replaced: the job succeeds with the very weights it would have had, and the next one runs', async () => {
    const job = await service.submit(lasting());
    const next = await service.submit(pretrain(dataset));
    await service.isTraining(job.id);
    process.kill((await service.trainingChild()).pid, 'SIGKILL');

    const ended = await service.ended(job.id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 2, weights_digest: undisturbed });
    expect((await service.events(job.id)).filter(({ type }) => type === 'job.attempt_failed')).toMatchObject([
      { data: { attempt: 1, will_retry: true, error: { code: 'CHILD_CRASHED', class: 'system' } } },
    ]);
    await expectSoundLog(ended);
    expect((await service.ended(next.id)).status).toBe('succeeded');
  });

  it('is given up on the third time, and the next job runs', async () => {
    const job = await service.submit(lasting());
    const killed: number[] = [];
    while (killed.length < 3) {
      const { pid } = await until('another process trains', async () => (await service.processes()).find((each) => each.command.includes('train-job.js') && !killed.includes(each.pid)));
      process.kill(pid, 'SIGKILL');
      killed.push(pid);
    }
    const ended = await service.ended(job.id);
    expect(ended).toMatchObject({ status: 'failed', attempt: 3, model: null, error: { code: 'CHILD_CRASHED', class: 'system', retryable: true } });
    await expectSoundLog(ended);
    expect((await service.get(`/v1/jobs/${job.id}/artifacts`)).status).toBe(409);
    await service.succeeds(pretrain(dataset));
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

describe('a service that ends while a job trains', () => {
  it.each([
    ['by kill -9: what it started goes too', (of: Service) => of.kill(), { signal: 'SIGKILL' }],
    ['by SIGTERM: in good order, with exit code 0', (of: Service) => of.stop(), { code: 0 }],
  ])('%s, and the next start on the same folder finishes the job', async (_how, end, ending) => {
    const job = await service.submit(lasting());
    await service.isTraining(job.id);
    const started = await service.processes();
    expect(started.map(({ command }) => /train-job|train-worker|(valkey|redis)-server/.exec(command)?.[0]).filter(Boolean).length).toBeGreaterThanOrEqual(3);
    expect(await end(service)).toMatchObject(ending);

    // At once, while what was left behind may still be about to end.
    const startedAt = performance.now();
    const folder = service.dataFolder;
    service = await Service.start({ DATA_DIR: folder });
    expect(performance.now() - startedAt).toBeLessThan(STARTS_WITHIN_MS);
    for (const { pid, command } of started) await until(`"${command}" is gone`, async () => !(await isRunning(pid)));

    const ended = await service.ended(job.id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 2, weights_digest: undisturbed });
    await expectSoundLog(ended);
    expect((await service.events(job.id)).map(({ type }) => type)).not.toContain('job.attempt_failed');
    await service.succeeds(pretrain(dataset));
  });

  it('has nothing left over when it is told to end, and says nothing worse than a warning', async () => {
    const started = await service.processes();
    const { code, stderr } = await service.stop();
    expect(code).toBe(0);
    for (const { pid } of started) expect(await isRunning(pid)).toBe(false);
    expect(stderr.split('\n').filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
    service = await Service.start({ DATA_DIR: service.dataFolder });
  });
});

describe('a start that cannot be', () => {
  const sentence = (stderr: string): string[] => stderr.trim().split('\n');

  it('says in one sentence that another service has the data folder', async () => {
    const { code, stderr } = await failedStart({ DATA_DIR: service.dataFolder });
    expect(code).toBe(1);
    expect(sentence(stderr)).toEqual([expect.stringContaining(`is in use by another Rootstock, process ${service.pid}`)]);
    expect((await service.get('/readyz')).status).toBe(200);
  });

  it.each([
    ['others could reach it without a key', { HOST: '0.0.0.0' }, 'API_KEY is not set'],
    ['a setting is none', { PORT: 'seventy' }, 'PORT is "seventy"'],
  ])('says in one sentence that %s', async (_what, settings, told) => {
    const { code, stderr } = await failedStart({ DATA_DIR: await dataFolder(), ...settings });
    expect(code).toBe(1);
    expect(sentence(stderr)).toEqual([expect.stringContaining(told)]);
  });

  it('says in one sentence that its port is taken, and leaves no queue server behind', async () => {
    const { code, stderr } = await failedStart({ DATA_DIR: await dataFolder(), PORT: new URL(service.url).port });
    expect(code).toBe(1);
    expect(sentence(stderr)).toEqual([expect.stringMatching(/EADDRINUSE|in use/)]);
  });
});
