// The lines of one job's log in the store: which of them are whole events, and where the last of those ends.
import type { JobEvent } from '../contract/event.js';
import type { Store } from '../store/store.js';

export const logKey = (jobId: string): string => `jobs/${jobId}/events.jsonl`;

export const lineOf = (event: JobEvent): string => `${JSON.stringify(event)}\n`;

export interface Lines {
  events: JobEvent[];
  /** Bytes from the start of the log to the end of the last whole event. What lies behind may be a torn line. */
  end: number;
}

/** The events from a byte on, or undefined if there is no log. A line that is torn or is no event is passed over. */
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
    lines.events.push(event);
    lines.end = from + start;
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
