// Requests that Node.js gives up on before Fastify hears of them: a method that it does not know, headers that are too many, a client that takes too long.
// No hook and no route runs for them, so that the answer is written to the connection as it is.
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyInstance } from 'fastify';
import { ServiceError } from '../contract/errors.js';
import { Problem } from '../contract/problem.js';
import { named } from '../contract/schema.js';
import { PROBLEM_TYPE, problemOf, retryAfterSeconds } from './problem.js';
import type { RouteTable } from './route-table.js';

/** The first line of a request, as far as it came. */
const FIRST_LINE = /^([A-Za-z-]{1,32}) ([^ ?]{1,1024})[ ?]/;

/** To be called before there are routes: each of them may be answered so. */
export function describeUnreadable(app: FastifyInstance): void {
  app.addHook('onRoute', ({ schema }) => {
    if (schema) schema.response = { 408: named(Problem), 431: named(Problem), ...(schema.response as object) };
  });
}

/** @param newRequestId of a request that no other part of the service hears of */
export const answerUnreadable = (routes: RouteTable, newRequestId: () => string) => (found: ConnectionError, socket: Socket): void => {
  if (found.code === 'ECONNRESET' || socket.destroyed) return; // nobody is there to be told
  const [, method = '', path = '/'] = (found.code === 'HPE_INVALID_METHOD' && FIRST_LINE.exec(textOf(found))) || [];
  const allowed = routes.methodsAt(path).join(', ');
  const failure = failureOf(found.code, method, path, allowed);
  const body = JSON.stringify(problemOf(failure, { id: newRequestId(), url: path }));
  const retryAfter = retryAfterSeconds(failure.code);
  const headers = [
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...(failure.status === 405 ? [`allow: ${allowed}`] : []),
    ...(retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]),
    'connection: close',
  ];
  if (socket.writable) socket.write(`HTTP/1.1 ${failure.status} ${failure.code}\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
};

/** Fastify's types have the bytes as what they become in JSON. */
const textOf = ({ rawPacket }: ConnectionError): string => (Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : '');

function failureOf(code: string, method: string, path: string, allowed: string): ServiceError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ServiceError.of('REQUEST_TIMEOUT');
  if (code === 'HPE_HEADER_OVERFLOW') return ServiceError.of('HEADERS_TOO_LARGE');
  if (method === '') return ServiceError.of('BAD_REQUEST', 'it is no sound HTTP');
  return allowed === '' ? ServiceError.of('ROUTE_NOT_FOUND', method, path) : ServiceError.of('METHOD_NOT_ALLOWED', method, allowed);
}
