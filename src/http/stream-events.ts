// A job's events as server-sent events (WHATWG HTML, "Server-sent events"): what was missed first, then live, then "done".
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SSEMessage } from '@fastify/sse';
import { LAST_EVENTS, type StreamMark } from '../contract/event.js';
import type { EventLog } from '../events/event-log.js';

/** How long a browser waits before it connects again. */
const RECONNECT_AFTER_MS = 3_000;

/** Keeps proxies from closing a quiet stream. */
export const COMMENT_EVERY_MS = 15_000;

/** Whether the reader asked for a stream. */
export const isStream = (reply: FastifyReply): boolean => (reply as Partial<FastifyReply>).sse !== undefined;

/**
 * A reader who does not take what is sent is waited for: nothing piles up, since events are read from the log as they are taken.
 * @param after id of the last event seen; Last-Event-ID, which browsers send when they connect again, counts if it is later
 * @param stalledMs after so long without taking anything of what waits for it, a reader is dropped; connected again it goes on
 */
export async function streamEvents(request: FastifyRequest, reply: FastifyReply, events: EventLog, jobId: string, after: number, stalledMs: number): Promise<FastifyReply> {
  const last = (await events.read(jobId)).at(-1);
  const { seen, unknown } = placeOf(reply.sse.lastEventId ?? '', after, Number(last?.id ?? 0));
  if (last && LAST_EVENTS.includes(last.type) && seen === Number(last.id)) return reply.code(204).send();

  // He may have left while the log was read.
  if (!reply.sse.isConnected) return reply;
  const left = new AbortController();
  const watch = dropStalled(request, stalledMs);
  reply.sse.onClose(() => {
    clearInterval(watch);
    left.abort();
  });
  await reply.sse.send(messages(events, jobId, seen, unknown, left.signal));
  // Returning the reply waits for its end, so the end comes first.
  reply.sse.close();
  return reply;
}

/** Where to go on. An id that the log never gave, as after an older copy of the store was put back, is as good as none, and is told of. */
function placeOf(lastEventId: string, after: number, lastId: number): { seen: number; unknown: string | undefined } {
  const isNumber = /^\d{1,15}$/.test(lastEventId);
  const seen = Math.max(after, isNumber ? Number(lastEventId) : 0);
  if (lastEventId !== '' && !isNumber) return { seen: after <= lastId ? after : 0, unknown: lastEventId };
  return seen <= lastId ? { seen, unknown: undefined } : { seen: 0, unknown: String(seen) };
}

async function* messages(events: EventLog, jobId: string, after: number, unknown: string | undefined, signal: AbortSignal): AsyncGenerator<SSEMessage> {
  if (unknown !== undefined) yield { event: 'gap' satisfies StreamMark, data: { after: unknown }, retry: RECONNECT_AFTER_MS };
  for await (const event of events.follow(jobId, after, signal)) {
    yield { id: event.id, event: event.type, data: event, retry: RECONNECT_AFTER_MS };
  }
  if (!signal.aborted) yield { event: 'done' satisfies StreamMark, data: {} };
}

/** Ends a connection on which bytes have waited for so long without one of them going out. Comments are bytes too, so that the idle limit never ends it. */
function dropStalled({ raw: { socket } }: FastifyRequest, stalledMs: number): NodeJS.Timeout {
  let gone: number | undefined;
  const look = (): void => {
    const sent = socket.writableLength > 0 ? socket.bytesWritten - socket.writableLength : undefined;
    if (sent !== undefined && sent === gone) socket.destroy();
    gone = sent;
  };
  return setInterval(look, stalledMs).unref();
}
