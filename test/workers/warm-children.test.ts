// Training children that wait for their job: each serves one attempt, none fails a job by ending early, none is left behind.
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { pino } from 'pino';
import { packedFolder } from '#datasets/registry.js';
import { ACCEPTED_JOB } from '#jobs/records.js';
import { TryAgain } from '#queue/queue.js';
import { readRecord } from '#store/records.js';
import { held, LIMITS, TestApp } from '../support/app.js';
import { descendants, isRunning } from '../support/processes.js';
import { pretrain } from '../support/requests.js';
import { temporaryFolder } from '../support/store.js';
import { until } from '../support/until.js';
import type { TrainTask } from '../../workers/protocol.js';
import { attemptJob } from '../../workers/train-attempt.js';
import { WarmChildren } from '../../workers/warm-children.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

let app: TestApp;
let dataset: string;
/** The weights that the usual job gives in a fresh child. */
let cold: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
  cold = (await app.model(dataset)).job.weights_digest!;
});

let children: WarmChildren;
const warned: { delayMs: number }[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => void warned.push(JSON.parse(line) as { delayMs: number }) });
/** Those of one core, unless said otherwise: one child, for one thread. */
const keep = (perClass = 1, cores = 1): void => {
  warned.length = 0;
  children = new WarmChildren({ cores, perClass, log });
};
afterEach(() => children.close());

const never = new AbortController().signal;
const attempt = (id: string, signal = never) => attemptJob(app.workerRooms({ children, worker: 'warm' }), id, signal, held);
const submitted = async (more: object = {}): Promise<string> => (await app.submit(pretrain(dataset, { ...more }))).id;
const long = { training: { epochs: 10_000 } };
const pids = async (title: string): Promise<number[]> =>
  (await descendants(process.pid)).filter(({ command }) => command.includes(title)).map(({ pid }) => pid);
const waiting = (count = 1): Promise<number[]> =>
  until(`${count} wait`, async () => {
    const found = await pids('train-job waiting');
    return found.length === count ? found : undefined;
  });
const trainingOf = (id: string): Promise<number> => until(`${id} trains`, async () => (await pids(`train-job ${id}`))[0]);
const crashes = async (id: string): Promise<number> =>
  (await app.rooms.events.read(id)).filter(({ type }) => type === 'job.attempt_failed').length;

describe('a child that waits', () => {
  it('makes one attempt and is gone, and another waits after it', async () => {
    keep();
    const [first] = await waiting();
    const id = await submitted({ training: { epochs: 30 } });
    const attempting = attempt(id);
    expect(await trainingOf(id)).toBe(first);
    await attempting;
    expect((await app.job(id)).status).toBe('succeeded');
    expect(await isRunning(first!)).toBe(false);
    expect(await waiting()).not.toEqual([first]);
  });

  it('gives the very weights a fresh one gives', async () => {
    keep();
    await waiting();
    const id = await submitted();
    await attempt(id);
    expect(await app.job(id)).toMatchObject({ status: 'succeeded', weights_digest: cold });
  });

  it('has the priority, the threads and the bare environment of every child', async () => {
    process.env.API_KEY = 'rsk-must-not-be-seen';
    keep(1, 2);
    const found = await waiting(2);
    delete process.env.API_KEY;
    for (const pid of found) expect(getPriority(pid)).toBeGreaterThan(getPriority());
    const environments = await Promise.all(found.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => undefined)));
    if (environments.includes(undefined)) return; // there is no /proc here
    expect(environments.map((text) => /OMP_NUM_THREADS=(\d)/.exec(text!)?.[1]).sort()).toEqual(['1', '2']);
    for (const text of environments) expect(text).not.toContain('rsk-must-not-be-seen');
  });

  it('is one of as many as were asked for; a job that finds none gets a fresh child', async () => {
    keep();
    const [first] = await waiting();
    const ids = [await submitted(long), await submitted(long)];
    const controller = new AbortController();
    const attempting = ids.map((id) => attempt(id, controller.signal).catch((problem: unknown) => problem));
    const training = await Promise.all(ids.map(trainingOf));
    expect(training.filter((pid) => pid === first)).toHaveLength(1);
    expect(training[0]).not.toBe(training[1]);
    controller.abort('closing');
    expect(await Promise.all(attempting)).toEqual([expect.any(TryAgain), expect.any(TryAgain)]);
  });
});

