// Where concrete drivers are chosen: the folder store, BullMQ over Valkey or Redis, the event log beside it.
import { createRequire } from 'node:module';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { programBeside } from './config/programs.js';
import type { Settings } from './config/settings.js';
import type { KeepRule, Retention } from './contract/system.js';
import type { EventLog } from './events/event-log.js';
import { openEventLog } from './events/redis-event-log.js';
import { hearWakeUps } from './events/wake-ups.js';
import { PredictPool } from './predictions/pool.js';
import type { QueueConnection } from './queue/connection.js';
import { openConsumer, openQueue } from './queue/queues/bullmq.js';
import { startEmbeddedRedis } from './queue/embedded-redis.js';
import { findQueueServer } from './queue/queue-server.js';
import { queueSocketPath } from './queue/socket-path.js';
import { lockDataFolder } from './store/data-folder-lock.js';
import type { Store } from './store/store.js';
import { openFolderStore } from './store/stores/folder.js';
import { emptyTemporary, isCopied, rememberPlace } from './store/stores/folder-place.js';

export const VERSION = (createRequire(import.meta.url)('../package.json') as { version: string }).version;

const storeFolder = (settings: Settings): string => join(settings.DATA_DIR, 'store');

export const openStore = (settings: Settings): Promise<Store> => openFolderStore(storeFolder(settings));

/**
 * Has a store that was copied to where it lies put right, before anybody else opens it; then it is known here.
 * @returns what `mend` found; undefined for a store that was not copied
 */
export async function mendIfCopied<T>(settings: Settings, mend: () => Promise<T>): Promise<T | undefined> {
  const folder = storeFolder(settings);
  const copied = await isCopied(folder);
  if (copied) await emptyTemporary(folder);
  const found = copied ? await mend() : undefined;
  await rememberPlace(folder);
  return found;
}

export const openEvents = (store: Store, connection: QueueConnection, log: Logger): EventLog => openEventLog(store, connection, log);

export { hearWakeUps, openConsumer, openQueue };

/** Where the queue is, for a process that finds it running. */
export async function queueConnection(settings: Settings): Promise<QueueConnection> {
  if (settings.REDIS_URL !== '') return { url: settings.REDIS_URL };
  return { socketPath: await queueSocketPath(settings.DATA_DIR) };
}

export interface QueueServer {
  connection: QueueConnection;
  /** True where this service has the queue and the data folder to itself. */
  alone: boolean;
  stop(): Promise<void>;
}

/**
 * The queue server of REDIS_URL, or one of our own in the data folder, which is then locked against a second service.
 * @throws Error saying what is missing, or who has the data folder
 */
export async function openQueueServer(settings: Settings, log: Logger): Promise<QueueServer> {
  if (settings.REDIS_URL !== '') {
    return { connection: { url: settings.REDIS_URL }, alone: false, stop: async () => undefined };
  }
  const unlock = await lockDataFolder(settings.DATA_DIR);
  try {
    const server = await startEmbeddedRedis({ dataFolder: settings.DATA_DIR, binary: await findQueueServer(), log });
    const stop = async (): Promise<void> => {
      await server.stop();
      await unlock();
    };
    return { connection: { socketPath: server.socketPath }, alone: true, stop };
  } catch (problem) {
    await unlock();
    throw problem;
  }
}

/** The rules of the KEEP settings, in which 0 is no limit. */
export function retentionRules(settings: Settings): Retention {
  const rule = (days: number, count = 0, bytes = 0): KeepRule => ({ days: days || null, count: count || null, bytes: bytes || null });
  return {
    jobs: rule(settings.KEEP_JOBS_DAYS, settings.KEEP_JOBS, settings.KEEP_JOBS_BYTES),
    checkpoints: rule(settings.KEEP_CHECKPOINTS_DAYS, 0, settings.KEEP_CHECKPOINTS_BYTES),
    idempotency_keys: rule(settings.KEEP_IDEMPOTENCY_HOURS / 24),
    uploads: rule(settings.KEEP_UPLOADS_HOURS / 24),
    deliveries: rule(settings.KEEP_DELIVERIES_DAYS, settings.KEEP_DELIVERIES),
  };
}

/** Where this machine keeps features, and how many bytes of them. */
export const featureCache = (settings: Settings): { folder: string; mostBytes: number } => ({
  folder: join(resolve(settings.DATA_DIR), 'cache', 'features'),
  mostBytes: settings.FEATURE_CACHE_BYTES,
});

/** The processes that predict; none runs before the first request. */
export const openPredictions = (settings: Settings, log: Logger): PredictPool =>
  new PredictPool({
    program: programBeside(import.meta.url, './workers/predict.js'),
    children: settings.PREDICT_CHILDREN,
    // So that what a model answers does not depend on the machine's cores, and a job that trains keeps the others.
    threads: 1,
    memoryBytes: settings.PREDICT_MEMORY_BYTES,
    mostRequests: settings.PREDICT_QUEUE,
    seconds: settings.PREDICT_SECONDS,
    idleSeconds: settings.PREDICT_IDLE_SECONDS,
    log,
  });

/** Memory one job may need, in bytes: what the setting says, else half of the machine's. */
export const jobMemoryLimit = (settings: Settings): number =>
  settings.MAX_JOB_MEMORY_BYTES === 0 ? totalmem() / 2 : settings.MAX_JOB_MEMORY_BYTES;
