// Real workers that are told to end in every state, killed, stopped and woken: nothing is lost, nothing is made twice, nothing stays.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import type { Job } from '#contract/job.js';
import { isTerminal } from '#contract/job-states.js';
import { TestApp } from '../support/app.js';
import { isRunning } from '../support/processes.js';
import { pretrain } from '../support/requests.js';
import { KEEPS_WARM } from '../support/service.js';
import { until } from '../support/until.js';
import { WorkerProcess } from '../support/worker-process.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(240_000);

const ENDS_WITHIN_MS = 30_000;

let app: TestApp;
let dataset: string;
/** The weights that the lasting job gives when nobody disturbs it. */
let undisturbed: string;
const job = (epochs: number): Record<string, unknown> => pretrain(dataset, { model: { architecture: 'mlp', hidden: [128] }, training: { epochs, batch_size: 1 } });
/** Long enough to be interfered with, short enough to be made again: 19,200 steps. */
const lasting = () => job(100);
/** The longest there is on so few examples: two million steps. */
const long = () => job(10_000);
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
  undisturbed = (await app.attempt((await app.submit(lasting())).id)).weights_digest!;
}, 240_000);

const trains = (id: string) => until(`${id} trains`, async () => (await app.job(id)).progress, 60_000);
const ended = (id: string): Promise<Job> =>
  until(`${id} has ended`, async () => {
    const job = await app.job(id);
    return isTerminal(job.status) ? job : undefined;
  }, 90_000);
async function expectSound({ id }: Job): Promise<void> {
  const events = await app.rooms.events.read(id);
  expect(events.map((event) => event.id)).toEqual(events.map((_, n) => String(n + 1)));
  expect(events.filter(({ type }) => type === 'job.succeeded')).toHaveLength(1);
  expect(events.map(({ type }) => type)).not.toContain('job.attempt_failed');
  expect(await app.rooms.store.listStaged()).toEqual([]);
}
/** BullMQ's own counters of a task: how often it was found without its worker, and how often it failed. */
const counters = (id: string) => app.valkey.redis.hmget(`rootstock:train:${id}`, 'stc', 'atm');

/** Gives it a signal, or several, and holds it to its end: exit code 0, in time, and no process left. */
async function end(worker: WorkerProcess, ...signals: NodeJS.Signals[]): Promise<void> {
  const left = await worker.processes();
  const startedMs = performance.now();
  for (const signal of signals) {
    worker.signal(signal);
    await until('the signal was taken', async () => performance.now() > startedMs);
  }
  const { code, stderr } = await worker.ending;
  expect({ code, errors: stderr.split('\n').filter((line) => /"level":(50|60)/.test(line)) }).toEqual({ code: 0, errors: [] });
  expect(performance.now() - startedMs).toBeLessThan(ENDS_WITHIN_MS);
  for (const { pid } of left) expect(await isRunning(pid)).toBe(false);
}

describe('a worker that is told to end', () => {
  it('ends while it is idle and a child waits for a job', async () => {
    const worker = await WorkerProcess.start(app, KEEPS_WARM);
    await worker.running('train-job waiting');
    await end(worker, 'SIGTERM');
  });

  it('puts back the job that it prepares, and then the one that it trains, neither of them counted as a failure', async () => {
    const first = await WorkerProcess.start(app);
    const { id } = await app.submit(lasting());
    await until('it prepares', async () => (await app.job(id)).status === 'preparing', 60_000);
    await end(first, 'SIGTERM');
    expect(await app.job(id)).toMatchObject({ status: 'queued', attempt: 1 });
    expect(await counters(id)).toEqual([null, null]);

    const second = await WorkerProcess.start(app, KEEPS_WARM);
    await trains(id);
    await end(second, 'SIGINT');
    const put = await app.job(id);
    expect(put).toMatchObject({ status: 'queued', attempt: 2, queue: { ahead: 0 } });
    expect(put.status_history.filter(({ reason }) => reason === 'its worker was closed')).toHaveLength(2);
    expect(await counters(id)).toEqual([null, null]);
    expect(await app.rooms.store.listStaged()).toEqual([]);

    const third = await WorkerProcess.start(app);
    const job = await ended(id);
    expect(job).toMatchObject({ status: 'succeeded', attempt: 3, weights_digest: undisturbed });
    await expectSound(job);
    await end(third, 'SIGTERM');
  });

  it('puts back the data set that it reads', async () => {
    const worker = await WorkerProcess.start(app);
    const { id } = (await app.post('/v1/datasets', { generate: { name: 'glyph_digits', examples: 20_000 } })).json<Dataset>();
    await worker.running('ingest.js');
    await end(worker, 'SIGTERM');
    expect((await app.get(`/v1/datasets/${id}`)).json()).toMatchObject({ status: 'validating' });
    expect(await app.rooms.store.listStaged()).toEqual([]);
    expect((await app.rooms.queue.counts('ingest')).waiting).toBe(1);
    await app.delete(`/v1/datasets/${id}`);
  });

  it('is not hurried by a second and a third signal', async () => {
    const worker = await WorkerProcess.start(app);
    const { id } = await app.submit(lasting());
    await trains(id);
    await end(worker, 'SIGTERM', 'SIGTERM', 'SIGINT');
    expect(await app.job(id)).toMatchObject({ status: 'queued' });
    expect((await app.job(id)).status_history.at(-1)!.reason).toBe('its worker was closed');
    await app.post(`/v1/jobs/${id}/cancel`, {});
  });

  it('loses nothing where it is killed before it has ended', async () => {
    const worker = await WorkerProcess.start(app);
    const { id } = await app.submit(lasting());
    await trains(id);
    const child = await worker.running(`train-job ${id}`);
    // A child that cannot hear keeps the worker until it is killed too.
    process.kill(child.pid, 'SIGSTOP');
    worker.signal('SIGTERM');
    worker.signal('SIGKILL');
    await worker.ending;
    process.kill(child.pid, 'SIGCONT');
    await until('the child is gone', async () => !(await isRunning(child.pid)));

    const next = await WorkerProcess.start(app);
    const job = await ended(id);
    expect(job).toMatchObject({ status: 'succeeded', attempt: 2, weights_digest: undisturbed });
    await expectSound(job);
    await end(next, 'SIGTERM');
  });
});

