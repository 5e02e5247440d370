// The API in the test's own process: real store, real Valkey, real queue, listening on a free port. No worker takes anything;
// a test that needs a data set read or a job trained makes that one attempt itself.
import { afterAll } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Dataset } from '#contract/dataset.js';
import type { AnyModel } from '#contract/model.js';
import { catalogueOf, type Catalogue } from '#models/catalogue/load.js';
import { openEventLog } from '#events/redis-event-log.js';
import { buildApp } from '#http/app.js';
import type { Keys } from '#http/access.js';
import type { Rooms } from '#http/rooms.js';
import type { ConnectionLimits } from '#http/slow-clients.js';
import { JobQuota } from '#jobs/quota.js';
import type { Consumer, Task } from '#queue/queue.js';
import { openConsumer, openQueue } from '#queue/queues/bullmq.js';
import { Networks } from '#predictions/find.js';
import { PredictPool } from '#predictions/pool.js';
import { openFolderStore } from '#store/stores/folder.js';
import { attemptImport } from '../../workers/import-attempt.js';
import { attemptIngest } from '../../workers/ingest-attempt.js';
import type { Limits } from '../../workers/supervisor.js';
import { attemptJob, type WorkerRooms } from '../../workers/train-attempt.js';
import { WarmChildren } from '../../workers/warm-children.js';
import { PREDICT, requireBuilt } from './built.js';
import type { PlanJob } from './plan-job.js';
import { postJson, pretrain, send, sendModel, upload, type Answer } from './requests.js';
import type { NamedBytes } from './idx.js';
import { Valkey } from './valkey.js';

interface Options {
  keys?: Keys;
  maxUploadBytes?: number;
  allowPrivate?: boolean;
  memoryLimitBytes?: number;
  catalogue?: Catalogue;
  dropStalledMs?: number;
  requestsPerSecond?: number;
  maxQueuedJobs?: number;
  connections?: ConnectionLimits;
  origins?: readonly string[];
}

const noLimit = { days: null, count: null, bytes: null };
const NO_LIMITS = { jobs: noLimit, checkpoints: noLimit, idempotency_keys: noLimit, uploads: noLimit, deliveries: noLimit };

const never = new AbortController().signal;
/** As long as nobody else takes a task, which in these tests nobody does. */
export const held = async (): Promise<boolean> => true;
/** More than any child of a test needs. */
export const LIMITS: Limits = { hangSeconds: 120, memoryBytes: 2 ** 34 };
/** A fresh child for each attempt. */
export const coldChildren = new WarmChildren({ cores: 1, perClass: 0, log: pino({ level: 'silent' }) });

const opened: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

export class TestApp {
  private constructor(
    readonly app: FastifyInstance,
    readonly rooms: Rooms,
    readonly valkey: Valkey,
    /** The folder of the store. */
    readonly folder: string,
    readonly url: string,
  ) {}

