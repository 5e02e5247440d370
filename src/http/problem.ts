// Failures as RFC 9457 problem details. Status and sentence come from the table of errors; nothing else decides them.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, ServiceError, type ErrorCode } from '../contract/errors.js';
import type { Problem } from '../contract/problem.js';
import { sizeText } from '../datasets/size-text.js';
import { pathOf } from './access.js';
import type { RouteTable } from './route-table.js';

export const PROBLEM_TYPE = 'application/problem+json';
/** By when it is worth trying again; what only waits for its turn comes to it soon. */
const RETRY_AFTER_SECONDS = 5;
const NEXT_TURN_SECONDS = 1;
const SOON: readonly ErrorCode[] = ['PREDICT_BUSY', 'RATE_LIMITED'];

/** Undefined where trying again changes nothing. */
export function retryAfterSeconds(code: ErrorCode): number | undefined {
  if (!ERRORS[code].retry) return undefined;
  return SOON.includes(code) ? NEXT_TURN_SECONDS : RETRY_AFTER_SECONDS;
}

/** "DATASET_NOT_FOUND" → "Dataset not found". */
const titleOf = (code: ErrorCode): string => {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words[0]!.toUpperCase() + words.slice(1);
};

export function problemOf(error: ServiceError, request: { id: string; url: string }): Problem {
  const parts = error.parts.length > 0 ? error.parts : error.pointer === undefined ? [] : [error];
  return {
    type: `/errors.md#${error.code.toLowerCase()}`,
    title: titleOf(error.code),
    status: error.status,
    detail: error.message,
    instance: pathOf(request),
    code: error.code,
    request_id: request.id,
    errors: parts.map((part) => ({ pointer: part.pointer ?? '', code: part.code, detail: part.message })),
  };
}

/** Answers every failure of every route, and every address that is none. */
export function answerProblems(app: FastifyInstance, routes: RouteTable): void {
  routes.remember(app);

  const answerNoRoute = (request: FastifyRequest, reply: FastifyReply): void => {
    const path = pathOf(request);
    const allowed = routes.methodsAt(path);
    if (allowed.length === 0 || allowed.includes(request.method)) {
      send(reply, ServiceError.of('ROUTE_NOT_FOUND', request.method, path), request);
      return;
    }
    const list = allowed.join(', ');
    send(reply.header('allow', list), ServiceError.of('METHOD_NOT_ALLOWED', request.method, list), request);
  };

  app.setErrorHandler((thrown: FastifyError | ServiceError, request, reply) => {
    // Fastify complains of a body, and of a QUERY that has none, before it says that there is no such route.
    if (request.is404 && !(thrown instanceof ServiceError) && (thrown.statusCode ?? 500) < 500) return answerNoRoute(request, reply);
    const error = thrown instanceof ServiceError ? thrown : fromFramework(thrown, request);
    if (error.code === 'INTERNAL') request.log.error({ err: thrown }, 'a request failed inside the service');
    send(reply, error, request);
  });
  app.setNotFoundHandler(answerNoRoute);
}

/** Answers addresses that cannot be looked up. No hook runs for them, so the request id is written here. */
export function answerBadAddress(thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const tooLong = thrown.code === 'FST_ERR_MAX_PARAM_LENGTH'; // longer than any id or name is, so that it names nothing
  const path = pathOf(request);
  const error = tooLong ? ServiceError.of('ROUTE_NOT_FOUND', request.method, path) : ServiceError.of('BAD_REQUEST', 'the address is badly escaped');
  send(reply.header('x-request-id', request.id), error, request);
}

function send(reply: FastifyReply, error: ServiceError, request: FastifyRequest): void {
  const seconds = retryAfterSeconds(error.code);
  if (seconds !== undefined) reply.header('retry-after', seconds);
  if (error.status === 401) reply.header('www-authenticate', 'Bearer');
  void reply
    .code(error.status)
    .type(PROBLEM_TYPE)
    .serializer((value: unknown) => JSON.stringify(value))
    .send(problemOf(error, request));
}

/** Failures that Fastify finds before a route does. */
function fromFramework(thrown: FastifyError, request: FastifyRequest): ServiceError {
  // A validator may return any Error; ours are ServiceErrors, which Fastify marks and passes on.
  if ((thrown.cause) instanceof ServiceError) return thrown.cause;
  switch (thrown.code) {
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return ServiceError.of('INVALID_JSON', 'it is empty');
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return ServiceError.of('INVALID_JSON', 'it cannot be parsed');
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return ServiceError.of('BODY_TOO_LARGE', sizeText(request.routeOptions.bodyLimit));
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return ServiceError.of('MEDIA_TYPE', request.headers['content-type'] ?? '', request.routeOptions.schema?.consumes?.join(' or ') ?? 'application/json');
    default:
  }
  if (thrown instanceof SyntaxError) return ServiceError.of('INVALID_JSON', 'it cannot be parsed');
  const status = thrown.statusCode ?? 500;
  return status >= 400 && status < 500 ? ServiceError.of('BAD_REQUEST', thrown.message.replace(/\.$/, '')) : ServiceError.of('INTERNAL');
}
