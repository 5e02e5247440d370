// The API with all it stands on, in this process: queue server, store, queue, events, reconciliation, HTTP.
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { originsOf, proxiesOf } from './config/load.js';
import type { Settings } from './config/settings.js';
import { removeOldUploads } from './datasets/uploads.js';
import { buildApp } from './http/app.js';
import { forgetLostAnswers, forgetRequests } from './http/idempotency-records.js';
import { JobQuota } from './jobs/quota.js';
import { Reconciler, type Reconciled } from './jobs/reconcile.js';
import { restore } from './jobs/restore.js';
import { Retention, type Swept } from './jobs/retention.js';
import { loadCatalogue } from './models/catalogue/load.js';
import { giveVersionsOnce } from './models/missing-versions.js';
import { Networks } from './predictions/find.js';
import { isQueueProblem, type Queue } from './queue/queue.js';
import { sweepDeliveries } from './webhooks/retention.js';
import { Webhooks } from './webhooks/webhooks.js';
import { hearWakeUps, jobMemoryLimit, mendIfCopied, openConsumer, openEvents, openPredictions, openQueue, openQueueServer, openStore, retentionRules, VERSION } from './wiring.js';

/** A queue server that was there a moment ago is given so long; without it jobs are refused, and all else is as it was. */
const ANSWERS_WITHIN_MS = 10_000;
const ASKED_EVERY_MS = 50;

export interface Service {
  /** Such as http://127.0.0.1:7070. */
  url: string;
  /** Stops listening and lets go of queue and data folder. Workers are to be stopped before. */
  close(): Promise<void>;
}

/** @throws Error with one plain sentence where it cannot start; what was begun is undone */
export async function startService(settings: Settings, log: Logger): Promise<Service> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const catalogue = await loadCatalogue(settings.CATALOGUE_FILE);
    const server = await openQueueServer(settings, log);
    undo.push(() => server.stop());
    const store = await openStore(settings);
    const queue = await openQueue(server.connection);
    undo.push(() => queue.close());
    const events = openEvents(store, server.connection, log);
    undo.push(() => events.close());

    const restored = await mendIfCopied(settings, async () => {
      log.warn('The data folder was copied here from elsewhere: all of it is checked, which may take a while.');
      return { ...(await restore({ store, events })), answers: await forgetLostAnswers(store) };
    });
    if (restored) log.warn(restored, 'the copy of the data folder is put right');
    await giveVersionsOnce(store);
    const reconciler = new Reconciler({ store, queue, events });
    tellReconciled(log, await reconciler.look(server.alone));
    undo.push(
      repeat(settings.RECONCILE_SECONDS * 1_000, () =>
        reconciler.look().then(
          (done) => tellReconciled(log, done),
          (problem: unknown) => {
            // Outages are in the log already, once.
            if (!isQueueProblem(problem)) log.error({ err: problem }, 'store and queue could not be reconciled');
          },
        ),
      ),
    );
    const allowPrivate = settings.ALLOW_PRIVATE_ADDRESSES === 1;
    const webhooks = await Webhooks.open({
      store,
      queue,
      log,
      allowPrivate,
      overHours: settings.WEBHOOK_HOURS,
      openConsumer: () => openConsumer(server.connection, { lockSeconds: settings.LOCK_SECONDS, stallCheckSeconds: settings.STALL_CHECK_SECONDS, log }),
      hear: (news) => hearWakeUps(server.connection, news),
    });
    undo.push(() => webhooks.close());
    const lookAtWebhooks = async (): Promise<void> => {
      try {
        tellWebhooks(log, await webhooks.look());
      } catch (problem) {
        if (!isQueueProblem(problem)) log.error({ err: problem }, 'webhooks could not be looked at; it is tried again');
      }
    };
    // The first look reads what is there of every job, and nobody need wait for it.
    undo.push(repeat(settings.RECONCILE_SECONDS * 1_000, lookAtWebhooks, 0));
    const retention = retentionRules(settings);
    const old = new Retention(store, retention);
    const sweep = async (signal: AbortSignal): Promise<void> => {
      const swept = await old.sweep(signal);
      tellSwept(log, swept, {
        idempotencyKeys: await forgetRequests(store, retention.idempotency_keys),
        uploads: await removeOldUploads(store, retention.uploads),
        deliveries: await sweepDeliveries(store, retention.deliveries),
      });
    };
    undo.push(
      repeat(settings.SWEEP_SECONDS * 1_000, (signal) =>
        sweep(signal).catch((problem: unknown) => log.error({ err: problem }, 'what is kept no longer could not be removed')),
      ),
    );

    const predictions = openPredictions(settings, log);
    undo.push(() => predictions.close());
    const rooms = {
      store,
      queue,
      events,
      quota: new JobQuota(queue, settings.MAX_QUEUED_JOBS),
      memoryLimitBytes: jobMemoryLimit(settings),
      maxUploadBytes: settings.MAX_UPLOAD_BYTES,
      allowPrivate,
      catalogue,
      networks: new Networks(store, (key) => predictions.forget(key)),
      predictions,
      version: VERSION,
      retention,
    };
    const keys = { apiKey: settings.API_KEY, readOnlyKey: settings.READ_ONLY_KEY };
    const app = await buildApp(rooms, { keys, log, origins: originsOf(settings), proxies: proxiesOf(settings), requestsPerSecond: settings.RATE_LIMIT_PER_SECOND });
    undo.push(() => app.close());
    await untilItAnswers(queue);
    await app.listen({ host: settings.HOST, port: settings.PORT });
    const { port } = app.server.address() as AddressInfo;
    const host = settings.HOST.includes(':') ? `[${settings.HOST}]` : settings.HOST;
    return { url: `http://${host}:${port}`, close };
  } catch (problem) {
    await close();
    throw problem;
  }
}

