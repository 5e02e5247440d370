// Which trace of a caller a request belongs to: in its log lines beside request_id, and with the job that it submits.
import type { IncomingMessage } from 'node:http';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { Origin } from '../jobs/records.js';
import { readTraceparent, traceFields } from '../logs/trace-context.js';

/** The log of a request. */
export const traceRequests = (log: FastifyBaseLogger, bindings: Record<string, unknown>, options: object, { headers }: Pick<IncomingMessage, 'headers'>): FastifyBaseLogger =>
  log.child({ ...bindings, ...traceFields(readTraceparent(headers.traceparent)) }, options);

export const originOf = ({ id, headers }: FastifyRequest): Origin => ({ request_id: id, traceparent: readTraceparent(headers.traceparent) });
