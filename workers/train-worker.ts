// The worker process: takes ids off the queue, makes attempts, says that it is there. It never loads TensorFlow itself.
import { availableParallelism, hostname } from 'node:os';
import { runProcess } from '#process.js';
import type { ChildStatus, WorkerStatus } from '#contract/system.js';
import { featureCache, jobMemoryLimit, openConsumer, openEvents, openStore, queueConnection } from '#wiring.js';
import { Announcements, ANNOUNCE_EVERY_MS } from './announcements.js';
import { attemptImport } from './import-attempt.js';
import { attemptIngest } from './ingest-attempt.js';
import type { ReadRooms } from './read-attempt.js';
import { Child } from './child-process.js';
import { ChildWatch } from './child-watch.js';
import { hasIdleGpu } from './idle-gpu.js';
import { supervise, type Limits } from './supervisor.js';
import { attemptJob, type WorkerRooms } from './train-attempt.js';
import { WarmChildren } from './warm-children.js';

await runProcess('rootstock-worker', async (settings, log) => {
  const store = await openStore(settings);
  const connection = await queueConnection(settings);
  const events = openEvents(store, connection, log);
  const consumer = await openConsumer(connection, {
    lockSeconds: settings.LOCK_SECONDS,
    stallCheckSeconds: settings.STALL_CHECK_SECONDS,
    log,
  });

  const childrenAtWork: ChildStatus[] = [];
  const childWatch = new ChildWatch(childrenAtWork);
  const status: WorkerStatus = {
    id: `${hostname()}-${process.pid}`,
    started_at: new Date().toISOString(),
    seen_at: '',
    engine: null,
    problem: null,
    running: [],
    children: childrenAtWork,
  };
  const announcements = new Announcements(consumer, status);

  const limits: Limits = { hangSeconds: settings.HANG_SECONDS, memoryBytes: jobMemoryLimit(settings) };
  const ingest: ReadRooms = { store, limits, maxBytes: settings.MAX_UPLOAD_BYTES, deaths: new Map(), allowPrivate: settings.ALLOW_PRIVATE_ADDRESSES === 1, childWatch };
  consumer.consume('ingest', announcements.showing((id, signal, held) => attemptIngest(ingest, id, signal, held)));
  await probeEngine(status, limits);
  const perClass = status.engine ? settings.WARM_CHILDREN : 0;
  const children = new WarmChildren({ cores: availableParallelism(), perClass, log });
  const rooms: WorkerRooms = { store, events, children, limits, retrySeconds: settings.RETRY_SECONDS, checkpointSeconds: settings.CHECKPOINT_SECONDS, features: featureCache(settings), childWatch, log, worker: status.id };
  if (status.engine) {
    consumer.consume('train', announcements.showing((id, signal, held) => attemptJob(rooms, id, signal, held)));
    // A model is run once before it is taken.
    const imports: ReadRooms = { ...ingest, deaths: new Map() };
    consumer.consume('import', announcements.showing((id, signal, held) => attemptImport(imports, id, signal, held)));
  } else log.error(`this worker cannot train: ${status.problem}`);

  await announcements.say();
  const heartbeat = setInterval(() => void announcements.say().catch((err: unknown) => log.warn({ err }, 'not announced')), ANNOUNCE_EVERY_MS);

  const close = async (): Promise<void> => {
    clearInterval(heartbeat);
    await Promise.all([consumer.close(), children.close()]);
    await events.close();
  };
  // Without the process that started it a worker has no queue server and nobody to stop it.
  if (process.send) {
    const closeAlone = (): void => void close().finally(() => process.exit(0));
    process.once('disconnect', closeAlone);
    if (!process.connected) closeAlone();
  }
  // Nobody catches it: this process ends in good order, with exit status 1, and whoever started it starts another.
  void consumer.stuck.then((task) => {
    throw new Error(`This worker takes no ${task} tasks though the queue server is well, also over new connections: it ends.`);
  });
  return { close };
});

/** A worker whose engine does not load takes no training jobs, and says why. */
async function probeEngine(status: WorkerStatus, limits: Limits): Promise<void> {
  const child = Child.start('probe', { threads: 1 });
  const end = await supervise<'probe'>(child, { task: 'probe' }, { signal: new AbortController().signal, limits, onReport: () => undefined });
  if (end.class === 'done') {
    status.engine = end.result;
    status.idle_gpu = hasIdleGpu(end.result);
    status.problem = null;
  } else if (end.class === 'infrastructure') {
    status.problem = `the engine does not load: ${end.error.message} Run "npx rootstock doctor".`;
  } else if (end.class !== 'drained') {
    status.problem = end.error.message;
  }
}
