// Idempotency-Key on every POST (IETF draft-ietf-httpapi-idempotency-key-header): the same request sent again, also after a lost
// answer, a crash or a restart, does nothing twice and gets the first answer.
//
// The ids that a request may give away are reserved in the store before anything is done. Sent again without an answer having been
// kept, the request is made again with the same ids, and finds what it made the first time. So nothing depends on a lock: that a
// second request waits for the first, within one process, only spares it the work.
import { createHash, type Hash } from 'node:crypto';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from '../contract/typebox.js';
import { ServiceError } from '../contract/errors.js';
import type { Store } from '../store/store.js';
import { isRawFile } from './raw-upload.js';
import { problems } from './schemas.js';
import { findAnswer, keepAnswer, nameOf, receivedFirst, reserve, type ReservedRequest, type StoredAnswer } from './idempotency-records.js';

/** Visible ASCII, without the space. */
const KEY = /^[\x21-\x7e]{1,255}$/;
const WAITS_MS = 5_000;
/** Sent again as Retry-After asks for, the request is made. */
const TOO_MANY = 429;
const KEPT_HEADERS = ['location', 'content-type'] as const;

/** As the description of the service shows it; what is no key is refused by `KEY`, before anything else is read. */
const KEY_HEADER = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: 'Sent again with the same key, the same request does nothing twice and gets the first answer, for 24 hours.' }),
  ),
});

declare module 'fastify' {
  interface FastifyRequest {
    idempotency: Claim | undefined;
    bodyHash: Hash | undefined;
  }
}

/** A request with a key, while it is made. */
export class Claim {
  private constructor(
    private readonly store: Store,
    private readonly name: string,
    private readonly route: string,
    readonly ids: ReservedRequest['ids'],
    /** The answer of the first time, where there is one. */
    readonly answer: StoredAnswer | undefined,
    /** Whether all of the request is known, so that its answer can be kept. */
    private known: boolean,
  ) {}

  /** @param body digest of the body; null for an upload, which is still to be received. @throws IDEMPOTENCY_MISMATCH */
  static async of(store: Store, name: string, route: string, body: string | null): Promise<Claim> {
    const fingerprint = body === null ? null : `${route} ${body}`;
    const reserved = await reserve(store, name, fingerprint);
    if (reserved.fingerprint !== fingerprint) throw ServiceError.of('IDEMPOTENCY_MISMATCH');
    return new Claim(store, name, route, reserved.ids, await findAnswer(store, name), body !== null);
  }

  /** To be called once all of an upload has been received, before anything is accepted. @throws IDEMPOTENCY_MISMATCH */
  async received(body: string): Promise<void> {
    const fingerprint = `${this.route} ${body}`;
    if ((await receivedFirst(this.store, this.name, fingerprint)) !== fingerprint) throw ServiceError.of('IDEMPOTENCY_MISMATCH');
    this.known = true;
  }

  /** The answer that stands: this one, or that of another process which was faster. A failure of the service is not kept, nor that there was too much to do. */
  async keep(answer: StoredAnswer): Promise<StoredAnswer> {
    return this.known && answer.status < 500 && answer.status !== TOO_MANY ? keepAnswer(this.store, this.name, answer) : answer;
  }
}

/** Has every POST of the app ask for its key first, and keep its answer. */
export function useIdempotency(app: FastifyInstance, store: Store): void {
  const running = new Map<string, Promise<void>>();
  const release = new WeakMap<FastifyRequest, () => void>();
  app.decorateRequest('idempotency', undefined);
  app.decorateRequest('bodyHash', undefined);

  app.addHook('onRoute', (route) => {
    if (route.method !== 'POST' || !route.schema) return;
    route.schema.headers ??= KEY_HEADER;
    route.schema.response = { ...problems(400, 409, 422), ...(route.schema.response as object) };
  });

  app.addHook('onRequest', async (request) => {
    const key = keyOf(request);
    if (key !== undefined && !KEY.test(key)) throw ServiceError.of('IDEMPOTENCY_KEY_INVALID');
  });

  // The bytes of the body as they were sent, on their way to whoever parses them.
  app.addHook('preParsing', async (request, _reply, payload) => {
    if (keyOf(request) === undefined || isUpload(request)) return payload;
    const hash = createHash('sha256');
    // What creates an upload says all of it in headers.
    for (const name of ['upload-length', 'upload-metadata']) if (request.headers[name] !== undefined) hash.update(`${name}: ${String(request.headers[name])}\n`);
    request.bodyHash = hash;
    const tap = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        hash.update(chunk);
        next(null, chunk);
      },
    });
    pipeline(payload, tap).catch(() => undefined); // whoever reads the tap has the error
    return tap;
  });

  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request);
    if (key === undefined || request.is404) return;
    const name = nameOf(request.headers.authorization ?? '', key);
    const body = request.bodyHash?.digest('hex') ?? null;
    release.set(request, await turn(running, name));
    const claim = await Claim.of(store, name, `${request.method} ${request.url}`, body);
    if (claim.answer && body !== null) return replay(reply, claim.answer);
    request.idempotency = claim;
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const claim = request.idempotency;
    if (!claim || typeof payload !== 'string' || reply.getHeader('idempotency-replayed') !== undefined) return payload;
    const headers = KEPT_HEADERS.flatMap((header) => {
      const value = reply.getHeader(header);
      return value === undefined ? [] : [[header, String(value)]];
    });
    const answer = { status: reply.statusCode, headers: Object.fromEntries(headers) as Record<string, string>, body: payload };
    // What was done is done: where its answer cannot be kept, the request sent again finds it by the reserved ids.
    const stands = await claim.keep(answer).catch(() => answer);
    if (stands !== answer) void reply.code(stands.status).headers(stands.headers).header('idempotency-replayed', 'true');
    return stands.body;
  });

  // After the answer was kept; and where the connection was lost on the way, too.
  const done = async (request: FastifyRequest): Promise<void> => {
    release.get(request)?.();
    release.delete(request);
  };
  app.addHook('onResponse', done);
  app.addHook('onRequestAbort', done);
}

/** Answers as the first time. The body goes out as it is, byte for byte. */
export function replay(reply: FastifyReply, { status, headers, body }: StoredAnswer): FastifyReply {
  return reply.code(status).headers(headers).header('idempotency-replayed', 'true').serializer((text: unknown) => String(text)).send(body);
}

const keyOf = ({ method, headers }: FastifyRequest): string | undefined =>
  method === 'POST' ? (headers['idempotency-key'] as string | undefined) : undefined;

const isUpload = (request: FastifyRequest): boolean => /^multipart\//i.test(request.headers['content-type'] ?? '') || isRawFile(request);

/** Waits until no other request of this process has the name. @returns what lets the next one go on @throws IDEMPOTENCY_IN_PROGRESS */
async function turn(running: Map<string, Promise<void>>, name: string): Promise<() => void> {
  const deadline = AbortSignal.timeout(WAITS_MS);
  const tooLong = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve(), { once: true }));
  for (let before = running.get(name); before; before = running.get(name)) {
    await Promise.race([before, tooLong]);
    if (deadline.aborted) throw ServiceError.of('IDEMPOTENCY_IN_PROGRESS');
  }
  let over = (): void => undefined;
  running.set(name, new Promise<void>((resolve) => (over = resolve)));
  return () => {
    running.delete(name);
    over();
  };
}
