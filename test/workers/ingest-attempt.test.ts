// Attempts at reading a data set, as a worker makes them: the crash, and what is gone in between.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Dataset } from '#contract/dataset.js';
import { TryAgain } from '#queue/queue.js';
import { attemptIngest } from '../../workers/ingest-attempt.js';
import { LIMITS, TestApp } from '../support/app.js';
import { descendants } from '../support/processes.js';
import { until } from '../support/until.js';

// Each test ends by its own conditions, in seconds; on a machine that is busy they take longer.
jest.setTimeout(120_000);

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.open();
});

const never = new AbortController().signal;

describe('attemptIngest', () => {
  const accept = async (examples: number): Promise<string> =>
    (await app.post('/v1/datasets', { generate: { name: 'glyph_digits', examples } })).json<Dataset>().id;
  const read = (id: string, deaths: Map<string, number>, signal: AbortSignal = never) =>
    attemptIngest({ store: app.rooms.store, limits: LIMITS, maxBytes: 2 ** 30, deaths }, id, signal, async () => true);

  const readingChild = (): Promise<number> =>
    until('ingest.js runs', async () => (await descendants(process.pid)).find(({ command }) => command.includes('ingest.js'))?.pid);

  it('tries once more after a crash, then calls the data set invalid', async () => {
    const id = await accept(100_000);
    const deaths = new Map<string, number>();
    for (const last of [false, true]) {
      const crashing = read(id, deaths).then(() => 'ended', (problem: unknown) => (problem instanceof TryAgain ? 'again' : String(problem)));
      process.kill(await readingChild(), 'SIGKILL');
      expect(await crashing).toBe(last ? 'ended' : 'again');
    }
    expect((await app.get(`/v1/datasets/${id}`)).json()).toMatchObject({ status: 'invalid', error: { code: 'CRASH_LOOP' } });
    expect((await app.rooms.store.listStaged()).filter((name) => name.startsWith(id))).toEqual([]);
  });

  it('leaves nothing of a data set that was deleted while it was read', async () => {
    const id = await accept(100_000);
    const controller = new AbortController();
    const reading = read(id, new Map(), controller.signal);
    await readingChild();
    expect((await app.delete(`/v1/datasets/${id}`)).status).toBe(204);
    controller.abort('interrupted');
    await reading;
    expect((await app.traces()).paths.filter((path) => path.includes(id))).toEqual([]);
  });

  it('leaves nothing of it either where the reading hears of that too late', async () => {
    const id = await accept(3_000);
    const reading = read(id, new Map());
    await readingChild();
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
