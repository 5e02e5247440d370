// Attempts, one by one, as a worker makes them: success, failure, crash, loss of the lock, and what is gone in between.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '#contract/dataset.js';
import type { Job } from '#contract/job.js';
import { mayBecome } from '#contract/job-states.js';
import { resumeJob } from '#jobs/control.js';
import { TryAgain } from '#queue/queue.js';
import type { Store } from '#store/store.js';
import { withStaging } from '../../workers/attempt-staging.js';
import type { TrainTask } from '../../workers/protocol.js';
import type { Supervision } from '../../workers/supervisor.js';
import { attemptJob } from '../../workers/train-attempt.js';
import { coldChildren, LIMITS, TestApp } from '../support/app.js';
import { overridden } from '../support/overridden.js';
import { descendants, isRunning } from '../support/processes.js';
import { startProgram } from '../support/program.js';
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
/** As the queue has it: a lost lock is told by the signal. */
const heldUnless = (signal: AbortSignal) => async () => signal.reason !== 'lock_lost';
const attempt = (id: string, signal: AbortSignal = never, worker = 'a') => attemptJob(app.workerRooms({ worker }), id, signal, heldUnless(signal));
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

  it('fails a job whose loss is no number, by its own fault, without another attempt (B52)', async () => {
    const { id } = await app.submit(diverging(dataset.id));
    await attempt(id);
    const job = await app.job(id);
    expect(job).toMatchObject({ status: 'failed', model: null, error: { code: 'NAN_LOSS', class: 'user', retryable: false } });
    expect((await types(id)).at(-1)).toBe('job.failed');
    expect(await types(id)).not.toContain('job.attempt_failed');
    expectAlongTheTable(job);
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('leaves a job that is set aside as it is, also where a queue that lost track gives it out once more', async () => {
    const { id } = await app.submit(pretrain(dataset.id));
    await app.post(`/v1/jobs/${id}/pause`, {});
    await attempt(id);
    expect(await types(id)).toEqual(['job.queued', 'job.paused']);
    expect(await app.job(id)).toMatchObject({ status: 'paused', attempt: 0 });
  });

  it('has a job wait once more where another resumes it after this one has looked, and says nothing that was not', async () => {
    const { id } = await app.submit(pretrain(dataset.id));
    await app.post(`/v1/jobs/${id}/pause`, {});
    const { store } = app.rooms;
    let answered = 0;
    const put: Store['put'] = async (key, bytes) => {
      if (answered === 0) answered = (await app.post(`/v1/jobs/${id}/resume`, {})).status;
      await store.put(key, bytes);
    };
    await resumeJob({ ...app.rooms, store: overridden(store, { put }) }, id);
    expect(answered).toBe(200);
    expect((await app.job(id)).status_history.map(({ status }) => status)).toEqual(['queued', 'paused', 'queued']);
    expect(new Set(await types(id))).toEqual(new Set(['job.queued', 'job.paused']));
    await attempt(id);
    expect((await app.job(id)).status).toBe('succeeded');
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
      { type: 'job.attempt_failed', data: { attempt: 1, step: 0, will_retry: true, error: { code: 'CHILD_CRASHED' } } },
      { type: 'job.queued', data: { reason: 'attempt 1 failed: The process ended without an answer (signal SIGKILL).' } },
    ]);
    expect(await app.rooms.store.listStaged()).toEqual([]);

    await attempt(id);
    const job = await app.job(id);
    expect(job).toMatchObject({ status: 'succeeded', attempt: 2, weights_digest: undisturbed.weights_digest });
    expectAlongTheTable(job);
  });

  /** Makes an attempt that is expected to be made again, and gives back why and when. */
  const dies = async (attempting: Promise<void>): Promise<TryAgain> => {
    const problem = await attempting.then(() => undefined, (thrown: unknown) => thrown);
    if (!(problem instanceof TryAgain)) throw new Error(`it ended otherwise: ${String(problem)}`);
    return problem;
  };
  const failuresOf = async (id: string) => (await app.rooms.events.read(id)).flatMap((event) => (event.type === 'job.attempt_failed' ? [event.data] : []));
  const trains = (id: string) => until('it trains', async () => (await app.job(id)).progress);

  it('waits longer after each attempt that dies and gets nowhere, and gives up at the third', async () => {
    const { id } = await app.submit(long());
    const waits: number[] = [];
    for (let n = 1; n <= 3; n += 1) {
      const attempting = attempt(id);
      process.kill(await childOf('train-job'), 'SIGSEGV');
      if (n < 3) waits.push((await dies(attempting)).delayMs);
      else await attempting;
    }
    expect(waits[0]).toBeGreaterThanOrEqual(800);
    expect(waits[0]).toBeLessThanOrEqual(1_200);
    expect(waits[1]).toBeGreaterThanOrEqual(1_600);
    expect(waits[1]).toBeLessThanOrEqual(2_400);
    const job = await app.job(id);
    expect(job).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'CRASH_LOOP', class: 'system', retryable: true } });
    expect(job.error!.message).toBe('The process ended without an answer (signal SIGSEGV). 3 attempts in a row got no further than those before.');
    expect(await failuresOf(id)).toMatchObject([true, true, false].map((again, n) => ({ attempt: n + 1, step: 0, will_retry: again })));
    expectAlongTheTable(job);
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('does not count an attempt that got further than those before', async () => {
    const { id } = await app.submit(long());
    for (const further of [false, false, true]) {
      const attempting = attempt(id);
      const pid = await childOf('train-job');
      if (further) await trains(id);
      process.kill(pid, 'SIGKILL');
      await dies(attempting);
    }
    const told = await failuresOf(id);
    expect(told.map(({ will_retry: again }) => again)).toEqual([true, true, true]);
    expect(told[2]!.step).toBeGreaterThan(0);
    // Two more that get nowhere are the first two of three again.
    for (const last of [false, false, true]) {
      const attempting = attempt(id);
      process.kill(await childOf('train-job'), 'SIGKILL');
      if (last) await attempting;
      else await dies(attempting);
    }
    expect(await app.job(id)).toMatchObject({ status: 'failed', attempt: 6, error: { code: 'CRASH_LOOP' } });
  });

  it('counts each attempt of an evaluation that dies, however far it had come: the next begins again', async () => {
    const [{ id: model }, many] = [await app.model(dataset.id), await app.generated('glyph_digits', 6_000, 2)];
    const { id } = await app.submit({ type: 'evaluate', model, dataset: many.id, part: 'all', resamples: 10_000 });
    for (const last of [false, false, true]) {
      const attempting = attempt(id);
      const pid = await childOf('train-job');
      await until('it draws', async () => (await app.job(id)).progress?.step === 6_000);
      process.kill(pid, 'SIGKILL');
      if (last) await attempting;
      else await dies(attempting);
    }
    expect(await app.job(id)).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'CRASH_LOOP' } });
    expect(await failuresOf(id)).toMatchObject([1, 2, 3].map((n) => ({ attempt: n, step: 0 })));
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('ends a process that hangs while it trains, and the attempt after it gives the model', async () => {
    const { id } = await app.submit(pretrain(dataset.id, { training: { epochs: 400 } }));
    const rooms = app.workerRooms({ limits: { ...LIMITS, hangSeconds: 3 } });
    const hanging = attemptJob(rooms, id, never, heldUnless(never));
    await trains(id);
    process.kill(await childOf(`train-job ${id}`), 'SIGSTOP');
    await dies(hanging);
    expect(await failuresOf(id)).toMatchObject([{ error: { code: 'CHILD_HUNG', message: expect.stringMatching(/was (training|evaluating) and told nothing new/) } }]);
    await attempt(id);
    expect(await app.job(id)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });

  it('fails a job whose process outgrows its memory twice, with both numbers', async () => {
    const { id } = await app.submit(long());
    const rooms = app.workerRooms({ limits: { ...LIMITS, memoryBytes: 50_000_000 } });
    await dies(attemptJob(rooms, id, never, heldUnless(never)));
    await attemptJob(rooms, id, never, heldUnless(never));
    const job = await app.job(id);
    expect(job).toMatchObject({ status: 'failed', attempt: 2, error: { code: 'OUT_OF_MEMORY', class: 'resource', retryable: true } });
    expect(job.error!.message).toMatch(/when it held [\d.]+ MB; it may hold 50 MB/);
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('clears away what an attempt of a dead worker left, and nothing of one that is alive', async () => {
    const { id } = await app.submit(pretrain(dataset.id));
    const { child } = startProgram(new URL('../queue/valkey-parent.ts', import.meta.url), [app.folder]);
    const named = async (pid: number): Promise<string> => {
      const own = await withStaging(app.rooms.store, id, async (staging) => {
        await app.rooms.store.discard(staging);
        return staging.name.replace(/\.\d+-/, `.${pid}-`);
      });
      await mkdir(join(app.folder, 'staging', own));
      return own;
    };
    const alive = await named(process.ppid);
    const dead = await named(child.pid!);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const attempting = attempt(id);
    await until('it prepares', async () => (await app.job(id)).status !== 'queued');
    const staged = await app.rooms.store.listStaged();
    expect({ dead: staged.includes(dead), alive: staged.includes(alive) }).toEqual({ dead: false, alive: true });
    await attempting;
    expect(await app.rooms.store.listStaged()).toEqual([]); // the job has ended: nobody needs any of them
  });

  it('puts the job back when its worker is closed, which is no crash', async () => {
    const { id } = await app.submit(long());
    const controller = new AbortController();
    const closing = attempt(id, controller.signal);
    await until('it trains', async () => (await app.job(id)).status === 'running');
    const pid = await childOf(`train-job ${id}`);
    controller.abort('closing');
    await expect(closing).rejects.toThrow(TryAgain);
    expect(await isRunning(pid)).toBe(false);
    expect(await app.job(id)).toMatchObject({ status: 'queued', status_history: expect.arrayContaining([expect.objectContaining({ reason: 'its worker was closed' })]) });
    expect(await types(id)).not.toContain('job.attempt_failed');
    await app.post(`/v1/jobs/${id}/cancel`, {});
  });

  it('is put back by a child that is told to end by another than its worker', async () => {
    const { id } = await app.submit(long());
    const attempting = attempt(id);
    await trains(id);
    process.kill(await childOf(`train-job ${id}`), 'SIGTERM');
    expect((await dies(attempting)).delayMs).toBe(1_000);
    expect(await app.job(id)).toMatchObject({ status: 'queued', status_history: expect.arrayContaining([expect.objectContaining({ reason: 'its process was told to end' })]) });
    expect(await failuresOf(id)).toEqual([]);
    await app.post(`/v1/jobs/${id}/cancel`, {});
  });

  it('is finished where its worker is closed while the bundle is written', async () => {
    const { id } = await app.submit(pretrain(dataset.id));
    const controller = new AbortController();
    // In the very moment in which the child says so.
    const children = { train: (task: TrainTask, supervision: Supervision) => coldChildren.train(task, {
      ...supervision,
      onReport: (report, makeRoom) => {
        supervision.onReport(report, makeRoom);
        if (report.kind === 'finalizing') controller.abort('closing');
      },
    }) };
    await attemptJob(app.workerRooms({ children }), id, controller.signal, heldUnless(controller.signal));
    expect(await app.job(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect(await types(id)).toEqual([
      'job.queued', 'job.preparing', 'job.running', 'run.started', 'epoch.finished', 'run.finished', 'job.finalizing', 'job.succeeded',
    ]);
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
    ['measured model', 'MODEL_NOT_FOUND', async () => {
      const { id } = await app.model(dataset.id);
      return { body: { type: 'evaluate', dataset: dataset.id, model: id }, remove: `models/${id}` };
    }],
    ['exported model', 'MODEL_NOT_FOUND', async () => {
      const { id } = await app.model(dataset.id);
      return { body: { type: 'export', format: 'onnx', model: id }, remove: `models/${id}` };
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
