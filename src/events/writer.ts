// Writing a job's log: its first event, its last, and in between the one writer, which numbers the events and never leaves half a
// line before a whole one.
import { faultPoint } from '#fault-points';
import type { EventData, EventType, JobEvent } from '../contract/event.js';
import type { Store } from '../store/store.js';
import type { EventWriter } from './event-log.js';
import { isLast, lastEventKey, lineOf, logKey, makeEvent, readLines } from './lines.js';

/** The first event makes the log, all of it at once, so that of several who begin one does. */
export async function beginLog<T extends EventType>(store: Store, jobId: string, type: T, data: EventData<T>): Promise<void> {
  if ((await store.sizeOf(logKey(jobId))) !== undefined) return;
  await store.putIfAbsent(logKey(jobId), lineOf(makeEvent(1, type, data)));
}

/** The last event is an object beside the lines, so that of several who end the log one does. */
export async function endLog<T extends EventType>(store: Store, jobId: string, type: T, data: EventData<T>): Promise<void> {
  const lines = await readLines(store, jobId);
  const before = lines?.events.at(-1);
  if (isLast(before)) return; // of a time when it was a line like the others
  if (lines) await store.sync(logKey(jobId));
  await store.putIfAbsent(lastEventKey(jobId), lineOf(makeEvent(Number(before?.id ?? 0) + 1, type, data)));
}

/** Opens the writer, which cuts off what a crash left behind the last whole event. `wake` is told of each new event. */
export async function openStoreWriter(store: Store, jobId: string, wake: () => void): Promise<EventWriter> {
  let lastId = await mend(store, jobId);
  let torn = false;
  let previous: Promise<unknown> = Promise.resolve();

  const write = async <T extends EventType>(type: T, data: EventData<T>): Promise<JobEvent> => {
    if (torn) lastId = await mend(store, jobId);
    const event = makeEvent(lastId + 1, type, data);
    torn = true; // until the whole line is known to be written
    await faultPoint('events.append.fail');
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
  // The size first: what another who speaks of the job appends after it is no torn end.
  const size = await store.sizeOf(logKey(jobId));
  const lines = await readLines(store, jobId);
  if (size === undefined || lines === undefined) return 0;
  if (lines.end < size) await store.truncate(logKey(jobId), lines.end);
  return Number(lines.events.at(-1)?.id ?? 0);
}