describe('a worker that is killed', () => {
  it('takes its children with it: the one that trains, and the one that waits', async () => {
    const worker = await WorkerProcess.start(app, KEEPS_WARM);
    await worker.running('train-job waiting');
    const { id } = await app.submit(long());
    await trains(id);
    const children = await worker.processes();
    expect(children.length).toBeGreaterThan(0);
    const killedMs = performance.now();
    worker.signal('SIGKILL');
    for (const { pid, command } of children) await until(`${command} is gone`, async () => !(await isRunning(pid)));
    process.stderr.write(`The ${children.length} children of a killed worker were gone ${Math.round(performance.now() - killedMs)} ms after it.\n`);
    await app.post(`/v1/jobs/${id}/cancel`, {});
    const next = await WorkerProcess.start(app);
    expect((await ended(id)).status).toBe('cancelled');
    expect(await app.rooms.store.listStaged()).toEqual([]);
    await end(next, 'SIGTERM');
  });
});

describe('a worker that stands still for longer than its lock', () => {
  /** Stops the worker that trains the job, and has another take it over. */
  async function overtaken(request: object): Promise<{ zombie: WorkerProcess; other: WorkerProcess; id: string; child: number }> {
    const zombie = await WorkerProcess.start(app);
    const { id } = await app.submit(request);
    const { pid: child } = await zombie.running(`train-job ${id}`);
    await trains(id);
    zombie.signal('SIGSTOP');
    const other = await WorkerProcess.start(app);
    await until('another worker has the job', async () => (await app.job(id)).attempt === 2, 60_000);
    return { zombie, other, id, child };
  }
  const wakes = async (zombie: WorkerProcess, child: number): Promise<void> => {
    const wokenMs = performance.now();
    zombie.signal('SIGCONT');
    await until('its child is gone', async () => !(await isRunning(child)));
    process.stderr.write(`The child of a worker that had stood still was gone ${Math.round(performance.now() - wokenMs)} ms after it woke.\n`);
  };

  it('kills its child when it wakes, and lets the other go on', async () => {
    const { zombie, other, id, child } = await overtaken(long());
    await trains(id);
    await wakes(zombie, child);
    await end(zombie, 'SIGTERM');
    await app.post(`/v1/jobs/${id}/cancel`, {});
    expect(await ended(id)).toMatchObject({ status: 'cancelled', attempt: 2 });
    const events = await app.rooms.events.read(id);
    expect(events.map((event) => event.id)).toEqual(events.map((_, n) => String(n + 1)));
    await end(other, 'SIGTERM');
  });

  it('publishes nothing of what its child had finished meanwhile', async () => {
    const { zombie, other, id, child } = await overtaken(lasting());
    const job = await ended(id);
    expect(job).toMatchObject({ status: 'succeeded', attempt: 2, weights_digest: undisturbed });
    await wakes(zombie, child);
    await end(zombie, 'SIGTERM');
    expect(await app.job(id)).toEqual(job);
    await expectSound(job);
    await end(other, 'SIGTERM');
  });
});
