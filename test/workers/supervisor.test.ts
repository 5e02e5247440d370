// A child process for one task: how its end is told, what it sees, and that it goes when it is told to.
import { describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { promisify } from 'node:util';
import { ServiceError } from '#contract/errors.js';
import { requireBuilt } from '../support/built.js';
import { pretrain, specOf } from '../support/networks.js';
import { pack } from '../support/packed.js';
import { isRunning } from '../support/processes.js';
import { startProgram } from '../support/program.js';
import { temporaryFolder } from '../support/store.js';
import { until } from '../support/until.js';
import type { IngestTask, TrainTask } from '../../workers/protocol.js';
import { Child } from '../../workers/child-process.js';
import { classOfFailure, EXIT_CLASSES } from '../../workers/exit-class.js';
import { supervise, type Supervision } from '../../workers/supervisor.js';

requireBuilt();
// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);
const quiet: Supervision = { signal: new AbortController().signal, limits: { hangSeconds: 120, memoryBytes: 2 ** 34 }, onReport: () => undefined };
const start = (threads = 1): Child => Child.start('ingest', { threads });

const ingest = async (examples: number): Promise<IngestTask> => ({
  task: 'ingest',
  source: { files: [], generate: { name: 'glyph_digits', examples, seed: 1 }, url: null, class_names: null, on_bad_rows: 'skip' },
  sourceFolder: '/nowhere',
  outFolder: await temporaryFolder(),
  maxBytes: 2 ** 30,
});
/** Long enough to be interfered with. */
const long = () => ingest(100_000);

describe('supervise', () => {
  it('gives back what the task gave', async () => {
    const end = await supervise<'ingest'>(start(), await ingest(100), quiet);
    expect(end).toMatchObject({ class: 'done', result: { input_shape: [28, 28, 1], digest: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  });

  it('tells a failure of the task by its code', async () => {
    const task: IngestTask = { ...(await ingest(100)), source: { files: [], generate: null, url: null, class_names: null, on_bad_rows: 'skip' } };
    const end = await supervise<'ingest'>(start(), task, quiet);
    expect(end).toMatchObject({ class: expect.stringMatching(/_error$/), error: { code: expect.stringMatching(/^[A-Z_]+$/) } });
  });

  it('tells that a child was killed, by which signal, and whether it had begun', async () => {
    const child = start();
    const ending = supervise<'ingest'>(child, await long(), quiet);
    process.kill(child.pid!, 'SIGKILL');
    expect(await ending).toMatchObject({ class: 'infrastructure', error: { code: 'CHILD_CRASHED', message: expect.stringContaining('signal SIGKILL') }, begun: false });
  });

  it('says the same of a child that was gone before it got the task', async () => {
    const child = start();
    process.kill(child.pid!, 'SIGKILL');
    await child.ended;
    expect(await supervise<'ingest'>(child, await long(), quiet)).toMatchObject({ class: 'infrastructure', error: { code: 'CHILD_CRASHED', message: expect.stringContaining('signal SIGKILL') }, begun: false });
  });

  it('ends the child when it is told to, and only then says so', async () => {
    const controller = new AbortController();
    const child = start();
    const ending = supervise<'ingest'>(child, await long(), { ...quiet, signal: controller.signal });
    controller.abort('interrupted');
    expect(await ending).toEqual({ class: 'drained' });
    expect(await isRunning(child.pid!)).toBe(false);
  });

  it('ends a child that was told to before it began, and one that does not listen', async () => {
    expect(await supervise<'ingest'>(start(), await long(), { ...quiet, signal: AbortSignal.abort('closing') })).toEqual({ class: 'drained' });

    const controller = new AbortController();
    const child = start();
    const stopped = supervise<'ingest'>(child, await long(), { ...quiet, signal: controller.signal });
    process.kill(child.pid!, 'SIGSTOP'); // SIGTERM waits until it goes on; only SIGKILL ends it
    controller.abort('interrupted');
    expect(await stopped).toEqual({ class: 'drained' });
  });
});

describe('a child', () => {
  it('has a lower priority, its threads, and nothing of our own environment', async () => {
    process.env.API_KEY = 'rsk-must-not-be-seen';
    const child = start(3);
    try {
      expect(getPriority(child.pid)).toBeGreaterThan(getPriority());
      // Until the new program is loaded the process still shows ours.
      const environment = await until('the child has its environment', async () => {
        const text = await readFile(`/proc/${child.pid}/environ`, 'utf8').catch(() => 'OMP_NUM_THREADS=3');
        return text.includes('OMP_NUM_THREADS') && text;
      });
      expect(environment).toContain('OMP_NUM_THREADS=3');
      expect(environment).not.toContain('rsk-must-not-be-seen');
    } finally {
      delete process.env.API_KEY;
      child.end();
      await child.ended;
    }
  });
});

describe('the end of a child', () => {
  it('is not a matter of the terminal, which signals the session of the service', async () => {
    const child = Child.start('train', { threads: 1, warm: true });
    await new Promise<void>((resolve) => child.onMessage(() => resolve()));
    // proc(5): after the name in parentheses state, parent, process group, session.
    const [, , group, session] = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).split(') ').at(-1)!.split(' ');
    expect([group, session]).toEqual([`${child.pid}`, `${child.pid}`]);
    child.end();
    await child.ended;
  });

  it.each([
    ['SIGTERM', 'drained'],
    ['SIGINT', 'drained'],
    ['SIGHUP', 'drained'],
    ['SIGKILL', 'infrastructure'],
    ['SIGSEGV', 'infrastructure'],
    ['SIGABRT', 'infrastructure'],
  ] as const)('by %s is %s, and at once', async (signal, exitClass) => {
    const child = Child.start('train', { threads: 1, warm: true });
    await new Promise<void>((resolve) => child.onMessage(() => resolve())); // it waits for a task
    process.kill(child.pid!, signal);
    expect(await child.ended).toMatchObject({ code: null, signal });
    expect((await supervise<'ingest'>(child, await long(), quiet)).class).toBe(exitClass);
  });

  it.each([
    ['what it was to make', 'done', 0, async () => ingest(100)],
    ['a fault of its data', 'data_error', 11, async () => ({ ...(await ingest(100)), source: { files: [], generate: null, url: null, class_names: null, on_bad_rows: 'skip' as const } })],
    ['a failure that no table names', 'service_error', 13, async () => ({ ...(await ingest(100)), outFolder: '/nowhere' })],
  ] as const)('with %s is %s', async (_what, exitClass, code, task) => {
    const child = start();
    expect((await supervise<'ingest'>(child, await task(), quiet)).class).toBe(exitClass);
    expect((await child.ended).code).toBe(code);
  });

  it('with a fault of the request or of what is stored is told by the code of the error', () => {
    expect(classOfFailure('train', ServiceError.of('NAN_LOSS', 1).toRecord())).toBe('user_error');
    expect(classOfFailure('train', ServiceError.of('STORE_CORRUPT', 'packed.json').toRecord())).toBe('data_error');
    expect(EXIT_CLASSES[classOfFailure('train', ServiceError.of('GOLDEN_MISMATCH', '1').toRecord())]).toMatchObject({ code: 13, again: false });
  });
});

describe('a child that goes too far', () => {
  it('by hanging is killed, and the end says in what it hung and for how long', async () => {
    const child = start();
    const ending = supervise<'ingest'>(child, await long(), { ...quiet, limits: { hangSeconds: 0.2, memoryBytes: 2 ** 34 } });
    process.kill(child.pid!, 'SIGSTOP');
    expect(await ending).toMatchObject({
      class: 'infrastructure',
      error: { code: 'CHILD_HUNG', message: expect.stringMatching(/^The process was preparing and told nothing new for \d seconds/) },
    });
    expect(await isRunning(child.pid!)).toBe(false);
  });

  it('by holding too much memory is killed, and the end has both numbers', async () => {
    const ending = await supervise<'ingest'>(start(), await long(), { ...quiet, limits: { hangSeconds: 120, memoryBytes: 10_000_000 } });
    expect(ending).toMatchObject({ class: 'infrastructure', error: { code: 'OUT_OF_MEMORY', class: 'resource' } });
    const [, held, allowed] = /it was ended when it held (\d+(?:\.\d+)?) MB; it may hold (\d+) MB/.exec((ending as { error: { message: string } }).error.message) ?? [];
    expect(Number(held)).toBeGreaterThan(Number(allowed));
    expect(allowed).toBe('10');
  });

  // prlimit(1) is part of every Linux.
  (process.platform === 'linux' ? it : it.skip)('by asking for memory that is not to be had has run out of it, and is not called crashed', async () => {
    const datasetFolder = await temporaryFolder();
    const part = (examples: number) => ({ inputs: new Uint8Array(examples * 784), labels: new Int32Array(examples) });
    const content = await pack(datasetFolder, { shape: [28, 28, 1], classNames: ['a', 'b'], split: null, parts: { train: part(100_000), test: part(1) } });
    const child = Child.start('train', { threads: 1, warm: true });
    await new Promise<void>((resolve) => child.onMessage(() => resolve()));
    // A fault of the system, made with its own means: from now on the process gets hardly larger than it is.
    const bytes = Number(/VmSize:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024;
    await promisify(execFile)('prlimit', ['--pid', String(child.pid), `--as=${bytes + 2 ** 24}`]);
    // It comes no further than to reading the rows, so nothing else of the job is looked at.
    const spec = specOf(pretrain({ training: { batch_size: 32 } }), { id: 'ds_1', content });
    const task: TrainTask = {
      task: 'train', job: { id: 'job_1', spec, spec_digest: '' } as TrainTask['job'], datasetFolder, plans: [{ base: null, teachers: [] }], measured: [], outFolder: '/nowhere', predictionsFolder: '/nowhere',
      attempt: 1, checkpoints: [], mayStartOver: true, checkpointFolder: '/nowhere', checkpointSeconds: 60, features: { folder: '/nowhere', mostBytes: 0 }, spent: { earlierMs: 0, sinceMs: 0 },
    };
    expect(await supervise<'train'>(child, task, quiet)).toMatchObject({
      class: 'infrastructure',
      error: { code: 'OUT_OF_MEMORY', message: expect.stringContaining('an allocation failed (') },
    });
  });
});

describe('a child whose worker is gone', () => {
  it.each(['train', 'ingest'] as const)('ends: %s', async (kind) => {
    const program = startProgram(new URL('child-starter.ts', import.meta.url), [kind]);
    const { pid } = await program.next<{ pid: number }>();
    await program.end('SIGKILL');
    await until('it is gone', async () => !(await isRunning(pid)));
  });
});
