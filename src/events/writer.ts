// The one writer of a job's log: numbers the events, and never leaves half a line before a whole one.
import type { EventData, EventType, JobEvent } from '../contract/event.js';
import type { Store } from '../store/store.js';
import type { EventWriter } from './event-log.js';
import { lineOf, logKey, readLines } from './lines.js';

/** Opens the writer, which cuts off what a crash left behind the last whole event. `wake` is told of each new event. */
export async function openStoreWriter(store: Store, jobId: string, wake: () => void): Promise<EventWriter> {
  let lastId = await mend(store, jobId);
  let torn = false;
  let previous: Promise<unknown> = Promise.resolve();

  const write = async <T extends EventType>(type: T, data: EventData<T>): Promise<JobEvent> => {
    if (torn) lastId = await mend(store, jobId);
    const event = {
      id: String(lastId + 1),
      object: 'event',
      type,
      created_at: new Date().toISOString(),
      data,
    } as JobEvent;
    torn = true; // until the whole line is known to be written
    await store.append(logKey(jobId), lineOf(event));
    torn = false;
    lastId += 1;
    wake();
    return event;
  };

  return {
    append(type, data) {
      const written = previous.then(() => write(type, data));
      previous = written.catch(() => undefined); // the caller has the error; the next event is tried all the same
      return written;
    },
    async sync() {
      await previous;
      if (lastId > 0) await store.sync(logKey(jobId));
    },
  };
}

/** Cuts a torn end off; the answer is the number of the last event. */
async function mend(store: Store, jobId: string): Promise<number> {
  const lines = await readLines(store, jobId);
  if (lines === undefined) return 0;
  if (lines.end !== (await store.sizeOf(logKey(jobId)))) await store.truncate(logKey(jobId), lines.end);
  return Number(lines.events.at(-1)?.id ?? 0);
}
