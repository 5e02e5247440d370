// Nobody asks oftener than RATE_LIMIT_PER_SECOND lets them: who sends a key that is one is counted by it, everybody else by address, so that guessing keys is counted too.
import { fastifyRateLimit, normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServiceError } from '../contract/errors.js';
import { Problem } from '../contract/problem.js';
import { named } from '../contract/schema.js';
import { keyOf, pathOf, type Keys } from './access.js';

/** Who looks after the service must see how it is when it has much to do. */
const UNLIMITED = /^\/(healthz|readyz|metrics)$/;
const WINDOW_MS = 1_000;

/**
 * To be called before keys are asked for, and before there are routes: each of them may answer 429. Requests are counted in this process.
 * @param perSecond 0: no limit
 */
export async function limitRates(app: FastifyInstance, perSecond: number, keys: Keys): Promise<void> {
  app.addHook('onRoute', ({ url, schema }) => {
    if (schema && !UNLIMITED.test(url)) schema.response = { 429: named(Problem), ...(schema.response as object) };
  });
  if (perSecond === 0) return;
  await app.register(fastifyRateLimit, {
    global: false,
    max: perSecond,
    timeWindow: WINDOW_MS,
    enableDraftSpec: true,
    allowList: (request) => UNLIMITED.test(pathOf(request)),
    keyGenerator: (request: FastifyRequest) => keyOf(request, keys) ?? normalizeIP(request.ip),
    errorResponseBuilder: () => ServiceError.of('RATE_LIMITED', perSecond),
  });
  // Not by route, so that addresses that are none are counted as well.
  app.addHook('onRequest', app.rateLimit());
}
