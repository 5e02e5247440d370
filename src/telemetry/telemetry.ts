// What GET /metrics answers: looked up when it is asked for, in the text format of Prometheus 0.0.4.
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { WorkerStatus } from '../contract/system.js';
import { isQueueProblem, TASKS, type Queue } from '../queue/queue.js';
import { SharedReads } from '../store/shared-reads.js';
import type { Store } from '../store/store.js';
import { DeliveriesWatch, ENDPOINT_STATES } from './deliveries-seen.js';
import { Gauges } from './gauges.js';
import { JobsWatch } from './jobs-seen.js';
import { RequestMeter } from './requests.js';

export class Telemetry {
  readonly requests: RequestMeter;
  private readonly registry = new Registry();
  private readonly gauges: Gauges;
  private readonly jobs: JobsWatch;
  private readonly deliveries: DeliveriesWatch;
  /** Scrapers that come together share one look, so that their number costs nothing. */
  private readonly scrapes = new SharedReads<string>();

  constructor(private readonly rooms: { store: Store; queue: Queue }) {
    this.gauges = new Gauges(this.registry);
    this.requests = new RequestMeter(this.registry);
    this.jobs = new JobsWatch(rooms.store);
    this.deliveries = new DeliveriesWatch(rooms.store);
    collectDefaultMetrics({ register: this.registry });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  scrape(): Promise<string> {
    return this.scrapes.read('scrape', () => this.look());
  }

  private async look(): Promise<string> {
    const startMs = performance.now();
    const [jobs, deliveries, queue] = await Promise.all([this.jobs.look(), this.deliveries.look(), queueSeen(this.rooms.queue)]);
    const { gauges } = this;
    gauges.clear();

    for (const { type, state, count } of jobs.counts) gauges.set('rootstock_jobs', { type, state }, count);
    gauges.set('rootstock_queue_oldest_seconds', {}, jobs.oldestQueuedMs === undefined ? 0 : Math.max(0, (Date.now() - jobs.oldestQueuedMs) / 1000));
    for (const [type, rates] of grouped(jobs.rates, (rate) => rate.type)) gauges.set('rootstock_examples_per_second', { type }, sum(rates.map((rate) => rate.examplesPerSecond)));

    for (const state of ENDPOINT_STATES) gauges.set('rootstock_webhooks', { state }, deliveries.endpoints[state]);
    for (const [status, count] of Object.entries(deliveries.deliveries)) gauges.set('rootstock_webhook_deliveries', { status }, count);
    for (const [outcome, count] of Object.entries(deliveries.tries)) gauges.set('rootstock_webhook_tries', { outcome }, count);

    gauges.set('rootstock_queue_up', {}, queue ? 1 : 0);
    if (queue) this.tellQueue(queue);
    gauges.set('rootstock_scrape_seconds', {}, (performance.now() - startMs) / 1000);
    return this.registry.metrics();
  }

  private tellQueue({ counts, workers }: QueueSeen): void {
    const { gauges } = this;
    for (const { task, waiting, active } of counts) {
      gauges.set('rootstock_queue_tasks', { task, state: 'waiting' }, waiting);
      gauges.set('rootstock_queue_tasks', { task, state: 'active' }, active);
    }
    for (const trains of [true, false]) gauges.set('rootstock_workers', { trains: String(trains) }, workers.filter(({ engine }) => (engine !== null) === trains).length);
    // A worker of an earlier version says nothing of its children.
    const children = workers.flatMap((worker) => worker.children ?? []);
    for (const [task, some] of grouped(children, (child) => child.task)) {
      const bytes = some.map((child) => child.resident_bytes ?? 0);
      gauges.set('rootstock_children', { task }, some.length);
      gauges.set('rootstock_child_resident_bytes', { task }, sum(bytes));
      gauges.set('rootstock_child_largest_resident_bytes', { task }, Math.max(...bytes));
    }
    const epochs = children.flatMap(({ epoch_seconds: seconds }) => seconds ?? []);
    const checkpoints = children.flatMap(({ checkpoint_seconds: seconds }) => seconds ?? []);
    if (epochs.length > 0) gauges.set('rootstock_epoch_seconds', {}, Math.max(...epochs));
    if (checkpoints.length > 0) gauges.set('rootstock_checkpoint_seconds', {}, Math.max(...checkpoints));
  }
}

interface QueueSeen {
  counts: { task: string; waiting: number; active: number }[];
  workers: WorkerStatus[];
}

/** Undefined while it does not answer: the rest is told all the same. */
async function queueSeen(queue: Queue): Promise<QueueSeen | undefined> {
  try {
    const [counts, workers] = await Promise.all([Promise.all(TASKS.map(async (task) => ({ task, ...(await queue.counts(task)) }))), queue.workers()]);
    return { counts, workers };
  } catch (problem) {
    if (!isQueueProblem(problem)) throw problem;
    return undefined;
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

function grouped<T>(all: readonly T[], by: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(by(one), [...(groups.get(by(one)) ?? []), one]);
  return groups;
}
