// Tells the meter of each request that was answered.
import type { FastifyInstance } from 'fastify';
import type { RequestMeter } from '../telemetry/requests.js';
import { EVENT_STREAM_TYPE } from './accepted.js';

export function measureRequests(app: FastifyInstance, meter: RequestMeter): void {
  app.addHook('onResponse', async (request, reply) => {
    const { is404, routeOptions, method, headers } = request;
    const type = String(reply.raw.getHeader('content-type') ?? '');
    meter.answered({
      route: is404 ? undefined : routeOptions.url,
      method,
      status: reply.raw.statusCode,
      seconds: reply.elapsedTime / 1000,
      waited: type.startsWith(EVENT_STREAM_TYPE) || /\bwait\b/i.test(String(headers.prefer ?? '')),
    });
  });
}
