// What is removed of ended jobs, in a real store: the right ones, all at once for readers, finished after a crash.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '#contract/ids.js';
import { isTerminal, type JobStatus } from '#contract/job-states.js';
import type { KeepRule } from '#contract/system.js';
import { lastEventKey, makeEvent } from '#events/lines.js';
import { findJob, listJobIds } from '#jobs/query.js';
import { ACCEPTED_JOB, attemptFence, JOB_OUTCOME, JOB_STATE, LAST_STATE, metricsKey, type AcceptedJob } from '#jobs/records.js';
import { Retention } from '#jobs/retention.js';
import { QUEUED } from '#jobs/state.js';
import { writeRecord } from '#store/records.js';
import { LEAST_KEPT_MS } from '#store/retention.js';
import type { Store } from '#store/store.js';
import { openFolderStore } from '#store/stores/folder.js';
import { failingAfter, StoreGone } from '../support/failing-store.js';
import { temporaryFolder } from '../support/store.js';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-06-01T00:00:00Z');
const never = new AbortController().signal;
const noLimit: KeepRule = { days: null, count: null, bytes: null };
const KEEP_ALL = { jobs: noLimit, checkpoints: noLimit };

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await temporaryFolder();
  store = await openFolderStore(folder);
});

/** A job as it lies in the store after two attempts: 600 bytes for going on, and its record. */
async function job({ endedDaysAgo = 0, status = 'succeeded', decided = true }: { endedDaysAgo?: number; status?: JobStatus; decided?: boolean } = {}): Promise<string> {
  const id = newId('job');
  const at = new Date(NOW - endedDaysAgo * DAY_MS).toISOString();
  await writeRecord(store, ACCEPTED_JOB, id, { id, model: newId('model'), created_at: at } as AcceptedJob);
  await writeRecord(store, JOB_STATE, id, { ...QUEUED, status: isTerminal(status) ? 'running' : status, attempt: 2 });
  if (isTerminal(status)) {
    await writeRecord(store, LAST_STATE, id, { ...QUEUED, status, attempt: 2 });
    await store.put(lastEventKey(id), JSON.stringify(makeEvent(1, 'job.cancelled', {})));
  }
  if (decided) await writeRecord(store, JOB_OUTCOME, id, { status: 'cancelled', at, attempt: 2 });
  for (const attempt of [1, 2]) {
    await writeRecord(store, attemptFence(attempt), id, { worker: 'w', at });
    await store.put(metricsKey(id, attempt), 'x'.repeat(100));
  }
  await store.put(`jobs/${id}/checkpoints/000001-000001/checkpoint.bin`, 'x'.repeat(500));
  return id;
}

const sweep = (rules: Partial<typeof KEEP_ALL>, of = store) => new Retention(of, { ...KEEP_ALL, ...rules }).sweep(never, NOW);
const files = async (id: string): Promise<string[]> =>
  (await readdir(join(folder, 'jobs', id), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, 'jobs', id).length + 1))
    .sort();

