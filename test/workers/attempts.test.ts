// Attempts, one by one, as a worker makes them: success, failure, crash, loss of the lock, and what is gone in between.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import type { Job } from '#contract/job.js';
import { mayBecome } from '#contract/job-states.js';
import { TryAgain } from '#queue/queue.js';
import { attemptIngest } from '../../workers/ingest-attempt.js';
import { attemptJob, MOST_CRASHES } from '../../workers/train-attempt.js';
import { coldChildren, TestApp } from '../support/app.js';
import { descendants } from '../support/processes.js';
import { diverging, pretrain } from '../support/requests.js';
import { until } from '../support/until.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

let app: TestApp;
let dataset: Dataset;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = await app.generated();
});

const never = new AbortController().signal;
const attempt = (id: string, signal: AbortSignal = never, worker = 'a') => attemptJob({ ...app.rooms, children: coldChildren, worker }, id, signal);
const childOf = (program: string): Promise<number> =>
  until(`${program} runs`, async () => (await descendants(process.pid)).find(({ command }) => command.includes(program))?.pid);
/** The events of a job by type; what the engine tells on its way into a run is left to its own tests. */
const types = async (id: string): Promise<string[]> => (await app.rooms.events.read(id)).map(({ type }) => type).filter((type) => !/^run\..*_ready$/.test(type));
const long = (): Record<string, unknown> => pretrain(dataset.id, { training: { epochs: 10_000 } });

function expectAlongTheTable({ status_history: history }: Job): void {
  history.slice(1).forEach(({ status }, at) => expect({ from: history[at]!.status, to: status, may: mayBecome(history[at]!.status, status) }).toMatchObject({ may: true }));
}

