// What a client has already is not sent again: strong entity tags and If-None-Match (RFC 9110, 8.8.3 and 13.1.2), for every JSON answer to a GET.
// Not @fastify/etag: a request that waits for news (prefer-wait.ts) must know the tag before anything is sent.
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from '../contract/typebox.js';

/** The tag of these bytes: they change with it and it with them. */
export const entityTagOf = (bytes: string | Buffer): string => `"${createHash('sha256').update(bytes).digest('base64url')}"`;

/** Whether If-None-Match names what would be sent: its tag, alone or in a list, weak or strong, or any tag at all. */
export function isKnown(request: FastifyRequest, tag: string): boolean {
  const header = request.headers['if-none-match'];
  return header !== undefined && header.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === tag);
}

/** Tags the answers of all routes that are added from here on. A route that sends a file has its own tag, and one that says how it may be kept is left alone. */
export function useEntityTags(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, schema }) => {
    const response = schema?.response as Record<string, unknown> | undefined;
    if (method === 'GET' && response && '200' in response) response['304'] ??= Type.Any({ description: 'If-None-Match names the entity tag of what would be sent.' });
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (!reads || reply.statusCode !== 200 || typeof payload !== 'string' || reply.hasHeader('etag') || reply.hasHeader('cache-control')) return payload;
    const tag = entityTagOf(payload);
    void reply.header('etag', tag).header('cache-control', 'private, no-cache');
    if (!isKnown(request, tag)) return payload;
    void reply.code(304).removeHeader('content-length').removeHeader('content-type');
    return '';
  });
}
