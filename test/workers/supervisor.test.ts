// A child process for one task: how its end is told, what it sees, and that it goes when it is told to.
import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { requireBuilt } from '../support/built.js';
import { isRunning } from '../support/processes.js';
import { temporaryFolder } from '../support/store.js';
import { until } from '../support/until.js';
import type { IngestTask } from '../../workers/protocol.js';
import { supervise } from '../../workers/supervisor.js';

requireBuilt();
const never = new AbortController().signal;
const quiet = { threads: 1, signal: never, onReport: () => undefined };

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
    const end = await supervise<'ingest'>(await ingest(100), quiet);
    expect(end).toMatchObject({ kind: 'done', result: { input_shape: [28, 28, 1], digest: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  });

  it('tells a failure of the task by its code', async () => {
    const task: IngestTask = { ...(await ingest(100)), source: { files: [], generate: null, class_names: null } };
    const end = await supervise<'ingest'>(task, quiet);
    expect(end).toMatchObject({ kind: 'failed', error: { code: expect.stringMatching(/^[A-Z_]+$/) } });
  });

  it('tells that a child was killed, by which signal', async () => {
    const end = await supervise<'ingest'>(await long(), { ...quiet, onStart: (pid) => void process.kill(pid, 'SIGKILL') });
    expect(end).toMatchObject({ kind: 'crashed', how: 'signal SIGKILL' });
  });

  it('ends the child when it is told to, and only then says so', async () => {
    const controller = new AbortController();
    let pid = 0;
    const ending = supervise<'ingest'>(await long(), { ...quiet, signal: controller.signal, onStart: (started) => (pid = started) });
    controller.abort('interrupted');
    expect(await ending).toEqual({ kind: 'aborted' });
    expect(await isRunning(pid)).toBe(false);
  });

  it('ends a child that was told to before it began, and one that does not listen', async () => {
    expect(await supervise<'ingest'>(await long(), { ...quiet, signal: AbortSignal.abort('closing') })).toEqual({ kind: 'aborted' });

    const controller = new AbortController();
    const stopped = supervise<'ingest'>(await long(), {
      ...quiet,
      signal: controller.signal,
      onStart: (pid) => {
        process.kill(pid, 'SIGSTOP'); // SIGTERM waits until it goes on; only SIGKILL ends it
        controller.abort('interrupted');
      },
    });
    expect(await stopped).toEqual({ kind: 'aborted' });
  });

  it('gives the child a lower priority, its threads, and nothing of our own environment', async () => {
    process.env.API_KEY = 'rsk-must-not-be-seen';
    const controller = new AbortController();
    let pid = 0;
    const ending = supervise<'ingest'>(await long(), { ...quiet, threads: 3, signal: controller.signal, onStart: (started) => (pid = started) });
    try {
      expect(getPriority(pid)).toBeGreaterThan(getPriority());
      // Until the new program is loaded the process still shows ours.
      const environment = await until('the child has its environment', async () => {
        const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => 'OMP_NUM_THREADS=3');
        return text.includes('OMP_NUM_THREADS') && text;
      });
      expect(environment).toContain('OMP_NUM_THREADS=3');
      expect(environment).not.toContain('rsk-must-not-be-seen');
    } finally {
      delete process.env.API_KEY;
      controller.abort('interrupted');
      await ending;
    }
  });
});