describe('A sweep', () => {
  it('removes nothing without a rule', async () => {
    const id = await job({ endedDaysAgo: 4_000 });
    const before = await files(id);
    expect(await sweep({})).toEqual({ jobs: { count: 0, bytes: 0 }, checkpoints: { count: 0, bytes: 0 }, failed: [] });
    expect(await files(id)).toEqual(before);
  });

  it('removes jobs that ended longer ago than they are kept, and says how many bytes that were', async () => {
    const [old, older, young] = [await job({ endedDaysAgo: 8 }), await job({ endedDaysAgo: 9 }), await job({ endedDaysAgo: 6 })];
    const { jobs } = await sweep({ jobs: { ...noLimit, days: 7 } });
    expect(jobs.count).toBe(2);
    expect(jobs.bytes).toBeGreaterThan(2 * 700);
    expect(await listJobIds(store)).toEqual([young]);
    expect([await findJob(store, old), await findJob(store, older)]).toEqual([undefined, undefined]);
  });

  it('keeps the newest by their end, not by when they were accepted', async () => {
    const lasted = await job({ endedDaysAgo: 1 });
    await job({ endedDaysAgo: 2 });
    await sweep({ jobs: { ...noLimit, count: 1 } });
    expect(await listJobIds(store)).toEqual([lasted]);
  });

  it.each([
    ['that waits', { status: 'queued' as JobStatus, decided: false }],
    ['that runs', { status: 'running' as JobStatus, decided: false }],
    ['whose end is decided and not yet true', { status: 'running' as JobStatus }],
  ])('never removes a job %s, nor its checkpoints', async (_what, as) => {
    const id = await job({ endedDaysAgo: 4_000, ...as });
    const before = await files(id);
    await sweep({ jobs: { days: 1, count: 0, bytes: 0 }, checkpoints: { days: 1, count: null, bytes: 0 } });
    expect(await files(id)).toEqual(before);
  });

  it('leaves a job that has only just ended to whoever waits for it', async () => {
    const id = await job({ endedDaysAgo: (LEAST_KEPT_MS - 1) / DAY_MS });
    await sweep({ jobs: { days: null, count: 0, bytes: 0 } });
    expect(await listJobIds(store)).toEqual([id]);
  });

  it('leaves what cannot be read as it is', async () => {
    const id = await job({ endedDaysAgo: 10 });
    await store.put(`jobs/${id}/outcome.json`, '{"record"');
    await sweep({ jobs: { ...noLimit, days: 1 } });
    expect(await listJobIds(store)).toEqual([id]);
  });

  it('removes what only attempts needed, once, and leaves the job as it is shown', async () => {
    const id = await job({ endedDaysAgo: 8 });
    const shown = await findJob(store, id);
    const retention = new Retention(store, { ...KEEP_ALL, checkpoints: { ...noLimit, days: 7 } });
    const { checkpoints } = await retention.sweep(never, NOW);
    expect(checkpoints.count).toBe(1);
    expect(checkpoints.bytes).toBeGreaterThanOrEqual(600);
    expect(await files(id)).toEqual(['attempts/2/fence.json', 'attempts/2/metrics.jsonl', 'job.json', 'last-event.json', 'last-state.json', 'outcome.json', 'state.json']);
    expect(await findJob(store, id)).toEqual(shown);
    expect((await retention.sweep(never, NOW)).checkpoints.count).toBe(0);
    expect((await sweep({ checkpoints: { ...noLimit, days: 7 } })).checkpoints.count).toBe(0);
  });

  it('counts checkpoints and records apart', async () => {
    const [old, young] = [await job({ endedDaysAgo: 8 }), await job({ endedDaysAgo: 1 })];
    const { jobs, checkpoints } = await sweep({ jobs: { ...noLimit, bytes: 10_000 }, checkpoints: { ...noLimit, bytes: 1_000 } });
    expect([jobs.count, checkpoints.count]).toEqual([0, 1]);
    expect((await files(old)).some((path) => path.startsWith('checkpoints'))).toBe(false);
    expect((await files(young)).some((path) => path.startsWith('checkpoints'))).toBe(true);
  });

  it('removes each thing once, several sweeps at once, beside a caller who deletes', async () => {
    const ids = await Promise.all([1, 2, 3, 4, 5, 6].map((days) => job({ endedDaysAgo: days })));
    const rules = { jobs: { ...noLimit, count: 0 } };
    const [gone, ...swept] = await Promise.all([store.delete(`jobs/${ids[0]!}`), sweep(rules), sweep(rules), sweep(rules)]);
    expect(swept.flatMap(({ failed }) => failed)).toEqual([]);
    expect(swept.reduce((sum, { jobs }) => sum + jobs.count, Number(gone))).toBe(6);
    expect(await listJobIds(store)).toEqual([]);
  });

  it('goes on where one thing cannot be removed, and removes it the next time', async () => {
    await job({ endedDaysAgo: 2 });
    const other = await job({ endedDaysAgo: 1 });
    const retention = new Retention(failingAfter(store, 1), { ...KEEP_ALL, jobs: { ...noLimit, count: 0 } });
    const swept = await retention.sweep(never, NOW);
    expect(swept.jobs.count).toBe(1);
    expect(swept.failed).toEqual([{ id: other, problem: expect.any(StoreGone) }]);
    expect((await sweep({ jobs: { ...noLimit, count: 0 } })).jobs.count).toBe(1);
  });

  it('stops when it is told to', async () => {
    const id = await job({ endedDaysAgo: 2 });
    await new Retention(store, { ...KEEP_ALL, jobs: { ...noLimit, count: 0 } }).sweep(AbortSignal.abort(), NOW);
    expect(await listJobIds(store)).toEqual([id]);
  });
});

describe('A removal', () => {
  it('shows readers the job or nothing, in whatever moment it comes between their reads', async () => {
    for (let reads = 0; reads < 5; reads += 1) {
      const id = await job();
      let left = reads;
      const meanwhile = new Proxy(store, {
        get: (target, name) => async (key: string) => {
          if (name === 'get' && left-- === 0) await store.delete(`jobs/${id}`);
          return (Reflect.get(target, name) as (key: string) => unknown).call(target, key);
        },
      });
      const found = await findJob(meanwhile, id);
      if (found) expect(found).toMatchObject({ status: 'succeeded', outcome: { status: 'cancelled' }, state: { attempt: 2 } });
    }
  });
});
