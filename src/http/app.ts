// The API: every route, one by one, and what holds for all of them.
import { randomUUID } from 'node:crypto';
import { fastifySSE } from '@fastify/sse';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { Telemetry } from '../telemetry/telemetry.js';
import { requireKeys, type Keys } from './access.js';
import { allowOrigins } from './cors.js';
import { useEntityTags } from './entity-tag.js';
import { useIdempotency } from './idempotency.js';
import { parseQuery } from './listing.js';
import { describeApi } from './openapi.js';
import { limitRates } from './limit-rates.js';
import { logRequests } from './log-requests.js';
import { measureRequests } from './measure-requests.js';
import { answerBadAddress, answerProblems } from './problem.js';
import type { Rooms } from './rooms.js';
import { dashboardRoutes } from './routes/dashboard.js';
import { datasetRoutes } from './routes/datasets.js';
import { jobPredictionRoutes } from './routes/job-predictions.js';
import { jobRecordRoutes } from './routes/job-records.js';
import { jobRoutes } from './routes/jobs.js';
import { metricsRoutes } from './routes/metrics.js';
import { modelRoutes } from './routes/models.js';
import { predictionRoutes } from './routes/predictions.js';
import { modelVersionRoutes } from './routes/model-versions.js';
import { systemRoutes } from './routes/system.js';
import { uploadRoutes } from './routes/uploads.js';
import { webhookRoutes } from './routes/webhooks.js';
import { RouteTable } from './route-table.js';
import { addSchemas } from './schemas.js';
import { CONNECTION_LIMITS, limitConnections, limitSilentBodies, type ConnectionLimits } from './slow-clients.js';
import { COMMENT_EVERY_MS } from './stream-events.js';
import { traceRequests } from './trace-requests.js';
import { answerUnreadable, describeUnreadable } from './unreadable.js';
import { useValidation } from './validation.js';

const BODY_LIMIT_BYTES = 2 ** 20;
/** A version of the longest name, each character of it four bytes that are escaped. */
const LONGEST_PARAMETER = 2_048;
/** A reader of events who takes nothing for so long is gone. */
const DROP_STALLED_MS = 60_000;

export interface AppOptions {
  keys: Keys;
  log?: FastifyBaseLogger;
  /** Of pages that may ask. @default none but the service's own */
  origins?: readonly string[];
  /** Proxies whose X-Forwarded-For is believed. @default none */
  proxies?: readonly string[];
  /** That each key, or each address without one, may make. @default 0: as many as come */
  requestsPerSecond?: number;
  /** How long clients may take. @default CONNECTION_LIMITS */
  connections?: ConnectionLimits;
  /** After so long a reader of events who takes nothing is dropped. @default a minute */
  dropStalledMs?: number;
}

const newRequestId = (): string => `req_${randomUUID().replaceAll('-', '')}`;

/** The app, ready to listen or to be asked in a test. */
export async function buildApp(rooms: Rooms, options: AppOptions): Promise<FastifyInstance> {
  const { keys, log, origins = [], proxies = [], requestsPerSecond = 0, connections = CONNECTION_LIMITS, dropStalledMs = DROP_STALLED_MS } = options;
  const routes = new RouteTable();
  const app = Fastify({
    ...(log ? { loggerInstance: log } : { logger: false }),
    // Requests are logged by log-requests.ts, failures of the service where they are answered.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: BODY_LIMIT_BYTES,
    ...limitConnections(connections),
    forceCloseConnections: true,
    trustProxy: proxies.length > 0 && [...proxies],
    childLoggerFactory: traceRequests,
    genReqId: newRequestId,
    clientErrorHandler: answerUnreadable(routes, newRequestId),
    routerOptions: { maxParamLength: LONGEST_PARAMETER, querystringParser: parseQuery },
    frameworkErrors: answerBadAddress,
  }).withTypeProvider<TypeBoxTypeProvider>();

  const telemetry = new Telemetry(rooms);
  measureRequests(app, telemetry.requests);
  logRequests(app);
  limitSilentBodies(app, connections);
  useValidation(app);
  // Before any plugin: a scope that is there already gets them one by one, and a compiler of answers of its own, which takes 0.4 s.
  addSchemas(app);
  await allowOrigins(app, origins);
  answerProblems(app, routes);
  describeUnreadable(app);
  await limitRates(app, requestsPerSecond, keys);
  requireKeys(app, keys);
  useIdempotency(app, rooms.store);
  useEntityTags(app);
  app.addHook('onSend', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  // A body is JSON, or where a route takes files, multipart; nothing is read as plain text.
  app.removeContentTypeParser('text/plain');
  await app.register(fastifySSE, { heartbeatInterval: COMMENT_EVERY_MS });
  await describeApi(app, rooms.version);

  await app.register(datasetRoutes(rooms));
  await app.register(uploadRoutes(rooms));
  await app.register(jobRoutes(rooms));
  await app.register(jobRecordRoutes(rooms, dropStalledMs));
  await app.register(jobPredictionRoutes(rooms));
  await app.register(modelRoutes(rooms));
  await app.register(modelVersionRoutes(rooms));
  await app.register(predictionRoutes(rooms));
  await app.register(webhookRoutes(rooms));
  await app.register(systemRoutes(rooms, keys.apiKey === '' ? 'open' : 'key'));
  await app.register(metricsRoutes(telemetry));
  await app.register(dashboardRoutes);
  await app.ready();
  return app;
}
