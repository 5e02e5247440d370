// The end of a job: one outcome stands, and it is made true however often that is interrupted.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Job } from '#contract/job.js';
import { LAST_EVENTS } from '#contract/event.js';
import { ServiceError } from '#contract/errors.js';
import { openEventLog } from '#events/redis-event-log.js';
import { Reconciler } from '#jobs/reconcile.js';
import { JOB_STATE, LAST_STATE, type JobOutcome } from '#jobs/records.js';
import { conclude, settle } from '#jobs/settle.js';
import { moved, QUEUED, readState } from '#jobs/state.js';
import { writeRecord } from '#store/records.js';
import { TestApp } from '../support/app.js';
import { failingAfter, StoreGone } from '../support/failing-store.js';
import { pretrain } from '../support/requests.js';

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});

const at = '2026-01-02T03:04:05.000Z';
const failed = (): JobOutcome => ({ status: 'failed', at, attempt: 1, error: ServiceError.of('NAN_LOSS', 3).toRecord() });
const cancelled = (): JobOutcome => ({ status: 'cancelled', at, attempt: 0 });

/** A job with a bundle staged for it, as an attempt leaves it before it settles. */
async function staged(): Promise<{ job: Job; model: string; outcome: JobOutcome }> {
  const job = await app.submit(pretrain(dataset));
  const { store } = app.rooms;
  const model = (JSON.parse((await store.get(`jobs/${job.id}/job.json`))!.toString()) as { value: { model: string } }).value.model;
  const staging = await store.stage(`${job.id}.1`);
  await writeFile(join(staging.path, 'manifest.json'), JSON.stringify({ schema_version: 1, id: model, name: null, files: [] }));
  await store.seal(staging);
  const result = { stop_reason: 'completed' as const, weights_digest: 'a'.repeat(64), metrics: { loss: 1 }, runs: [] };
  return { job, model, outcome: { status: 'succeeded', at, attempt: 1, staging: staging.name, ...result } };
}

describe('settle', () => {
  it('lets the first outcome stand, whoever comes later', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expect(await settle(app.rooms.store, id, cancelled())).toEqual(cancelled());
    expect(await settle(app.rooms.store, id, failed())).toEqual(cancelled());
  });

  it('tells everyone who tries at once the same outcome', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const outcomes = Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? failed() : cancelled()));
    const standing = await Promise.all(outcomes.map((outcome) => settle(app.rooms.store, id, outcome)));
    for (const each of standing) expect(each).toEqual(standing[0]);
  });
});

