// The events of a job as they happen: a stream by fetch, taken up again where it broke, ended by what the service calls its end.
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { JobEvent, StreamMark } from '../contract/event.js';
import type { Connection } from './connection.js';
import { ConnectionError, RootstockError } from './errors.js';
import type { CallOptions } from './options.js';
import { pause, waitBefore } from './retry.js';

export interface FollowOptions extends CallOptions {
  /** Id of the last event seen. @default from the first */
  after?: string | undefined;
}

/** Three of its heartbeats: a stream that is silent for longer is dead, whatever its connection says. */
const SILENT_MS = 45_000;

/**
 * Every event once and in order, from the first or from `after` on, until the last there will be. A stream that breaks is taken up by
 * Last-Event-ID, as often as it takes while something comes in between; `maxRetries` is for breaks in a row.
 * @throws the reason of the signal, ApiError, ConnectionError
 */
export async function* follow(connection: Connection, path: string, { after, ...options }: FollowOptions): AsyncGenerator<JobEvent> {
  let seen = after;
  for (let breaks = 0; ; breaks++) {
    try {
      for await (const message of messages(connection, path, seen, options)) {
        if (message === 'end') return;
        const event = JSON.parse(message.data) as JobEvent;
        if (seen === event.id) continue;
        breaks = 0;
        seen = event.id;
        yield event;
      }
      throw new ConnectionError('The stream of events broke off.');
    } catch (error) {
      if (!(error instanceof RootstockError && error.retryable) || breaks >= (options.maxRetries ?? 2)) throw error;
      await pause(waitBefore(breaks, null)!, options.signal);
    }
  }
}

/** What one connection brings. A gap needs nothing: all events of the log follow it. */
async function* messages(connection: Connection, path: string, seen: string | undefined, options: CallOptions): AsyncGenerator<EventSourceMessage | 'end'> {
  const headers = { accept: 'text/event-stream', ...(seen !== undefined && { 'last-event-id': seen }) };
  const { response, patience } = await connection.open(path, { headers }, { timeoutMs: SILENT_MS, ...options });
  if (response.status === 204 || response.body === null) {
    patience.end();
    yield 'end';
    return;
  }
  const come: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => come.push(message) });
  const reader = response.body.getReader();
  const text = new TextDecoder();
  try {
    for (;;) {
      const { value, done } = await patience.during(reader.read());
      if (done) return;
      patience.heard();
      parser.feed(text.decode(value, { stream: true }));
      for (const message of come.splice(0)) {
        if (message.event === ('done' satisfies StreamMark)) {
          yield 'end';
          return;
        }
        if (message.event !== ('gap' satisfies StreamMark)) yield message;
      }
    }
  } finally {
    patience.end();
    await reader.cancel().catch(() => undefined);
  }
}