describe('attemptJob', () => {
  it('makes a model of a job, told step by step', async () => {
    const { job } = await app.model(dataset.id, { training: { epochs: 2 } });
    expect(job).toMatchObject({ status: 'succeeded', attempt: 1, error: null, progress: { epoch: 2, percent: 100 }, runs: [{ run: 'main', role: 'main' }] });
    expect(await types(job.id)).toEqual([
      'job.queued', 'job.preparing', 'job.running', 'run.started', 'epoch.finished', 'epoch.finished', 'run.finished', 'job.finalizing', 'job.succeeded',
    ]);
    expectAlongTheTable(job);
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('fails a job whose loss is no number, by its own fault, without another attempt', async () => {
    const { id } = await app.submit(diverging(dataset.id));
    await attempt(id);
    const job = await app.job(id);
    expect(job).toMatchObject({ status: 'failed', model: null, error: { code: 'NAN_LOSS', class: 'user', retryable: false } });
    expect((await types(id)).at(-1)).toBe('job.failed');
    expect(await types(id)).not.toContain('job.attempt_failed');
    expectAlongTheTable(job);
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('ends a job that is at work for longer than it may, and leaves nothing of it', async () => {
    const { id } = await app.submit({ ...long(), limits: { run_seconds: 2 } });
    await attempt(id);
    const job = await app.job(id);
    expect(job).toMatchObject({ status: 'expired', attempt: 1, model: null, error: { code: 'RUN_SECONDS_PASSED', class: 'user', retryable: false } });
    expect((await types(id)).at(-1)).toBe('job.expired');
    expectAlongTheTable(job);
    expect(await app.rooms.store.listStaged()).toEqual([]);
    // Taken once more, as a queue that lost track may have it, it stays ended.
    await attempt(id);
    expect(await app.job(id)).toEqual(job);
  });

  it('begins no job that has waited longer than it may', async () => {
    const { id } = await app.submit(pretrain(dataset.id, { limits: { queue_seconds: 1 } }));
    await until('its time is up', async () => Date.now() - Date.parse((await app.job(id)).created_at) > 1_000);
    await attempt(id);
    expect(await app.job(id)).toMatchObject({ status: 'expired', attempt: 0, started_at: null, error: { code: 'QUEUE_SECONDS_PASSED' } });
  });

  it('lets a crash be tried again, and the attempt after it gives the very model it would have given', async () => {
    const undisturbed = await app.attempt((await app.submit(pretrain(dataset.id, { training: { epochs: 2 } }))).id);
    const { id } = await app.submit(pretrain(dataset.id, { training: { epochs: 2 } }));
    const crashing = attempt(id);
    process.kill(await childOf('train-job'), 'SIGKILL');
    await expect(crashing).rejects.toThrow(TryAgain);
    expect(await app.job(id)).toMatchObject({ status: 'queued', attempt: 1, error: null });
    expect((await app.rooms.events.read(id)).slice(-2)).toMatchObject([
      { type: 'job.attempt_failed', data: { attempt: 1, will_retry: true, error: { code: 'CHILD_CRASHED' } } },
      { type: 'job.queued', data: { reason: 'attempt 1 crashed (signal SIGKILL)' } },
    ]);
    expect(await app.rooms.store.listStaged()).toEqual([]);

    await attempt(id);
    const job = await app.job(id);
    expect(job).toMatchObject({ status: 'succeeded', attempt: 2, weights_digest: undisturbed.weights_digest });
    expectAlongTheTable(job);
  });

  it('waits longer after each crash, and gives up at the third', async () => {
    const { id } = await app.submit(long());
    const waits: number[] = [];
    for (let n = 1; n <= MOST_CRASHES; n += 1) {
      const crashing = attempt(id).catch((problem: unknown) => waits.push((problem as TryAgain).delayMs));
      process.kill(await childOf('train-job'), 'SIGKILL');
      await crashing;
    }
    expect(waits).toEqual([1_000, 2_000]);
    const job = await app.job(id);
    expect(job).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'CHILD_CRASHED', class: 'system', retryable: true } });
    expect(job.error!.message).toContain('in each of 3 attempts');
    const told = (await app.rooms.events.read(id)).filter(({ type }) => type === 'job.attempt_failed');
    expect(told.map(({ data }) => data)).toMatchObject([true, true, false].map((again, n) => ({ attempt: n + 1, will_retry: again })));
    expectAlongTheTable(job);
  });

  it('puts the job back when its worker is closed, which is no crash', async () => {
    const { id } = await app.submit(long());
    const controller = new AbortController();
    const closing = attempt(id, controller.signal);
    await until('it trains', async () => (await app.job(id)).status === 'running');
    controller.abort('closing');
    await expect(closing).rejects.toThrow(TryAgain);
    expect(await app.job(id)).toMatchObject({ status: 'queued', status_history: expect.arrayContaining([expect.objectContaining({ reason: 'its worker was closed' })]) });
    expect(await types(id)).not.toContain('job.attempt_failed');
    await app.post(`/v1/jobs/${id}/cancel`, {});
  });

  it('writes nothing more once another worker may have the job, and the other goes on under a number of its own', async () => {
    const { id } = await app.submit(pretrain(dataset.id, { training: { epochs: 400 } }));
    const controller = new AbortController();
    const losing = attempt(id, controller.signal, 'loser');
    await until('it trains', async () => (await app.job(id)).status === 'running');
    controller.abort('lock_lost');
    await losing;
    const after = await app.rooms.events.read(id);
    expect(after.at(-1)!.type).not.toMatch(/queued|failed|cancelled|succeeded/);
    expect(await app.rooms.store.listStaged()).toEqual([]);

    await attempt(id, never, 'winner');
    const job = await app.job(id);
    expect(job).toMatchObject({ status: 'succeeded', attempt: 2 });
    expectAlongTheTable(job);
    const events = await app.rooms.events.read(id);
    expect(events.map((event) => event.id)).toEqual(events.map((_, n) => String(n + 1)));
    expect(events.find(({ type, data }) => type === 'job.queued' && (data).reason !== null)).toMatchObject({ data: { reason: 'its worker ended' } });
  });

  it('publishes nothing of an attempt that ends after the job was cancelled', async () => {
    const { id } = await app.submit(pretrain(dataset.id, { training: { epochs: 50 } }));
    const attempting = attempt(id); // hears of no abort, as from a queue that is slow to tell
    await until('it trains', async () => (await app.job(id)).status === 'running');
    await app.rooms.queue.add('train', id, 5); // so that the queue holds it, as it does while a worker has it
    await app.post(`/v1/jobs/${id}/cancel`, {});
    await attempting;
    expect(await app.job(id)).toMatchObject({ status: 'cancelled', model: null, error: null });
    expect((await app.get('/v1/models')).text).not.toContain(id);
    expect(await app.rooms.store.listStaged()).toEqual([]);
    expect((await types(id)).filter((type) => /succeeded|failed/.test(type))).toEqual([]);
  });

  it.each([
    ['data set', 'DATASET_NOT_FOUND', async () => {
      const other = await app.generated('glyph_letters', 100);
      return { body: pretrain(other.id), remove: `datasets/${other.id}` };
    }],
    ['base model', 'MODEL_NOT_FOUND', async () => {
      const { id } = await app.model(dataset.id);
      return { body: { type: 'fine_tune', dataset: dataset.id, base_model: id, transfer: { kind: 'parameter' } }, remove: `models/${id}` };
    }],
  ])('fails a job whose %s has gone, instead of trying for ever', async (_what, code, prepare) => {
    const { body, remove } = await prepare();
    const { id } = await app.submit(body);
    await app.rooms.store.delete(remove); // between the look at it and the commit of the job
    await attempt(id);
    expect(await app.job(id)).toMatchObject({ status: 'failed', attempt: 1, error: { code, class: 'user' } });
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('has nothing to do for a job that was deleted or has ended', async () => {
    await attempt(`job_${'0'.repeat(32)}`);
    const { job } = await app.model(dataset.id);
    await attempt(job.id);
    expect(await app.job(job.id)).toEqual(job);
  });
});

describe('attemptIngest', () => {
  const accept = async (examples: number): Promise<string> =>
    (await app.post('/v1/datasets', { generate: { name: 'glyph_digits', examples } })).json<Dataset>().id;
  const read = (id: string, crashes: Map<string, number>, signal: AbortSignal = never) => attemptIngest(app.rooms.store, id, 2 ** 30, crashes, signal);

  it('tries once more after a crash, then calls the data set invalid', async () => {
    const id = await accept(100_000);
    const crashes = new Map<string, number>();
    for (const last of [false, true]) {
      const crashing = read(id, crashes).then(() => 'ended', (problem: unknown) => (problem instanceof TryAgain ? 'again' : String(problem)));
      process.kill(await childOf('ingest.js'), 'SIGKILL');
      expect(await crashing).toBe(last ? 'ended' : 'again');
    }
    expect((await app.get(`/v1/datasets/${id}`)).json()).toMatchObject({ status: 'invalid', error: { code: 'CHILD_CRASHED' } });
    expect((await app.rooms.store.listStaged()).filter((name) => name.startsWith(id))).toEqual([]);
  });

  it('leaves nothing of a data set that was deleted while it was read', async () => {
    const id = await accept(100_000);
    const controller = new AbortController();
    const reading = read(id, new Map(), controller.signal);
    await childOf('ingest.js');
    expect((await app.delete(`/v1/datasets/${id}`)).status).toBe(204);
    controller.abort('interrupted');
    await reading;
    expect((await app.traces()).paths.filter((path) => path.includes(id))).toEqual([]);
  });

  it('leaves nothing of it either where the reading hears of that too late', async () => {
    const id = await accept(3_000);
    const reading = read(id, new Map());
    await childOf('ingest.js');
    await app.rooms.store.delete(`datasets/${id}`);
    await reading;
    expect((await app.traces()).paths.filter((path) => path.includes(id))).toEqual([]);
    expect((await app.get(`/v1/datasets/${id}`)).status).toBe(404);
  });

  it('has nothing to do for a data set that was deleted while it waited', async () => {
    const id = await accept(100);
    await app.delete(`/v1/datasets/${id}`);
    await read(id, new Map());
    expect((await app.traces()).paths.filter((path) => path.includes(id))).toEqual([]);
  });
});
