// A stored file over HTTP: digest, strong ETag, one Range (RFC 9110, RFC 9530).
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import parseRange from 'range-parser';
import type { BundleFile } from '../contract/model.js';
import { ServiceError } from '../contract/errors.js';
import type { ByteRange, Store } from '../store/store.js';
import { isKnown } from './entity-tag.js';

/**
 * The digest is of the whole file, whatever part of it is sent.
 * @param shown whether a browser is to show it, not to save it
 * @throws RANGE_NOT_SATISFIABLE
 */
export function sendFile(request: FastifyRequest, reply: FastifyReply, store: Store, key: string, file: BundleFile, { shown = false } = {}): FastifyReply {
  const etag = `"${file.sha256}"`;
  const known = isKnown(request, etag);
  const part = known ? undefined : requestedPart(request, reply, etag, file.size_bytes);
  void reply.headers({
    etag,
    'repr-digest': `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`,
    'accept-ranges': 'bytes',
    'content-type': file.media_type,
    'content-disposition': `${shown ? 'inline' : 'attachment'}; filename="${file.name}"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
  });
  if (known) return reply.code(304).send();
  if (!part) {
    void reply.header('content-length', file.size_bytes);
    // An empty stream leaves the length as it is said; no body at all would make it 0.
    return reply.send(request.method === 'HEAD' ? Readable.from([]) : store.open(key));
  }
  void reply.code(206).headers({
    'content-range': `bytes ${part.start}-${part.end}/${file.size_bytes}`,
    'content-length': part.end - part.start + 1,
  });
  return reply.send(store.open(key, part));
}

/** Something that never changes and is made when it is asked for: not even made for a client that has it. */
export async function sendUnchanging(request: FastifyRequest, reply: FastifyReply, tag: string, mediaType: string, make: () => Promise<Buffer>): Promise<FastifyReply> {
  const etag = `"${tag}"`;
  const known = isKnown(request, etag);
  const bytes = known ? undefined : await make();
  void reply.headers({ etag, 'content-type': mediaType, 'x-content-type-options': 'nosniff', 'cache-control': 'private, no-cache', vary: 'accept' });
  return known ? reply.code(304).send() : reply.send(bytes);
}

/** The one range to send; undefined for the whole file, which is also the answer to several ranges or a malformed header. */
function requestedPart(request: FastifyRequest, reply: FastifyReply, etag: string, sizeBytes: number): ByteRange | undefined {
  const { range, 'if-range': ifRange } = request.headers;
  // A range is for GET and in bytes; any other is passed over (RFC 9110, 14.2).
  if (request.method !== 'GET' || !range?.startsWith('bytes=') || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const parsed = parseRange(sizeBytes, range);
  if (parsed === -1) {
    void reply.header('content-range', `bytes */${sizeBytes}`);
    throw ServiceError.of('RANGE_NOT_SATISFIABLE', sizeBytes);
  }
  return parsed === -2 || parsed.length !== 1 ? undefined : parsed[0];
}
