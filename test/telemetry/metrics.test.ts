// GET /metrics: what the service measures of itself, as Prometheus reads it.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChildStatus, WorkerStatus } from '#contract/system.js';
import { JOB_STATE } from '#jobs/records.js';
import { moved, QUEUED } from '#jobs/state.js';
import { openConsumer } from '#queue/queues/bullmq.js';
import { writeRecord } from '#store/records.js';
import { Telemetry } from '#telemetry/telemetry.js';
import { pino } from 'pino';
import { ChildWatch } from '../../workers/child-watch.js';
import { TestApp } from '../support/app.js';
import { pretrain, send } from '../support/requests.js';

let app: TestApp;
let dataset: string;
beforeAll(async () => {
  app = await TestApp.open();
  dataset = (await app.generated()).id;
});

/** By name and labels, as they are written. */
const valuesOf = (text: string): Map<string, number> =>
  new Map(text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
const scrape = async (): Promise<Map<string, number>> => valuesOf((await app.get('/metrics')).text);

describe('GET /metrics', () => {
  it('is answered in the text format of Prometheus', async () => {
    const answer = await app.get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4; charset=utf-8$/);
  });

  it('tells jobs by type and state, and those that are gone no more', async () => {
    const { id } = await app.submit(pretrain(dataset));
    expect((await scrape()).get('rootstock_jobs{type="pretrain",state="queued"}')).toBe(1);
    await app.post(`/v1/jobs/${id}/cancel`, {});
    const after = await scrape();
    expect(after.get('rootstock_jobs{type="pretrain",state="cancelled"}')).toBe(1);
    expect(after.has('rootstock_jobs{type="pretrain",state="queued"}')).toBe(false);
    await app.delete(`/v1/jobs/${id}`);
    expect((await scrape()).has('rootstock_jobs{type="pretrain",state="cancelled"}')).toBe(false);
  });

  it('tells how many tasks wait and for how long the first of them has', async () => {
    expect((await scrape()).get('rootstock_queue_oldest_seconds')).toBe(0);
    const { id } = await app.submit(pretrain(dataset));
    await delay(5);
    const values = await scrape();
    expect(values.get('rootstock_queue_tasks{task="train",state="waiting"}')).toBe(1);
    expect(values.get('rootstock_queue_oldest_seconds')).toBeGreaterThan(0.004);
    await app.post(`/v1/jobs/${id}/cancel`, {});
  });

  it('tells the rate of running jobs, by type together', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const now = new Date().toISOString();
    const running = moved(moved(QUEUED, 'preparing', now, null), 'running', now, null);
    const progress = { run: 'main', stage: 0, epoch: 1, epochs: 1, step: 1, steps: 2, percent: 50, examples_per_second: 123, eta_seconds: 1 };
    await writeRecord(app.rooms.store, JOB_STATE, id, { ...running, progress: { ...progress } });
    expect((await scrape()).get('rootstock_examples_per_second{type="pretrain"}')).toBe(123);
    await writeRecord(app.rooms.store, JOB_STATE, id, QUEUED);
    await app.post(`/v1/jobs/${id}/cancel`, {});
  });

  it('tells of children what their workers last said', async () => {
    const child = (id: string, bytes: number | null, epoch: number | null): ChildStatus => ({ id, task: 'train', resident_bytes: bytes, epoch_seconds: epoch, checkpoint_seconds: 0.5 });
    const worker: WorkerStatus = { id: 'one', started_at: new Date().toISOString(), seen_at: new Date().toISOString(), engine: null, problem: null, running: [], children: [child('a', 100, 2), child('b', 300, 4), child('c', null, null)] };
    const consumer = await openConsumer(app.valkey.connection, { lockSeconds: 10, stallCheckSeconds: 10, log: pino({ level: 'silent' }) });
    await consumer.announce(worker, 60);
    // One of an earlier version.
    const before: WorkerStatus = { id: 'two', started_at: worker.started_at, seen_at: worker.seen_at, engine: null, problem: null, running: [] };
    await consumer.announce(before, 60);
    const values = await scrape();
    await consumer.close();
    expect(values.get('rootstock_workers{trains="false"}')).toBe(2);
    expect(values.get('rootstock_children{task="train"}')).toBe(3);
    expect(values.get('rootstock_child_resident_bytes{task="train"}')).toBe(400);
    expect(values.get('rootstock_child_largest_resident_bytes{task="train"}')).toBe(300);
    expect(values.get('rootstock_epoch_seconds')).toBe(4);
    expect(values.get('rootstock_checkpoint_seconds')).toBe(0.5);
  });

  it('tells endpoints of webhooks and what was sent to them', async () => {
    const made = (await app.post('/v1/webhooks', { url: 'https://example.com/', events: ['*'] })).json<{ id: string }>();
    await app.post(`/v1/webhooks/${made.id}/test`, {});
    const values = await scrape();
    expect(values.get('rootstock_webhooks{state="well"}')).toBe(1);
    expect(values.get('rootstock_webhook_deliveries{status="pending"}')).toBe(1);
    expect(values.get('rootstock_webhook_deliveries{status="failed"}')).toBe(0);
  });

  it('counts requests by the pattern of their route, and all that are none as one', async () => {
    await app.get('/v1/jobs/job_0?key=secret');
    await app.get('/made/up/1');
    await app.get('/made/up/2');
    await send(app.url, '/made/up/3', { method: 'PROPFIND' });
    const values = await scrape();
    expect(values.get('rootstock_http_requests_total{method="GET",route="/v1/jobs/:id",status="4xx"}')).toBe(1);
    expect(values.get('rootstock_http_requests_total{method="other",route="none",status="4xx"}')).toBe(3);
    expect([...values.keys()].filter((key) => /made|secret|job_/.test(key))).toEqual([]);
  });

  it('times what does not wait on purpose', async () => {
    const { id } = await app.submit(pretrain(dataset));
    const path = 'method="GET",route="/v1/jobs/:id"';
    const before = (await scrape()).get(`rootstock_http_request_seconds_count{${path}}`) ?? 0;
    await app.get(`/v1/jobs/${id}`, { prefer: 'wait=1' });
    await app.get(`/v1/jobs/${id}`);
    expect((await scrape()).get(`rootstock_http_request_seconds_count{${path}}`)).toBe(before + 1);
    await app.post(`/v1/jobs/${id}/cancel`, {});
  });

  it('gives scrapers that come together one look', async () => {
    const telemetry = new Telemetry(app.rooms);
    const [, second, third] = await Promise.all([telemetry.scrape(), telemetry.scrape(), telemetry.scrape()]);
    expect(second).toBe(third);
  });

  it('tells what it can while the queue server is away', async () => {
    const away = await TestApp.open();
    await away.valkey.stop();
    const values = valuesOf((await away.get('/metrics')).text);
    expect(values.get('rootstock_queue_up')).toBe(0);
    expect([...values.keys()].filter((key) => /^rootstock_(queue_tasks|workers|child)/.test(key))).toEqual([]);
    expect(values.has('rootstock_scrape_seconds')).toBe(true);
  });
});

