// Pages of other origins may ask where CORS_ORIGINS names theirs (Fetch Standard, "HTTP-CORS protocol"). There are no cookies to be sent along: a page has
// its own key, as any client.
import { fastifyCors } from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** What a page may read of an answer besides what it always may. */
const EXPOSED_HEADERS = [
  'content-disposition', 'content-range', 'etag', 'idempotency-replayed', 'link', 'location', 'preference-applied', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'repr-digest', 'retry-after',
  'x-request-id', 'tus-resumable', 'upload-expires', 'upload-length', 'upload-offset',
];
/** A browser asks again after so long. */
const PREFLIGHT_SECONDS = 3_600;

/** To be called before anything that refuses requests: a browser asks whether it may ask without a key. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  const options = { origin: [...origins], methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'], exposedHeaders: EXPOSED_HEADERS, maxAge: PREFLIGHT_SECONDS };
  await app.register(fastifyCors, {
    // OPTIONS has other uses: tus has one, and elsewhere it is a method that is not there.
    delegator: async ({ headers }: FastifyRequest) => ({ ...options, preflight: headers.origin !== undefined && headers['access-control-request-method'] !== undefined }),
    hideOptionsRoute: true,
  });
}
