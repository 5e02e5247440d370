// The log of a job's events: appended by one writer, read by anybody, followed live.
import type { EventData, EventType, JobEvent } from '../contract/event.js';

/** The one writer of a job's log. Opening it mends a line torn by a crash and goes on with the next number. */
export interface EventWriter {
  append<T extends EventType>(type: T, data: EventData<T>): Promise<JobEvent>;
  /** Makes all that was appended survive a power cut. */
  sync(): Promise<void>;
}

export interface EventLog {
  openWriter(jobId: string): Promise<EventWriter>;
  /** Events with an id greater than `after`, oldest first, at most `limit`. */
  read(jobId: string, after?: number, limit?: number): Promise<JobEvent[]>;
  /** The same, then each new event as it is written, until a last event or the signal. Reads the store; Redis only wakes it. */
  follow(jobId: string, after: number, signal: AbortSignal): AsyncIterable<JobEvent>;
  close(): Promise<void>;
}
