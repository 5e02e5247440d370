// /v1/uploads: a file in pieces, by the tus protocol, to be named in POST /v1/datasets when all of it is there.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PassThrough, Readable } from 'node:stream';
import Type from '../../contract/typebox.js';
import { ServiceError } from '../../contract/errors.js';
import { closed } from '../../contract/schema.js';
import { flowInto } from '../body-stream.js';
import type { Rooms } from '../rooms.js';
import { problems } from '../schemas.js';
import { Tus, TUS_VERSION, UPLOADS_PATH } from '../tus.js';

const PIECE_TYPE = 'application/offset+octet-stream';
const DAY_MS = 24 * 3_600_000;
const Id = closed({ id: Type.String() });
const Version = { 'tus-resumable': Type.Optional(Type.String({ description: `Must be ${TUS_VERSION}.` })) };
const headers = (more: Record<string, string> = {}) =>
  Type.Object({ ...Version, ...Object.fromEntries(Object.entries(more).map(([name, description]) => [name, Type.Optional(Type.String({ description }))])) });

/** Headers that @tus/server reads, and those of its answers that are passed on: what it says of other origins is not. */
const READ = ['tus-resumable', 'upload-length', 'upload-metadata', 'upload-offset', 'upload-concat', 'upload-defer-length', 'content-type', 'content-length'];
const SENT = ['location', 'upload-offset', 'upload-length', 'upload-metadata', 'upload-expires', 'tus-version', 'tus-extension', 'tus-max-size', 'cache-control'];

export const uploadRoutes = ({ store, maxUploadBytes, retention }: Rooms): FastifyPluginAsyncTypebox => async (app) => {
  const tus = new Tus(store, { maxBytes: maxUploadBytes, keptMs: () => (retention.uploads.days ?? 1) * DAY_MS });
  app.addContentTypeParser(PIECE_TYPE, (_request, payload, done) => done(null, payload));
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('tus-resumable', TUS_VERSION);
    if (request.method === 'OPTIONS' || request.headers['tus-resumable'] === TUS_VERSION) return;
    void reply.header('tus-version', TUS_VERSION);
    throw ServiceError.of('UPLOAD_PROTOCOL');
  });

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const body = request.body instanceof Readable ? flowInto(request.body, new PassThrough()) : undefined;
    try {
      const response = await tus.answer(requestOf(request, body));
      for (const name of SENT) {
        const value = response.headers.get(name);
        if (value !== null) void reply.header(name, value);
      }
      await reply.code(response.status).send(response.status === 204 ? null : '');
    } finally {
      body?.destroy();
    }
  };

  app.options(UPLOADS_PATH, { schema: { operationId: 'describeUploads', summary: 'What is understood of the tus protocol', tags: ['uploads'], response: { 204: Type.Null(), ...problems() } } }, answer);
  app.post(
    UPLOADS_PATH,
    {
      schema: {
        operationId: 'createUpload',
        summary: 'Announce a file that will come in pieces',
        description: 'Resumable uploads by the tus protocol 1.0, with its extensions creation, termination and expiration.',
        tags: ['uploads'],
        headers: headers({
          'upload-length': 'How many bytes the file has.',
          'upload-metadata': 'Pairs of a key and a value in base64, separated by commas: filename, and sha256 (in hexadecimal) to have the whole checked.',
        }),
        response: { 201: Type.Null(), ...problems(400, 412, 413, 415, 422, 507) },
      },
    },
    async (request, reply) => {
      if (request.body !== undefined && request.headers['content-length'] !== '0') throw ServiceError.of('BAD_REQUEST', 'an upload is created without a body; its bytes come by PATCH');
      await answer(request, reply);
    },
  );
  app.head(
    `${UPLOADS_PATH}/:id`,
    {
      config: { swagger: { exposeHeadRoute: true } },
      schema: {
        operationId: 'getUploadOffset',
        summary: 'How much of a file has come, in Upload-Offset',
        tags: ['uploads'],
        params: Id,
        headers: headers(),
        response: { 200: Type.Null(), ...problems(404, 412) },
      },
    },
    answer,
  );
  app.patch(
    `${UPLOADS_PATH}/:id`,
    {
      schema: {
        operationId: 'continueUpload',
        summary: 'Send bytes of a file, from where it has come to',
        tags: ['uploads'],
        consumes: [PIECE_TYPE],
        params: Id,
        headers: headers({ 'upload-offset': 'From which byte on this is.' }),
        response: { 204: Type.Null(), ...problems(400, 404, 409, 412, 413, 415, 507) },
      },
    },
    async (request, reply) => {
      if (!(request.body instanceof Readable)) throw ServiceError.of('MEDIA_TYPE', request.headers['content-type'] ?? '', PIECE_TYPE);
      if (request.headers['upload-offset'] === undefined) throw ServiceError.of('BAD_REQUEST', 'Upload-Offset is missing');
      await answer(request, reply);
    },
  );
  app.delete(
    `${UPLOADS_PATH}/:id`,
    {
      schema: {
        operationId: 'deleteUpload',
        summary: 'Remove what has come of a file',
        tags: ['uploads'],
        params: Id,
        headers: headers(),
        response: { 204: Type.Null(), ...problems(404, 412) },
      },
    },
    answer,
  );
};

function requestOf({ method, url, headers: sent }: FastifyRequest, body: Readable | undefined): Request {
  const headers = READ.flatMap((name): [string, string][] => (sent[name] === undefined ? [] : [[name, String(sent[name])]]));
  const streamed = body && { body: Readable.toWeb(body) as ReadableStream, duplex: 'half' as const };
  return new Request(`http://localhost${url}`, { method, headers, ...streamed });
}
