// A stored file over HTTP: digest, strong ETag, one Range (RFC 9110, RFC 9530).
import type { FastifyReply, FastifyRequest } from 'fastify';
import parseRange from 'range-parser';
import type { BundleFile } from '../contract/model.js';
import { ServiceError } from '../contract/errors.js';
import type { Store } from '../store/store.js';

/** The digest is of the whole file, whatever part of it is sent. */
export function sendFile(request: FastifyRequest, reply: FastifyReply, store: Store, key: string, file: BundleFile): FastifyReply {
  const etag = `"${file.sha256}"`;
  void reply.headers({
    etag,
    'repr-digest': `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`,
    'accept-ranges': 'bytes',
    'content-type': file.media_type,
    'content-disposition': `attachment; filename="${file.name}"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
  });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();

  const part = requestedPart(request, etag, file.size_bytes);
  if (!part) {
    void reply.header('content-length', file.size_bytes);
    return request.method === 'HEAD' ? reply.send() : reply.send(store.open(key));
  }
  void reply.code(206).headers({
    'content-range': `bytes ${part.start}-${part.end}/${file.size_bytes}`,
    'content-length': part.end - part.start + 1,
  });
  return request.method === 'HEAD' ? reply.send() : reply.send(store.open(key, part));
}

/** The one range to send; undefined for the whole file, which is also the answer to several ranges or a malformed header. */
function requestedPart(request: FastifyRequest, etag: string, sizeBytes: number): { start: number; end: number } | undefined {
  const { range, 'if-range': ifRange } = request.headers;
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const parsed = parseRange(sizeBytes, range);
  if (parsed === -1) throw ServiceError.of('RANGE_NOT_SATISFIABLE', sizeBytes);
  return parsed === -2 || parsed.length !== 1 ? undefined : parsed[0];
}
