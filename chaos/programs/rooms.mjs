// Store, queue and event log as the service opens them, for the small programs here and for those who look at what they left.
import { pino } from 'pino';
import { openEventLog } from '../../dist/events/redis-event-log.js';
import { JobQuota } from '../../dist/jobs/quota.js';
import { openQueue } from '../../dist/queue/queues/bullmq.js';
import { openFolderStore } from '../../dist/store/stores/folder.js';

const log = pino({ level: 'silent' });

/** @param {string} folder of the store @param {string} socketPath of the queue server */
export async function openRooms(folder, socketPath) {
  const store = await openFolderStore(folder);
  const queue = await openQueue({ socketPath });
  const events = openEventLog(store, { socketPath }, log);
  const close = async () => {
    await events.close();
    await queue.close();
  };
  return { store, queue, events, quota: new JobQuota(queue, 0), memoryLimitBytes: 2 ** 30, catalogue: new Map(), allowPrivate: false, close };
}

/** @typedef {Awaited<ReturnType<typeof openRooms>>} Rooms */