describe('who may scrape', () => {
  it('is everyone where the service is open, and any key where there are keys', async () => {
    const locked = await TestApp.open({ keys: { apiKey: 'rsk-test-key-with-everything', readOnlyKey: 'rsk-test-key-for-reading' } });
    expect((await locked.get('/metrics')).status).toBe(401);
    expect((await locked.get('/metrics', { authorization: 'Bearer rsk-test-key-for-reading' })).status).toBe(200);
    expect((await locked.get('/metrics', { authorization: 'Bearer rsk-test-key-with-everything' })).status).toBe(200);
  });
});

describe('what a worker says of a child', () => {
  it('is what it holds and how long its last epoch and checkpoint took, while it is there', () => {
    let nowMs = 0;
    const children: ChildStatus[] = [];
    const child = new ChildWatch(children, () => nowMs).begin('job_1', 'train');
    const epoch = { run: 'main', role: 'main' as const, stage: 0, epoch: 1, epochs: 2, metrics: {} };
    child.holds(7);
    child.heard({ kind: 'event', type: 'run.started', data: { run: 'main', role: 'main', seed: 1, steps: 2 } });
    nowMs = 1500;
    child.heard({ kind: 'event', type: 'epoch.finished', data: epoch });
    expect(children).toEqual([{ id: 'job_1', task: 'train', resident_bytes: 7, epoch_seconds: 1.5, checkpoint_seconds: null }]);
    nowMs = 2500;
    child.heard({ kind: 'event', type: 'epoch.finished', data: epoch });
    expect(children[0]!.epoch_seconds).toBe(1);
    child.gone();
    expect(children).toEqual([]);
  });
});
