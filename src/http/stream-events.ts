// A job's events as server-sent events (WHATWG HTML, "Server-sent events"): what was missed first, then live, then "done".
import type { FastifyReply } from 'fastify';
import type { SSEMessage } from '@fastify/sse';
import { LAST_EVENTS } from '../contract/event.js';
import type { EventLog } from '../events/event-log.js';

/** How long a browser waits before it connects again. */
const RECONNECT_AFTER_MS = 3_000;

/** Whether the reader asked for a stream. */
export const isStream = (reply: FastifyReply): boolean => (reply as Partial<FastifyReply>).sse !== undefined;

/** @param after id of the last event seen; Last-Event-ID, which browsers send when they connect again, counts if it is later */
export async function streamEvents(reply: FastifyReply, events: EventLog, jobId: string, after: number): Promise<FastifyReply> {
  const seen = Math.max(after, Number.parseInt(reply.sse.lastEventId ?? '0', 10) || 0);
  const last = (await events.read(jobId)).at(-1);
  if (last && LAST_EVENTS.includes(last.type) && seen >= Number(last.id)) return reply.code(204).send();

  const left = new AbortController();
  reply.sse.onClose(() => left.abort());
  await reply.sse.send(messages(events, jobId, seen, left.signal));
  // Returning the reply waits for its end, so the end comes first.
  reply.sse.close();
  return reply;
}

async function* messages(events: EventLog, jobId: string, after: number, signal: AbortSignal): AsyncGenerator<SSEMessage> {
  for await (const event of events.follow(jobId, after, signal)) {
    yield { id: event.id, event: event.type, data: event, retry: RECONNECT_AFTER_MS };
  }
  if (!signal.aborted) yield { event: 'done', data: {} };
}
