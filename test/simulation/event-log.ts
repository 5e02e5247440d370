// The event log over a store alone: the real lines and the real writer, without the wake-ups of those who follow.
import type { EventLog } from '#events/event-log.js';
import { readLog } from '#events/lines.js';
import { beginLog, endLog, openStoreWriter } from '#events/writer.js';
import type { Store } from '#store/store.js';

export const eventLogOver = (store: Store): EventLog => ({
  begin: (jobId, type, data) => beginLog(store, jobId, type, data),
  end: (jobId, type, data) => endLog(store, jobId, type, data),
  openWriter: (jobId) => openStoreWriter(store, jobId, () => undefined),
  async read(jobId, after = 0, limit = Number.POSITIVE_INFINITY) {
    const lines = await readLog(store, jobId);
    return (lines?.events ?? []).filter(({ id }) => Number(id) > after).slice(0, limit);
  },
  follow: () => {
    throw new Error('nobody follows');
  },
  changed: async () => undefined,
  close: async () => undefined,
});
