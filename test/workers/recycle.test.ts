// Processes that grow: asked to leave off near the limit of their memory, gone on with by fresh ones, to the same bytes.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ServiceError } from '#contract/errors.js';
import type { Job } from '#contract/job.js';
import { TryAgain } from '#queue/queue.js';
import { Child } from '../../workers/child-process.js';
import type { Control, ToWorker, TrainTask } from '../../workers/protocol.js';
import { supervise, type ChildEnd, type SupervisedChild, type Supervision } from '../../workers/supervisor.js';
import { attemptJob, type WorkerRooms } from '../../workers/train-attempt.js';
import { held, LIMITS, TestApp } from '../support/app.js';
import { pretrain } from '../support/requests.js';
import { until } from '../support/until.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(240_000);

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});

const never = new AbortController().signal;
const eventsOf = (id: string) => app.rooms.events.read(id);

/** Attempts until the job has ended, each begun at once; gives back how long was to be waited before each further one. */
async function attempts(id: string, more: Partial<WorkerRooms>): Promise<number[]> {
  const waits: number[] = [];
  for (;;) {
    const problem = await attemptJob(app.workerRooms(more), id, never, held).then(() => undefined, (thrown: Error) => thrown);
    if (problem === undefined) return waits;
    if (!(problem instanceof TryAgain)) throw problem;
    waits.push(problem.delayMs);
  }
}

const MEGABYTE = 1_000_000;
const LIMIT_BYTES = 1_000 * MEGABYTE;

/** A process with the engine loaded, that grows to within its last tenth. */
async function growing(task: TrainTask, supervision: Supervision): Promise<ChildEnd<'train'>> {
  const leak = new URL(`../support/growing.mjs?most=${0.95 * LIMIT_BYTES}`, import.meta.url).href;
  const child = Child.start('train', { threads: 1, warm: true, nodeArguments: ['--conditions=fault-points', '--import', leak] });
  await new Promise<void>((resolve) => child.onMessage(() => resolve()));
  return supervise<'train'>(child, task, supervision);
}

describe('a training process that grows', () => {
  it('leaves off near its limit, again and again, and the job ends with the bytes of one that did not', async () => {
    const body = pretrain(dataset, { model: { architecture: 'mlp', hidden: [256] }, training: { epochs: 350, seed: 7 } });
    const { weights_digest: undisturbed } = await app.attempt((await app.submit(body)).id);
    const { id } = await app.submit(body);
    const waits = await attempts(id, { children: { train: growing }, limits: { ...LIMITS, memoryBytes: LIMIT_BYTES } });
    const job: Job = await app.job(id);
    expect(job).toMatchObject({ status: 'succeeded', weights_digest: undisturbed });
    const told = await eventsOf(id);
    const recycled = told.flatMap((event) => (event.type === 'job.recycled' ? [event.data] : []));
    expect(recycled.length).toBeGreaterThan(1);
    for (const { held_bytes: bytes, limit_bytes: limit } of recycled) {
      expect(limit).toBe(LIMIT_BYTES);
      expect(bytes).toBeGreaterThanOrEqual(0.9 * LIMIT_BYTES);
    }
    expect(job.attempt).toBe(recycled.length + 1);
    expect(waits).toEqual(recycled.map(() => 0));
    expect(told.filter(({ type }) => type === 'job.attempt_failed')).toEqual([]);
    expect(told.filter(({ type }) => type === 'job.resumed').map(({ data }) => (data as { bit_comparable: boolean }).bit_comparable)).toEqual(recycled.map(() => true));
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });
});

describe('a job whose processes are recycled', () => {
  const recycledAt = (steps: number[]) => ({
    train: async (_task: TrainTask, { onReport }: Supervision): Promise<ChildEnd<'train'>> => {
      const step = steps.shift()!;
      const progress = { run: 'main', stage: 0, epoch: 1, epochs: 1, step, steps: 100, percent: step, examples_per_second: 1, eta_seconds: 1 };
      onReport({ kind: 'progress', progress, next: 'training' }, () => undefined);
      return { class: 'recycled', heldBytes: 900, error: ServiceError.of('OUT_OF_MEMORY', 'fresh processes came no further', '900 B', '1000 B').toRecord() };
    },
  });

  it('goes on as long as each gets further, and has run out of memory when two get nowhere', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const waits = await attempts(id, { children: recycledAt([5, 10, 10, 20, 20, 15]) });
    expect(waits).toEqual([0, 0, 0, 0, 0]);
    expect(await app.job(id)).toMatchObject({ status: 'failed', attempt: 6, error: { code: 'OUT_OF_MEMORY', class: 'resource' } });
    expect((await eventsOf(id)).flatMap((event) => (event.type === 'job.recycled' ? [event.data.step] : []))).toEqual([5, 10, 10, 20, 20]);
  });
});

describe('a child', () => {
  /** The process of the test itself as the child, which holds so much of its limit. */
  function watched(share: number) {
    const told: Control[] = [];
    let looked = 0;
    let say: (message: ToWorker) => void = () => undefined;
    let end = (): void => undefined;
    const child: SupervisedChild = {
      get pid() {
        looked += 1;
        return process.pid;
      },
      ended: new Promise((resolve) => (end = () => resolve({ how: 'exit code 0', code: 0, signal: null, stderr: '' }))),
      onMessage: (listener) => (say = listener), give: () => undefined, makeRoom: () => undefined, ask: () => undefined, end: () => undefined, kill: () => undefined,
      tell: (control) => void told.push(control),
    };
    const holds = { share };
    const limits = {
      hangSeconds: 120,
      get memoryBytes() {
        return process.memoryUsage.rss() / holds.share;
      },
    };
    const ending = supervise<'train'>(child, { task: 'train' } as TrainTask, { signal: never, limits, onReport: () => undefined });
    const progress = (): void => say({ kind: 'progress', progress: {} as never, next: 'training' });
    /** Each look asks for the process at least once. */
    const looks = async (): Promise<void> => {
      const before = looked;
      await until('the watch looked at the child several times', () => looked >= before + 8, 60_000);
    };
    return { told, holds, looks, progress, say: (message: ToWorker) => say(message), end, ending };
  }

  it('that needs as much from its first step on is left alone', async () => {
    const { told, looks, progress, end, ending } = watched(0.95);
    progress();
    await looks();
    end();
    await ending;
    expect(told).toEqual([]);
  });

  it('is asked once when it has grown, not before its first step, and says that it left off', async () => {
    const { told, holds, looks, progress, say, end, ending } = watched(0.1);
    await looks();
    holds.share = 0.95;
    await looks();
    expect(told).toEqual([]);
    holds.share = 0.1;
    progress();
    await looks();
    expect(told).toEqual([]);
    holds.share = 0.95;
    await until('the child was asked to leave off', () => told.length > 0, 60_000);
    await looks();
    expect(told).toEqual(['recycle']);
    say({ kind: 'recycled' });
    end();
    expect(await ending).toMatchObject({ class: 'recycled', error: { code: 'OUT_OF_MEMORY' } });
  });
});