  /** Listening until the tests of this file have ended. */
  static async open({ keys = { apiKey: '', readOnlyKey: '' }, dropStalledMs, requestsPerSecond = 0, maxQueuedJobs = 0, connections, origins = [], ...limits }: Options = {}): Promise<TestApp> {
    requireBuilt();
    const log = pino({ level: 'silent' });
    const folder = await mkdtemp(join(tmpdir(), 'rootstock-app-'));
    opened.push(() => rm(folder, { recursive: true, force: true }));
    const valkey = await Valkey.start();
    opened.push(() => valkey.stop());
    const store = await openFolderStore(folder);
    const queue = await openQueue(valkey.connection);
    opened.push(() => queue.close());
    const events = openEventLog(store, valkey.connection, log);
    opened.push(() => events.close());
    const predictions = new PredictPool({ program: PREDICT, threads: 1, children: 1, memoryBytes: 2 ** 30, mostRequests: 64, seconds: 60, idleSeconds: 600, log });
    opened.push(() => predictions.close());
    const rooms: Rooms = { store, queue, events, quota: new JobQuota(queue, maxQueuedJobs), predictions, networks: new Networks(store, (key) => predictions.forget(key)), memoryLimitBytes: 2 ** 32, maxUploadBytes: 2 ** 24, allowPrivate: true, catalogue: catalogueOf([]), version: '0.0.0', retention: NO_LIMITS, ...limits };
    const app = await buildApp(rooms, { keys, log, origins, requestsPerSecond, ...(dropStalledMs !== undefined && { dropStalledMs }), ...(connections && { connections }) });
    opened.push(() => app.close());
    await app.listen({ host: '127.0.0.1', port: 0 });
    return new TestApp(app, rooms, valkey, folder, `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
  }

  get = (path: string, headers: Record<string, string> = {}): Promise<Answer> => send(this.url, path, { headers });
  post = (path: string, body: unknown): Promise<Answer> => postJson(this.url, path, body);
  delete = (path: string): Promise<Answer> => send(this.url, path, { method: 'DELETE' });

  async job(id: string): Promise<PlanJob> {
    return (await this.get(`/v1/jobs/${id}`)).json<PlanJob>();
  }

  /** Reads an accepted data set, as a worker would, and answers what became of it. */
  async read(id: string): Promise<Dataset> {
    await this.rooms.queue.remove('ingest', id);
    await attemptIngest({ store: this.rooms.store, limits: LIMITS, maxBytes: this.rooms.maxUploadBytes, deaths: new Map(), allowPrivate: this.rooms.allowPrivate }, id, never, held);
    return (await this.get(`/v1/datasets/${id}`)).json<Dataset>();
  }

  /** Sends a model and reads it, as a worker would, and answers what became of it. */
  async imported(files: readonly NamedBytes[], fields: readonly (readonly [string, string])[] = []): Promise<AnyModel> {
    const accepted = await sendModel(this.url, files, fields);
    if (accepted.status !== 201) throw new Error(`refused: ${accepted.text}`);
    return this.readModel(accepted.json<AnyModel>().id);
  }

  async readModel(id: string): Promise<AnyModel> {
    await this.rooms.queue.remove('import', id);
    await attemptImport({ store: this.rooms.store, limits: LIMITS, maxBytes: this.rooms.maxUploadBytes, deaths: new Map(), allowPrivate: this.rooms.allowPrivate }, id, never, held);
    return (await this.get(`/v1/models/${id}`)).json<AnyModel>();
  }

  /** A data set of glyphs, ready. */
  async generated(name: 'glyph_digits' | 'glyph_letters' = 'glyph_digits', examples = 240, seed = 1): Promise<Dataset> {
    const accepted = await this.post('/v1/datasets', { generate: { name, examples, seed } });
    return this.read(accepted.json<Dataset>().id);
  }

  /** What became of uploaded files that the answer itself did not refuse. */
  async uploaded(files: readonly NamedBytes[], fields: readonly (readonly [string, string])[] = []): Promise<Dataset> {
    const accepted = await upload(this.url, files, fields);
    if (accepted.status !== 201) throw new Error(`refused: ${accepted.text}`);
    return this.read(accepted.json<Dataset>().id);
  }

  /** Submits a job that must be accepted. */
  async submit(body: object): Promise<PlanJob> {
    const answer = await this.post('/v1/jobs', body);
    if (answer.status !== 201) throw new Error(`refused: ${answer.text}`);
    return answer.json<PlanJob>();
  }

  /** What a worker needs for its attempts. */
  workerRooms(more: Partial<WorkerRooms> = {}): WorkerRooms {
    const { store, events } = this.rooms;
    return { store, events, log: pino({ level: 'silent' }), children: coldChildren, limits: LIMITS, retrySeconds: 1, checkpointSeconds: 60, features: { folder: join(this.folder, 'cache', 'features'), mostBytes: 2 ** 30 }, worker: `test-${randomUUID()}`, ...more };
  }

  /** Makes one attempt of a job, as a worker would. */
  async attempt(id: string, signal: AbortSignal = never): Promise<PlanJob> {
    await this.rooms.queue.remove('train', id);
    await attemptJob(this.workerRooms(), id, signal, held);
    return this.job(id);
  }

  /** A real worker's part in this process: takes jobs off the queue until the tests have ended or it is closed. */
  async work({ lockSeconds = 10, ...more }: Partial<WorkerRooms> & { lockSeconds?: number } = {}): Promise<Consumer> {
    const log = pino({ level: 'silent' });
    const consumer = await openConsumer(this.valkey.connection, { lockSeconds, stallCheckSeconds: 1, log });
    opened.push(() => consumer.close());
    const rooms = this.workerRooms(more);
    consumer.consume('train', (id, signal, stillHeld) => attemptJob(rooms, id, signal, stillHeld));
    return consumer;
  }

  /** A model pretrained on a data set for one short epoch; its layers are flatten_1, dense_1 and dense_2. */
  async model(dataset: string, more: Record<string, unknown> = {}): Promise<{ id: string; job: PlanJob }> {
    const job = await this.attempt((await this.submit(pretrain(dataset, more))).id);
    if (job.model === null) throw new Error(`not trained: ${JSON.stringify(job.error)}`);
    return { id: job.model, job };
  }

  /** Everything that lies in the store, by path, and what waits in the queue: to see that a refusal leaves nothing. */
  async traces(): Promise<{ paths: string[] } & Record<Task, number>> {
    const paths: string[] = [];
    for (const name of ['catalogue', 'datasets', 'imports', 'jobs', 'models', 'staging', 'tmp']) {
      const found = await readdir(join(this.folder, name), { recursive: true }).catch(() => []);
      paths.push(...found.map((path) => `${name}/${path}`));
    }
    const held = async (task: Task): Promise<number> => {
      const { waiting, active } = await this.rooms.queue.counts(task);
      return waiting + active;
    };
    return { paths: paths.sort(), train: await held('train'), ingest: await held('ingest'), import: await held('import'), deliver: await held('deliver') };
  }
}
