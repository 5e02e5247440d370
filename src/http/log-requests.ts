// A line for each request that was answered: what changes something at the level info, what only reads at debug, so that polling does not drown the rest. The address is the client's, as far as TRUST_PROXY lets it be known.
import type { FastifyInstance } from 'fastify';
import { pathOf } from './access.js';

const READS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
const DETAILED: readonly string[] = ['debug', 'trace'];

export function logRequests(app: FastifyInstance): void {
  const logsReads = DETAILED.includes(app.log.level);
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, ip, log } = request;
    const reads = READS.includes(method);
    if (reads && !logsReads) return;
    // The path alone: what stands behind it may be anything, a key sent by mistake too.
    const path = pathOf(request);
    const made = reply.raw.getHeader('location');
    const job = /\b(job_[0-9a-f]{32})\b/.exec(`${path} ${String(made ?? '')}`)?.[1];
    const line = { method, path, route: routeOptions.url, status: reply.raw.statusCode, ms: Math.round(reply.elapsedTime), client: ip, ...(job !== undefined && { job }) };
    log[reads ? 'debug' : 'info'](line, 'answered');
  });
}
