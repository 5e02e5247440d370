// A child process for one task: how its end is told, what it sees, and that it goes when it is told to.
import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { requireBuilt } from '../support/built.js';
import { isRunning } from '../support/processes.js';
import { temporaryFolder } from '../support/store.js';
import { until } from '../support/until.js';
import type { IngestTask } from '../../workers/protocol.js';
import { Child } from '../../workers/child-process.js';
import { supervise, type Supervision } from '../../workers/supervisor.js';

requireBuilt();
const quiet: Supervision = { signal: new AbortController().signal, limits: { hangSeconds: 120, memoryBytes: 2 ** 34 }, onReport: () => undefined };
const start = (threads = 1): Child => Child.start('ingest', { threads });

const ingest = async (examples: number): Promise<IngestTask> => ({
  task: 'ingest',
  source: { files: [], generate: { name: 'glyph_digits', examples, seed: 1 }, class_names: null },
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
    const task: IngestTask = { ...(await ingest(100)), source: { files: [], generate: null, class_names: null } };
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
