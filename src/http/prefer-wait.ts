// Waiting for news instead of asking again and again: "Prefer: wait=N" (RFC 7240, 4.3).
import type { FastifyReply, FastifyRequest } from 'fastify';
import { entityTagOf, isKnown } from './entity-tag.js';

/** Below the minute after which proxies, and this service, take a quiet connection for dead. */
export const MOST_WAIT_SECONDS = 50;

/** Something that changes until it has ended. */
export interface Changing<T> {
  look: () => Promise<T>;
  hasEnded: (found: T) => boolean;
  /** Resolves when it is worth looking again, or by the signal. */
  changed: (signal: AbortSignal) => Promise<void>;
}

/**
 * What is found at once; or, where the client would rather wait, as soon as it has ended, or is other than what the client knows (If-None-Match).
 * After so many seconds it is what it is then.
 */
export async function whenNew<T>(request: FastifyRequest, reply: FastifyReply, { look, hasEnded, changed }: Changing<T>): Promise<T> {
  const seconds = secondsOf(request);
  const isNews = (found: T): boolean =>
    hasEnded(found) || (request.headers['if-none-match'] !== undefined && !isKnown(request, entityTagOf(JSON.stringify(found))));
  if (seconds === undefined) return look();
  void reply.header('preference-applied', `wait=${seconds}`);

  const left = new AbortController();
  const timer = setTimeout(() => left.abort(), seconds * 1000);
  const gone = (): void => left.abort();
  reply.raw.once('close', gone);
  try {
    for (;;) {
      const found = await look();
      if (left.signal.aborted || isNews(found)) return found;
      await changed(left.signal);
    }
  } finally {
    clearTimeout(timer);
    reply.raw.off('close', gone);
  }
}

/** Undefined where it does not want to wait, or says so in a way that is not understood, which is passed over (RFC 7240, 2). */
function secondsOf({ headers: { prefer } }: FastifyRequest): number | undefined {
  const [, wait] = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])/i.exec([prefer ?? []].flat().join(',')) ?? [];
  return wait === undefined ? undefined : Math.min(Number(wait), MOST_WAIT_SECONDS);
}
