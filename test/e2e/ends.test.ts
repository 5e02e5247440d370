// The real service when it ends, by force or in good order, when it starts again, and when it cannot start.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { availableParallelism } from 'node:os';
import { threadClasses } from '#transfer/auto.js';
import { expectSoundLog, lasting } from '../support/lasting-job.js';
import { allProcesses, isRunning } from '../support/processes.js';
import { dataFolder, failedStart, KEEPS_WARM, Service } from '../support/service.js';
import { until } from '../support/until.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

const STARTS_WITHIN_MS = 15_000;
/** So many that the job has not ended by the time its processes were looked up and told. */
const EPOCHS = 150;
const KEPT_WARM = threadClasses(availableParallelism()).length;

let service: Service;
let dataset: string;
/** The weights that the lasting job gives when nobody disturbs it. */
let undisturbed: string;
beforeAll(async () => {
  service = await Service.start(KEEPS_WARM);
  dataset = (await service.generated('glyph_digits', 600)).id;
  undisturbed = (await service.succeeds(lasting(dataset, EPOCHS))).weights_digest!;
}, 120_000);

describe('a service that ends while a job trains', () => {
  it.each([
    ['by kill -9: what it started goes too', (of: Service) => of.kill(), { signal: 'SIGKILL' }],
    ['by SIGTERM: in good order, with exit code 0', (of: Service) => of.stop(), { code: 0 }],
    ['by Ctrl-C in its terminal: in the same order', (of: Service) => of.interrupt(), { code: 0 }],
  ])('%s, and the next start on the same folder finishes the job', async (_how, end, ending) => {
    await service.waitingChildren(KEPT_WARM);
    const job = await service.submit(lasting(dataset, EPOCHS));
    await service.isTraining(job.id);
    const started = await service.processes();
    expect(started.map(({ command }) => /train-job job_|train-worker|(valkey|redis)-server/.exec(command)?.[0]).filter(Boolean).length).toBeGreaterThanOrEqual(3);
    expect(await end(service)).toMatchObject(ending);

    // At once, while what was left behind may still be about to end.
    const startedAt = performance.now();
    const folder = service.dataFolder;
    service = await Service.start({ ...KEEPS_WARM, DATA_DIR: folder }, { asInTerminal: true });
    expect(performance.now() - startedAt).toBeLessThan(STARTS_WITHIN_MS);
    for (const { pid, command } of started) await until(`"${command}" is gone`, async () => !(await isRunning(pid)));

    const ended = await service.ended(job.id);
    expect(ended).toMatchObject({ status: 'succeeded', attempt: 2, weights_digest: undisturbed });
    await expectSoundLog(service, ended);
    expect((await service.events(job.id)).map(({ type }) => type)).not.toContain('job.attempt_failed');
  });

  it('has nothing left over when it is told to end, and says nothing worse than a warning', async () => {
    await service.waitingChildren(KEPT_WARM);
    const started = await service.processes();
    const { code, stderr } = await service.stop();
    expect(code).toBe(0);
    for (const { pid } of started) expect(await isRunning(pid)).toBe(false);
    expect(stderr.split('\n').filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
    service = await Service.start({ ...KEEPS_WARM, DATA_DIR: service.dataFolder });
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
    const folder = await dataFolder();
    const { code, stderr } = await failedStart({ DATA_DIR: folder, PORT: new URL(service.url).port });
    expect(code).toBe(1);
    expect(sentence(stderr)).toEqual([expect.stringMatching(/EADDRINUSE|in use/)]);
    await until('nothing runs in its folder', async () => (await allProcesses()).every(({ command }) => !command.includes(folder)));
  });
});
