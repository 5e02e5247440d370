// The log of a job's events: appended by one writer, read by anybody, followed live.
import type { EventData, EventType, JobEvent } from '../contract/event.js';

/** The one writer of a job's log while an attempt is made. Opening it mends a line torn by a crash and goes on with the next number. */
export interface EventWriter {
  append<T extends EventType>(type: T, data: EventData<T>): Promise<JobEvent>;
  /** Makes all that was appended survive a power cut. */
  sync(): Promise<void>;
}

export interface EventLog {
  /** Writes the first event of a log, unless it has one; of several who do so at once, one does. Survives a power cut. */
  begin<T extends EventType>(jobId: string, type: T, data: EventData<T>): Promise<void>;
  /**
   * Writes the last event of a log, unless it has one; of several who do so at once, in one process or in several, one does.
   * To be called once nobody appends any more; what is appended all the same is not read. Survives a power cut.
   */
  end<T extends EventType>(jobId: string, type: T, data: EventData<T>): Promise<void>;
  openWriter(jobId: string): Promise<EventWriter>;
  /** Events with an id greater than `after`, oldest first, at most `limit`. */
  read(jobId: string, after?: number, limit?: number): Promise<JobEvent[]>;
  /** The same, then each new event as it is written, until a last event or the signal. Reads the store; Redis only wakes it. */
  follow(jobId: string, after: number, signal: AbortSignal): AsyncIterable<JobEvent>;
  /** Resolves at the next event of the job, after a second at the latest, by the signal or by `close`: for who looks at what changes with it. */
  changed(jobId: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