describe('a child that is killed', () => {
  it('while it waits fails no job', async () => {
    keep();
    const [pid] = await waiting();
    process.kill(pid!, 'SIGKILL');
    const id = await submitted();
    await attempt(id);
    expect(await app.job(id)).toMatchObject({ status: 'succeeded', attempt: 1, weights_digest: cold });
    expect(await crashes(id)).toBe(0);
    await waiting();
  });

  it('while it waits is replaced, later each time until one is used', async () => {
    keep();
    for (const deaths of [1, 2]) {
      process.kill((await waiting())[0]!, 'SIGKILL');
      await until('its end is noticed', () => warned.length === deaths);
    }
    await waiting();
    await attempt(await submitted());
    process.kill((await waiting())[0]!, 'SIGKILL');
    await until('its end is noticed', () => warned.length === 3);
    expect(warned.map(({ delayMs }) => delayMs)).toEqual([1_000, 2_000, 1_000]);
  });

  it('while nobody has noticed yet makes the task go to a fresh one', async () => {
    keep();
    const [pid] = await waiting();
    const id = await submitted();
    const task: TrainTask = {
      task: 'train',
      job: (await readRecord(app.rooms.store, ACCEPTED_JOB, id))!,
      datasetFolder: await packedFolder(app.rooms.store, dataset),
      plans: [{ base: null, teachers: [] }],
      measured: [],
      outFolder: await temporaryFolder(),
      predictionsFolder: await temporaryFolder(),
      attempt: 1,
      checkpoints: [],
      mayStartOver: true,
      checkpointFolder: await temporaryFolder(),
      checkpointSeconds: 60,
      spent: { earlierMs: 0, sinceMs: 0 },
      features: { folder: await temporaryFolder(), mostBytes: 0 },
    };
    process.kill(pid!, 'SIGKILL');
    const end = await children.train(task, { signal: never, limits: LIMITS, onReport: () => undefined });
    expect(end).toMatchObject({ class: 'done', result: { weights_digest: cold } });
  });

  it('while it trains has crashed, as every child, and the next attempt runs', async () => {
    keep();
    const [pid] = await waiting();
    const id = await submitted();
    const crashing = attempt(id);
    expect(await trainingOf(id)).toBe(pid);
    process.kill(pid!, 'SIGKILL');
    await expect(crashing).rejects.toThrow(TryAgain);
    expect((await app.rooms.events.read(id)).at(-2)).toMatchObject({
      type: 'job.attempt_failed',
      data: { attempt: 1, will_retry: true, error: { code: 'CHILD_CRASHED' } },
    });
    await attempt(id);
    expect(await app.job(id)).toMatchObject({ status: 'succeeded', attempt: 2, weights_digest: cold });
  });
});

describe('children kept warm', () => {
  it('are gone once they are closed, one that only begins to start too', async () => {
    keep(2);
    const started = await until('the second begins to start, since the first is ready', async () => {
      const found = await pids('train-job');
      return found.length === 2 ? found : undefined;
    });
    await children.close();
    for (const pid of started) expect(await isRunning(pid)).toBe(false);
  });

  it('are none where none are asked for; each job gets a fresh one', async () => {
    keep(0);
    expect(await pids('train-job')).toEqual([]);
    const id = await submitted();
    await attempt(id);
    expect(await app.job(id)).toMatchObject({ status: 'succeeded', weights_digest: cold });
    expect(await pids('train-job')).toEqual([]);
  });
});
