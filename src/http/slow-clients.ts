// How long a client may take to say what it wants, so that connections which send next to nothing cannot be held by the thousand (reliability.md F21).
import type { Server } from 'node:http';
import type { FastifyHttpOptions, FastifyInstance } from 'fastify';

/** In milliseconds. */
export interface ConnectionLimits {
  /** From the first byte of a request to the end of its headers. */
  headersMs: number;
  /** Of a body that is not all there, without a byte. */
  silentBodyMs: number;
  /** Of a connection otherwise, such as one that waits for its answer, or that has not asked yet. */
  quietMs: number;
  /** For the whole of a request: large uploads take their time. */
  requestMs: number;
  /** How often it is looked for requests that take too long. */
  lookEveryMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = { headersMs: 15_000, silentBodyMs: 30_000, quietMs: 60_000, requestMs: 3_600_000, lookEveryMs: 5_000 };

/** What Node.js sees to by itself. It answers 408 to a request that takes too long, and closes a connection that is quiet for too long. */
export const limitConnections = ({ headersMs, quietMs, requestMs, lookEveryMs }: ConnectionLimits) =>
  ({
    requestTimeout: requestMs,
    connectionTimeout: quietMs,
    http: { headersTimeout: headersMs, connectionsCheckingInterval: lookEveryMs },
  }) satisfies FastifyHttpOptions<Server>;

/** Closes the connection of a body that has fallen silent, sooner than one that waits for its answer. */
export function limitSilentBodies(app: FastifyInstance, { silentBodyMs, quietMs }: ConnectionLimits): void {
  app.addHook('onRequest', async ({ headers, raw }) => {
    // What a test injects has no connection.
    if (!('setTimeout' in raw) || (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined)) return;
    raw.setTimeout(silentBodyMs);
    raw.once('end', () => raw.setTimeout(quietMs));
  });
}