function tellReconciled(log: Logger, { failed, unreadable, ...done }: Reconciled): void {
  if (Object.values(done).some((ids) => ids.length > 0)) log.info(done, 'reconciled store and queue');
  if (unreadable.length > 0) log.error({ ids: unreadable }, 'these records cannot be read');
  for (const { id, problem } of failed) log.error({ id, err: problem }, 'this could not be put right; it is tried again');
}

function tellWebhooks(log: Logger, { requeued, failed }: Awaited<ReturnType<Webhooks['look']>>): void {
  if (requeued.length > 0) log.info({ requeued }, 'deliveries that the queue had lost are put back');
  for (const { id, problem } of failed) log.error({ id, err: problem }, 'what happened could not be told to webhooks; it is tried again');
}

function tellSwept(log: Logger, { jobs, checkpoints, failed }: Swept, others: Record<'idempotencyKeys' | 'uploads' | 'deliveries', number>): void {
  const removed = [jobs.count, checkpoints.count, ...Object.values(others)].some((count) => count > 0);
  if (removed) log.info({ jobs, checkpoints, ...others }, 'removed what is kept no longer');
  for (const { id, problem } of failed) log.error({ id, err: problem }, 'this could not be removed; it is tried again');
}

/** Does something again and again, with this time from the end of one to the start of the next, for the first time after `firstMs`. The answer stops it. */
function repeat(everyMs: number, work: (signal: AbortSignal) => Promise<void>, firstMs = everyMs): () => Promise<void> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const next = (afterMs: number): void => {
    if (stop.signal.aborted) return;
    timer = setTimeout(() => void (running = work(stop.signal).finally(() => next(everyMs))), afterMs);
  };
  next(firstMs);
  return async () => {
    stop.abort();
    clearTimeout(timer);
    await running;
  };
}

/**
 * Putting the API together keeps this process busy for seconds, on a busy machine for more than an answer may take: what the queue server said
 * meanwhile came too late, and the connection is made anew. Who reads that the service listens may submit at once.
 */
async function untilItAnswers(queue: Queue): Promise<void> {
  for (const deadlineMs = performance.now() + ANSWERS_WITHIN_MS; performance.now() < deadlineMs; await delay(ASKED_EVERY_MS)) {
    try {
      return await queue.ready();
    } catch (problem) {
      if (!isQueueProblem(problem)) throw problem;
    }
  }
}
