// The dashboard: one page and what it is made of, as the set-up bundled it. It asks the public API like any other client.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';

/** Beside the compiled service, and the same place for its sources in tests. */
const BUNDLE = fileURLToPath(new URL('../../../dist/dashboard/', import.meta.url));
/** The page has its script and style from here and from nowhere else, and nothing inline (W3C Content Security Policy Level 3). */
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob: data:", "connect-src 'self'", "media-src 'self' blob:",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ');
const PAGE_HEADERS = {
  'content-security-policy': POLICY,
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const A_YEAR_MS = 31_536_000_000;

export const dashboardRoutes: FastifyPluginAsync = async (app) => {
  if (!existsSync(BUNDLE)) return app.log.warn('The dashboard is not built: node scripts/setup.mjs builds it.');
  await app.register(fastifyStatic, { root: BUNDLE, serve: false, preCompressed: true });
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.headers(PAGE_HEADERS).sendFile('index.html', { cacheControl: false, lastModified: false }));
  // Their names say what is in them.
  app.get<{ Params: { name: string } }>('/assets/:name', { schema: { hide: true } }, (request, reply) =>
    reply.headers(PAGE_HEADERS).sendFile(`assets/${request.params.name}`, { maxAge: A_YEAR_MS, immutable: true }));
};