describe('conclude', () => {
  it('does nothing for a job that has no outcome, or is none', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expect(await conclude(app.rooms.store, app.rooms.events, id)).toBeUndefined();
    expect(await conclude(app.rooms.store, app.rooms.events, `job_${'0'.repeat(32)}`)).toBeUndefined();
    expect((await app.job(id)).status).toBe('queued');
  });

  it('publishes what a success had staged, and nothing of what a cancelled job had', async () => {
    const [success, stopped] = [await staged(), await staged()];
    await settle(app.rooms.store, success.job.id, success.outcome);
    await settle(app.rooms.store, stopped.job.id, cancelled());
    for (const { job } of [success, stopped]) await conclude(app.rooms.store, app.rooms.events, job.id);

    expect(await app.job(success.job.id)).toMatchObject({ status: 'succeeded', model: success.model, weights_digest: 'a'.repeat(64), metrics: { loss: 1 }, finished_at: at });
    expect((await app.get(`/v1/models/${success.model}`)).status).toBe(200);
    expect(await app.job(stopped.job.id)).toMatchObject({ status: 'cancelled', model: null, finished_at: at });
    expect((await app.get(`/v1/models/${stopped.model}`)).status).toBe(404);
    expect(await app.rooms.store.listStaged()).toEqual([]);
  });

  it('says finalizing or cancelling until the outcome is true', async () => {
    const [success, stopped] = [await staged(), await staged()];
    await settle(app.rooms.store, success.job.id, success.outcome);
    await settle(app.rooms.store, stopped.job.id, cancelled());
    expect(await app.job(success.job.id)).toMatchObject({ status: 'finalizing', model: null, finished_at: null });
    expect(await app.job(stopped.job.id)).toMatchObject({ status: 'cancelling', finished_at: null });
    for (const { job } of [success, stopped]) await conclude(app.rooms.store, app.rooms.events, job.id);
  });

  it('is not undone by a worker that had begun to write the state, was stopped, and comes back', async () => {
    const { job, outcome } = await staged();
    await settle(app.rooms.store, job.id, outcome);
    await conclude(app.rooms.store, app.rooms.events, job.id);
    const before = await app.job(job.id);
    const begun = { ...moved(QUEUED, 'running', '2026-01-01T00:00:00.000Z', 'its first attempt'), attempt: 1, metrics: { loss: 9 } };
    await writeRecord(app.rooms.store, JOB_STATE, job.id, begun);
    expect(await app.job(job.id)).toEqual(before);
    await conclude(app.rooms.store, app.rooms.events, job.id);
    expect(await app.job(job.id)).toEqual(before);
    const reconciled = await new Reconciler(app.rooms, 0).look();
    expect(reconciled.requeued).not.toContain(job.id);
    expect(await app.job(job.id)).toEqual(before);
  });

  it('leaves the job as it is that an earlier version closed in its state', async () => {
    const { job, outcome } = await staged();
    await settle(app.rooms.store, job.id, outcome);
    await conclude(app.rooms.store, app.rooms.events, job.id);
    const before = await app.job(job.id);
    await writeRecord(app.rooms.store, JOB_STATE, job.id, await readState(app.rooms.store, job.id));
    await app.rooms.store.delete(LAST_STATE.key(job.id));
    expect(await app.job(job.id)).toEqual(before);
    await conclude(app.rooms.store, app.rooms.events, job.id);
    expect(await app.job(job.id)).toEqual(before);
  });

  it.each([
    ['a success', async () => staged()],
    ['a failure', async () => ({ ...(await staged()), outcome: failed() })],
    ['a cancellation', async () => ({ ...(await staged()), outcome: cancelled() })],
  ])('makes %s true after it was interrupted at any point, with one last event that nobody is told before it is', async (_what, prepare) => {
    let interruptions = 0;
    for (let changes = 0; ; changes += 1) {
      const { job, model, outcome } = await prepare();
      await settle(app.rooms.store, job.id, outcome);
      const store = failingAfter(app.rooms.store, changes);
      const events = openEventLog(store, app.valkey.connection, pino({ level: 'silent' }));
      const whole = await conclude(store, events, job.id).then(() => true, (problem: unknown) => {
        if (!(problem instanceof StoreGone)) throw problem;
        return false;
      });
      await events.close();
      if (!whole) interruptions += 1;
      if ((await app.rooms.events.read(job.id)).some(({ type }) => LAST_EVENTS.includes(type))) expect((await app.job(job.id)).status).toBe(outcome.status);

      for (let again = 0; again < 2; again += 1) await conclude(app.rooms.store, app.rooms.events, job.id);
      const after = await app.job(job.id);
      expect({ changes, status: after.status, history: after.status_history.at(-1)!.status }).toEqual({ changes, status: outcome.status, history: outcome.status });
      const told = await app.rooms.events.read(job.id);
      expect(told.map(({ id }) => id)).toEqual(told.map((_, n) => String(n + 1)));
      expect(told.filter(({ type }) => LAST_EVENTS.includes(type)).map(({ type }) => type)).toEqual([`job.${outcome.status}`]);
      expect((await app.get(`/v1/models/${model}`)).status).toBe(outcome.status === 'succeeded' ? 200 : 404);
      expect(await app.rooms.store.listStaged()).toEqual([]);
      if (whole) break;
    }
    expect(interruptions).toBeGreaterThanOrEqual(3);
  });
});
