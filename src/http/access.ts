// Who may do what: one key for everything, one for reading, or nobody is asked (on loopback only; config/load.ts sees to that).
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServiceError } from '../contract/errors.js';

export interface Keys {
  /** Empty: the service is open. */
  apiKey: string;
  readOnlyKey: string;
}

const PUBLIC = /^\/(|assets\/.*|healthz|readyz|docs(\/.*)?|openapi\.json|errors\.md)$/;
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
/** Digests have one length, so that the comparison tells nothing by its time. */
const same = (given: string, key: string): boolean => timingSafeEqual(digest(given), digest(key)) && key !== '';

/** Asks every request for a key, if there is one to ask for. */
export function requireKeys(app: FastifyInstance, keys: Keys): void {
  if (keys.apiKey === '') return;
  app.addHook('onRequest', async (request) => {
    if (PUBLIC.test(pathOf(request))) return;
    const key = keyOf(request, keys);
    if (key === undefined) throw ServiceError.of('KEY_REQUIRED');
    if (key === 'READ_ONLY_KEY' && !READS.has(request.method)) throw ServiceError.of('KEY_READ_ONLY');
  });
}

/** By which key a request is made; undefined where it has none, or one that is none. */
export function keyOf({ headers }: FastifyRequest, { apiKey, readOnlyKey }: Keys): 'API_KEY' | 'READ_ONLY_KEY' | undefined {
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  const [mayWrite, mayRead] = [same(given, apiKey), same(given, readOnlyKey)];
  return mayWrite ? 'API_KEY' : mayRead ? 'READ_ONLY_KEY' : undefined;
}

export const pathOf = ({ url }: Pick<FastifyRequest, 'url'>): string => url.split('?', 1)[0]!;
