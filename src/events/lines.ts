// One job's log in the store: lines that its one writer appends, and the last event in an object of its own, which can be written
// once whoever tries. Here is which of them are whole events, and where the last whole line ends.
import { LAST_EVENTS, type EventData, type EventType, type JobEvent } from '../contract/event.js';
import type { Store } from '../store/store.js';

export const logKey = (jobId: string): string => `jobs/${jobId}/events.jsonl`;
export const lastEventKey = (jobId: string): string => `jobs/${jobId}/last-event.json`;

export const lineOf = (event: JobEvent): string => `${JSON.stringify(event)}\n`;

export const makeEvent = <T extends EventType>(id: number, type: T, data: EventData<T>): JobEvent =>
  ({ id: String(id), object: 'event', type, created_at: new Date().toISOString(), data }) as JobEvent;

/** True for the events after which no other comes. */
export const isLast = (event: JobEvent | undefined): boolean => event !== undefined && LAST_EVENTS.includes(event.type);

/** Whether the log has its last event, beside the lines. */
export const isClosed = async (store: Store, jobId: string): Promise<boolean> => (await store.sizeOf(lastEventKey(jobId))) !== undefined;

/** Takes back a last event that cannot be read, or that the lines do not lead up to, as in a copy of the store; it is written anew by whoever ends the log. */
export async function mendEnd(store: Store, jobId: string): Promise<void> {
  const bytes = await store.get(lastEventKey(jobId));
  if (!bytes) return;
  const last = parse(bytes.toString('utf8'));
  const lines = await readLines(store, jobId);
  const before = Number(lines?.events.at(-1)?.id ?? 0);
  if (!last || before < Number(last.id) - 1) await store.delete(lastEventKey(jobId));
}

export interface Lines {
  events: JobEvent[];
  /** Bytes from the start of the log to the end of the last whole event. What lies behind may be a torn line. */
  end: number;
}

/** The log from a byte on, its last event included, or undefined if there is none. */
export async function readLog(store: Store, jobId: string, from = 0): Promise<Lines | undefined> {
  // The last event is looked for first: once it is there, the lines are all there are.
  const bytes = await store.get(lastEventKey(jobId));
  const lines = await readLines(store, jobId, from);
  const last = bytes && parse(bytes.toString('utf8'));
  if (!last) return lines;
  const { events, end } = lines ?? { events: [], end: from };
  return { events: [...events.filter(({ id }) => Number(id) < Number(last.id)), last], end };
}

/**
 * The lines from a byte on, or undefined if there are none. A line that is torn or is no event is passed over, and so is one that does not
 * count on: a worker that was stopped in the middle of a write, and lost its lock meanwhile, ends that write when it comes back.
 */
export async function readLines(store: Store, jobId: string, from = 0): Promise<Lines | undefined> {
  const size = await store.sizeOf(logKey(jobId));
  if (size === undefined) return undefined;
  const lines: Lines = { events: [], end: Math.min(from, size) };
  if (size <= from) return lines;

  const chunks: Buffer[] = [];
  for await (const chunk of store.open(logKey(jobId), { start: from, end: size - 1 })) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  for (let start = 0; ; ) {
    const newline = bytes.indexOf('\n', start);
    if (newline < 0) return lines;
    const event = parse(bytes.toString('utf8', start, newline));
    start = newline + 1;
    if (event === undefined) continue;
    lines.end = from + start;
    if (Number(event.id) > Number(lines.events.at(-1)?.id ?? 0)) lines.events.push(event);
  }
}

function parse(line: string): JobEvent | undefined {
  try {
    const event = JSON.parse(line) as JobEvent | null;
    return event?.object === 'event' && /^\d+$/.test(event.id) ? event : undefined;
  } catch {
    return undefined;
  }
}
